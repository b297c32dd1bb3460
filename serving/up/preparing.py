"""
Set-up in a process of its own.

Training needs more than a gigabyte. A process that ends gives all of it back; whoever then watches over the
service for days stays small. The child says how far it is as lines of JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any, Final

from data.errors import TriageError, Unprepared
from serving import settings as settings_
from serving.settings import Settings, variable
from serving.up import processes, stages
from serving.up.children import service_environ
from serving.up.processes import Child
from training.progress import Progress, silent

_RUN: Final = "from serving.up.preparing import main; main()"


def prepare(settings: Settings, *, progress: Progress = silent) -> None:
    """Do what is missing, in a child; `data.errors.Unprepared` says what went wrong."""
    child = Child(
        "The set-up",
        processes.python("-c", _RUN),
        environ={**service_environ(settings), **_demo(settings)},
        folder=settings.bentoml.absolute() / "run",
        log=settings.var / "logs" / "set-up.log",
        pipe=True,
    )
    try:
        for line in child.lines():
            said = json.loads(line)
            if "refused" in said:
                raise Unprepared(said["refused"])
            progress(said["stage"], said["done"], said["total"])
        if child.wait() != 0:
            raise Unprepared(f"The set-up ended with status {child.status}.{child.last_words}")
    finally:
        child.stop()


def main() -> None:
    """Run the set-up and say how far it is on stdout; for a process of its own."""
    out = sys.stdout
    sys.stdout = sys.stderr  # whatever else speaks must not stand between the lines

    def tell(**said: Any) -> None:
        out.write(f"{json.dumps(said)}\n")
        out.flush()

    try:
        stages.set_up(
            settings_.read(), progress=lambda stage, done, total: tell(stage=stage, done=done, total=total)
        )
    except TriageError as refused:
        tell(refused=str(refused))
        sys.exit(1)


def _demo(settings: Settings) -> Mapping[str, str]:
    # Only what was asked for: a default is no wish for another month than the one that was begun.
    asked = settings.demo.model_dump(exclude_unset=True)
    return {variable(f"demo.{name}"): str(value) for name, value in asked.items()}
