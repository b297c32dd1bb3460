"""
The pages: routes, one template each, no script.

What is shown is read by `serving.web.today`, off the event loop. Everything that can be refused ends in one
page that says so, in the reader's language.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from data.errors import NotSignedIn, TriageError
from serving.api import errors
from serving.auth import Action, Actor
from serving.web import sessions, shown, tiles
from serving.web.headers import PageHeaders
from serving.web.today import Today, gather
from serving.web.words import KO, WORDS, Words
from serving.wiring import Application

_FOLDER: Final = Path(__file__).parent
_LANGUAGE: Final = "tamis_language"
_YEAR_S: Final = 365 * 24 * 3600

_SAID_ELSEWHERE: Final = frozenset({"synthetic", "no_items"})
"""Notices of a report that the page tells in its own way."""

Handler = Callable[[Request], Awaitable[Response]]


def create_site(application: Application, *, api: ASGIApp, others: Sequence[BaseRoute] = ()) -> Starlette:
    """Return the whole site: the pages, other routes, and the API for every path that is neither."""
    return Starlette(routes=[*Pages(application).routes, *others, Mount("/", app=api)])


class Pages:
    """The pages of one application."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._templates = Environment(
            loader=FileSystemLoader(_FOLDER / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    @property
    def routes(self) -> list[BaseRoute]:
        """The routes of the pages and of what they load."""
        handlers: list[tuple[str, Handler, list[str]]] = [
            ("/", self._today, ["GET"]),
            ("/today.json", self._today_json, ["GET"]),
            ("/sign-in", self._sign_in, ["GET"]),
            ("/sign-in", self._redeem, ["POST"]),
            ("/sign-out", self._sign_out, ["POST"]),
        ]
        headers = [Middleware(PageHeaders)]
        return [
            *(
                Route(path, self._guarded(handler), methods=methods, middleware=headers)
                for path, handler, methods in handlers
            ),
            Mount("/static", StaticFiles(directory=_FOLDER / "static"), middleware=headers),
        ]

    async def _today(self, request: Request) -> Response:
        actor = await run_in_threadpool(self._actor, request)
        today = await run_in_threadpool(gather, self._application)
        words = _words(request)
        return self._page(
            request,
            "today.html",
            actor=actor,
            today=today,
            tiles=[tiles.tile(estimate, words) for estimate in today.headlines],
            notices=[
                notice.text(words.language)
                for notice in today.report.notices
                if notice.code not in _SAID_ELSEWHERE
            ],
            flow=_flow(today, words),
            policies={"any": words.any_policy}
            | {
                policy_id: policy.title[words.language]
                for policy_id, policy in self._application.policies.items()
            },
        )

    async def _today_json(self, request: Request) -> Response:
        await run_in_threadpool(self._actor, request)
        today = await run_in_threadpool(gather, self._application)
        return JSONResponse(today.to_json())

    async def _sign_in(self, request: Request) -> Response:
        token = request.query_params.get("token", "")
        if not token:
            headline = _words(request).sign_in
            return self._page(request, "refusal.html", headline=headline, detail="", reason="")
        return self._page(request, "sign_in.html", token=token)

    async def _redeem(self, request: Request) -> Response:
        sessions.check_same_site(request)
        fields = await sessions.form(request)
        auth, settings = self._application.auth, self._application.settings.access
        try:
            session = await run_in_threadpool(auth.redeem, fields.get("token", ""))
        except NotSignedIn as refused:
            return self._refusal(request, refused, detail=_words(request).link_ended)
        response = RedirectResponse("/", status_code=HTTPStatus.SEE_OTHER)
        seconds = int(settings.session_hours * 3600)
        sessions.remember(response, session, request=request, seconds=seconds)
        return response

    async def _sign_out(self, request: Request) -> Response:
        sessions.check_same_site(request)
        auth = self._application.auth
        try:
            actor = await run_in_threadpool(sessions.actor_of, request, auth)
            await run_in_threadpool(auth.revoke, actor.credential_id)
        except NotSignedIn:
            pass  # the session had ended already; the cookie goes all the same
        response = RedirectResponse("/sign-in", status_code=HTTPStatus.SEE_OTHER)
        sessions.forget(response)
        return response

    def _actor(self, request: Request) -> Actor:
        actor = sessions.actor_of(request, self._application.auth)
        actor.require(Action.READ_REPORTS)
        return actor

    def _guarded(self, handler: Handler) -> Handler:
        async def guarded(request: Request) -> Response:
            try:
                return _with_language(request, await handler(request))
            except TriageError as refused:
                return self._refusal(request, refused)

        return guarded

    def _refusal(self, request: Request, refused: TriageError, *, detail: str = "") -> Response:
        status = errors.status_of(refused)
        if request.url.path.endswith(".json"):
            problems, request_id = [errors.problem_of(refused)], f"req-{uuid.uuid4().hex}"
            body = errors.body_of(status, problems, request_id=request_id)
            return JSONResponse(body.model_dump(), status_code=status)
        words = _words(request)
        return self._page(
            request,
            "refusal.html",
            status_code=status,
            headline=words.refusals.get(status, words.refused),
            detail=detail,
            # Whoever is not signed in is told how; for all others the reason, which is in English.
            reason="" if status == HTTPStatus.UNAUTHORIZED else str(refused),
        )

    def _page(
        self,
        request: Request,
        template: str,
        *,
        actor: Actor | None = None,
        status_code: int = HTTPStatus.OK,
        **fields: Any,
    ) -> HTMLResponse:
        words = _words(request)
        text = self._templates.get_template(template).render(
            words=words,
            shown=shown,
            actor=actor,
            other_language_address=str(request.url.include_query_params(lang=words.other_language)),
            **fields,
        )
        return HTMLResponse(text, status_code=status_code)


def _chosen(request: Request) -> Words | None:
    return WORDS.get(request.query_params.get("lang") or "")


def _words(request: Request) -> Words:
    return _chosen(request) or WORDS.get(request.cookies.get(_LANGUAGE, ""), KO)


def _with_language(request: Request, response: Response) -> Response:
    if words := _chosen(request):
        response.set_cookie(_LANGUAGE, words.language, max_age=_YEAR_S, httponly=True, samesite="lax")
    return response


def _flow(today: Today, words: Words) -> str:
    work = today.report.workload
    released = work.items - work.full_review - work.audits
    return words.flow.format(
        items=shown.count(work.items),
        full=shown.count(work.full_review),
        audits=shown.count(work.audits),
        released=shown.count(released),
    )
