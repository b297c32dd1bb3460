"""
How charts look: named styles, a light and a dark theme, the words that all share.

Marks name a style and no colour, so that a page can hand over the colours of its own theme.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import altair as alt

FONT: Final = "Pretendard"
HEIGHT: Final = 220

Spec = dict[str, Any]
Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """Colours of a ground."""

    paper: str
    ink: str
    muted: str
    line: str
    main: str
    """Of estimates and of what is proposed."""
    band: str
    """Of intervals around them."""
    other: str
    """Of what is compared with them; differs in lightness and is always dashed or hollow."""
    faint: str
    """Of what lies below the thresholds."""


LIGHT: Final = Theme(
    paper="#ffffff",
    ink="#1b2733",
    muted="#566370",
    line="#dde2e7",
    main="#0072b2",
    band="#9cc9e3",
    other="#a34700",
    faint="#c3ccd4",
)
DARK: Final = Theme(
    paper="#1b2229",
    ink="#e8edf2",
    muted="#a3b0bd",
    line="#323d47",
    main="#6fbcec",
    band="#2b5c7c",
    other="#ffb454",
    faint="#4a5763",
)


def config(theme: Theme) -> Spec:
    """Return the part of a specification that says how things look."""
    return {
        "background": theme.paper,
        "font": FONT,
        "padding": 4,
        "view": {"stroke": None},
        "mark": {"aria": False},  # a page says what a chart is, and gives its numbers as a table
        "axis": {
            "labelColor": theme.muted,
            "titleColor": theme.muted,
            "gridColor": theme.line,
            "domainColor": theme.line,
            "tickColor": theme.line,
            "labelFontSize": 12,
            "titleFontSize": 12,
            "titleFontWeight": 400,
            "labelPadding": 6,
            "titlePadding": 8,
        },
        "title": {"color": theme.ink, "fontSize": 14, "fontWeight": 600, "anchor": "start", "offset": 10},
        "legend": {"labelColor": theme.ink, "titleColor": theme.muted, "labelFontSize": 12, "orient": "top"},
        "text": {"color": theme.ink, "fontSize": 12},
        "style": {
            "curve": {"color": theme.main, "strokeWidth": 2.5},
            "estimate": {"color": theme.main, "filled": True},
            "hollow": {"color": theme.main, "filled": False, "strokeWidth": 2},
            "band": {"color": theme.band, "opacity": 0.55},
            "range": {"color": theme.main, "strokeWidth": 2},
            "other": {"color": theme.other, "filled": False, "strokeWidth": 2, "strokeDash": [5, 4]},
            "otherText": {"color": theme.other, "fontSize": 12, "fontWeight": 600},
            "mainText": {"color": theme.main, "fontSize": 12, "fontWeight": 600},
            "above": {"color": theme.main},
            "below": {"color": theme.faint},
            "reference": {"color": theme.muted, "strokeWidth": 1, "strokeDash": [2, 3]},
        },
    }


def table(rows: Rows) -> alt.InlineData:
    """Return rows as the data of a layer."""
    return alt.InlineData(values=[dict(row) for row in rows])


def finished(layers: Sequence[alt.Chart], *, title: str, height: int = HEIGHT) -> alt.LayerChart:
    """Return layers as one chart, as wide as where it stands, in the usual look on a light ground."""
    chart = alt.LayerChart(layer=list(layers))
    whole = chart.properties(width="container", height=height, title=title, autosize=_FIT)
    styled: alt.LayerChart = whole.configure(**config(LIGHT))
    return styled


_FIT: Final = alt.AutoSizeParams(type="fit-x", contains="padding")


def tooltip(columns: Mapping[str, tuple[str, str]]) -> list[alt.Tooltip]:
    """Return tooltips: title and number format (empty: as it is), by column."""
    return [
        alt.Tooltip(f"{name}:Q", title=title, format=form) if form else alt.Tooltip(f"{name}:N", title=title)
        for name, (title, form) in columns.items()
    ]
