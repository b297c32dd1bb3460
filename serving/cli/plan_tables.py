"""How plans, outlooks and goals are written to a terminal."""

from __future__ import annotations

from dataclasses import asdict
from math import isfinite
from typing import TYPE_CHECKING, Any

from serving.cli.answers import note, say, say_table

if TYPE_CHECKING:
    from data.records import Plan
    from evaluation.estimators import Estimate
    from evaluation.goals import Solution
    from evaluation.planner import Outlook


def tell_solution(found: Solution) -> None:
    """Write the threshold that reaches a goal, or why none is known to."""
    say(str(found.goal))
    if found.threshold is None:
        say(f"Refused: {found.reason}")
        return
    proved = "precision" if found.goal.condition == "precision" else "recall"
    rows = [
        ("threshold", f"{found.threshold:.4f}"),
        ("share of items flagged", _number(found.share, ".2%")),
        ("reviewer hours a day", _number(found.hours_per_day, ".1f")),
        ("recall, estimate", _number(found.recall, ".1%")),
        (f"{proved}, at least", f"{_number(found.lower, '.1%')} ({found.goal.confidence:.0%} sure)"),
        ("one more hour finds", f"{_number(found.next_hour_finds, '.2f')} violations"),
    ]
    say_table(("", ""), rows, empty="")
    note("This holds for items like those of the window. Where they drift, it does not.")


def plan_rows(plan: Plan) -> list[tuple[str, str]]:
    """Return what a plan says, line by line."""
    return [
        ("in force from", f"{plan.in_force_from:%Y-%m-%d %H:%M} UTC"),
        ("author", plan.author),
        ("reason", plan.reason),
        ("thresholds", thresholds_of(plan)),
        ("audits a day", f"{plan.audit.daily_budget:,.1f}"),
        ("floor share", f"{plan.audit.floor_share:g}"),
        ("queues", ", ".join(f"{language}: {queue}" for language, queue in plan.queues.items())),
        ("review minutes", f"{plan.review_minutes:g}"),
        ("due hours", f"{plan.due_hours:g}"),
        (
            "full reviews a day",
            "all" if plan.daily_full_reviews is None else f"{plan.daily_full_reviews:,.0f}",
        ),
    ]


def compared(columns: list[Outlook]) -> list[tuple[str, ...]]:
    """Return what plans would cost and catch, side by side."""
    rows: list[tuple[str, ...]] = [
        (label, *(format(getattr(one, name), form) for one in columns))
        for label, name, form in (
            ("items a day", "items_per_day", ",.0f"),
            ("flagged a day", "flagged_per_day", ",.1f"),
            ("full reviews a day", "full_reviews_per_day", ",.1f"),
            ("audits a day", "audits_per_day", ",.1f"),
            ("smallest chance", "smallest_chance", ".2%"),
            ("reviewer hours a day", "hours_per_day", ",.1f"),
        )
    ]
    rows += [
        (label, *(_interval(getattr(one, name), form) for one in columns))
        for label, name, form in (
            ("recall", "recall", ".1%"),
            ("precision", "precision", ".1%"),
            ("missed a day", "missed_per_day", ",.1f"),
        )
    ]
    width = ("half-width of recall after as many days",)
    rows.append((*width, *("-" if one.buys is None else f"± {one.buys.half_width:.1%}" for one in columns)))
    return rows


def _interval(one: Estimate, form: str) -> str:
    ends = f"{one.interval.lower:{form}} – {one.interval.upper:{form}}"
    mark = " (few hits)" if one.few_hits else ""
    return f"{_number(one.value, form)} [{ends}]{mark}"


def plain(found: Outlook | None) -> dict[str, Any] | None:
    """Return an outlook as JSON has it."""
    if found is None:
        return None
    buys = None if found.buys is None else asdict(found.buys)
    # JSON has no infinity: where every item is reviewed, effective hits have no end.
    finite = buys and {name: value if isfinite(value) else None for name, value in buys.items()}
    return asdict(found) | {"buys": finite}


def thresholds_of(plan: Plan) -> str:
    """Return the thresholds of a plan in one line."""
    return ", ".join(f"{name} {least:.4g}" for name, least in plan.thresholds.items())


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)
