"""
Signing in and out.

Opening a link shows a button; the button signs in. See `serving.web.sessions`.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from starlette.responses import Response

from data.errors import NotSignedIn
from serving.web import sessions
from serving.web.shell import Door, Visit, refusal
from serving.web.signing.words import WORDS
from serving.web.words import WORDS as COMMON


def ask(visit: Visit) -> Response:
    """Show the button behind a link, or how to get a link."""
    token = visit.query.get("token", "")
    if token:
        return visit.page("signing/sign_in.html", words=WORDS, token=token)
    return visit.page(
        "templates/refusal.html",
        words=COMMON,
        headline=WORDS[visit.language].sign_in,
        detail="",
        reason="",
        layout="layout",
    )


def sign_in(visit: Visit) -> Response:
    """Turn a link into a session and lead to the first page of the role."""
    auth, settings = visit.application.auth, visit.application.settings
    try:
        session = auth.redeem(visit.form.get("token", ""))
    except NotSignedIn as refused:
        return refusal(visit, refused, detail=WORDS[visit.language].link_ended)
    response = visit.see(visit.frame.first(auth.session(session.secret)))
    seconds = int(settings.access.session_hours * 3600)
    behind_proxy = settings.server.behind_proxy
    sessions.remember(response, session, request=visit.request, seconds=seconds, behind_proxy=behind_proxy)
    return response


def sign_out(visit: Visit) -> Response:
    """End the session."""
    auth = visit.application.auth
    with suppress(NotSignedIn):  # where the session had ended already, the cookie goes all the same
        auth.revoke(sessions.actor_of(visit.request, auth).credential_id)
    response = visit.see("/sign-in")
    sessions.forget(response)
    return response


DOORS: Final = (
    Door(path="/sign-in", handle=ask, action=None),
    Door(path="/sign-in", method="POST", handle=sign_in, action=None),
    Door(path="/sign-out", method="POST", handle=sign_out, action=None),
)
