"""
The application: parse, one use case off the event loop, render.

Every request gets an id, every refusal the same form of body. More requests than can be answered in time
are refused at once.
"""

from __future__ import annotations

import asyncio
import time
import traceback
import uuid
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from data.checks import check_identifier
from data.errors import NotFound, NotSignedIn, Overloaded, TriageError
from serving import metrics
from serving.api import (
    docs,
    errors,
    events,
    models,
    openapi,
    parsing,
    planning,
    plans,
    queue,
    reports,
    scores,
)
from serving.api.endpoint import Call, Endpoint, Reply
from serving.api.errors import Refused
from serving.wiring import Application

ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    *scores.ENDPOINTS,
    *events.ENDPOINTS,
    *reports.ENDPOINTS,
    *queue.ENDPOINTS,
    *plans.ENDPOINTS,
    *planning.ENDPOINTS,
    # The fixed address before the one with a version in its place.
    *models.ENDPOINTS,
)
"""Everything that can be asked for with a token."""

_SLOW_THREADS: Final = 2
_SLOW_WAITING: Final = 8

_HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

_log = structlog.get_logger(__name__)


def create_app(application: Application) -> Starlette:
    """Return the API over an application, as an ASGI application to be mounted or served."""
    settings = application.settings.server
    quick = _Pool("api", threads=settings.threads, most_waiting=settings.most_waiting)
    slow = _Pool("api-slow", threads=_SLOW_THREADS, most_waiting=_SLOW_WAITING)
    routes = [
        Route(
            endpoint.path,
            _answering(application, endpoint, slow if endpoint.slow else quick),
            methods=[endpoint.method],
            name=f"{endpoint.method} {endpoint.path}",
        )
        for endpoint in ENDPOINTS
    ]
    document = openapi.document(ENDPOINTS)
    routes += openapi.routes(document) + docs.routes(document)
    return Starlette(routes=routes, exception_handlers={HTTPException: _refused_by_router})


class _Pool:
    """Threads with a bounded queue in front."""

    def __init__(self, name: str, *, threads: int, most_waiting: int) -> None:
        self._executor = ThreadPoolExecutor(max_workers=threads, thread_name_prefix=name)
        self._most = threads + most_waiting
        self._inside = 0

    async def run(self, work: Callable[[], Reply]) -> Reply:
        # Counted on the event loop only, so that no lock is needed.
        if self._inside >= self._most:
            raise Overloaded
        self._inside += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, work)
        finally:
            self._inside -= 1


def _answering(
    application: Application, endpoint: Endpoint, pool: _Pool
) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        request_id, began = f"req-{uuid.uuid4().hex}", time.perf_counter()
        try:
            header = _only(request.headers.getlist("authorization"))
            application.auth.check_form(header)
            raw = await _body(request) if endpoint.method != "GET" else b""
            work = partial(
                _reply, application, endpoint, request, header=header, raw=raw, request_id=request_id
            )
            reply = await pool.run(work)
            response = _json(reply, request_id)
        except ClientDisconnect:
            return Response(status_code=499)
        except Exception as failed:  # noqa: BLE001 - whatever happens, the caller gets a body that says so
            response = _refusal(failed, endpoint, dict(request.path_params), request_id)
        seconds = time.perf_counter() - began
        metrics.answered(
            method=endpoint.method, path=endpoint.path, status=response.status_code, seconds=seconds
        )
        return response

    return answer


def _only(values: Sequence[str]) -> str | None:
    # Of two the one that a proxy looked at may be the other.
    return values[0] if len(values) == 1 else None


async def _body(request: Request) -> bytes:
    said = request.headers.get("content-length", "0")
    if said.isdecimal() and int(said) > parsing.MOST_BYTES:
        raise parsing.too_large()
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > parsing.MOST_BYTES:
            raise parsing.too_large()
        parts.append(part)
    return b"".join(parts)


def _reply(
    application: Application,
    endpoint: Endpoint,
    request: Request,
    *,
    header: str | None,
    raw: bytes,
    request_id: str,
) -> Reply:
    actor = application.auth.token(header)
    actor.require(endpoint.action)
    for name, value in request.path_params.items():
        try:
            check_identifier(name, value)
        except ValueError as wrong:
            raise NotFound(str(wrong)) from wrong
    body: Any = None
    parsing.check_headers(request.headers, empty=not raw)
    if endpoint.body is not None and (raw or endpoint.body_required):
        body = parsing.body(endpoint.body, raw)
    elif raw.strip() not in (b"", b"{}"):
        raise Refused(422, "Unknown field", "This takes no body. Leave it out.")
    query = parsing.query(endpoint.query or parsing.Nothing, request.query_params.multi_items())
    return endpoint.handle(
        Call(
            application=application,
            actor=actor,
            request_id=request_id,
            body=body,
            query=query,
            path=request.path_params,
        )
    )


def _json(reply: Reply, request_id: str) -> Response:
    return Response(
        reply.content.model_dump_json(),
        status_code=reply.status,
        media_type="application/json",
        headers={**_HEADERS, "X-Request-Id": request_id},
    )


def _refusal(failed: Exception, endpoint: Endpoint, path: dict[str, str], request_id: str) -> Response:
    if isinstance(failed, TriageError):
        status = errors.status_of(failed)
        title, detail, pointer = errors.problem_of(failed)
        is_in_body = endpoint.body is not None and failed.field not in path
        problems = [(title, detail, pointer if is_in_body else None)]
    elif isinstance(failed, Refused):
        status, problems = failed.status, list(failed.problems)
    else:
        # Written out here: a renderer that adds local variables would put the token into the log.
        trace = "".join(traceback.format_exception(failed))
        _log.error("request_failed", request_id=request_id, path=endpoint.path, traceback=trace)
        detail = "Something is wrong here, not with the request. Treat the items as full review."
        status, problems = 500, [("Internal error", detail, None)]
    response = _json(Reply(status, errors.body_of(status, problems, request_id=request_id)), request_id)
    if status in errors.RETRY_AFTER_S:
        response.headers["Retry-After"] = errors.RETRY_AFTER_S[status]
    if isinstance(failed, NotSignedIn):
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


async def _refused_by_router(_request: Request, failed: Exception) -> Response:
    if not isinstance(failed, HTTPException):
        raise failed
    request_id = f"req-{uuid.uuid4().hex}"
    details = {404: "There is nothing at this address.", 405: "This address does not take that method."}
    problems = [(failed.detail, details.get(failed.status_code, failed.detail), None)]
    content = errors.body_of(failed.status_code, problems, request_id=request_id)
    response = _json(Reply(failed.status_code, content), request_id)
    response.headers.update(failed.headers or {})
    return response
