"""Plans: shown, previewed, set, found for a goal."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from data.errors import Invalid, InvalidPlan
from serving.cli.access import Json
from serving.cli.answers import say, say_json, say_table
from serving.cli.context import opened, person
from serving.cli.plan_tables import plan_rows, tell_solution, thresholds_of

if TYPE_CHECKING:
    from data.records import Plan
    from serving.drafts import Draft
    from serving.wiring import Application

Thresholds = Annotated[
    list[str] | None,
    typer.Option("--threshold", help="any=0.4, or policy=0.3; may be repeated. Left out: as in force."),
]
Audits = Annotated[float | None, typer.Option(help="Audits a day. Left out: as in force.")]
Floor = Annotated[float | None, typer.Option("--floor-share", help="Share of the audits spread evenly.")]
Minutes = Annotated[float | None, typer.Option("--review-minutes", help="Of looking at one item.")]
Due = Annotated[float | None, typer.Option("--due-hours", help="Within which an item is to be looked at.")]
Full = Annotated[
    float | None,
    typer.Option(
        "--full-reviews",
        help="Flagged items a day that go to people, drawn by probability; others are let go. 0: all do.",
    ),
]
Reason = Annotated[str, typer.Option(help="Why. It is kept beside the plan.")]


def add_commands(app: typer.Typer) -> None:
    """Add ``plan`` and what belongs to it."""
    plan = typer.Typer(help="Thresholds and audit budgets.", no_args_is_help=True, rich_markup_mode=None)
    for name, command in (
        ("show", show),
        ("history", history),
        ("preview", preview),
        ("set", put_in_force),
        ("rollback", roll_back),
        ("goal", reach),
        ("split", split),
    ):
        plan.command(name)(command)
    app.add_typer(plan, name="plan")


def show(
    context: typer.Context,
    version: Annotated[str | None, typer.Argument(help="Left out: the plan in force.")] = None,
    json: Json = False,
) -> None:
    """Show a plan."""
    with opened(context) as application:
        plan = application.plans.get(version) if version else application.plans.in_force()
    if json:
        say_json(asdict(plan))
        return
    say_table(("", plan.version), plan_rows(plan), empty="")


def history(context: typer.Context, json: Json = False) -> None:
    """List every plan, newest first."""
    with opened(context) as application:
        plans = application.plans.history()
    if json:
        say_json([asdict(plan) for plan in plans])
        return
    rows = [
        (
            plan.version,
            f"{plan.in_force_from:%Y-%m-%d %H:%M}",
            plan.author,
            thresholds_of(plan),
            f"{plan.audit.daily_budget:,.0f}",
            plan.reason,
        )
        for plan in plans
    ]
    say_table(
        ("version", "from (UTC)", "author", "thresholds", "audits a day", "reason"),
        rows,
        empty="No plan yet.",
    )


def preview(
    context: typer.Context,
    *,
    threshold: Thresholds = None,
    audits: Audits = None,
    floor_share: Floor = None,
    review_minutes: Minutes = None,
    due_hours: Due = None,
    full_reviews: Full = None,
    json: Json = False,
) -> None:
    """Say what a plan would cost and catch, beside the plan in force. Nothing is written."""
    with opened(context) as application:
        wanted = _draft(
            application,
            thresholds=threshold,
            daily_budget=audits,
            floor_share=floor_share,
            review_minutes=review_minutes,
            due_hours=due_hours,
            daily_full_reviews=full_reviews,
        )
        found = application.plans.preview(wanted)
    if found is None:
        if json:
            say_json({"plan": None, "in_force": None})
        else:
            say("Nothing was routed in the last 28 days, so nothing can be expected. Score items first.")
        return
    if json:
        say_json(found.to_json())
        return
    say(found.heading)
    columns, *rows = found.rows()
    say_table(columns, rows, empty="")


def put_in_force(
    context: typer.Context,
    *,
    reason: Reason,
    threshold: Thresholds = None,
    audits: Audits = None,
    floor_share: Floor = None,
    review_minutes: Minutes = None,
    due_hours: Due = None,
    full_reviews: Full = None,
    json: Json = False,
) -> None:
    """Put a plan in force now. What was routed before keeps its plan and its chance."""
    with opened(context) as application:
        wanted = _draft(
            application,
            thresholds=threshold,
            daily_budget=audits,
            floor_share=floor_share,
            review_minutes=review_minutes,
            due_hours=due_hours,
            daily_full_reviews=full_reviews,
        )
        plan = _set(application, wanted, reason=reason)
    _tell(plan, json=json)


def roll_back(
    context: typer.Context,
    version: Annotated[str, typer.Argument(help="An earlier plan.")],
    reason: Reason,
    json: Json = False,
) -> None:
    """Put in force again what an earlier plan said, as a new plan."""
    with opened(context) as application:
        plan = application.plans.roll_back(
            version, author=person(), reason=reason, expected=_version(application.plans.current())
        )
    _tell(plan, json=json)


def reach(
    context: typer.Context,
    *,
    goal: Annotated[
        str,
        typer.Argument(
            help='"minimum workload @ recall >= 0.9", "maximum recall @ precision >= 0.9" or '
            '"maximum recall @ hours <= 40" (reviewer hours a day, audits among them).'
        ),
    ],
    confidence: Annotated[float | None, typer.Option(help="How sure; 0.9 where the goal names none.")] = None,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Prove it whatever the scores are; needs several times the audits."),
    ] = False,
    apply: Annotated[
        bool, typer.Option("--apply", help="Put the threshold in force, with --reason.")
    ] = False,
    reason: Annotated[str | None, typer.Option(help="Why; with --apply.")] = None,
    json: Json = False,
) -> None:
    """Find the threshold that reaches a goal on items like those of the last 28 days.

    A goal that the audits so far cannot support is refused, with the number that would.
    """
    from evaluation import goals

    if apply and not reason:
        raise Invalid("--reason must say why, with --apply.", field="reason")
    try:
        wanted = goals.parse(goal)
        if confidence is not None:
            wanted = replace(wanted, confidence=confidence)
    except ValueError as wrong:
        raise Invalid(str(wrong), field="goal") from wrong
    with opened(context) as application:
        found = application.plans.goal(wanted, proof="exact" if strict else "gamma")
        if json:
            say_json(asdict(found) | {"goal": str(found.goal)})
        else:
            tell_solution(found)
        if found.threshold is None:
            raise typer.Exit(3)
        if apply and reason:
            _tell(_set(application, _at(application, found.threshold), reason=reason), json=False)


def split(
    context: typer.Context,
    hours: Annotated[float, typer.Argument(help="Reviewer hours a day, audits not among them.")],
    json: Json = False,
) -> None:
    """Say at which thresholds reviewers' hours catch the most harm, over all policies together.

    Harm is severity x probability x views. One price holds for all policies: what one more hour catches.
    """
    with opened(context) as application:
        found = application.plans.split(hours)
    if found is None:
        say_json(None) if json else say("Nothing was scored in the last 28 days. Score items first.")
        return
    if json:
        say_json({name: value for name, value in asdict(found).items() if name != "reviewed"})
        return
    say_table(
        ("policy", "threshold", "items"),
        [(name, f"{least:.3f}", f"{found.items[name]:,}") for name, least in found.thresholds.items()],
        empty="",
    )
    share = "unknown" if found.share_caught is None else f"{found.share_caught:.1%}"
    say(f"The model expects that {share} of the harm is caught, and that")
    say(f"one more reviewer hour finds {found.next_hour_finds:.2f} violations.")


def _draft(application: Application, *, thresholds: list[str] | None, **others: float | None) -> Draft:
    from serving.drafts import Draft

    current = application.plans.current()
    given = {"thresholds": dict(map(_threshold, thresholds)) if thresholds else None, **others}
    said: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if current is not None:
        return replace(Draft.of(current), **said)
    options = {"thresholds": "--threshold", "daily_budget": "--audits"}
    if missing := [option for name, option in options.items() if name not in said]:
        raise InvalidPlan(f"{' and '.join(missing)} must be given for the first plan.")
    return Draft(**said)


def _threshold(text: str) -> tuple[str, float]:
    name, _, number = text.partition("=")
    try:
        return name.strip(), float(number)
    except ValueError as wrong:
        raise InvalidPlan(
            f"--threshold must be like any=0.4; got {text!r}.", field=f"thresholds/{name.strip()}"
        ) from wrong


def _at(application: Application, threshold: float) -> Draft:
    from data.records import ANY
    from serving.drafts import Draft

    current = Draft.of(application.plans.in_force())
    return replace(current, thresholds={**current.thresholds, ANY: threshold})


def _set(application: Application, wanted: Draft, *, reason: str) -> Plan:
    expected = _version(application.plans.current())
    return application.plans.set(wanted, author=person(), reason=reason, expected=expected)


def _tell(plan: Plan, *, json: bool) -> None:
    if json:
        say_json(asdict(plan))
    else:
        say(
            f"{plan.version} is in force: {thresholds_of(plan)}, {plan.audit.daily_budget:,.0f} audits a day."
        )


def _version(plan: Plan | None) -> str | None:
    return None if plan is None else plan.version
