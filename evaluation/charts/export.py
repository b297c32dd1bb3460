"""
Charts as data for a page, and as files.

Files are drawn with the font that comes with this package, on an opaque ground, so that they look the same on
a machine without fonts as on any other.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import altair as alt
import vl_convert

from evaluation.charts.style import LIGHT, Spec, Theme, config

_FONTS: Final = Path(__file__).parent / "fonts"

VEGA_LITE: Final = "6.4"
"""The version that draws files; pages are served the same one."""


def specification(chart: alt.LayerChart | alt.FacetChart, *, theme: Theme = LIGHT) -> Spec:
    """Return a chart as Vega-Lite data, in the colours of a theme."""
    found: Spec = chart.to_dict(validate=False)
    return found | {"config": config(theme)}


def png(chart: alt.LayerChart, *, width: int = 640, scale: float = 2.0) -> bytes:
    """Return a chart as a PNG picture.

    Parameters
    ----------
    chart : LayerChart
        Any of the charts of this package.
    width : int
        Of the whole picture, in pixels before scaling.
    scale : float
        Pixels of the file for each.
    """
    _register_fonts()
    drawn: bytes = vl_convert.vegalite_to_png(_of_width(chart, width), vl_version=VEGA_LITE, scale=scale)
    return drawn


def svg(chart: alt.LayerChart | alt.FacetChart, *, width: int | None = 640) -> str:
    """Return a chart as an SVG picture; see `png`. Its text is text, in the font of this package if there.

    Without a width it is as wide as the chart says.
    """
    _register_fonts()
    drawn: str = vl_convert.vegalite_to_svg(_of_width(chart, width), vl_version=VEGA_LITE)
    return drawn


def _of_width(chart: alt.LayerChart | alt.FacetChart, width: int | None) -> Spec:
    if width is None:
        return specification(chart)
    return specification(chart) | {"width": width, "autosize": {"type": "fit-x", "contains": "padding"}}


@cache
def _register_fonts() -> None:
    vl_convert.register_font_directory(str(_FONTS))
