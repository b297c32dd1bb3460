"""How plans and goals are written to a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serving.cli.answers import note, say, say_table

if TYPE_CHECKING:
    from data.records import Plan
    from evaluation.goals import Solution


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


def thresholds_of(plan: Plan) -> str:
    """Return the thresholds of a plan in one line."""
    return ", ".join(f"{name} {least:.4g}" for name, least in plan.thresholds.items())


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)
