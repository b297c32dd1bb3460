"""
What all pages have in common: who is asking, in which language, the frame around them, and refusals.

A `Page` is a place in the navigation with the doors that belong to it. A door's handler is an ordinary
function that reads what it needs from a `Visit` and returns an answer; it runs off the event loop, after the
role was checked and a form was read. Whatever it refuses ends in one page that says so.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, TypeVar

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from data.errors import NotSignedIn, TriageError
from serving.api import errors
from serving.auth import Action, Actor
from serving.web import assets, sessions, shown
from serving.web.headers import PageHeaders
from serving.web.words import LANGUAGES, WORDS
from serving.wiring import Application

_LANGUAGE: Final = "tamis_language"
_YEAR_S: Final = 365 * 24 * 3600

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """An address, what may be done there by whom, and the function that does it."""

    path: str
    handle: Callable[[Visit], Response]
    method: str = "GET"
    action: Action | None
    """What the role must allow; None: strangers may come too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page and its place in the navigation."""

    path: str
    name: Mapping[str, str]
    """What the navigation calls it, by language."""
    action: Action
    """What the role must allow for it to be shown there."""
    doors: Sequence[Door]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Somebody opens a page, or sends a form."""

    application: Application
    request: Request
    language: str
    frame: Shell
    known: Actor | None = None
    """Who it is; None for a stranger."""
    form: Mapping[str, str] = field(default_factory=dict)

    @property
    def actor(self) -> Actor:
        """Who it is; `NotSignedIn` for a stranger."""
        if self.known is None:
            raise NotSignedIn
        return self.known

    @property
    def query(self) -> Mapping[str, str]:
        """What stands in the address; of several of one name the last."""
        return dict(self.request.query_params.multi_items())

    def page(
        self, template: str, *, status: int = HTTPStatus.OK, words: Mapping[str, object], **fields: Any
    ) -> HTMLResponse:
        """Return a page from a template, with the words of the visitor's language."""
        text = self.frame.render(self, template, words=words[self.language], **fields)
        return HTMLResponse(text, status_code=status)

    def see(self, path: str) -> RedirectResponse:
        """Lead the browser on to another page, after a form."""
        return RedirectResponse(path, status_code=HTTPStatus.SEE_OTHER)


class Shell:
    """The frame around the pages of one application."""

    def __init__(self, application: Application, pages: Sequence[Page]) -> None:
        self._application = application
        self._pages = pages
        self._kept: dict[Any, Any] = {}
        self._lock = threading.Lock()
        self._templates = Environment(
            loader=FileSystemLoader(Path(__file__).parent),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(shown=shown, asset=assets.address)

    def routes(self, doors: Sequence[Door]) -> list[BaseRoute]:
        """Return the routes of some doors, those of the pages, and that of the files they load."""
        doors = [*doors, *(door for page in self._pages for door in page.doors)]
        headers = [Middleware(PageHeaders)]
        return [
            *(
                Route(door.path, self._answering(door), methods=[door.method], middleware=headers)
                for door in doors
            ),
            Route("/static/{path:path}", assets.answer, middleware=headers),
        ]

    def kept(self, make: Callable[[Application], T]) -> T:
        """Return what a page keeps as long as the application lives; made when first asked for."""
        with self._lock:
            if make not in self._kept:
                self._kept[make] = make(self._application)
            found: T = self._kept[make]
            return found

    def first(self, actor: Actor) -> str:
        """Return the first page that a role may open."""
        return next((page.path for page in self._pages if actor.may(page.action)), "/")

    def render(self, visit: Visit, template: str, **fields: Any) -> str:
        """Return a template filled in."""
        common, actor = WORDS[visit.language], visit.known
        places = [
            (page.path, page.name[visit.language], visit.request.url.path == page.path)
            for page in self._pages
            if actor is not None and actor.may(page.action)
        ]
        other = visit.request.url.include_query_params(lang=common.other_language)
        return self._templates.get_template(template).render(
            common=common,
            actor=actor,
            places=places,
            other_language_address=f"{other.path}?{other.query}",
            **fields,
        )

    def _answering(self, door: Door) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            visit = Visit(
                application=self._application, request=request, language=_language(request), frame=self
            )
            try:
                if door.method == "POST":
                    sessions.check_same_site(request)
                    visit = replace(visit, form=await sessions.form(request))
                response = await run_in_threadpool(_handle, door, visit)
            except TriageError as refused:
                response = refusal(visit, refused)
            return _with_language(request, response)

        return answer


def _handle(door: Door, visit: Visit) -> Response:
    try:
        if door.action is not None:
            known = sessions.actor_of(visit.request, visit.application.auth)
            visit = replace(visit, known=known)
            known.require(door.action)
        return door.handle(visit)
    except TriageError as refused:
        return refusal(visit, refused)


def refusal(visit: Visit, refused: TriageError, *, detail: str = "") -> Response:
    """Return the page, or the JSON, that says what was refused and why."""
    status = errors.status_of(refused)
    if visit.request.url.path.endswith(".json"):
        problems, request_id = [errors.problem_of(refused)], f"req-{uuid.uuid4().hex}"
        body = errors.body_of(status, problems, request_id=request_id)
        return JSONResponse(body.model_dump(), status_code=status)
    common = WORDS[visit.language]
    return visit.page(
        "templates/refusal.html",
        status=status,
        words=WORDS,
        headline=common.refusals.get(status, common.refused),
        detail=detail,
        # Whoever is not signed in is told how; for all others the reason, which is in English.
        reason="" if status == HTTPStatus.UNAUTHORIZED else str(refused),
        # A part of a page is replaced by a part of a page.
        layout="fragment" if "hx-request" in visit.request.headers else "layout",
    )


def _chosen(request: Request) -> str | None:
    chosen = request.query_params.get("lang")
    return chosen if chosen in LANGUAGES else None


def _language(request: Request) -> str:
    remembered = request.cookies.get(_LANGUAGE)
    return _chosen(request) or (remembered if remembered in LANGUAGES else None) or LANGUAGES[0]


def _with_language(request: Request, response: Response) -> Response:
    if language := _chosen(request):
        response.set_cookie(_LANGUAGE, language, max_age=_YEAR_S, httponly=True, samesite="lax")
    return response
