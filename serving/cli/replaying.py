"""Trying a set before it is trusted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serving.cli.access import Json
from serving.cli.answers import say, say_json, stages
from serving.cli.context import config_path, settings_of

if TYPE_CHECKING:
    from serving.replay.results import Day


def add_commands(app: typer.Typer) -> None:
    """Add ``replay``."""
    app.command("replay")(replay)


def replay(  # noqa: PLR0917 - Typer hands options over by name
    context: typer.Context,
    source: Annotated[str, typer.Option(help="Name of the import. Default: the only one.")] = "",
    days: Annotated[int, typer.Option(help="Days that are played, after the warm-up.")] = 14,
    warmup: Annotated[float, typer.Option(help="Share of the items that is learned from first.")] = 0.4,
    capacity: Annotated[
        float | None, typer.Option(help="Looks a day people have time for. Default: a fifth of the items.")
    ] = None,
    audit_share: Annotated[float, typer.Option(help="Audits, as a share of all items.")] = 0.05,
    prevalence: Annotated[
        float | None, typer.Option(help="Share of violations, reached by leaving some out.")
    ] = None,
    reviewer_error: Annotated[float, typer.Option(help="Chance that a verdict is wrong.")] = 0.0,
    retrain_days: Annotated[int, typer.Option(help="Days between two trainings.")] = 7,
    seed: Annotated[int, typer.Option(help="The same seed makes the same replay.")] = 0,
    config: Annotated[
        str | None, typer.Option(help="How models are made: a YAML file, or the name of one that is shipped.")
    ] = None,
    keep: Annotated[Path | None, typer.Option(help="An empty folder to keep the replay's ledger in.")] = None,
    json: Json = False,
) -> None:
    """Play imported items day by day.

    A ledger of its own, the real scoring, routing, queue and training, and simulated reviewers. Every
    estimate is printed beside the known truth.
    """
    from serving import wiring
    from serving.cli.recipes import recipe
    from serving.replay.options import ReplayOptions
    from serving.replay.play import replay as play
    from serving.replay.results import HEADER

    options = ReplayOptions(
        source=source,
        days=days,
        warmup=warmup,
        capacity=capacity,
        audit_share=audit_share,
        prevalence=prevalence,
        reviewer_error=reviewer_error,
        retrain_days=retrain_days,
        seed=seed,
    )
    settings = settings_of(context)
    training = recipe(settings.training, None if config is None else config_path(config, "training"))

    def on_day(day: Day) -> None:
        if json:
            return
        if day.number == 1:
            say(HEADER)
        say(str(day))

    with stages() as progress:
        result = play(
            settings,
            options=options,
            now=wiring.now(),
            training=training,
            home=keep,
            on_day=on_day,
            progress=progress,
        )
    if json:
        say_json(result.to_json())
        return
    say()
    say(str(result))
