"""Today: the first page, and its JSON twin."""

from __future__ import annotations

from typing import Final

from starlette.responses import JSONResponse, Response

from serving.auth import Action
from serving.web import shown, tiles
from serving.web.shell import Door, Page, Visit
from serving.web.today.state import Today, gather
from serving.web.today.words import WORDS
from serving.web.words import WORDS as COMMON

_SAID_ELSEWHERE: Final = frozenset({"synthetic", "no_items"})
"""Notices of a report that the page tells in its own way."""


def show(visit: Visit) -> Response:
    """Show the state of things."""
    today, language = gather(visit.application), visit.language
    return visit.page(
        "today/today.html",
        words=WORDS,
        today=today,
        tiles=[(estimate.name, tiles.tile(estimate, language)) for estimate in today.headlines],
        notices=[
            notice.text(language) for notice in today.report.notices if notice.code not in _SAID_ELSEWHERE
        ],
        flow=_flow(today, language),
        policies={"any": COMMON[language].any_policy}
        | {policy.policy_id: policy.title[language] for policy in visit.application.policies.values()},
    )


def show_json(visit: Visit) -> Response:
    """Return the same as data."""
    return JSONResponse(gather(visit.application).to_json())


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
