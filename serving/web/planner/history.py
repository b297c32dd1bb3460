"""Every plan there was, what differs between two, and going back to one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Final

from starlette.responses import JSONResponse, Response

from data.errors import PlanChanged
from data.records import ANY
from evaluation.plain import plain
from serving.auth import Action
from serving.drafts import Draft
from serving.web import shown
from serving.web.planner.asked import SHORTEST_REASON, written
from serving.web.planner.history_words import WORDS
from serving.web.shell import Door, Visit
from serving.web.words import WORDS as COMMON

MOST_SHOWN: Final = 200


def show(visit: Visit) -> Response:
    """Show all plans, newest first, and the difference between two where two are asked for."""
    return _page(visit)


def show_json(visit: Visit) -> Response:
    """Return all plans as data."""
    return JSONResponse({"plans": plain(visit.application.plans.history())})


def roll_back(visit: Visit) -> Response:
    """Put in force again what an earlier plan said."""
    reason, version = visit.form.get("reason", "").strip(), visit.form.get("version", "")
    if len(reason) < SHORTEST_REASON:
        return _page(visit, status=HTTPStatus.UNPROCESSABLE_ENTITY, problem="short_reason")
    try:
        visit.application.plans.roll_back(
            version, author=visit.actor.name, reason=reason, expected=visit.form.get("expected") or None
        )
    except PlanChanged:
        return _page(visit, status=HTTPStatus.CONFLICT, problem="changed_meanwhile")
    return visit.see("/planner/history")


def differences(first: Draft, second: Draft, titles: Mapping[str, str], language: str) -> Iterator[str]:
    """Tell what differs between two plans, setting by setting."""
    words = WORDS[language]
    for name, before, after in rows(first, second, titles, language):
        yield words.change.format(name=name, before=before, after=after)


def rows(
    first: Draft, second: Draft, titles: Mapping[str, str], language: str
) -> Iterator[tuple[str, str, str]]:
    """Return name, before and after of every setting in which two plans differ."""
    words = WORDS[language]
    for policy in titles:
        pair = [one.thresholds.get(policy) for one in (first, second)]
        if pair[0] != pair[1]:
            before, after = (words.none if one is None else _percent(one) for one in pair)
            yield words.threshold.format(name=titles[policy]), before, after
    for name in ("daily_budget", "floor_share", "daily_full_reviews", "review_minutes", "due_hours"):
        values = [getattr(one, name) or None for one in (first, second)]
        if values[0] != values[1]:
            write = _percent if name == "floor_share" else shown.plain
            before, after = (words.none if one is None else write(one) for one in values)
            yield words.fields[name], before, after
    queues = [", ".join(f"{key} {one.queues[key]}" for key in sorted(one.queues)) for one in (first, second)]
    if queues[0] != queues[1]:
        yield words.fields["queues"], queues[0], queues[1]


def _page(visit: Visit, *, status: int = HTTPStatus.OK, problem: str = "") -> Response:
    language, application = visit.language, visit.application
    plans = application.plans.history()
    by_version = {plan.version: plan for plan in plans}
    titles = {ANY: COMMON[language].any_policy} | {
        name: policy.title[language] for name, policy in application.policies.items()
    }
    asked = [visit.query.get(name, "") for name in ("first", "second")]
    if not all(version in by_version for version in asked):
        asked = [plan.version for plan in plans[:2]][::-1]
    differing = None
    if len(asked) == 2:
        pair = [Draft.of(by_version[version]) for version in asked]
        differing = list(rows(pair[0], pair[1], titles, language))
    return visit.page(
        "planner/history.html",
        words=WORDS,
        status=status,
        may_set=visit.actor.may(Action.SET_PLANS),
        plans=plans[:MOST_SHOWN],
        settings={plan.version: _settings(Draft.of(plan), titles, language) for plan in plans[:MOST_SHOWN]},
        asked=asked,
        differing=differing,
        problem=problem,
        typed=visit.form,
    )


def _settings(draft: Draft, titles: Mapping[str, str], language: str) -> str:
    words = WORDS[language]
    parts = [f"{titles.get(name, name)} {_percent(value)}" for name, value in draft.thresholds.items()]
    return " · ".join([*parts, words.audits.format(budget=shown.plain(draft.daily_budget))])


def _percent(value: float) -> str:
    return f"{written(100 * value)}%"


DOORS: Final = (
    Door(path="/planner/history", handle=show, action=Action.READ_PLANS),
    Door(path="/planner/history", method="POST", handle=roll_back, action=Action.SET_PLANS),
    Door(path="/planner/history.json", handle=show_json, action=Action.READ_PLANS),
)
