"""The planner: its page, the numbers that follow the sliders, its charts, and putting a plan in force."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from starlette.responses import JSONResponse, Response

from data.errors import PlanChanged
from data.records import ANY, Plan
from serving.auth import Action
from serving.drafts import Draft
from serving.web.planner import history
from serving.web.planner.asked import SHORTEST_REASON, THRESHOLD
from serving.web.planner.bench import Bench, look, to_json
from serving.web.planner.numbers import WORDS as NUMBER_WORDS
from serving.web.planner.numbers import numbers, summary
from serving.web.planner.words import WORDS
from serving.web.shell import Door, Page, Visit
from serving.web.words import WORDS as COMMON


def show(visit: Visit) -> Response:
    """Show the planner for what stands in the address; nothing there: for the plan in force."""
    return _page(visit, look(visit, visit.query))


def show_json(visit: Visit) -> Response:
    """Return the same as data."""
    bench = look(visit, visit.query)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if bench.problems else HTTPStatus.OK
    return JSONResponse(to_json(bench), status_code=status)


def show_numbers(visit: Visit) -> Response:
    """Return the numbers alone, for sliders that move."""
    bench = look(visit, visit.query)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if bench.problems else HTTPStatus.OK
    return visit.page("planner/numbers.html", words=WORDS, status=status, **_fields(visit, bench))


def show_charts(visit: Visit) -> Response:
    """Return the charts as Vega-Lite data, by name."""
    bench = look(visit, visit.query)
    return JSONResponse(_charts(visit, bench))


def apply(visit: Visit) -> Response:
    """Put a draft in force as a new version; where something is wrong, show the form as it was typed."""
    reason, expected = visit.form.get("reason", "").strip(), visit.form.get("expected", "")
    short = {"reason": "short_reason"} if len(reason) < SHORTEST_REASON else {}
    bench = look(visit, visit.form, refused=short)
    if bench.problems or bench.asked.draft is None:
        return _page(visit, bench, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        plan = visit.application.plans.set(
            bench.asked.draft, author=visit.actor.name, reason=reason, expected=expected or None
        )
    except PlanChanged:
        return _page(visit, look(visit, visit.form), status=HTTPStatus.CONFLICT, changed=True)
    return visit.see(f"/planner?applied={plan.version}")


def _page(visit: Visit, bench: Bench, *, status: int = HTTPStatus.OK, changed: bool = False) -> Response:
    applied = visit.query.get("applied", "")
    return visit.page(
        "planner/planner.html",
        words=WORDS,
        status=status,
        changed=changed,
        applied=applied if bench.plan is not None and bench.plan.version == applied else "",
        **_fields(visit, bench),
    )


def _fields(visit: Visit, bench: Bench) -> dict[str, Any]:
    language, policies = visit.language, visit.application.policies
    titles = {ANY: COMMON[language].any_policy} | {
        name: policy.title[language] for name, policy in policies.items()
    }
    found = [] if bench.outlook is None else numbers(bench.outlook, bench.before, language)
    return {
        "bench": bench,
        "may_set": visit.actor.may(Action.SET_PLANS),
        "titles": titles,
        "numbers": found,
        "names": NUMBER_WORDS[language].names,
        "asks": NUMBER_WORDS[language].asks,
        "summary": summary(found, language) if found else "",
        "point": _point(bench),
        "changes": []
        if bench.asked.draft is None
        else list(_changes(bench.plan, bench.asked.draft, titles, language)),
        "others": [name for name in policies if name not in bench.asked.policies],
        "most_audits": max(1000, round(bench.outlook.items_per_day)) if bench.outlook else 1000,
        "labels": _labels(bench, titles, language),
    }


def _labels(bench: Bench, titles: Mapping[str, str], language: str) -> dict[str, str]:
    """Return what the fields are called, by name."""
    names = WORDS[language].fields
    return {
        name: titles.get(name.removeprefix(THRESHOLD), name.removeprefix(THRESHOLD))
        if name.startswith(THRESHOLD)
        else names[name]
        for name in {*bench.asked.typed, *bench.problems}
    }


def _point(bench: Bench) -> dict[str, float] | None:
    now = bench.outlook
    if now is None or now.recall.value is None:
        return None
    return {
        "work": now.full_reviews_per_day,
        "recall": now.recall.value,
        "lower": now.recall.interval.lower,
        "upper": now.recall.interval.upper,
    }


def _changes(plan: Plan | None, draft: Draft, titles: Mapping[str, str], language: str) -> Iterator[str]:
    """Tell, setting by setting, what differs from the plan in force."""
    if plan is not None:
        yield from history.differences(Draft.of(plan), draft, titles, language)


def _charts(visit: Visit, bench: Bench) -> dict[str, Any]:
    from evaluation.charts import export, planning, style

    past, plan, language = bench.past, bench.plan, visit.language
    if past is None or past.frontier is None or bench.asked.draft is None:
        return {}
    theme = style.DARK if visit.query.get("theme") == "dark" else style.LIGHT
    titles: Mapping[str, str] = _fields(visit, bench)["titles"]
    charts = {
        f"{THRESHOLD}{name}": planning.score_distribution(
            past.counts[name],
            policy=titles[name],
            draft=least,
            in_force=plan.thresholds.get(name) if plan else None,
            language=language,
        )
        for name, least in bench.asked.draft.thresholds.items()
    }
    if past.curve:
        before, point = bench.before, _point(bench)
        charts["curve"] = planning.recall_against_workload(
            past.curve,
            draft=None if point is None else planning.Point(**point),
            in_force=None
            if before is None or before.recall.value is None
            else planning.Point(
                work=before.full_reviews_per_day,
                recall=before.recall.value,
                lower=before.recall.interval.lower,
                upper=before.recall.interval.upper,
            ),
            language=language,
        )
    return {name: export.specification(chart, theme=theme) for name, chart in charts.items()}


PAGE: Final = Page(
    path="/planner",
    name={language: words.title for language, words in WORDS.items()},
    action=Action.READ_PLANS,
    doors=(
        Door(path="/planner", handle=show, action=Action.READ_PLANS),
        Door(path="/planner", method="POST", handle=apply, action=Action.SET_PLANS),
        Door(path="/planner.json", handle=show_json, action=Action.READ_PLANS),
        Door(path="/planner/numbers", handle=show_numbers, action=Action.READ_PLANS),
        Door(path="/planner/charts.json", handle=show_charts, action=Action.READ_PLANS),
        *history.DOORS,
    ),
)
