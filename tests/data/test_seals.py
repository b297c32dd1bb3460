"""The chain by itself: what fits, and what no longer does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.seals import Seal, SealKey, breaks, leaf, next_seal

KEY = SealKey(key_id="k1", secret=b"s" * 32)
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
LEAVES = [bytes([number]) * 32 for number in range(5)]


def _chain(*sizes: int) -> list[Seal]:
    seals: list[Seal] = []
    for size in sizes:
        newest = seals[-1] if seals else None
        until = size + (newest.until if newest else 0)
        seals.append(next_seal(newest, LEAVES[:size], until=until, key=KEY, sealed_at=NOON))
    return seals


def test_what_was_not_touched_holds() -> None:
    first, second, third = _chain(5, 3, 2)
    assert breaks(first, before=None, leaves=LEAVES, key=KEY) is None
    assert breaks(second, before=first, leaves=LEAVES[:3], key=KEY) is None
    assert breaks(third, before=second, leaves=LEAVES[:2], key=KEY) is None


@pytest.mark.parametrize(
    ("leaves", "what"),
    [
        ([*LEAVES[:4], b"x" * 32], "a fact was changed"),
        ([LEAVES[1], LEAVES[0], *LEAVES[2:]], "a fact was changed"),
        (LEAVES[:4], "5 facts were sealed, 4 are there"),
        ([*LEAVES, LEAVES[0]], "5 facts were sealed, 6 are there"),
    ],
    ids=["changed", "swapped", "removed", "slipped in"],
)
def test_facts_that_are_others_break_their_seal(leaves: list[bytes], what: str) -> None:
    [seal] = _chain(5)
    assert breaks(seal, before=None, leaves=leaves, key=KEY) == what


@pytest.mark.parametrize(
    "change",
    [
        {"facts": 4},
        {"root": "0" * 64},
        {"until": 6},
        {"sealed_at": NOON + timedelta(seconds=1)},
        {"code": "0" * 64},
        {"form": 2},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_seal_that_was_changed_is_told(change: dict[str, Any]) -> None:
    [seal] = _chain(5)
    assert (
        breaks(replace(seal, **change), before=None, leaves=LEAVES, key=KEY) == "the seal itself was changed"
    )


def test_a_seal_taken_out_of_the_middle_is_missed() -> None:
    first, second, third = _chain(1, 1, 1)
    assert breaks(third, before=first, leaves=LEAVES[:1], key=KEY) == "it does not follow the seal before it"
    assert breaks(second, before=None, leaves=LEAVES[:1], key=KEY) == "it does not follow the seal before it"


def test_nobody_makes_a_seal_without_the_key() -> None:
    other = next_seal(None, LEAVES, until=5, key=SealKey(key_id="k1", secret=b"o" * 32), sealed_at=NOON)
    assert breaks(other, before=None, leaves=LEAVES, key=KEY) == "the seal itself was changed"


def test_the_secret_is_not_shown() -> None:
    assert "ssss" not in repr(KEY)


def test_the_same_moment_in_another_zone_is_the_same_fact() -> None:
    seoul = NOON.astimezone(timezone(timedelta(hours=9)))
    assert leaf(b"s", "item", [1, NOON]) == leaf(b"s", "item", [1, seoul])


values = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()


@given(st.lists(values, max_size=4), st.lists(values, max_size=4))
def test_facts_that_say_different_things_have_different_leaves(one: list[Any], other: list[Any]) -> None:
    same = [(type(value), value) for value in one] == [(type(value), value) for value in other]
    same = same and repr(one) == repr(other)  # -0.0 and 0.0 are equal, and written differently
    assert (leaf(b"s", "item", one) == leaf(b"s", "item", other)) is same
    assert leaf(b"s", "item", one) != leaf(b"s", "score", one)
    assert leaf(b"s", "item", one) != leaf(b"o", "item", one)
