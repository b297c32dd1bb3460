"""The quality report: its page, its charts, and the files that can be kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

from starlette.responses import JSONResponse, Response

from data.errors import NotFound
from evaluation.charts.words import columns
from evaluation.notices import ESTIMATES
from evaluation.report import QualityReport
from serving.auth import Action
from serving.quality import SEOUL
from serving.web import shown
from serving.web.report import tables
from serving.web.report.asked import COLUMNS, GRADES, LEVELS, WINDOWS, Asked, read
from serving.web.report.computed import WORDS as COMPUTED
from serving.web.report.kept import Reports
from serving.web.report.words import WORDS
from serving.web.shell import Door, Page, Visit

_SAID_ELSEWHERE: Final = frozenset({"synthetic", "no_items"})


def show(visit: Visit) -> Response:
    """Show the report that stands in the address; where something is wrong with it, the form as typed."""
    asked, language = _asked(visit), visit.language
    fields: dict[str, Any] = {
        "asked": asked,
        "choices": {"window": WINDOWS, "level": LEVELS, "grade": GRADES, "by": COLUMNS},
        "columns": {name: columns(name, language) for name in COLUMNS},
        "query": visit.request.url.query,
        "report": None,
    }
    if asked.wanted is None:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return visit.page("report/report.html", words=WORDS, status=status, **fields)
    report = visit.frame.kept(Reports).report(asked.wanted)
    fields |= {
        "report": report,
        "headlines": tables.headlines(report, language),
        "sections": tables.sections(report, language, _titles(visit)),
        "told": [one.text(language) for one in report.notices if one.code not in _SAID_ELSEWHERE],
        "seals": [one.text(language) for one in report.seals],
        "changes": [one.text(language) for one in report.changes],
        "names": {name: names[language] for name, names in ESTIMATES.items()},
        "computed": COMPUTED[language],
        "methods": {one.name: one.method for one in report.estimates},
    }
    return visit.page("report/report.html", words=WORDS, **fields)


def show_json(visit: Visit) -> Response:
    """Return the report as data."""
    return _answer(visit, lambda report: JSONResponse(report.to_json()))


def show_charts(visit: Visit) -> Response:
    """Return the charts as Vega-Lite data, by name."""
    from evaluation.charts import export, style
    from evaluation.charts.pictures import pictures

    theme = style.DARK if visit.query.get("theme") == "dark" else style.LIGHT

    def draw(report: QualityReport) -> Response:
        drawn = pictures(report, visit.language, titles=_titles(visit))
        return JSONResponse({name: export.specification(chart, theme=theme) for name, chart in drawn.items()})

    return _answer(visit, draw)


def keep(visit: Visit) -> Response:
    """Return the report as a file: ``csv``, ``html``, ``pdf``, or a chart as ``NAME.png``."""
    name, _, kind = visit.request.path_params["file"].rpartition(".")
    makers = {"csv": _csv, "html": _html, "pdf": _pdf, "png": _png}
    if kind not in makers or (kind != "png" and name != "quality"):
        raise NotFound(
            f"There is no file {name}.{kind}; use quality.csv, quality.html, quality.pdf or CHART.png."
        )
    return _answer(visit, lambda report: makers[kind](visit, report, name))


def _csv(_visit: Visit, report: QualityReport, _name: str) -> Response:
    return _file(report.to_csv().encode(), "text/csv; charset=utf-8", report, "csv")


def _html(visit: Visit, report: QualityReport, _name: str) -> Response:
    from evaluation.charts import document

    made = document.html(report, visit.language, titles=_titles(visit), zone=SEOUL)
    return _file(made.encode(), "text/html; charset=utf-8", report, "html")


def _pdf(visit: Visit, report: QualityReport, _name: str) -> Response:
    from evaluation.charts import document

    made = document.pdf(report, visit.language, titles=_titles(visit), zone=SEOUL)
    return _file(made, "application/pdf", report, "pdf")


def _png(visit: Visit, report: QualityReport, name: str) -> Response:
    from evaluation.charts import export
    from evaluation.charts.pictures import pictures

    drawn = pictures(report, visit.language, titles=_titles(visit))
    if name not in drawn:
        raise NotFound(f"There is no chart {name!r}; there are {', '.join(drawn) or 'none'}.")
    return _file(export.png(drawn[name]), "image/png", report, f"{name}.png")


def _file(content: bytes, kind: str, report: QualityReport, ending: str) -> Response:
    days = f"{_day(report.since)}-{_day(report.until)}"
    name = f'attachment; filename="tamis-quality-{days}.{ending}"'
    return Response(content, media_type=kind, headers={"Content-Disposition": name})


def _answer(visit: Visit, make: Callable[[QualityReport], Response]) -> Response:
    asked = _asked(visit)
    if asked.wanted is None:
        problems = {name: WORDS[visit.language].problems[code] for name, code in asked.problems.items()}
        return JSONResponse({"problems": problems}, status_code=HTTPStatus.UNPROCESSABLE_ENTITY)
    return make(visit.frame.kept(Reports).report(asked.wanted))


def _asked(visit: Visit) -> Asked:
    fields = {name: value for name, value in visit.query.items() if name not in {"lang", "theme"}}
    today = visit.application.clock().astimezone(SEOUL).date()
    return read(fields, visit.request.query_params.getlist("by"), today=today)


def _titles(visit: Visit) -> Mapping[str, str]:
    return {name: policy.title[visit.language] for name, policy in visit.application.policies.items()}


def _day(moment: datetime) -> str:
    return shown.day(moment).replace("-", "")


PAGE: Final = Page(
    path="/report",
    name={language: words.title for language, words in WORDS.items()},
    action=Action.READ_REPORTS,
    doors=(
        Door(path="/report", handle=show, action=Action.READ_REPORTS),
        Door(path="/report.json", handle=show_json, action=Action.READ_REPORTS),
        Door(path="/report/charts.json", handle=show_charts, action=Action.READ_REPORTS),
        Door(path="/report/{file}", handle=keep, action=Action.READ_REPORTS),
    ),
)
