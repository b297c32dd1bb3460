"""Making models, and choosing which one serves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from serving.cli.access import Json
from serving.cli.answers import say, say_json, say_table, stages
from serving.cli.context import config_path, opened, person

if TYPE_CHECKING:
    from training.settings import TrainingSettings

Reason = Annotated[str, typer.Option(help="Why; kept in the ledger.")]


def add_commands(app: typer.Typer) -> None:
    """Add ``train``, ``models``, ``promote`` and ``rollback``."""
    app.command("train")(train)
    app.command("models")(models)
    app.command("promote")(promote)
    app.command("rollback")(roll_back)
