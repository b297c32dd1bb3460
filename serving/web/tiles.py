"""An estimate as the page shows it: value, interval, and what stands behind them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from evaluation.estimators import Estimate
from evaluation.intervals import Interval
from serving.web import shown
from serving.web.words import WORDS as COMMON
from serving.web.words import in_both

_COUNTS: Final = frozenset({"missed"})
"""Estimates that are numbers of items; the others are shares."""

_BARS: Final = frozenset({"recall", "precision"})
"""Shares that use the whole scale. A prevalence of 2 % would be a dot at its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What is said about any estimate in one language."""

    counted: str
    unknown_why: str
    evidence: str
    """With reviewed and hits."""
    outstanding: str
    """With outstanding."""
    few_hits: str


WORDS: Final = in_both(
    Words(
        counted="모두 검수해 센 값",
        unknown_why="확정된 검수가 아직 없습니다.",
        evidence="검수 {reviewed}건, 위반 확인 {hits}건",
        outstanding="뽑혔지만 미확정 {outstanding}건",
        few_hits="근거 적음: 구간을 보십시오",
    ),
    Words(
        counted="counted: all of them were reviewed",
        unknown_why="No review is settled yet.",
        evidence="{reviewed} reviewed, {hits} violations found",
        outstanding="{outstanding} drawn, not settled",
        few_hits="Few hits: read the interval",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """An interval and its value on a scale from 0 to 100."""

    start: float
    width: float
    point: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One estimate, ready to be written."""

    name: str
    value: str | None
    interval: str
    evidence: Sequence[str]
    few_hits: str
    """The warning, empty where there are enough."""
    bar: Bar | None


def tile(estimate: Estimate, language: str) -> Tile:
    """Return an estimate as it is shown."""
    words, written = WORDS[language], _writer(estimate, language)
    evidence = [
        words.evidence.format(reviewed=shown.count(estimate.reviewed), hits=shown.count(estimate.hits))
    ]
    if estimate.outstanding:
        evidence.append(words.outstanding.format(outstanding=shown.count(estimate.outstanding)))
    return Tile(
        name=estimate.name,
        value=None if estimate.value is None else written(estimate.value),
        interval=_interval(estimate, language, written),
        evidence=evidence,
        few_hits=words.few_hits if estimate.value is not None and estimate.few_hits else "",
        bar=_bar(estimate),
    )


def _interval(estimate: Estimate, language: str, written: Callable[[float], str]) -> str:
    if estimate.value is None:
        return WORDS[language].unknown_why
    if estimate.method == "census":
        return WORDS[language].counted
    return COMMON[language].interval.format(
        level=f"{estimate.interval.level:.0%}",
        lower=written(estimate.interval.lower),
        upper=written(estimate.interval.upper),
    )


def bar(value: float, interval: Interval) -> Bar:
    """Return a share and its interval as a bar."""
    start, end = 100 * interval.lower, 100 * interval.upper
    return Bar(
        start=round(start, 2), width=round(max(end - start, 0.5), 2), point=round(min(100 * value, 99.0), 2)
    )


def _bar(estimate: Estimate) -> Bar | None:
    if estimate.value is None or estimate.name not in _BARS:
        return None
    return bar(estimate.value, estimate.interval)


def _writer(estimate: Estimate, language: str) -> Callable[[float], str]:
    if estimate.name in _COUNTS:
        return lambda value: COMMON[language].items.format(count=shown.count(value))
    return shown.share
