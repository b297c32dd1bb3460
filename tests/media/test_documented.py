from __future__ import annotations

import re
from pathlib import Path

import pytest

from data.media.reasons import Limits, Reason

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "media.md"
pytestmark = pytest.mark.skipif(not DOCUMENT.exists(), reason="the documents lie in the checkout")


def _rows(heading: str) -> list[str]:
    section = DOCUMENT.read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE)


def test_every_reason_is_documented() -> None:
    assert _rows("Reasons") == [reason.value for reason in Reason]


def test_every_limit_is_documented() -> None:
    assert _rows("Limits") == list(Limits.__slots__)
