from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from data.records import Role
from serving.api.app import create_app
from training.registry import Registered, Registry


@pytest.fixture(autouse=True)
def _registry(monkeypatch: pytest.MonkeyPatch) -> None:
    # MLflow takes seconds to open; the registry has its own tests against the real one.
    registered = [
        Registered(
            version=version,
            digest=f"digest-{version}",
            snapshot="s1",
            created_at=datetime(2026, 11, 1, tzinfo=UTC),
            aliases=["challenger"],
            metrics={"roc_auc": 0.9},
        )
        for version in ("2", "1")
    ]
    monkeypatch.setattr(Registry, "versions", lambda _: registered)
    monkeypatch.setattr(Registry, "set_alias", lambda *_: None)


@dataclass
class Site:
    """The API over an application, with a token for each role."""

    bench: Any
    app: Starlette
    client: TestClient
    tokens: dict[str, str] = field(default_factory=dict)

    def headers(self, role: Role = Role.ADMIN, name: str | None = None) -> dict[str, str]:
        name = name or str(role)
        if name not in self.tokens:
            self.tokens[name] = self.bench.application.auth.create_token(role=role, name=name).secret
        return {"Authorization": f"Bearer {self.tokens[name]}"}

    def get(self, path: str, role: Role = Role.ADMIN, **params: Any) -> Any:
        return self.client.get(path, params=params or None, headers=self.headers(role))

    def post(self, path: str, body: Any = None, role: Role = Role.ADMIN, name: str | None = None) -> Any:
        return self.client.post(path, json=body, headers=self.headers(role, name))

    def send(self, raw: bytes, path: str = "/v1/scores", **headers: str) -> Any:
        """Post bytes as they are."""
        more = {"content-type": "application/json", **headers}
        return self.client.post(path, content=raw, headers={**self.headers(), **more})

    def score(self, item_id: str = "v1", p: Any = 0.9, **more: Any) -> Any:
        body = {"items": [{"item_id": item_id, "data": {"p": p}, **more}]}
        return self.post("/v1/scores", body, Role.QUEUE)

    def counts(self) -> Mapping[str, int]:
        with self.bench.store.read() as session:
            return dict(session.ledger.counts())


@pytest.fixture
def make_site() -> Iterator[Callable[[Any], Site]]:
    clients: list[TestClient] = []

    def make(bench: Any) -> Site:
        app = create_app(bench.application)
        clients.append(TestClient(app, raise_server_exceptions=False))
        return Site(bench=bench, app=app, client=clients[-1])

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def site(bench: Any, make_site: Callable[[Any], Site]) -> Site:
    return make_site(bench)
