"""Bringing past outcomes in, and playing them through."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from serving.cli.access import Json
from serving.cli.answers import note, say, say_json, stages
from serving.cli.context import config_path, opened


def add_commands(app: typer.Typer) -> None:
    """Add ``import``."""
    app.command("import")(import_file)


def import_file(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="CSV, TSV, JSON lines or Parquet; plain or .gz.")],
    mapping: Annotated[
        str, typer.Option(help="What the columns mean: a YAML file, or the name of one that is shipped.")
    ],
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
