from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from serving.web.words import in_both


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    hello: str = "{name}"
    names: Mapping[str, str] = field(default_factory=lambda: {"a": "A"})


def test_words_are_found_by_language() -> None:
    ko, en = Words(hello="{name}님"), Words(hello="Dear {name}")
    assert in_both(ko, en) == {"ko": ko, "en": en}


@pytest.mark.parametrize(
    ("english", "message"),
    [
        (Words(hello=""), "hello is"),
        (Words(hello="{who}"), "hello has not"),
        (Words(names={"b": "B"}), r"names\[a\]', 'names\[b\]"),
        (Words(names={"a": ""}), r"names\[a\] is"),
    ],
)
def test_a_word_that_is_missing_in_one_language_fails_at_once(english: Words, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        in_both(Words(), english)
