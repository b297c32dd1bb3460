"""MLflow's pages, the set-up, the service: started in this order, watched until somebody says stop."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Final

from data.errors import PortInUse, Unprepared
from serving import doctor, wiring
from serving.settings import Settings
from serving.up import children, processes, stages
from serving.up.greeting import Greeting, greeting
from serving.up.preparing import prepare
from serving.up.processes import Child
from training.progress import Progress, silent

START: Final = "start the service"
"""The last stage of a start."""

_LOOK_S: Final = 0.5


def up(
    settings: Settings,
    *,
    greet: Callable[[Greeting], None],
    note: Callable[[str], None],
    mlflow: bool = True,
    progress: Progress = silent,
) -> None:
    """Set up what is missing, serve, and watch until the process is told to stop.

    Parameters
    ----------
    settings : Settings
        Where, and how large the synthetic month is.
    greet : callable
        Called once the service answers.
    note : callable
        Called with what happens after that.
    mlflow : bool
        Whether to start MLflow's pages, where no tracking server is set.

    Raises
    ------
    PortInUse, Unsafe
        Before anything is done.
    Unprepared
        The set-up or the service did not come through, or another process serves from the same folder.
    """
    logs = settings.var.absolute() / "logs"
    doctor.refuse_unsafe(settings)
    with processes.only_one(settings.var), ExitStack() as stack:
        processes.check_port(settings.host, settings.port, remedy=children.PORT_REMEDY)
        found = _found(settings)
        if found.own:
            note("The ledger holds items of your own, so no synthetic month is added.")
        else:
            stages.check_month(settings)
        pages = None
        if mlflow and not settings.registry.tracking_uri:
            # First of all: it creates its own tables, and what follows leaves a processor idle for a while.
            try:
                pages = stack.enter_context(children.mlflow_pages(settings, log=logs / "mlflow.log"))
            except PortInUse as taken:
                note(f"MLflow's pages are not shown. {taken}")
        if not found.complete:
            note("Building a synthetic month and learning from it. This takes minutes, and happens once.")
            prepare(settings, progress=progress)
        progress(START, 0, 1)
        service = stack.enter_context(children.service(settings, log=logs / "service.log"))
        progress(START, 1, 1)
        shown = pages is not None or (mlflow and bool(settings.registry.tracking_uri))
        where = children.mlflow_address(settings) if shown else None
        starts = pages is not None and not _mlflow_answers(settings)
        application = wiring.build(settings, follow=False)
        try:
            greet(greeting(application, mlflow=where, mlflow_starts=starts))
        finally:
            application.close()
        _watch(service, pages, settings, awaited=starts, note=note)


def serve(settings: Settings, *, greet: Callable[[stages.State], None]) -> None:
    """Serve what is there, and watch until the process is told to stop.

    Parameters
    ----------
    settings : Settings
        Where. An empty folder will do: everything that comes in then goes to full review.
    greet : callable
        Called with what was found, once the service answers.
    """
    doctor.refuse_unsafe(settings)
    with processes.only_one(settings.var), ExitStack() as stack:
        processes.check_port(settings.host, settings.port, remedy=children.PORT_REMEDY)
        found = _found(settings)
        service = stack.enter_context(children.service(settings))
        greet(found)
        _watch(service, None, settings, awaited=False, note=lambda _: None)


def _found(settings: Settings) -> stages.State:
    wiring.migrate(settings)
    application = wiring.build(settings, follow=False)
    try:
        return stages.state(application)
    finally:
        application.close()


def _mlflow_answers(settings: Settings) -> bool:
    return processes.answers(f"{children.mlflow_address(settings)}/health")


def _watch(
    service: Child, pages: Child | None, settings: Settings, *, awaited: bool, note: Callable[[str], None]
) -> None:
    while service.status is None:
        if pages is not None and pages.status is not None:
            note(f"MLflow's pages ended with status {pages.status}.{pages.last_words}")
            pages, awaited = None, False
        elif awaited and _mlflow_answers(settings):
            note("MLflow answers now.")
            awaited = False
        time.sleep(_LOOK_S)
    raise Unprepared(f"The service ended with status {service.status}.{service.last_words}")
