"""Making models, and choosing which one serves."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from data.errors import Unprepared
from data.records import ANY
from serving.cli.access import Json
from serving.cli.answers import say, say_json, say_table, stages
from serving.cli.context import config_path, opened, person

if TYPE_CHECKING:
    from training.measures import Measure
    from training.pipeline import Candidate

Reason = Annotated[str, typer.Option(help="Why; kept in the ledger.")]


def add_commands(app: typer.Typer) -> None:
    """Add ``train``, ``retrain``, ``models``, ``promote`` and ``rollback``."""
    app.command("train")(train)
    app.command("retrain")(retrain)
    app.command("models")(models)
    app.command("promote")(promote)
    app.command("rollback")(roll_back)


def train(
    context: typer.Context,
    config: Annotated[
        str | None, typer.Option(help="What differs: a YAML file, or the name of one that is shipped.")
    ] = None,
    evaluate: Annotated[
        str | None, typer.Option(help="Judge by cross-validation too, for example cv=5.")
    ] = None,
    json: Json = False,
) -> None:
    """Learn from the ledger now.

    The model is registered and does not serve yet: that takes `tamis promote`.
    """
    from serving.cli.recipes import folds, recipe

    parts = folds(evaluate)
    path = None if config is None else config_path(config, "training")
    with opened(context) as application, stages() as progress:
        candidate = application.retraining.train(
            settings=recipe(application.settings.training, path), evaluate=parts, progress=progress
        )
    if json:
        say_json({**asdict(candidate), "may_promote": candidate.verdict.allowed})
        return
    _say_candidate(candidate)


def retrain(
    context: typer.Context,
    config: Annotated[
        str | None, typer.Option(help="What differs: a YAML file, or the name of one that is shipped.")
    ] = None,
    promote: Annotated[
        bool, typer.Option("--promote", help="Put the new model in charge if it passes the gate.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say whether it is time.")] = False,
    json: Json = False,
) -> None:
    """Learn again if it is time, and say why or why not. Made for cron.

    It is time when enough was found out since the newest model, or some and scores have moved or the model
    is old; see retraining in the settings.
    """
    from serving.cli.recipes import recipe

    path = None if config is None else config_path(config, "training")
    with opened(context) as application, stages() as progress:
        settings = recipe(application.settings.training, path)
        found = application.retraining.occasion(settings=settings)
        candidate = deployment = None
        if found.due and not dry_run:
            candidate = application.retraining.train(settings=settings, progress=progress)
        if candidate is not None and promote and candidate.verdict.allowed:
            deployment = application.retraining.promote(
                candidate.version, actor=person(), reason=f"Retrained: {found.why}"
            )
    if json:
        made = None if candidate is None else {**asdict(candidate), "may_promote": candidate.verdict.allowed}
        say_json({**asdict(found), "candidate": made, "deployment": deployment})
        return
    rows = [
        (one.name, _counted(one.value), one.required, "yes" if one.met else "no") for one in found.conditions
    ]
    say_table(("asked", "found", "wanted", "met"), rows, empty="")
    say(f"{'It is time' if found.due else 'Not yet'}: {found.why}.")
    if candidate is not None:
        _say_candidate(candidate)
    if deployment is not None:
        say(f"Model {deployment.model} is in charge.")


def models(context: typer.Context, json: Json = False) -> None:
    """List the registered models."""
    with opened(context) as application:
        registered = application.retraining.registered()
        deployments = application.retraining.deployments()
    if registered is None:
        raise Unprepared("The registry does not answer. `tamis settings` shows registry.tracking_uri.")
    serving = deployments[0].model if deployments else None
    if json:
        say_json({"serving": serving, "deployments": deployments, "registered": registered})
        return
    columns = ("version", "serves", "made", "roc_auc", "average_precision", "snapshot")
    rows = [
        (
            one.version,
            "yes" if one.version == serving else "",
            one.created_at,
            *(_number(one.metrics.get(name)) for name in columns[3:5]),
            one.snapshot[:12],
        )
        for one in registered
    ]
    say_table(columns, rows, empty="No models yet. `tamis train` makes one.")


def promote(
    context: typer.Context,
    version: Annotated[str, typer.Argument(help="As `tamis models` shows it.")],
    reason: Reason,
    although: Annotated[
        bool, typer.Option("--although", help="Also where it does not pass the gate.")
    ] = False,
    json: Json = False,
) -> None:
    """Put a model in charge. A running service takes it up by itself."""
    with opened(context) as application:
        deployment = application.retraining.promote(version, actor=person(), reason=reason, although=although)
    say_json(deployment) if json else say(f"Model {deployment.model} is in charge.")


def roll_back(context: typer.Context, reason: Reason, json: Json = False) -> None:
    """Put the model before the present one in charge again."""
    with opened(context) as application:
        deployment = application.retraining.roll_back(actor=person(), reason=reason)
    say_json(deployment) if json else say(f"Model {deployment.model} is in charge again.")


def _say_candidate(candidate: Candidate) -> None:
    rows = [
        (
            one.name,
            one.policy,
            one.part,
            _number(one.value),
            _interval(one),
            f"{one.items:,}",
            f"{one.hits:,}",
        )
        for one in candidate.metrics
        if one.policy == ANY
    ]
    say_table(("measure", "policy", "of", "value", "interval", "items", "hits"), rows, empty="")
    say()
    for condition in candidate.verdict.conditions:
        mark = "met" if condition.met else "NOT MET"
        say(f"{mark:8} {condition.name}: {_number(condition.value) or 'unknown'} ({condition.required})")
    say()
    advice = "It may serve" if candidate.verdict.allowed else "It should not serve"
    say(f"Model {candidate.version} is registered. {advice}: tamis promote {candidate.version} --reason ...")


def _interval(measure: Measure) -> str | None:
    interval = measure.interval
    return None if interval is None else f"{interval.lower:.3f} – {interval.upper:.3f}"


def _counted(value: float | None) -> str | None:
    return f"{value:,}" if isinstance(value, int) else _number(value)


def _number(value: float | None) -> str | None:
    return None if value is None else f"{value:.3f}"
