"""Plans: shown, previewed, set, found for a goal."""

from __future__ import annotations

from dataclasses import asdict, replace
from math import isfinite
from typing import TYPE_CHECKING, Annotated, Any

import typer

from data.errors import Invalid, InvalidPlan
from serving.cli.access import Json
from serving.cli.answers import note, say, say_json, say_table
from serving.cli.context import opened, person

if TYPE_CHECKING:
    from data.records import Plan
    from evaluation.estimators import Estimate
    from evaluation.goals import Solution
    from evaluation.planner import Outlook
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
    say_table(("", plan.version), _rows(plan), empty="")


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
            _thresholds(plan),
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
    json: Json = False,
) -> None:
    """Say what a plan would cost and catch, beside the plan in force. Nothing is written."""
    with opened(context) as application:
        wanted = _draft(
            application, threshold, audits, floor_share, review_minutes=review_minutes, due_hours=due_hours
        )
        current = application.plans.current()
        found = application.plans.preview(wanted)
        now = None if current is None else application.plans.preview(type(wanted).of(current))
    if json:
        say_json({"plan": _plain(found), "in_force": _plain(now)})
        return
    if found is None:
        say("Nothing was routed in the last 28 days, so nothing can be expected. Score items first.")
        return
    say(f"Judged by {found.items:,} items of {found.days:.1f} days; intervals are at 95 %.")
    names = ("", "this plan") if now is None else ("", "this plan", f"in force ({_version(current)})")
    columns = [found] if now is None else [found, now]
    say_table(names, _compared(columns), empty="")


def put_in_force(
    context: typer.Context,
    *,
    reason: Reason,
    threshold: Thresholds = None,
    audits: Audits = None,
    floor_share: Floor = None,
    review_minutes: Minutes = None,
    due_hours: Due = None,
    json: Json = False,
) -> None:
    """Put a plan in force now. What was routed before keeps its plan and its chance."""
    with opened(context) as application:
        wanted = _draft(
            application, threshold, audits, floor_share, review_minutes=review_minutes, due_hours=due_hours
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
            _tell_solution(found)
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


def _draft(
    application: Application,
    thresholds: list[str] | None,
    audits: float | None,
    floor_share: float | None,
    **others: float | None,
) -> Draft:
    from serving.drafts import Draft

    current = application.plans.current()
    given = {
        "thresholds": dict(map(_threshold, thresholds)) if thresholds else None,
        "daily_budget": audits,
        "floor_share": floor_share,
        **others,
    }
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
        say(f"{plan.version} is in force: {_thresholds(plan)}, {plan.audit.daily_budget:,.0f} audits a day.")


def _tell_solution(found: Solution) -> None:
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


def _rows(plan: Plan) -> list[tuple[str, str]]:
    return [
        ("in force from", f"{plan.in_force_from:%Y-%m-%d %H:%M} UTC"),
        ("author", plan.author),
        ("reason", plan.reason),
        ("thresholds", _thresholds(plan)),
        ("audits a day", f"{plan.audit.daily_budget:,.1f}"),
        ("floor share", f"{plan.audit.floor_share:g}"),
        ("queues", ", ".join(f"{language}: {queue}" for language, queue in plan.queues.items())),
        ("review minutes", f"{plan.review_minutes:g}"),
        ("due hours", f"{plan.due_hours:g}"),
    ]


def _compared(columns: list[Outlook]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [
        (label, *(format(getattr(one, name), form) for one in columns))
        for label, name, form in (
            ("items a day", "items_per_day", ",.0f"),
            ("flagged a day", "flagged_per_day", ",.1f"),
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


def _plain(found: Outlook | None) -> dict[str, Any] | None:
    if found is None:
        return None
    buys = None if found.buys is None else asdict(found.buys)
    # JSON has no infinity: where every item is reviewed, effective hits have no end.
    finite = buys and {name: value if isfinite(value) else None for name, value in buys.items()}
    return asdict(found) | {"buys": finite}


def _thresholds(plan: Plan) -> str:
    return ", ".join(f"{name} {least:.4g}" for name, least in plan.thresholds.items())


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def _version(plan: Plan | None) -> str | None:
    return None if plan is None else plan.version
