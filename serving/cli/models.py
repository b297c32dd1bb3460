"""Making models, and choosing which one serves."""

from __future__ import annotations

from typing import Annotated

import typer

from serving.cli.access import Json
from serving.cli.answers import say, say_json
from serving.cli.context import opened, person

Reason = Annotated[str, typer.Option(help="Why; kept in the ledger.")]


def add_commands(app: typer.Typer) -> None:
    """Add ``train``, ``models``, ``promote`` and ``rollback``."""
    app.command("promote")(promote)
    app.command("rollback")(roll_back)


def promote(
    context: typer.Context,
    version: Annotated[str, typer.Argument(help="As `tamis models` shows it.")],
    reason: Reason,
    json: Json = False,
) -> None:
    """Put a model in charge. A running service takes it up by itself."""
    with opened(context) as application:
        deployment = application.retraining.promote(version, actor=person(), reason=reason)
    if json:
        say_json(deployment)
        return
    say(f"Model {deployment.model} is in charge.")


def roll_back(context: typer.Context, reason: Reason, json: Json = False) -> None:
    """Put the model before the present one in charge again."""
    with opened(context) as application:
        deployment = application.retraining.roll_back(actor=person(), reason=reason)
    if json:
        say_json(deployment)
        return
    say(f"Model {deployment.model} is in charge again.")
