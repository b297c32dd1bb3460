"""
The page where people review: claim, look, decide, and on to the next.

It works as plain forms. A script adds keys, jumps in the clip, keeps the claim alive and remembers what was
typed. Sending a form twice is harmless, and a claim that was lost loses nothing that was typed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response

from data.errors import ClaimLost, Invalid, NotFound, UnknownJob
from data.records import TEXT_FIELDS, Item, Job, Verdict
from serving.auth import Action
from serving.web import shown
from serving.web.review import forms, media, state
from serving.web.review.forms import Problem, Typed
from serving.web.review.state import Work
from serving.web.review.words import WORDS
from serving.web.shell import Door, Page, Visit
from serving.web.words import WORDS as COMMON

VERDICT_KEYS: Final = {
    Verdict.VIOLATION: ("1", "V"),
    Verdict.NO_VIOLATION: ("2", "N"),
    Verdict.UNSURE: ("3", "U"),
    Verdict.UNREVIEWABLE: ("4", "X"),
}
"""The keys of a verdict, in the order of the page."""
POLICY_KEYS: Final = "QWERTYASDFGHZCIOP"
"""The keys of the policies, in their order; those beyond have none."""

_STARTED: Final = "tamis_review"
"""The cookie that remembers when the job in hand was claimed."""


def show(visit: Visit) -> Response:
    """Return the job in hand, or what waits."""
    job = visit.application.reviews.held(reviewer_id=visit.actor.name)
    return _desk(visit) if job is None else _job(visit, job)


def act(visit: Visit) -> Response:
    """Do what a form of the page asks for."""
    does = {"claim": _next, "decide": _decide, "give_back": _give_back}.get(visit.form.get("do", ""))
    if does is None:
        raise Invalid(f"do must be claim, decide or give_back; got {visit.form.get('do')!r}.", field="do")
    return does(visit)


def renew(visit: Visit) -> Response:
    """Keep the job in hand for another lease, and say until when."""
    job = visit.application.reviews.renew(visit.form.get("job", ""), reviewer_id=visit.actor.name)
    return JSONResponse({"until": shown.moment(job.claimed_until) if job.claimed_until else ""})


def play(visit: Visit) -> Response:
    """Send the clip of a job, or one of its frames, to the reviewer who holds it."""
    path = visit.request.path_params
    files = state.work(visit.application, visit.actor, path["job_id"]).media
    place = path.get("place")
    if place is not None and place < len(files.frames):
        return _file(files.frames[place])
    if place is None and files.clip is not None:
        return _file(files.clip)
    raise NotFound("There is no such file.")


def _file(path: Any) -> FileResponse:
    # Who gives a job back keeps no copy of it.
    headers = {"Cache-Control": "private, no-store"}
    return FileResponse(path, media_type=media.media_type(path), headers=headers)


def _give_back(visit: Visit) -> Response:
    try:
        visit.application.reviews.release(visit.form.get("job", ""), reviewer_id=visit.actor.name)
    except ClaimLost:
        return _see(visit, said="lost")
    return _see(visit, said="given_back")


def _decide(visit: Visit) -> Response:
    reviews, actor, job_id = visit.application.reviews, visit.actor, visit.form.get("job", "")
    typed = forms.read(visit.form)
    conclusion, problems = forms.conclude(typed)
    try:
        if conclusion is None:
            return _job(visit, reviews.renew(job_id, reviewer_id=actor.name), typed, problems)
        started_at = _started(visit, job_id)
        said = state.decide(visit.application, actor, job_id, conclusion, started_at=started_at)
    except (ClaimLost, UnknownJob):
        return _desk(visit, lost=typed, status=HTTPStatus.CONFLICT)
    return _next(visit, said=said)


def _next(visit: Visit, *, said: str = "") -> Response:
    job = state.take(visit.application, visit.actor, queue=visit.form.get("queue") or None)
    response = _see(visit, said=said or ("" if job else "nothing"))
    if job is not None:
        _remember(visit, response, job.job_id)
    return response


def _see(visit: Visit, *, said: str) -> RedirectResponse:
    queue = visit.form.get("queue", "")
    query = urlencode({name: value for name, value in (("queue", queue), ("said", said)) if value})
    return visit.see(f"/review?{query}" if query else "/review")


def _desk(visit: Visit, *, lost: Typed | None = None, status: int = HTTPStatus.OK) -> Response:
    return visit.page(
        "review/desk.html",
        status=status,
        words=WORDS,
        queues=state.waiting(visit.application, visit.actor),
        said=visit.query.get("said", "") if lost is None else "",
        lost=lost,
        titles=_titles(visit),
    )


def _job(visit: Visit, job: Job, typed: Typed | None = None, problems: Sequence[Problem] = ()) -> Response:
    work = state.work(visit.application, visit.actor, job.job_id)
    response = visit.page(
        "review/job.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK,
        words=WORDS,
        work=work,
        typed=typed or Typed(),
        problems=problems,
        queue=visit.form.get("queue") or visit.query.get("queue", ""),
        said="" if problems else visit.query.get("said", ""),
        facts=_facts(work, visit.language),
        texts=[(name, text) for name in TEXT_FIELDS if (text := work.item.text(name).strip())],
        verdicts=VERDICT_KEYS,
        policies=_policies(visit),
        titles=_titles(visit),
        clock=forms.clock,
        lease_s=visit.application.settings.reviews.lease_minutes * 60,
    )
    _remember(visit, response, job.job_id)
    return response


def _facts(work: Work, language: str) -> list[tuple[str, str]]:
    """Return what is known about an item, but not when it was uploaded.

    Beside the deadline that would tell a second look from a first: its job is made later.
    """
    item: Item = work.item
    known = {
        "creator": item.creator_id,
        "category": item.category,
        "language": item.language,
        "views": None if item.expected_views is None else shown.count(item.expected_views),
        "duration": None if item.duration_s is None else forms.clock(item.duration_s * 1000),
        "came": shown.moment(work.job.created_at),
        "due": shown.moment(work.job.due_at),
        "item": item.item_id if item.item_version == "1" else f"{item.item_id} ({item.item_version})",
    }
    names = WORDS[language].facts
    return [(names[name], value) for name, value in known.items() if value]


def _policies(visit: Visit) -> list[tuple[str, str, str, str]]:
    keys = [*POLICY_KEYS, *[""] * len(visit.application.policies)]
    return [
        (policy.policy_id, policy.title[visit.language], policy.guidance[visit.language], key)
        for policy, key in zip(visit.application.policies.values(), keys, strict=False)
    ]


def _titles(visit: Visit) -> dict[str, str]:
    policies = visit.application.policies.values()
    any_policy = {"any": COMMON[visit.language].any_policy}
    return any_policy | {policy.policy_id: policy.title[visit.language] for policy in policies}


def _started(visit: Visit, job_id: str) -> datetime:
    now = visit.application.clock()
    known, _, second = visit.request.cookies.get(_STARTED, "").rpartition("|")
    if known != job_id or not (second.isascii() and second.isdigit() and len(second) <= 11):
        return now
    return min(now, datetime.fromtimestamp(int(second), UTC))


def _remember(visit: Visit, response: Response, job_id: str) -> None:
    second = int(_started(visit, job_id).timestamp())
    response.set_cookie(_STARTED, f"{job_id}|{second}", path="/review", httponly=True, samesite="strict")


PAGE: Final = Page(
    path="/review",
    name={language: words.title for language, words in WORDS.items()},
    action=Action.WORK,
    doors=(
        Door(path="/review", handle=show, action=Action.WORK),
        Door(path="/review", method="POST", handle=act, action=Action.WORK),
        Door(path="/review/renew.json", method="POST", handle=renew, action=Action.WORK),
        Door(path="/review/media/{job_id}", handle=play, action=Action.WORK),
        Door(path="/review/media/{job_id}/{place:int}", handle=play, action=Action.WORK),
    ),
)
