"""Reading: the quality report, and the settings in force."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from data.errors import Invalid
from serving.cli.access import Json
from serving.cli.answers import say, say_json, say_table
from serving.cli.context import opened, settings_of

_MOMENTS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"]


def add_commands(app: typer.Typer) -> None:
    """Add ``report`` and ``settings``."""
    app.command("report")(report)
    app.command("settings")(show_settings)


def report(
    context: typer.Context,
    since: Annotated[
        datetime | None, typer.Option(formats=_MOMENTS, help="Routed from then on. Default: 28 days ago.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=_MOMENTS, help="Routed before then. Default: now.")
    ] = None,
    by: Annotated[list[str] | None, typer.Option(help="A column to slice by; may be repeated.")] = None,
    json: Json = False,
) -> None:
    """Say how well the process does.

    Recall, precision and what was missed, with intervals. Times without a zone are UTC.
    """
    with opened(context) as application:
        try:
            found = application.quality.report(since=_utc(since), until=_utc(until), by=by or ())
        except ValueError as wrong:
            raise Invalid(str(wrong)) from wrong
    if json:
        say_json(found.to_json())
        return
    say(str(found))


def show_settings(context: typer.Context, json: Json = False) -> None:
    """List every setting and where its value comes from."""
    from serving.cli.origins import origins

    rows = origins(settings_of(context))
    if json:
        say_json(
            {row.name: {"value": row.value, "from": row.origin, "variable": row.variable} for row in rows}
        )
        return
    columns = ("setting", "value", "from", "variable")
    say_table(columns, [(row.name, row.value, row.origin, row.variable) for row in rows], empty="")


def _utc(moment: datetime | None) -> datetime | None:
    if moment is None or moment.tzinfo is not None:
        return moment
    return moment.replace(tzinfo=UTC)
