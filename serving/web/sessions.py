"""
Signing in with a link, and knowing the browser again.

A link is redeemed by a button, not by opening it: chat programs open links to show a preview, and a link
works once. The session is a cookie that scripts cannot read and other sites cannot send.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response

from data.errors import Invalid, NotAllowed, NotSignedIn
from serving.auth import Actor, Auth, Issued

COOKIE: Final = "tamis_session"
LARGEST_FORM: Final = 32 * 1024
MOST_FIELDS: Final = 100


def actor_of(request: Request, auth: Auth) -> Actor:
    """Return who is asking: by token where one is sent, by session otherwise."""
    if header := request.headers.get("authorization"):
        return auth.token(header)
    secret = request.cookies.get(COOKIE)
    if not secret:
        raise NotSignedIn("Sign in with a link. Make one with `tamis link create --role qc_lead`.")
    return auth.session(secret)


def remember(
    response: Response, session: Issued, *, request: Request, seconds: int, behind_proxy: bool
) -> None:
    """Put the session into a cookie; one that needs TLS where the browser came that way."""
    response.set_cookie(
        COOKIE,
        session.secret,
        max_age=seconds,
        httponly=True,
        samesite="strict",
        secure=behind_proxy or request.url.scheme == "https",
    )


def forget(response: Response) -> None:
    """Take the cookie away."""
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")


def check_same_site(request: Request) -> None:
    """Refuse a form that another site sent.

    Browsers say where a form comes from: in ``Sec-Fetch-Site``, older ones in ``Origin``. What says nothing
    is no browser, and has no cookie that could be misused.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        ours = site in {"same-origin", "none"}
    else:
        origin = request.headers.get("origin")
        # Behind a proxy that ends TLS the browser says https, and we were asked with http.
        ours = origin in {None, *(f"{kind}://{request.url.netloc}" for kind in (request.url.scheme, "https"))}
    if not ours:
        raise NotAllowed("This form was sent from another site.")


async def form(request: Request) -> dict[str, str]:
    """Return the fields of a form; `Invalid` before all of a large one has been read."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_FORM:
            raise Invalid("This form is larger than any of ours.")
    try:
        fields = parse_qs(
            body.decode("utf-8", errors="replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS
        )
    except ValueError as wrong:
        raise Invalid("This form has more fields than any of ours.") from wrong
    return {name: values[-1] for name, values in fields.items()}
