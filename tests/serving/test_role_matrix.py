"""Who may go where: one table, held against every route that the running site has."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from starlette.routing import BaseRoute, Mount, Route
from starlette.testclient import TestClient

from data.records import Role
from serving.api.app import create_app
from serving.web.pages import create_site
from training.registry import Registry

Q, R, L, D = Role.QUEUE, Role.REVIEWER, Role.QC_LEAD, Role.DATA_SCIENTIST
V, A = Role.VIEWER, Role.ADMIN

# Every route and who may use it, by hand. A route that is not here makes the tests red.
API: Mapping[str, set[Role]] = {
    "POST /v1/scores": {Q, A},
    "POST /v1/events": {Q, R, A},
    "GET /v1/items/{item_id:path}/timeline": {Q, L, D, A},
    "GET /v1/reports/quality": {L, D, V, A},
    "GET /v1/queue": {L, V, A},
    "POST /v1/queue/claim": {R, L, A},
    "POST /v1/jobs/{job_id}/renew": {R, L, A},
    "POST /v1/jobs/{job_id}/release": {R, L, A},
    "POST /v1/jobs/{job_id}/finish": {R, L, A},
    "GET /v1/plans": {L, D, V, A},
    "POST /v1/plans": {L, A},
    "POST /v1/plans/preview": {L, A},
    "POST /v1/plans/goal": {L, A},
    "POST /v1/plans/split": {L, A},
    "POST /v1/plans/{version}/roll-back": {L, A},
    "GET /v1/models": {L, D, V, A},
    "POST /v1/models/{version}/promote": {L, A},
    "POST /v1/models/roll-back": {L, A},
}
PAGES: Mapping[str, set[Role]] = {
    "GET /": {L, D, V, A},
    "GET /today.json": {L, D, V, A},
    "GET /review": {R, L, A},
    "POST /review": {R, L, A},
    "POST /review/renew.json": {R, L, A},
    "GET /review/media/{job_id}": {R, L, A},
    "GET /review/media/{job_id}/{place:int}": {R, L, A},
    "GET /planner": {L, D, V, A},
    "POST /planner": {L, A},
    "GET /planner.json": {L, D, V, A},
    "GET /planner/numbers": {L, D, V, A},
    "GET /planner/charts.json": {L, D, V, A},
    "GET /planner/history": {L, D, V, A},
    "POST /planner/history": {L, A},
    "GET /planner/history.json": {L, D, V, A},
    "GET /report": {L, D, V, A},
    "GET /report.json": {L, D, V, A},
    "GET /report/charts.json": {L, D, V, A},
    "GET /report/{file}": {L, D, V, A},
    "GET /models": {L, D, V, A},
    "POST /models": {L, A},
    "GET /models.json": {L, D, V, A},
    "GET /models/charts.json": {L, D, V, A},
    "GET /models/card.md": {L, D, V, A},
    "GET /reviewers": {L, R, A},
    "GET /reviewers.json": {L, R, A},
    "GET /reviewers.csv": {L, R, A},
}
# Open to everybody, with the answer that everybody gets. Signing out ends a session, so it comes last.
PUBLIC: Mapping[str, int] = {
    "GET /openapi.json": 200,
    "GET /docs": 200,
    "GET /metrics": 200,
    "GET /static/{path:path}": 404,
    "GET /sign-in": 200,
    "POST /sign-in": 401,
    "POST /sign-out": 303,
}
FORMS = [route for route in (*PAGES, *PUBLIC) if route.startswith("POST")]
LANGUAGES = ("ko", "en")


@pytest.fixture
def client(bench: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    # MLflow takes seconds to open, and no answer here depends on what it holds.
    monkeypatch.setattr(Registry, "versions", lambda _: [])
    site = create_site(bench.application, api=create_app(bench.application))
    with TestClient(
        site, base_url="http://tamis.test", follow_redirects=False, raise_server_exceptions=False
    ) as client:
        yield client


def _routes(routes: list[BaseRoute]) -> Iterator[str]:
    for route in routes:
        if isinstance(route, Mount):
            yield from _routes(route.routes)
        else:
            assert isinstance(route, Route), f"{route} is of a kind that this test does not know"
            yield from (f"{method} {route.path}" for method in (route.methods or set()) - {"HEAD"})


def _answer(client: TestClient, route: str, language: str, headers: Mapping[str, str]) -> Any:
    method, _, path = route.partition(" ")
    path = re.sub(r"\{[^}]*\}", "nothing", path.replace("{place:int}", "0"))
    query = None if route in API else {"lang": language}
    client.cookies.clear()  # the language that was chosen before
    return client.request(method, path, params=query, headers=dict(headers))


def _bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def _cookie(secret: str) -> dict[str, str]:
    return {"Cookie": f"tamis_session={secret}"}


def _token(bench: Any, role: Role, **more: Any) -> Any:
    return bench.application.auth.create_token(role=role, name="somebody", **more)


def _session(bench: Any, role: Role) -> Any:
    auth = bench.application.auth
    return auth.redeem(auth.create_link(role=role, name="somebody").secret)


def _wrong(
    client: TestClient, headers: Mapping[str, str], *, api: Role | None, pages: Role | None, language: str
) -> list[tuple[str, int]]:
    """Return the cells that are not as the table says, for one visitor; None is a stranger."""
    found = []
    for table, role in ((API, api), (PAGES, pages)):
        for route, roles in table.items():
            status = _answer(client, route, language, headers).status_code
            if role in roles:
                as_told = status < 500 and status not in {401, 403}
            else:
                as_told = status == (401 if role is None else 403)
            if not as_told:
                found.append((route, status))
    for route, wanted in PUBLIC.items():
        status = _answer(client, route, language, headers).status_code
        if status != wanted:
            found.append((route, status))
    return found


def test_every_route_of_the_site_has_a_row_and_every_row_a_route(client: TestClient) -> None:
    app: Any = client.app
    found = list(_routes(app.routes))
    assert len(found) == len(set(found))
    assert set(found) == {*API, *PAGES, *PUBLIC}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("role", Role)
def test_a_token_opens_what_the_table_says_and_nothing_else(
    bench: Any, client: TestClient, role: Role, language: str
) -> None:
    headers = _bearer(_token(bench, role).secret)
    assert _wrong(client, headers, api=role, pages=role, language=language) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("role", Role)
def test_a_session_opens_the_pages_that_the_table_says_and_never_the_api(
    bench: Any, client: TestClient, role: Role, language: str
) -> None:
    headers = _cookie(_session(bench, role).secret)
    assert _wrong(client, headers, api=None, pages=role, language=language) == []


def _revoked(bench: Any, issued: Any) -> Any:
    assert bench.application.auth.revoke(issued.credential_id)
    return issued


def _ended(bench: Any, issued: Any) -> Any:
    bench.clock.advance(days=2)
    return issued


def _link(bench: Any) -> Any:
    return bench.application.auth.create_link(role=A, name="somebody")


STRANGERS: Mapping[str, Callable[[Any], dict[str, str]]] = {
    "nothing": lambda _: {},
    "a token nobody made": lambda _: _bearer(f"tms_admin_{'a' * 43}"),
    "a revoked token": lambda bench: _bearer(_revoked(bench, _token(bench, A)).secret),
    "an expired token": lambda bench: _bearer(
        _ended(bench, _token(bench, A, lasts=timedelta(days=1))).secret
    ),
    "another role on a token": lambda bench: _bearer(_token(bench, V).secret.replace("viewer", "admin")),
    "a token by another scheme": lambda bench: {"Authorization": f"Basic {_token(bench, A).secret}"},
    "a session as a token": lambda bench: _bearer(_session(bench, A).secret),
    "a link as a token": lambda bench: _bearer(_link(bench).secret),
    "a session nobody has": lambda _: _cookie("a" * 43),
    "a revoked session": lambda bench: _cookie(_revoked(bench, _session(bench, A)).secret),
    "a session that ended": lambda bench: _cookie(_ended(bench, _session(bench, A)).secret),
    "a token as a session": lambda bench: _cookie(_token(bench, A).secret),
    "a link as a session": lambda bench: _cookie(_link(bench).secret),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("what", STRANGERS)
def test_whoever_holds_nothing_that_is_valid_is_a_stranger_everywhere(
    bench: Any, client: TestClient, what: str, language: str
) -> None:
    headers = STRANGERS[what](bench)
    assert _wrong(client, headers, api=None, pages=None, language=language) == []


@pytest.mark.parametrize("where", API)
def test_a_refusal_of_the_api_says_which_it_is(bench: Any, client: TestClient, where: str) -> None:
    stranger = _answer(client, where, "ko", {})
    assert stranger.headers["www-authenticate"] == "Bearer"
    assert stranger.json()["errors"][0]["type"] == "/errors/not-signed-in"
    other = min(set(Role) - API[where])
    refused = _answer(client, where, "ko", _bearer(_token(bench, other).secret))
    assert refused.json()["errors"][0]["type"] == "/errors/not-allowed"


OTHER_SITES = [
    *({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}),
    *({"Origin": "http://evil.test"}, {"Origin": "https://evil.test"}, {"Origin": "null"}),
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://tamis.test"},
]
OURS = [
    {},
    {"Sec-Fetch-Site": "same-origin"},
    {"Origin": "http://tamis.test"},
    {"Origin": "https://tamis.test"},
]


@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_taken_from_our_pages_and_from_no_other_site(
    bench: Any, client: TestClient, form: str
) -> None:
    for said in OTHER_SITES:
        session = _cookie(_session(bench, A).secret)
        assert _answer(client, form, "ko", session | said).status_code == 403, said
        assert _answer(client, "GET /", "ko", session).status_code == 200, "nothing was done"
    for said in OURS:
        status = _answer(client, form, "ko", _cookie(_session(bench, A).secret) | said).status_code
        assert status not in {403, 500}, said


def test_a_stranger_is_refused_before_the_body_is_looked_at(client: TestClient) -> None:
    assert client.post("/v1/scores", content=b"x" * 2_000_000).status_code == 401
