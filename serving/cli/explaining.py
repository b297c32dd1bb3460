"""Why is this item where it is? As it was recorded, not as it would be today."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

import typer

from data.errors import UnknownItem
from data.records import ANY
from serving.cli.access import Json
from serving.cli.answers import say, say_json, say_table
from serving.cli.context import opened

if TYPE_CHECKING:
    from data.records import Evidence, Plan, Routing, Score


def add_commands(app: typer.Typer) -> None:
    """Add ``explain``."""
    app.command("explain")(explain)


def explain(
    context: typer.Context,
    item_id: Annotated[str, typer.Argument(help="The item.")],
    version: Annotated[str | None, typer.Option(help="Default: the newest.")] = None,
    json: Json = False,
) -> None:
    """Say why an item was sent where it was, and what moved its score."""
    with opened(context) as application, application.store.read() as session:
        item = session.ledger.item(item_id, version)
        if item is None:
            raise UnknownItem(f"Item {item_id!r} was never submitted or imported.", field="item_id")
        routing = session.ledger.routings([item.key]).get(item.key)
        score = session.ledger.scores([item.key]).get(item.key)
        plan = None if routing is None or routing.degraded else session.plans.get(routing.plan)
    if json:
        say_json(
            {"item_id": item.item_id, "item_version": item.item_version, "routing": routing, "score": score}
        )
        return
    say(f"{item.item_id}, version {item.item_version}")
    if routing is None:
        say("It was imported and never routed.")
        return
    say(_why(routing))
    if score is not None:
        _say_score(score, plan)


def _why(routing: Routing) -> str:
    draw = f"chance {routing.inclusion_probability:.4f}, drawn {routing.draw:.4f}, plan {routing.plan}"
    if routing.degraded:
        return f"Full review: it could not be scored ({routing.degraded}); {draw}."
    if routing.flagged:
        reached = ", ".join(routing.flagged_policies)
        what = "Full review" if routing.route != "release" else "Released, for full review is limited"
        return f"{what}: it reached the threshold of {reached}; {draw}."
    what = "Audit" if routing.route != "release" else "Released"
    return f"{what}: it reached no threshold; {draw}."


def _say_score(score: Score, plan: Plan | None) -> None:
    thresholds = {} if plan is None else plan.thresholds
    said = {ANY: score.violation_probability, **score.policy_scores}
    rows = [
        (name, f"{value:.4f}", f"{thresholds[name]:.4f}" if name in thresholds else None)
        for name, value in sorted(said.items(), key=lambda one: -one[1])
    ]
    say()
    say_table((f"model {score.model}", "probability", "threshold"), rows, empty="")
    say()
    say_table(
        ("what moved it", "odds", "seconds", "excerpt"),
        [(one.signal, f"x {math.exp(one.weight):.2f}", _seconds(one), one.excerpt) for one in score.evidence],
        empty="Nothing in it speaks for a violation by itself, or its content was erased.",
    )


def _seconds(one: Evidence) -> str | None:
    if one.start_ms is None:
        return None
    end = "" if one.end_ms is None else f"-{one.end_ms / 1000:g}"
    return f"{one.start_ms / 1000:g}{end}"
