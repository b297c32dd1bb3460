from __future__ import annotations

from typing import Any

import pytest

from evaluation.estimators import NAMES, Estimate
from evaluation.intervals import Interval
from serving.web.tiles import WORDS, tile
from serving.web.today.state import HEADLINES
from serving.web.today.words import WORDS as TODAY


def _estimate(**changes: Any) -> Estimate:
    given: dict[str, Any] = {
        "name": "recall",
        "value": 0.714,
        "interval": Interval(0.6, 0.815, level=0.95),
        "reviewed": 1250,
        "outstanding": 0,
        "hits": 40,
        "effective_hits": 12.0,
        "method": "gamma_report",
        "se": 0.05,
    }
    return Estimate(**given | changes)


def test_a_value_never_stands_without_interval_and_hits() -> None:
    shown = tile(_estimate(), "ko")
    assert shown.value == "71.4%"
    assert shown.interval == "95% 구간 60.0% – 81.5%"
    assert list(shown.evidence) == ["검수 1,250건, 위반 확인 40건"]


def test_undefined_is_unknown_and_not_zero() -> None:
    shown = tile(_estimate(value=None, method="undefined", hits=0, reviewed=0), "en")
    assert (shown.value, shown.bar) == (None, None)


def test_a_count_is_told_as_one() -> None:
    assert (
        tile(_estimate(method="census", interval=Interval(0.714, 0.714, level=0.95)), "en").interval
        == WORDS["en"].counted
    )


def test_few_hits_are_marked() -> None:
    assert tile(_estimate(effective_hits=1.0), "en").few_hits
    assert not tile(_estimate(), "en").few_hits


def test_missed_is_a_number_of_items() -> None:
    shown = tile(_estimate(name="missed", value=1234.4, interval=Interval(500.0, 2500.0, level=0.95)), "ko")
    assert shown.value == "1,234건"
    assert shown.bar is None


@pytest.mark.parametrize("ends", [(0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (0.6, 0.815)])
def test_the_bar_stays_on_its_scale(ends: tuple[float, float]) -> None:
    bar = tile(_estimate(value=ends[1], interval=Interval(*ends, level=0.95)), "en").bar
    assert bar is not None
    assert 0 <= bar.start <= 100
    assert bar.start + bar.width <= 100.5
    assert bar.point + 1 <= 100


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_headline_has_a_name_and_a_question(language: str) -> None:
    assert set(HEADLINES) <= set(NAMES)
    assert set(TODAY[language].names) == set(TODAY[language].asks) == set(HEADLINES)
