"""
A quality report as one file: a page that can be kept and sent, or a PDF for the records.

Both hold charts and tables and bring their font, so that Korean is set right on a machine without fonts. The
PDF is tagged and made to last (PDF/A-2a, PDF/UA-1). The same report gives the same file.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Mapping
from datetime import tzinfo
from pathlib import Path
from typing import Any, Final

import typst
from fontTools import subset
from fontTools.ttLib import TTFont

from evaluation import tables
from evaluation.charts import export
from evaluation.charts.pictures import pictures
from evaluation.charts.style import FONT
from evaluation.charts.words import WORDS
from evaluation.report import QualityReport

_HERE: Final = Path(__file__).parent
_FONTS: Final = _HERE / "fonts"
_STANDARDS: Final = ("a-2a", "ua-1")


def html(report: QualityReport, language: str, *, titles: Mapping[str, str], zone: tzinfo) -> str:
    """Return a page that stands alone: no script, nothing from outside.

    Parameters
    ----------
    report : QualityReport
        What to show.
    language : str
        ``ko`` or ``en``.
    titles : mapping of str to str
        What policies are called, where not by their names.
    zone : tzinfo
        In which moments are told.
    """
    drawn = [export.svg(one) for one in pictures(report, language, titles=titles).values()]
    page = tables.page(
        f"{tables.REPORT[language]}, {report.title(language, zone)}",
        dict(zip(tables.CHAPTERS[language], (report.estimates, report.policies, report.slices), strict=True)),
        report.told,
        language=language,
        titles=titles,
        pictures=(WORDS[language].charts, drawn),
    )
    return page.replace("<style>", f"<style>{_font_face(page)}", 1)


def pdf(report: QualityReport, language: str, *, titles: Mapping[str, str], zone: tzinfo) -> bytes:
    """Return the same as a PDF; see `html`."""
    made: bytes = typst.compile(
        _HERE / "document.typ",
        root=_HERE,
        font_paths=[_FONTS],
        ignore_system_fonts=True,
        sys_inputs={"report": json.dumps(_content(report, language, titles, zone), ensure_ascii=False)},
        pdf_standards=list(_STANDARDS),
        timestamp=report.generated_at.replace(microsecond=0),
    )
    return made


def _content(report: QualityReport, language: str, titles: Mapping[str, str], zone: tzinfo) -> dict[str, Any]:
    chapters = zip(tables.CHAPTERS[language], (report.estimates, report.policies, report.slices), strict=True)
    drawn = pictures(report, language, titles=titles)
    return {
        "language": language,
        "font": FONT,
        "title": tables.REPORT[language],
        "subtitle": report.title(language, zone),
        "told": [one.text(language) for one in report.told],
        "chapters": [
            {"title": heading, "rows": tables.rows(estimates, language=language, titles=titles)}
            for heading, estimates in chapters
            if estimates
        ],
        "charts": WORDS[language].charts,
        "pictures": [
            {"svg": export.svg(chart), "alt": str(chart.to_dict(validate=False)["title"])}
            for chart in drawn.values()
        ],
    }


def _font_face(page: str) -> str:
    """Return the letters that a page uses as a font, to be put into its style."""
    options = subset.Options(flavor="woff", notdef_outline=True)
    font = TTFont(_FONTS / "Pretendard-Regular.otf", recalcTimestamp=False)
    chosen = subset.Subsetter(options)
    chosen.populate(text=page)
    chosen.subset(font)
    font.flavor = "woff"
    out = io.BytesIO()
    font.save(out)
    data = base64.b64encode(out.getvalue()).decode("ascii")
    return f"@font-face{{font-family:{FONT};src:url(data:font/woff;base64,{data}) format('woff')}}"
