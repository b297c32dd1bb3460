"""Today: the first page, and its JSON twin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.responses import JSONResponse, Response

from data.records import ANY
from serving.auth import Action
from serving.web import shown, tiles
from serving.web.recent import Recent
from serving.web.shell import Door, Page, Visit
from serving.web.today.alarms import Alarm
from serving.web.today.state import Today, gather
from serving.web.today.words import WORDS
from serving.web.words import WORDS as COMMON

_MOST_POLICIES: Final = 3
_SAID_ELSEWHERE: Final = frozenset({"synthetic", "no_items", "recall_fell"})
"""Notices of a report that the page tells in its own way."""


def show(visit: Visit) -> Response:
    """Show the state of things."""
    today, language = _gather(visit), visit.language
    return visit.page(
        "today/today.html",
        words=WORDS,
        today=today,
        tiles=[(estimate.name, tiles.tile(estimate, language)) for estimate in today.headlines],
        notices=[
            notice.text(language) for notice in today.report.notices if notice.code not in _SAID_ELSEWHERE
        ],
        flow=_flow(today, language),
        meaning=_meaning(today, language),
        work=_work(today, language),
        caught=_caught(today, _titles(visit), language),
        alarms=[(alarm, _seen(alarm, language)) for alarm in today.alarms],
        policies=_titles(visit),
    )


def show_json(visit: Visit) -> Response:
    """Return the same as data."""
    return JSONResponse(_gather(visit).to_json())


def _gather(visit: Visit) -> Today:
    return gather(visit.application, visit.frame.kept(Recent))


def _titles(visit: Visit) -> Mapping[str, str]:
    language = visit.language
    return {ANY: COMMON[language].any_policy} | {
        name: policy.title[language] for name, policy in visit.application.policies.items()
    }


def _meaning(today: Today, language: str) -> str:
    """Return in a sentence or two what the numbers mean."""
    words, recall = WORDS[language].meaning, today.report.find("recall")
    if not today.report.workload.items:
        return words["empty"]
    ringing = sum(alarm.state == "alarm" for alarm in today.alarms)
    tail = words["alarms"].format(count=ringing) if ringing else words["quiet"]
    if recall.value is None:
        return f"{words['unknown']} {tail}"
    seen = words["recall"].format(
        value=shown.share(recall.value),
        lower=shown.share(recall.interval.lower),
        upper=shown.share(recall.interval.upper),
    )
    return " ".join([seen, *([words["few"]] if recall.few_hits else []), tail])


def _work(today: Today, language: str) -> str:
    return WORDS[language].work.format(
        decisions=shown.count(today.activity.decisions),
        used=f"{today.hours_used:.1f}",
        open=shown.count(today.open_jobs),
        left=f"{today.hours_left:.1f}",
    )


def _caught(today: Today, titles: Mapping[str, str], language: str) -> str:
    words, activity = WORDS[language], today.activity
    if not activity.caught:
        return words.caught_none
    most = list(activity.policies.items())[:_MOST_POLICIES]
    named = ", ".join(f"{titles.get(name, name)} {shown.count(count)}" for name, count in most)
    return words.caught.format(count=shown.count(activity.caught), policies=f" ({named})" if named else "")


def _seen(alarm: Alarm, language: str) -> str:
    numbers: dict[str, str] = {name: _written(name, value) for name, value in alarm.numbers.items()}
    moments = {
        name: "–" if moment is None else shown.moment(moment) for name, moment in alarm.moments.items()
    }
    return WORDS[language].seen[f"{alarm.code}.{alarm.reason}"].format(**numbers, **moments)


def _written(name: str, value: float) -> str:
    return shown.share(value) if name in {"limit", "distance"} else shown.count(value)


def _flow(today: Today, language: str) -> str:
    work = today.report.workload
    released = work.items - work.full_review - work.audits
    return WORDS[language].flow.format(
        items=shown.count(work.items),
        full=shown.count(work.full_review),
        audits=shown.count(work.audits),
        released=shown.count(released),
    )


PAGE: Final = Page(
    path="/",
    name={language: words.title for language, words in WORDS.items()},
    action=Action.READ_REPORTS,
    doors=(
        Door(path="/", handle=show, action=Action.READ_REPORTS),
        Door(path="/today.json", handle=show_json, action=Action.READ_REPORTS),
    ),
)
