"""Bringing past outcomes in, and playing them through."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from serving.cli.access import Json
from serving.cli.answers import note, say, say_json, stages
from serving.cli.context import config_path, opened


class Engine(StrEnum):
    """What does the work."""

    LOCAL = "local"
    RAY = "ray"


Table = Annotated[Path, typer.Argument(help="CSV, TSV, JSON lines or Parquet; plain or .gz.")]
Meaning = Annotated[
    str, typer.Option(help="What the columns mean: a YAML file, or the name of one that is shipped.")
]


def add_commands(app: typer.Typer) -> None:
    """Add ``import`` and ``backfill``."""
    app.command("import")(import_file)
    app.command("backfill")(backfill_file)


def import_file(
    context: typer.Context,
    file: Table,
    mapping: Meaning,
    json: Json = False,
) -> None:
    """Import items and past review outcomes. Importing twice changes nothing."""
    from data.ingest.loading import load
    from data.ingest.mapping import read_mapping

    meaning = read_mapping(config_path(mapping, "imports"))
    with opened(context) as application, stages() as progress:
        result = load(
            application.store,
            file,
            meaning,
            now=application.clock(),
            rejects_path=application.settings.imports / f"{file.name}.rejects.jsonl",
            progress=progress,
            policy_ids=application.policies,
        )
    if json:
        say_json(result)
        return
    say(f"{result.new_items:,} new items, {result.known_items:,} known")
    say(f"{result.new_outcomes:,} new outcomes, {result.known_outcomes:,} known")
    if result.rejected:
        fields = ", ".join(f"{name} {count:,}" for name, count in result.rejected_by_field.items())
        say(f"{result.rejected:,} rows were not taken ({fields}); see {result.rejects_path}")
        for reject in result.first_rejects:
            note(f"  line {reject.line}: {reject.field}: {reject.reason}")
    if result.note:
        note(result.note)


def backfill_file(
    context: typer.Context,
    file: Table,
    mapping: Meaning,
    *,
    into: Annotated[Path, typer.Option(help="A folder of their own for the scores, as Parquet.")],
    engine: Annotated[Engine, typer.Option(help="ray shares the work among processes.")] = Engine.LOCAL,
    processes: Annotated[int, typer.Option(help="Of Ray; each holds a model.", min=1)] = 2,
    json: Json = False,
) -> None:
    """Score a stock of items with the model in charge. Nothing is routed or recorded.

    Started again, it goes on where it ended.
    """
    from data.ingest.mapping import read_mapping
    from serving.backfilling import backfill

    meaning = read_mapping(config_path(mapping, "imports"))
    with opened(context) as application, stages() as progress:
        done = backfill(
            application,
            file,
            meaning,
            into,
            processes=processes if engine is Engine.RAY else None,
            progress=progress,
        )
    if json:
        say_json(asdict(done))
        return
    say(f"{done.items:,} items by model {done.model} in {done.parts:,} parts below {done.folder}")
    if done.parts_before:
        say(f"{done.parts_before:,} parts were there already")
    if done.unscored:
        say(f"{done.unscored:,} have no score and go to full review; the column degraded says why")
    if done.refused:
        say(f"{done.refused:,} rows are no items; see {done.folder / 'rejects.jsonl'}")
