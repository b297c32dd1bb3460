from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from data.records import Role
from serving.api.app import create_app
from serving.web.pages import create_site

SignIn = Callable[..., None]


@pytest.fixture
def browser(bench: Any) -> Iterator[TestClient]:
    site = create_site(bench.application, api=create_app(bench.application))
    with TestClient(site, base_url="http://tamis.test", follow_redirects=False) as client:
        yield client


@pytest.fixture
def sign_in(bench: Any, browser: TestClient) -> SignIn:
    """Sign the browser in, in a role."""

    def sign(role: Role = Role.QC_LEAD) -> None:
        link = bench.application.auth.create_link(role=role, name="somebody")
        answer = browser.post("/sign-in", data={"token": link.secret})
        assert answer.status_code == 303, answer.text

    return sign
