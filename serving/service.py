"""
One BentoML service: the whole site is a mounted ASGI application.

``bentoml serve serving.service:Tamis`` starts a supervisor and its workers; `serving.up` does it with
everything set. Nothing is opened when this module is imported, because the supervisor imports it too. BentoML
keeps its own ``/livez`` and ``/readyz``; every other path is ours, its landing page among them (that one
loads scripts from elsewhere).

Its metrics are off: they label by raw path, so that every item id would be a new time series. ``/metrics``
shows what `serving.metrics` counts, over all workers.
"""

from __future__ import annotations

import gc
import logging
import sys
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Final

import bentoml
import structlog
from starlette.concurrency import run_in_threadpool

from serving.draining import Drain

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from serving.wiring import Application

NAME: Final = "tamis"

ENVIRON: Final = {
    "BENTOML_DO_NOT_TRACK": "True",
    "HF_HUB_OFFLINE": "1",
    "OTEL_SDK_DISABLED": "true",  # four spans a request are made even when none is exported
}
"""What the process needs to be told before it starts."""

ANSWER_S: Final = 30.0
"""Seconds after which a request is answered 504. Ours end long before, see `TriageSettings`."""

FIRST_LOOK_S: Final = 30.0
"""Seconds a worker waits for the model in force before it takes requests without."""

_GARBAGE_THRESHOLD: Final = 50_000


class _Front:
    """Stands where the site will be until a worker has made it."""

    def __init__(self) -> None:
        self.site: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.site is None:
            raise RuntimeError("A request came before the worker had started.")
        await self.site(scope, receive, _drain.closing(send))


_front = _Front()
_drain = Drain()


@bentoml.service(
    name=NAME,
    workers=1,
    traffic={"timeout": ANSWER_S},
    http={"host": "127.0.0.1", "port": 3000},
    metrics={"enabled": False},
    logging={"access": {"enabled": False}},
    envs=[{"name": name, "value": value, "stage": "runtime"} for name, value in ENVIRON.items()],
)
@bentoml.asgi_app(_front, path="/", name=NAME)
class Tamis:
    """Scores and routes items, takes decisions, reports quality."""

    def __init__(self) -> None:
        from serving import settings, wiring
        from serving.up.processes import end_with_parent

        _log_lines_of_json()
        end_with_parent()  # a worker whose supervisor was killed would keep the port for ever
        self._application: Application = wiring.build(settings.read())
        self._open = AsyncExitStack()

    @bentoml.on_startup  # type: ignore[untyped-decorator]
    async def start(self) -> None:
        """Make the site, and wait for the model, so that no item is sent to full review for a start."""
        from serving.api.app import create_app
        from serving.web.pages import create_site

        api = create_app(self._application)
        await self._open.enter_async_context(api.router.lifespan_context(api))
        _front.site = create_site(self._application, api=api)
        _drain.install(seconds=self._application.settings.server.drain_s)
        await run_in_threadpool(self._application.champion.wait, FIRST_LOOK_S)
        # What is here now stays: model, routes, tables. Walking it again and again costs the slowest answers.
        gc.collect()
        gc.freeze()
        gc.set_threshold(_GARBAGE_THRESHOLD, 50, 50)

    @bentoml.on_shutdown  # type: ignore[untyped-decorator]
    async def stop(self) -> None:
        """Finish what has begun."""
        await self._open.aclose()
        await run_in_threadpool(self._application.close)

    def __is_ready__(self) -> bool:
        """Say whether requests can be taken; also true where they all end in full review."""
        return not _drain.begun and self._application.ready()


def _log_lines_of_json() -> None:
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
