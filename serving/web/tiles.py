"""An estimate as the page shows it: value, interval, and what stands behind them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from evaluation.estimators import Estimate
from serving.web import shown
from serving.web.words import Words

_COUNTS: Final = frozenset({"missed"})
"""Estimates that are numbers of items; the others are shares."""

_BARS: Final = frozenset({"recall", "precision"})
"""Shares that use the whole scale. A prevalence of 2 % would be a dot at its end."""


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
    few_hits: bool
    bar: Bar | None


def tile(estimate: Estimate, words: Words) -> Tile:
    """Return an estimate as it is shown."""
    written = _writer(estimate, words)
    evidence = [
        words.evidence.format(reviewed=shown.count(estimate.reviewed), hits=shown.count(estimate.hits))
    ]
    if estimate.outstanding:
        evidence.append(words.outstanding.format(outstanding=shown.count(estimate.outstanding)))
    return Tile(
        name=estimate.name,
        value=None if estimate.value is None else written(estimate.value),
        interval=_interval(estimate, words, written),
        evidence=evidence,
        few_hits=estimate.value is not None and estimate.few_hits,
        bar=_bar(estimate),
    )


def _interval(estimate: Estimate, words: Words, written: Callable[[float], str]) -> str:
    if estimate.value is None:
        return words.unknown_why
    if estimate.method == "census":
        return words.counted
    return words.interval.format(
        level=f"{estimate.interval.level:.0%}",
        lower=written(estimate.interval.lower),
        upper=written(estimate.interval.upper),
    )


def _bar(estimate: Estimate) -> Bar | None:
    if estimate.value is None or estimate.name not in _BARS:
        return None
    start, end = 100 * estimate.interval.lower, 100 * estimate.interval.upper
    return Bar(
        start=round(start, 2),
        width=round(max(end - start, 0.5), 2),
        point=round(min(100 * estimate.value, 99.0), 2),
    )


def _writer(estimate: Estimate, words: Words) -> Callable[[float], str]:
    if estimate.name in _COUNTS:
        return lambda value: words.items.format(count=shown.count(value))
    return shown.share
