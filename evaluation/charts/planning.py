"""Charts to plan with: where the scores lie, and what more or less full review would catch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

from evaluation.charts.style import HEIGHT, Rows, finished, table, tooltip
from evaluation.charts.words import WORDS

DRAFT = "draft"
"""The signal that holds the threshold of the draft; a page moves it."""
DRAFT_POINT = "draft_point"
"""The data set that holds where the draft lies; a page replaces it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Where a plan lies: full reviews a day, and recall with its interval."""

    work: float
    recall: float
    lower: float
    upper: float

    def row(self) -> dict[str, float]:
        """Return the point as data."""
        return {"work": self.work, "recall": self.recall, "lower": self.lower, "upper": self.upper}


def score_distribution(
    counts: Rows, *, policy: str, draft: float, in_force: float | None, language: str, height: int = 150
) -> alt.LayerChart:
    """Return the distribution of scores with the threshold of a draft and that of the plan in force.

    Parameters
    ----------
    counts : list of dict
        See `evaluation.curves.score_counts`.
    policy : str
        What the policy is called.
    draft, in_force : float, float or None
        Thresholds; None where the plan in force has none.
    language : str
        ``ko`` or ``en``.
    height : int
        In pixels.
    """
    words = WORDS[language]
    moved = alt.param(name=DRAFT, value=draft)
    told = tooltip({"start": (words.probability, ".0%"), "end": ("–", ".0%"), "items": (words.items, ",")})
    x = alt.X(
        "start:Q",
        bin="binned",
        title=words.probability,
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(format="%", grid=False, tickCount=5),
    )
    # Most items have small scores: on a linear scale nobody would see those near the threshold.
    largest = max((row["items"] for row in counts), default=0)
    ticks = [0, *(10**power for power in range(9) if 10**power <= largest)]
    y = alt.Y(
        "items:Q",
        title=words.items,
        stack=None,
        scale=alt.Scale(type="symlog", domain=[0, max(largest, 1)], nice=True),
        axis=alt.Axis(values=ticks, labelExpr="format(datum.value, ',')"),
    )
    bars = alt.Chart(table(counts)).encode(x=x, x2="end:Q", y=y, tooltip=told)
    above = bars.transform_filter(f"datum.end > {DRAFT}").mark_bar(style="above", binSpacing=1)
    below = bars.transform_filter(f"datum.end <= {DRAFT}").mark_bar(style="below", binSpacing=1)
    one = alt.Chart(table([{}]))
    at_draft = one.transform_calculate(at=DRAFT).encode(x="at:Q")
    layers = [
        below,
        above,
        at_draft.mark_rule(style="curve", tooltip=None),
        at_draft.mark_text(style="mainText", align="left", dx=5, dy=-2, baseline="top").encode(
            y=alt.value(0), text=alt.value(words.draft)
        ),
    ]
    if in_force is not None:
        at_plan = one.transform_calculate(at=str(in_force)).encode(x="at:Q")
        label = at_plan.mark_text(style="otherText", align="left", dx=5, dy=14, baseline="top")
        layers += [
            at_plan.mark_rule(style="other", tooltip=None),
            label.encode(y=alt.value(0), text=alt.value(words.in_force)),
        ]
    return finished(layers, title=words.scores.format(policy=policy), height=height).add_params(moved)


def recall_against_workload(
    curve: Rows,
    *,
    draft: Point | None,
    in_force: Point | None,
    language: str,
    height: int = HEIGHT,
) -> alt.LayerChart:
    """Return recall against full reviews a day, with the plan in force and a draft.

    Parameters
    ----------
    curve : list of dict
        See `evaluation.curves.recall_curve`.
    draft, in_force : Point or None
        Where the plans lie; None where that is not known.
    language : str
        ``ko`` or ``en``.
    height : int
        In pixels.
    """
    words = WORDS[language]
    told = tooltip(
        {
            "work": (words.work, ",.0f"),
            "recall": (words.recall, ".1%"),
            "lower": (words.lower, ".1%"),
            "upper": (words.upper, ".1%"),
        }
    )
    x = alt.X("work:Q", title=words.work, axis=alt.Axis(format=",.0f", tickCount=6, grid=False))
    y = alt.Y(
        "recall:Q",
        title=words.recall,
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(format="%", tickCount=5),
    )
    line = alt.Chart(table(curve)).encode(x=x, tooltip=told)
    layers = [
        line.mark_area(style="band", interpolate="step-after").encode(y=y, y2="upper:Q").encode(y="lower:Q"),
        line.mark_line(style="curve", interpolate="step-after").encode(y=y),
        *_plan(_rows(in_force), style="other", shape="diamond", label=words.in_force, told=told),
        *_plan(
            alt.NamedData(name=DRAFT_POINT),
            style="estimate",
            shape="circle",
            label=words.draft,
            told=told,
        ),
    ]
    chart = finished(layers, title=words.recall_by_work, height=height)
    chart.datasets = {DRAFT_POINT: [] if draft is None else [draft.row()]}
    return chart


def _rows(point: Point | None) -> alt.InlineData:
    return table([] if point is None else [point.row()])


def _plan(
    data: alt.InlineData | alt.NamedData,
    *,
    style: str,
    shape: str,
    label: str,
    told: Sequence[alt.Tooltip],
) -> list[alt.Chart]:
    at = alt.Chart(data).encode(x="work:Q", tooltip=list(told))
    # The curve rises to the right: above on the left and below on the right there is room.
    first = style == "other"
    text = (
        at.mark_text(style="otherText", align="right", dx=-10, dy=-10)
        if first
        else at.mark_text(style="mainText", align="left", dx=10, dy=12)
    )
    return [
        at.mark_rule(style="other" if first else "curve").encode(y="lower:Q", y2="upper:Q"),
        at.mark_point(style=style, shape=shape, size=90, opacity=1, strokeDash=[1, 0]).encode(y="recall:Q"),
        text.encode(y="recall:Q", text=alt.value(label)),
    ]
