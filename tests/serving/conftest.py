from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from data.records import ANY, CreatorHistory, Deployment, Item, Plan, Role, Score
from data.store.store import Store
from serving import wiring
from serving.auth import Actor
from serving.cli import main
from serving.drafts import Draft
from serving.sections import AccessSettings, TriageSettings
from serving.settings import Settings
from serving.wiring import Application
from training import judgement
from training.judgement import Judgement


@dataclass
class Hands:
    """A clock that stands where it is put."""

    at: datetime = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **much: float) -> None:
        self.at += timedelta(**much)


@dataclass
class Reader:
    """A scorer that reads the probability off the item: quick, and every answer is known beforehand."""

    version: str = "1"
    scored: list[str] = field(default_factory=list)
    histories: dict[str, CreatorHistory] = field(default_factory=dict)
    before: Callable[[], None] = lambda: None

    def score(
        self, items: Sequence[Item], histories: Mapping[str, CreatorHistory], *, scored_at: datetime
    ) -> list[Score | Exception]:
        self.before()
        self.scored += [item.item_id for item in items]
        self.histories |= histories
        return [self._score(item, scored_at) for item in items]

    def _score(self, item: Item, scored_at: datetime) -> Score | Exception:
        p: Any = item.data.get("p", 0.01)
        if p == "broken":
            return ValueError("this item is broken")
        if p == "raises":
            raise RuntimeError("the batch is broken")
        return Score(
            score_id=f"score-{uuid.uuid4().hex}",
            item_id=item.item_id,
            item_version=item.item_version,
            model=self.version,
            violation_probability=float(p),
            policy_scores={"health_claim": float(p), "counterfeit": float(p) / 2},
            scored_at=scored_at,
        )


@dataclass
class Bench:
    """An application with everything in reach that a test turns."""

    application: Application
    clock: Hands
    scorers: dict[str, Any]
    """What loading a model of that version gives: a scorer, or an exception that is raised."""
    store: Store

    def deploy(self, model: str = "1", **scorer: Any) -> Reader:
        """Put a model in charge, as another process would."""
        made = Reader(version=model, **scorer)
        self.scorers.setdefault(model, made)
        self.application.gateway.write(
            lambda session: session.deployments.append(
                model=model,
                bundle=f"bundle-{model}",
                digest=f"digest-{model}",
                actor="test",
                reason="for a test",
                deployed_at=self.clock(),
            )
        )
        return made

    def plan(self, threshold: float = 0.5, budget: float = 100, **more: Any) -> Plan:
        """Put a plan in force."""
        plans = self.application.plans
        current = plans.current()
        return plans.set(
            Draft(thresholds={ANY: threshold}, daily_budget=budget, **more),
            author="lead",
            reason="for a test",
            expected=current.version if current else None,
        )

    def judge(self, version: str, *, allowed: bool = True, digest: str | None = None) -> None:
        """Say whether a model passes the gate, as training would."""
        condition = {"name": "recall_not_lost", "met": allowed, "value": -0.2, "required": "at least -0.05"}
        judged = Judgement(
            version=version,
            digest=digest or f"digest-{version}",
            created_at=datetime(2026, 11, int(version), tzinfo=UTC),
            run={},
            conditions=[condition],
            allowed=allowed,
            champion=None,
            comparison=None,
            slices=[],
            calibration={},
            card="# Model card",
        )
        judgement.write(judged, self.application.settings.judgements)

    def actor(self, role: Role = Role.ADMIN, name: str = "somebody") -> Actor:
        return Actor(name=name, role=role, credential_id="test")

    def released(self, probability: float = 0.0001) -> Item:
        """Submit items until one is released; return it."""
        for number in range(1000):
            item = Item(item_id=f"released-{number}", data={"p": probability})
            [answer] = self.application.triage.submit([item])
            if answer.routing.route == "release":
                return item
        raise AssertionError("nothing was released")


Make = Callable[..., Bench]


def _draw_the_same(settings: Settings) -> None:
    """Draw the same audits each time: what a test asserts of a sample may be wrong about another one."""
    settings.keys.mkdir(parents=True, exist_ok=True)
    settings.draw_key.touch(mode=0o600)
    settings.draw_key.write_text(json.dumps({"key_id": "key-test", "secret": "5e" * 32}))


@pytest.fixture
def draw_the_same() -> Callable[[Settings], None]:
    """A function that makes the audits of an application the same each time."""
    return _draw_the_same


@pytest.fixture
def bench_store(sqlite_store: Store) -> Store:
    """The ledger under the applications; a module that is about the ledger overrides it with both."""
    return sqlite_store


@pytest.fixture
def make_bench(bench_store: Store, tmp_path: Path) -> Iterator[Make]:
    """A function that makes an application; several share the ledger and the key."""
    with ExitStack() as stack:

        def make(**triage: Any) -> Bench:
            clock, scorers = Hands(), dict[str, Any]()

            def load(deployment: Deployment) -> Any:
                found = scorers[deployment.model]
                if isinstance(found, Exception):
                    raise found
                return found

            # A slow disk is no reason to answer unrecorded here; tests of the deadline set their own.
            patient = TriageSettings(**{"ledger_deadline_s": 60.0, **triage})
            settings = Settings(home=tmp_path, triage=patient, access=AccessSettings(remember_s=0))
            _draw_the_same(settings)
            application = wiring.build(settings, store=bench_store, clock=clock, load=load, follow=False)
            stack.callback(application.close)
            return Bench(application=application, clock=clock, scorers=scorers, store=bench_store)

        yield make


@pytest.fixture
def bench(make_bench: Make) -> Bench:
    """An application with a model and a plan in force."""
    bench = make_bench()
    bench.deploy()
    bench.plan()
    return bench


@dataclass(frozen=True)
class Said:
    status: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Said]


@pytest.fixture
def home(tmp_path: Path, migrated_file: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("TAMIS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TAMIS_HOME", str(tmp_path / "home"))
    (tmp_path / "home" / "var").mkdir(parents=True)
    shutil.copy(migrated_file, tmp_path / "home" / "var" / "ledger.db")
    _draw_the_same(Settings(home=tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def tamis(*words: str) -> Said:
        capsys.readouterr()
        status: int | str | None = 0
        try:
            main(words)
        except SystemExit as ended:
            status = ended.code
        said = capsys.readouterr()
        assert status is None or isinstance(status, int)
        return Said(status or 0, said.out, said.err)

    return tamis
