"""How reviewers do: the page and its twins. A reviewer sees nobody else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

from starlette.responses import JSONResponse, Response

from data.errors import Invalid
from data.records import Role
from evaluation.agreement import Share
from evaluation.plain import plain
from evaluation.reviewers import Middle, Reviewer, ReviewersReport
from serving.auth import Action
from serving.web import shown, tiles
from serving.web.reviewers.words import WORDS, Words
from serving.web.shell import Door, Page, Visit
from serving.web.tiles import Bar

WINDOWS: Final = ("7", "28", "90")
RATES: Final = ("overturned", "sensitivity", "specificity")

_MINUTE: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A rate, ready to be written."""

    value: str
    interval: str
    expected: str
    bar: Bar


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A reviewer, ready to be written."""

    reviewer: Reviewer
    seconds: str
    seconds_interval: str
    rates: Mapping[str, Cell | None]
    cases: str
    counts: str


def show(visit: Visit) -> Response:
    """Show how reviewers do."""
    language, window = visit.language, visit.query.get("window", "28")
    words = WORDS[language]
    fields: dict[str, Any] = {"window": window, "windows": WINDOWS, "mine": _mine(visit), "rates": RATES}
    if window not in WINDOWS:
        return visit.page(
            "reviewers/reviewers.html",
            words=WORDS,
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
            report=None,
            **fields,
        )
    report = _report(visit)
    return visit.page(
        "reviewers/reviewers.html",
        words=WORDS,
        report=report,
        rows=[_row(one, words) for one in report.reviewers],
        team=_row(report.team, words),
        out=", ".join(one.name for one in report.reviewers if one.stands_out),
        agreement=_agreement(report, words),
        **fields,
    )


def show_json(visit: Visit) -> Response:
    """Return the same as data."""
    report = _report(visit)
    return JSONResponse(plain(report) | {"differ": report.differ})


def keep(visit: Visit) -> Response:
    """Return one line a reviewer, the team last."""
    report = _report(visit)
    name = f"tamis-reviewers-{shown.day(report.since)}-{shown.day(report.until)}.csv"
    return Response(
        report.to_frame().to_csv(index=False),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _mine(visit: Visit) -> bool:
    return visit.actor.role is Role.REVIEWER


def _report(visit: Visit) -> ReviewersReport:
    window = visit.query.get("window", "28")
    if window not in WINDOWS:
        raise Invalid(f"window must be one of {', '.join(WINDOWS)}; got {window!r}.", field="window")
    until = visit.application.clock()
    report = visit.application.quality.reviewers(since=until - timedelta(days=int(window)), until=until)
    return report.only(visit.actor.name) if _mine(visit) else report


def _row(one: Reviewer, words: Words) -> Row:
    rates = one.rates
    cells = {name: None if rates is None else _cell(getattr(rates, name), words) for name in RATES}
    return Row(
        reviewer=one,
        seconds=words.none if one.seconds.value is None else _time(one.seconds.value, words),
        seconds_interval=_ends(one.seconds, words),
        rates=cells,
        cases="" if rates is None else words.cases.format(looks=shown.count(rates.second_looks)),
        counts=""
        if rates is None
        else words.counts.format(alarms=rates.false_alarms, overlooked=rates.overlooked),
    )


def _cell(share: Share, words: Words) -> Cell | None:
    if share.value is None:
        return None
    ends = f"{shown.share(share.interval.lower)} – {shown.share(share.interval.upper)}"
    expected = "" if share.expected is None else words.expected.format(share=shown.share(share.expected))
    return Cell(
        value=shown.share(share.value),
        interval=ends,
        expected=expected,
        bar=tiles.bar(share.value, share.interval),
    )


def _time(seconds: float, words: Words) -> str:
    if seconds < _MINUTE:
        return words.seconds.format(count=shown.count(seconds))
    return words.minutes.format(count=f"{seconds / _MINUTE:.1f}")


def _ends(middle: Middle, words: Words) -> str:
    lower, upper = middle.interval.lower, middle.interval.upper
    return f"{_time(lower, words)} – {_time(upper, words)}" if lower > 0 else ""


def _agreement(report: ReviewersReport, words: Words) -> str:
    found = report.agreement
    if found.value is None:
        return words.agreement_unknown
    return words.agreement_of.format(
        value=f"{found.value:.2f}",
        level=f"{found.interval.level:.0%}",
        lower=f"{found.interval.lower:.2f}",
        upper=f"{found.interval.upper:.2f}",
        looks=shown.count(found.looks),
    )


PAGE: Final = Page(
    path="/reviewers",
    name={language: words.title for language, words in WORDS.items()},
    action=Action.READ_REVIEWERS,
    doors=(
        Door(path="/reviewers", handle=show, action=Action.READ_REVIEWERS),
        Door(path="/reviewers.json", handle=show_json, action=Action.READ_REVIEWERS),
        Door(path="/reviewers.csv", handle=keep, action=Action.READ_REVIEWERS),
    ),
)
