"""Starting: everything at once, the demonstration alone, the service alone."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from serving.cli.access import Json
from serving.cli.answers import Stages, note, say, say_json, say_table, stages
from serving.cli.context import settings_of

if TYPE_CHECKING:
    from serving.settings import Settings
    from serving.up.greeting import Greeting
    from serving.up.stages import State

Items = Annotated[int | None, typer.Option(min=1_500, help="Items of the synthetic month.")]
Seed = Annotated[int | None, typer.Option(min=0, help="The same seed makes the same month.")]
Port = Annotated[int | None, typer.Option(min=1, max=65_535, help="Port to listen on.")]


def add_commands(app: typer.Typer) -> None:
    """Add ``up``, ``demo``, ``serve``, ``migrate`` and ``doctor``."""
    app.command("up")(up)
    app.command("demo")(demo)
    app.command("serve")(serve)
    app.command("migrate")(migrate)
    app.command("doctor")(doctor)


def up(
    context: typer.Context,
    items: Items = None,
    seed: Seed = None,
    port: Port = None,
    mlflow: Annotated[bool, typer.Option("--mlflow/--no-mlflow", help="Show MLflow's own pages too.")] = True,
) -> None:
    """Set up what is missing, then serve.

    The first time this builds a synthetic month and trains a model on it. Stop with Ctrl-C; the next start
    takes seconds and keeps everything.
    """
    from serving.up import watching

    settings = _chosen(settings_of(context), items=items, seed=seed, port=port)
    began = time.monotonic()
    with _until_stopped() as run, stages() as progress:

        def greet(greeting: Greeting) -> None:
            run.serving = True
            progress.close()
            _say_greeting(greeting)
            for line in _next_steps(greeting.found):
                note(line)
            _note_timings(progress, whole=time.monotonic() - began)
            note("Stop with Ctrl-C.")

        watching.up(settings, greet=greet, note=note, mlflow=mlflow, progress=progress)


def demo(context: typer.Context, items: Items = None, seed: Seed = None) -> None:
    """Set up what is missing, start nothing."""
    from serving.up.stages import set_up

    settings = _chosen(settings_of(context), items=items, seed=seed)
    began = time.monotonic()
    with _until_stopped(), stages() as progress:
        set_up(settings, progress=progress)
    _note_timings(progress, whole=time.monotonic() - began)
    say("The synthetic month is there. `tamis up` shows it, `tamis report` says how well the model does.")


def serve(context: typer.Context, port: Port = None) -> None:
    """Serve what is there.

    Without a model everything goes to full review, saying so.
    """
    from serving.up import watching
    from serving.up.greeting import address

    settings = _chosen(settings_of(context), port=port)

    with _until_stopped() as run:

        def greet(found: State) -> None:
            run.serving = True
            say(f"Tamis answers at {address(settings)}")
            for line in _next_steps(found):
                note(line)

        watching.serve(settings, greet=greet)


def migrate(context: typer.Context) -> None:
    """Bring the ledger's tables to this version."""
    from serving import wiring

    settings = settings_of(context)
    wiring.migrate(settings)
    say("The ledger is up to date.")


def doctor(context: typer.Context, json: Json = False) -> None:
    """Say what is unsafe or missing, and how to mend it.

    Ends with 1 where something is unsafe; `tamis serve` then refuses to start.
    """
    from serving import wiring
    from serving.doctor import examine

    settings = settings_of(context)
    with stages() as progress:
        progress("look", 0, 1)
        found = list(examine(settings, lambda: wiring.build(settings, follow=False)))
    if json:
        say_json([asdict(one) for one in found])
    else:
        rows = [(one.state, one.about, " ".join(filter(None, (one.text, one.remedy)))) for one in found]
        say_table(("", "about", "found"), rows, empty="")
    if any(one.state == "unsafe" for one in found):
        raise typer.Exit(1)


def _chosen(
    settings: Settings, *, items: int | None = None, seed: int | None = None, port: int | None = None
) -> Settings:
    month: dict[str, Any] = {"items": items, "seed": seed}
    month = {name: value for name, value in month.items() if value is not None}
    changes: dict[str, Any] = {"demo": settings.demo.model_copy(update=month)}
    if port is not None:
        changes["port"] = port
    return settings.model_copy(update=changes)


@dataclass(slots=True)
class _Run:
    serving: bool = False


@contextmanager
def _until_stopped() -> Iterator[_Run]:
    # Every polite signal is Ctrl-C. It is how serving ends well, and how a set-up is cut short.
    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    # Also Ctrl-C itself: whoever starts us in the background of a script has switched it off for us.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    run = _Run()
    try:
        yield run
    except KeyboardInterrupt:
        note(
            "Stopped."
            if run.serving
            else "Stopped before everything was there. The next start goes on from here."
        )
        sys.exit(0 if run.serving else 130)


def _say_greeting(greeting: Greeting) -> None:
    say()
    say(f"Page    {greeting.page}")
    say(f"API     {greeting.docs}")
    say(f"MLflow  {greeting.mlflow or 'not started'}{' (starting)' if greeting.mlflow_starts else ''}")
    say()
    say("Score an item:")
    say(greeting.curl)
    say()
    if greeting.report.synthetic:
        say("SYNTHETIC data: these numbers show that the machine works, not how well it does on real videos.")
    say(str(greeting.report))
    say()


def _note_timings(progress: Stages, *, whole: float) -> None:
    parts = [f"{stage} {seconds:.1f} s" for stage, seconds in progress.seconds.items()]
    note(f"Took {whole:.1f} s: {', '.join(parts)}." if parts else f"Took {whole:.1f} s.")


def _next_steps(found: State) -> Iterator[str]:
    if not found.champion:
        yield (
            "No champion: every item goes to full review, and its answer says so. "
            "Next: `tamis import` past outcomes, `tamis train` and `tamis promote`; "
            "or look around with `tamis demo`."
        )
    if not found.plan:
        yield "No plan is in force: every item goes to full review. Next: POST one to /v1/plans."
