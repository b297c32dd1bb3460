"""Everything the planner shows for one form: the draft, its numbers, the answer to a goal."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from data.records import ANY, Plan
from evaluation import goals
from evaluation.budgets import planning_recall
from evaluation.goals import Solution
from evaluation.plain import plain
from evaluation.planner import Outlook
from serving.web.planner.asked import THRESHOLD, Asked, read, written
from serving.web.recent import Past, Recent
from serving.web.shell import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """How many audits tell recall to a half-width."""

    width: float
    """In percentage points."""
    audits: float | None
    """A day; None where recall is not known."""
    everything: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What the planner shows."""

    plan: Plan | None
    """In force."""
    asked: Asked
    past: Past | None
    """None while it is being read."""
    before: Outlook | None = None
    """Of the plan in force."""
    outlook: Outlook | None = None
    """Of the draft."""
    solution: Solution | None = None
    needed: Needed | None = None

    @property
    def problems(self) -> Mapping[str, str]:
        """What is wrong with the form, by field."""
        return self.asked.problems

    @property
    def empty(self) -> bool:
        """Whether nothing was routed lately."""
        return self.past is not None and self.past.frontier is None


def look(visit: Visit, fields: Mapping[str, str], *, refused: Mapping[str, str] | None = None) -> Bench:
    """Return what the planner shows for a form.

    Parameters
    ----------
    visit : Visit
        Who asks.
    fields : mapping of str to str
        The form.
    refused : mapping of str to str, optional
        What else is wrong with it, by field.
    """
    application, do = visit.application, fields.get("do", "")
    plan, names = application.plans.current(), list(application.policies)
    asked = read(fields, plan=plan, policies=names)
    wanted = [*asked.policies, *(plan.thresholds if plan else ())]
    past = visit.frame.kept(Recent).past([name for name in wanted if name in names])
    solution, needed, problems = None, None, dict(asked.problems) | dict(refused or {})
    if do == "goal" and past is not None and past.frontier is not None:
        try:
            solution = _solve(fields.get("goal", ""), past, asked, plan)
        except ValueError:
            problems["goal"] = "goal"
        if solution is not None and solution.threshold is not None:
            moved = {**asked.typed, f"{THRESHOLD}{ANY}": _typed(solution)}
            asked = read(moved, plan=plan, policies=names)
    kept = {name: fields.get(name, "") for name in ("goal", "half_width", "reason")}
    before = outlook = None
    if past is not None and past.frontier is not None:
        before = past.of(plan) if plan is not None else None
        if asked.draft is not None:
            draft = asked.draft.plan(version="draft", author="draft", reason="draft", now=application.clock())
            outlook = past.frontier.outlook(draft)
            if do == "audits":
                needed = _needed(kept["half_width"], past, draft, outlook)
                if needed is None:
                    problems["half_width"] = "width"
    asked = Asked(typed={**asked.typed, **kept}, draft=asked.draft, problems=problems)
    return Bench(
        plan=plan, asked=asked, past=past, before=before, outlook=outlook, solution=solution, needed=needed
    )


def to_json(bench: Bench) -> dict[str, Any]:
    """Return it as plain dictionaries, lists, strings and numbers; what is without end is None."""
    draft, past = bench.asked.draft, bench.past
    return {
        "plan": plain(bench.plan),
        "draft": plain(draft),
        "problems": dict(bench.problems),
        "ready": past is not None,
        "synthetic": past is not None and past.synthetic,
        "as_of": None if past is None else past.as_of.isoformat(),
        "in_force": plain(bench.before),
        "outlook": plain(bench.outlook),
        "goal": plain(bench.solution),
        "needed": plain(bench.needed),
        "curve": [] if past is None else past.curve,
    }


def _solve(text: str, past: Past, asked: Asked, plan: Plan | None) -> Solution:
    draft = asked.draft
    usual = plan.review_minutes if plan else 1.0
    return goals.solve(
        goals.parse(text),
        past.sample,
        days=past.days,
        review_minutes=draft.review_minutes if draft else usual,
        audits_per_day=draft.daily_budget if draft else plan.audit.daily_budget if plan else 0.0,
    )


def _typed(solution: Solution) -> str:
    percent = 100 * (solution.threshold or 0.0)
    # A lower threshold has more recall, a higher one takes fewer hours; only precision needs it exactly.
    if solution.goal.condition == "precision":
        return f"{percent:.10f}".rstrip("0").rstrip(".")
    rounded = math.floor(percent * 1e4) if solution.goal.condition == "recall" else math.ceil(percent * 1e4)
    return written(rounded / 1e4)


def _needed(text: str, past: Past, draft: Plan, outlook: Outlook) -> Needed | None:
    try:
        width = float(text)
    except ValueError:
        return None
    if not 0 < width < 50 or past.frontier is None:
        return None
    if outlook.recall.value is None:
        return Needed(width=width, audits=None)
    audits = past.frontier.audits_needed(
        draft, half_width=width / 100, recall=planning_recall(outlook.recall.interval)
    )
    rest = outlook.items_per_day - outlook.flagged_per_day
    return Needed(width=width, audits=audits, everything=audits >= 0.999 * rest > 0)
