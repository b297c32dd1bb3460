"""Charts to judge by: trends with their band, calibration, and slices side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import altair as alt

from evaluation.charts.style import HEIGHT, Rows, finished, table, tooltip
from evaluation.charts.words import WORDS
from evaluation.estimators import Estimate

_DAYS: Final = alt.Axis(grid=False, labelAngle=0, labelOverlap="greedy", labelExpr="slice(datum.value, 5)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A number at the end of a day. None where it is not known."""

    until: datetime
    value: float | None
    lower: float
    upper: float
    few_hits: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationBin:
    """Items of about the same score: what they are expected to be and what review says."""

    expected: float
    observed: float
    lower: float
    upper: float
    reviewed: int


def trend(
    days: Sequence[Day],
    *,
    name: str,
    language: str,
    share: bool = True,
    height: int = HEIGHT,
) -> alt.LayerChart:
    """Return how a number went from day to day, with its band; days with few hits are hollow.

    Parameters
    ----------
    days : sequence of Day
        In order.
    name : str
        What the number is called.
    language : str
        ``ko`` or ``en``.
    share : bool
        Whether it is a share of 0 to 1; otherwise a number of items.
    height : int
        In pixels.
    """
    words, form = WORDS[language], ".1%" if share else ",.0f"
    rows: Rows = [
        {
            # The day that ends then, where it ends: a browser elsewhere would tell another one.
            "day": f"{one.until - timedelta(microseconds=1):%Y-%m-%d}",
            "value": one.value,
            "lower": one.lower,
            "upper": one.upper,
            "few": one.few_hits,
        }
        for one in days
    ]
    told = [
        alt.Tooltip("day:N", title=words.until),
        *tooltip({"value": (name, form), "lower": (words.lower, form), "upper": (words.upper, form)}),
    ]
    scale = _scale([row["upper"] for row in rows], share=share)
    at = alt.Chart(table(rows)).encode(
        x=alt.X("day:O", title=None, scale=alt.Scale(type="point", padding=0), axis=_DAYS), tooltip=told
    )
    y = alt.Y("value:Q", title=name, scale=scale, axis=alt.Axis(format="%" if share else "~s", tickCount=5))
    known = at.transform_filter("isValid(datum.value)")
    layers = [
        at.mark_area(style="band").encode(y=alt.Y("lower:Q", title=name, scale=scale), y2="upper:Q"),
        known.mark_line(style="curve").encode(y=y),
        known.transform_filter("!datum.few").mark_point(style="estimate", opacity=1, size=40).encode(y=y),
        known.transform_filter("datum.few").mark_point(style="hollow", opacity=1, size=50).encode(y=y),
    ]
    return finished(layers, title=words.trend.format(name=name), height=height)


def calibration(bins: Sequence[CalibrationBin], *, language: str, height: int = 280) -> alt.LayerChart:
    """Return what scores expect against what review says; on the dotted line both agree.

    Parameters
    ----------
    bins : sequence of CalibrationBin
        Items by score.
    language : str
        ``ko`` or ``en``.
    height : int
        In pixels.
    """
    words = WORDS[language]
    rows: Rows = [
        {
            "expected": one.expected,
            "observed": one.observed,
            "lower": one.lower,
            "upper": one.upper,
            "reviewed": one.reviewed,
        }
        for one in bins
    ]
    told = tooltip(
        {
            "expected": (words.expected, ".1%"),
            "observed": (words.observed, ".1%"),
            "lower": (words.lower, ".1%"),
            "upper": (words.upper, ".1%"),
            "reviewed": (words.reviewed, ","),
        }
    )
    most = min(1.0, 1.05 * max((max(one.expected, one.upper) for one in bins), default=1.0))
    whole = alt.Scale(domain=[0, most])
    x = alt.X("expected:Q", title=words.expected, scale=whole, axis=alt.Axis(format="%", tickCount=5))
    y = alt.Y("observed:Q", title=words.observed, scale=whole, axis=alt.Axis(format="%", tickCount=5))
    at = alt.Chart(table(rows)).encode(x=x, tooltip=told)
    ends: Rows = [{"expected": 0, "observed": 0}, {"expected": most, "observed": most}]
    layers = [
        alt.Chart(table(ends)).mark_line(style="reference").encode(x=x, y=y),
        at.mark_rule(style="range").encode(y="lower:Q", y2="upper:Q"),
        at.mark_point(style="estimate", opacity=1, size=70).encode(y=y),
    ]
    return finished(layers, title=words.calibration, height=height)


def forest(
    slices: Sequence[tuple[str, Estimate]],
    *,
    about: str,
    name: str,
    language: str,
    overall: Estimate | None = None,
    share: bool = True,
) -> alt.LayerChart:
    """Return an estimate slice by slice, with intervals; those with few hits are hollow.

    Parameters
    ----------
    slices : sequence of (str, Estimate)
        What a slice is called, and its estimate. Those that are undefined show their interval alone.
    about : str
        What is sliced by, in words.
    name : str
        What the estimate is called.
    language : str
        ``ko`` or ``en``.
    overall : Estimate, optional
        Of all items, shown as a line.
    share : bool
        Whether it is a share; otherwise a number of items.
    """
    words, form = WORDS[language], ".1%" if share else ",.0f"
    rows: Rows = [
        {
            "slice": label,
            "value": one.value,
            "lower": one.interval.lower,
            "upper": one.interval.upper,
            "reviewed": one.reviewed,
            "hits": one.hits,
            "few": one.few_hits,
        }
        for label, one in slices
    ]
    told = tooltip(
        {
            "slice": (words.slice, ""),
            "value": (name, form),
            "lower": (words.lower, form),
            "upper": (words.upper, form),
            "reviewed": (words.reviewed, ","),
            "hits": (words.hits, ","),
        }
    )
    scale = _scale([row["upper"] for row in rows], share=share)
    at = alt.Chart(table(rows)).encode(
        y=alt.Y("slice:N", title=None, sort=None, axis=alt.Axis(labelLimit=220, grid=False)), tooltip=told
    )
    x = alt.X("value:Q", title=name, scale=scale, axis=alt.Axis(format="%" if share else "~s", tickCount=5))
    known = at.transform_filter("isValid(datum.value)")
    layers: list[alt.Chart] = [
        at.mark_rule(style="range").encode(x=alt.X("lower:Q", title=name, scale=scale), x2="upper:Q"),
        known.transform_filter("!datum.few").mark_point(style="estimate", opacity=1, size=70).encode(x=x),
        known.transform_filter("datum.few").mark_point(style="hollow", opacity=1, size=70).encode(x=x),
    ]
    if overall is not None and overall.value is not None:
        line = alt.Chart(table([{"value": overall.value}])).encode(x="value:Q")
        layers = [
            line.mark_rule(style="reference").encode(tooltip=tooltip({"value": (words.overall, form)})),
            *layers,
        ]
    title = words.slices.format(about=about, name=name)
    return finished(layers, title=title, height=max(80, 28 * len(rows)))


def _scale(uppers: Sequence[float], *, share: bool) -> alt.Scale:
    # A prevalence of some per cent would be a line along the edge of the whole scale.
    most = max(uppers, default=1.0) or 1.0
    whole = share and most > 0.5
    return alt.Scale(domain=[0, 1] if whole else [0, most], nice=not whole)
