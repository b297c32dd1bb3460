from __future__ import annotations

import re
from typing import Any

import pytest
from starlette.routing import Route

from data.records import Role
from serving.api.app import ENDPOINTS

Q, R, L, D = Role.QUEUE, Role.REVIEWER, Role.QC_LEAD, Role.DATA_SCIENTIST
V, A = Role.VIEWER, Role.ADMIN

# Every route of the API and who may use it, by hand. A route that is not here makes the tests red.
MATRIX: dict[str, set[Role]] = {
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
PUBLIC = {"GET /openapi.json", "GET /docs"}


def _address(route: str) -> tuple[str, str]:
    method, _, path = route.partition(" ")
    return method, re.sub(r"\{[^}]*\}", "nothing", path)


def test_every_route_of_the_application_has_a_rule(site: Any) -> None:
    routes = {
        f"{method} {route.path}"
        for route in site.app.routes
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert len(site.app.routes) == len(ENDPOINTS) + len(PUBLIC)
    assert routes == set(MATRIX) | PUBLIC


@pytest.mark.parametrize("role", Role)
def test_a_role_is_let_in_where_the_matrix_says_and_nowhere_else(site: Any, role: Role) -> None:
    for route, roles in MATRIX.items():
        method, path = _address(route)
        answer = site.client.request(method, path, headers=site.headers(role))
        if role in roles:
            assert answer.status_code not in {401, 403}, route
            assert answer.status_code < 500, route
        else:
            assert answer.status_code == 403, route
            assert answer.json()["errors"][0]["type"] == "/errors/not-allowed"


@pytest.mark.parametrize("headers", [{}, {"Authorization": f"Bearer tms_admin_{'a' * 43}"}])
def test_nobody_is_let_in_without_a_token(site: Any, headers: dict[str, str]) -> None:
    for route in MATRIX:
        method, path = _address(route)
        answer = site.client.request(method, path, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["errors"][0]["type"] == "/errors/not-signed-in"


@pytest.mark.parametrize("route", sorted(PUBLIC))
def test_the_description_of_the_api_is_for_everybody(site: Any, route: str) -> None:
    method, path = _address(route)
    assert site.client.request(method, path).status_code == 200


def test_a_session_of_the_page_does_not_open_the_api(site: Any) -> None:
    auth = site.bench.application.auth
    session = auth.redeem(auth.create_link(role=Role.ADMIN, name="mina").secret).secret
    for headers in (
        {"Authorization": f"Bearer {session}"},
        {"Cookie": f"tamis={session}; session={session}"},
    ):
        assert site.client.get("/v1/queue", headers=headers).status_code == 401


def test_a_stranger_is_refused_before_the_body_is_looked_at(site: Any) -> None:
    answer = site.client.post("/v1/scores", content=b"x" * 2_000_000)
    assert answer.status_code == 401
