import string

import pytest

from evaluation.estimators import Estimate
from evaluation.intervals import Interval
from evaluation.notices import ESTIMATES, WORDS, Notice
from evaluation.policies import THRESHOLD_RECALL
from evaluation.second_looks import CONFIRMED_NAMES
from evaluation.tables import table, text, told

MISSED = Estimate(
    name="missed",
    value=12.4,
    interval=Interval(3.0, 1234.5, 0.95),
    reviewed=95,
    outstanding=0,
    hits=2,
    effective_hits=1.8,
    method="gamma_report",
    se=8.0,
)


def fields(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.mark.parametrize("code", WORDS)
def test_both_languages_tell_the_same_numbers(code: str) -> None:
    assert set(WORDS[code]) == {"ko", "en"}
    assert fields(WORDS[code]["ko"]) == fields(WORDS[code]["en"])


@pytest.mark.parametrize("code", WORDS)
def test_korean_sentences_are_korean(code: str) -> None:
    assert any("가" <= letter <= "힣" for letter in WORDS[code]["ko"])
    assert not any("가" <= letter <= "힣" for letter in WORDS[code]["en"])


def test_every_estimate_has_a_name_in_both_languages() -> None:
    assert set(ESTIMATES) == {*CONFIRMED_NAMES, THRESHOLD_RECALL, "missed_per_day"}
    assert all(set(words) == {"ko", "en"} for words in ESTIMATES.values())


def test_a_notice_of_an_unknown_code_is_refused() -> None:
    with pytest.raises(ValueError, match="code must be one of"):
        Notice(code="all_is_well")


def test_korean_columns_stand_below_each_other() -> None:
    lines = text([MISSED, MISSED], [], title="-", language="ko").splitlines()[2:]
    widths = [sum(2 if "가" <= letter <= "힣" else 1 for letter in line.split("95")[0]) for line in lines[1:]]
    assert len(set(widths)) == 1
    assert lines[0].split()[:2] == ["추정", "값"]


def test_a_table_shows_what_is_undefined_as_a_dash() -> None:
    unknown = Estimate(
        name="recall",
        value=None,
        interval=Interval(0.0, 1.0, 0.95),
        reviewed=0,
        outstanding=9,
        hits=0,
        effective_hits=0.0,
        method="undefined",
        se=None,
    )
    assert text([unknown], [], title="-", language="en").splitlines()[3].split()[:2] == ["recall", "–"]


def test_html_escapes_what_it_is_given() -> None:
    assert "<script>" not in table([MISSED], caption="<script>", language="en", titles={})


def test_notices_stand_below_the_table() -> None:
    notice = Notice(code="no_items")
    assert text([MISSED], [notice], title="-", language="en").endswith("! No item was routed in this window.")
    assert "<li>이 기간에 배정된 항목이 없습니다.</li>" in told([notice], "ko")
