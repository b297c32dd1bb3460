"""Is the ledger what it was, and out with what must not be kept."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from serving.cli.access import Json
from serving.cli.answers import note, say, say_json, say_table, stages
from serving.cli.context import opened, person


def add_commands(app: typer.Typer) -> None:
    """Add ``verify`` and ``erase``."""
    app.command("verify")(verify)
    app.command("erase")(erase)


def verify(
    context: typer.Context,
    head: Annotated[
        str | None, typer.Option(help="A head written down earlier, as reports print it: 12:9f3a...")
    ] = None,
    json: Json = False,
) -> None:
    """Say whether any fact was changed since it was sealed. Ends with 1 where one was."""
    with opened(context) as application, stages() as progress:
        found = application.sealer.verify(
            head=head, progress=lambda done, all_of_them: progress("seals", done, all_of_them)
        )
    if json:
        say_json({**asdict(found), "holds": found.holds})
    else:
        say(f"{found.facts:,} facts under {found.seals:,} seals. Head: {found.head or 'none'}")
        rows = [(one.seal, f"{one.after + 1}-{one.until}", one.what) for one in found.breaches]
        say_table(("seal", "facts", "what is wrong"), rows, empty="Every seal holds.")
        if not found.head_found:
            say("The head that was given is not in the chain: its end was cut off, or it was made anew.")
        if found.unsealed:
            note("The newest facts are not sealed yet; `tamis serve` seals every half minute.")
        if head is None:
            note("Without --head a chain that was cut off at its end looks whole.")
    if not found.holds:
        raise typer.Exit(1)


def erase(
    context: typer.Context,
    item_id: Annotated[str, typer.Argument(help="The item; all of its versions.")],
    reason: Annotated[str, typer.Option(help="Why. It is kept, so name nobody.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Erase what is known of an item, everywhere, for good.

    Its content, creator and evidence go. Ids, chances, scores and verdicts stay, so that no estimate changes.
    """
    if not yes:
        typer.confirm(f"Erase the content of {item_id} for good?", abort=True, err=True)
    with opened(context) as application:
        erased = application.eraser.erase(item_id, actor=person(), reason=reason)
    if json:
        say_json(erased)
        return
    rows = [(f"ledger: {table}", count) for table, count in erased.facts.items()]
    rows += [
        ("snapshots", erased.snapshots),
        ("vectors of its texts", erased.vectors),
        ("refused rows", erased.refused_rows),
    ]
    say_table(("erased from", "number"), rows, empty="")
    if not erased.scrubbed:
        note("The database is being read; its log still holds what was erased. Run the same again later.")
    if erased.files:
        note(f"These files are not Tamis's, and still there: {', '.join(erased.files)}")
    note("Backups still hold it. Models learned from it; train a new one if the law asks for that.")
