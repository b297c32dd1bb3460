"""
The command line: ``tamis ...``.

One command, one use case, one answer. What is slow is imported where it is needed, so that ``tamis --help``
is there at once. Answers go to stdout (with ``--json`` for machines), progress and timings to stderr. A
refusal is one line on stderr and exit status 1; a wrong use of the command line is 2.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from data.errors import TriageError
from serving.cli import (
    access,
    estimating,
    explaining,
    keeping,
    models,
    numbers,
    planning,
    replaying,
    rows,
    running,
)
from serving.cli.context import Given

app = typer.Typer(
    name="tamis",
    help="Which videos should people look at, and what did we miss?",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

for group in (running, rows, models, numbers, estimating, planning, replaying, explaining, keeping, access):
    group.add_commands(app)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"tamis {version('tamis')}")
        raise typer.Exit


@app.callback()
def _given(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option(help="Settings file. Default: var/config.yaml, if there is one.")
    ] = None,
    home: Annotated[
        Path | None,
        typer.Option(help="Folder in which var/ lies. Default: TAMIS_HOME, or the current folder."),
    ] = None,
    _: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    context.obj = Given(config=config, home=home)
    if context.invoked_subcommand != "estimate":  # which logs nothing, and would load structlog for that
        _log_to_stderr()


def _log_to_stderr() -> None:
    # stdout is for the answer alone, and whoever types wants to hear of trouble only.
    import logging

    import structlog

    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and end the process with its exit status.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words after ``tamis``; those of the process where they are not given.
    """
    try:
        app(args=None if arguments is None else list(arguments), prog_name="tamis")
    except TriageError as refused:
        place = f" (at {refused.field})" if refused.field else ""
        sys.stderr.write(f"tamis: {' '.join(str(refused).split())}{place}\n")
        sys.exit(1)
    except BrokenPipeError:
        # Whoever read the answer has seen enough (`tamis models | head`). Nothing is left to say it to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
