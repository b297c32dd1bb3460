"""The one test here in which a real model is trained, bundled, promoted and asked."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from data.records import Decision, Item, ReviewType, Verdict
from data.settings import StoreSettings
from data.store.store import Store
from serving import wiring
from serving.drafts import Draft
from serving.settings import Settings
from training.registry import Registered, Registry
from training.settings import TrainingSettings

RISKY = "당뇨 완치 홍삼 약 끊으셔도 됩니다"
CALM = "오늘 저녁은 계란찜과 된장찌개"


def _reviewed(store: Store, noon: Any) -> None:
    items, decisions = [], []
    for number in range(160):
        is_risky = number % 4 == 0
        at = noon - timedelta(days=30) + timedelta(hours=number)
        items.append(
            Item(
                item_id=f"old-{number}",
                language="ko",
                submitted_at=at,
                source="import:test",
                data={"title": f"{RISKY if is_risky else CALM} {number}"},
            )
        )
        decisions.append(
            Decision(
                decision_id=f"d-{number}",
                item_id=f"old-{number}",
                item_version="1",
                reviewer_id="mina",
                review_type=ReviewType.IMPORTED,
                verdict=Verdict.VIOLATION if is_risky else Verdict.NO_VIOLATION,
                policies=("health_claim",) if is_risky else (),
                decided_at=at,
                inclusion_probability=1.0,
            )
        )
    with store.begin() as session:
        session.ledger.add_items(items, received_at=noon - timedelta(days=1))
        for decision in decisions:
            session.ledger.record_decision(decision, event_id=None, recorded_at=noon - timedelta(days=1))


@pytest.fixture(autouse=True)
def _registry(monkeypatch: pytest.MonkeyPatch, noon: Any) -> None:
    # MLflow takes many seconds to open; the registry has its own tests against the real one.
    digests: dict[str, str] = {}

    def register(_: Registry, *, digest: str, **__: Any) -> str:
        version = str(len(digests) + 1)
        digests[version] = digest
        return version

    def version(_: Registry, version: str) -> Registered:
        return Registered(
            version=version, digest=digests[version], snapshot="s", created_at=noon, aliases=[], metrics={}
        )

    monkeypatch.setattr(Registry, "register", register)
    monkeypatch.setattr(Registry, "version", version)
    monkeypatch.setattr(Registry, "set_alias", lambda *_: None)


def test_a_model_learns_from_the_ledger_is_promoted_and_scores(
    sqlite_store: Store, tmp_path: Path, noon: Any
) -> None:
    _reviewed(sqlite_store, noon)
    training = TrainingSettings(members=("ngrams",), min_items=50, folds=2)
    settings = Settings(
        home=tmp_path, store=StoreSettings(url=f"sqlite:///{sqlite_store.path}"), training=training
    )
    application = wiring.build(settings, clock=lambda: noon, follow=False)
    try:
        candidate = application.retraining.train()
        application.retraining.promote(candidate.version, actor="lead", reason="the first model")
        application.plans.set(
            Draft(thresholds={"any": 0.5}, daily_budget=10), author="lead", reason="to begin", expected=None
        )
        risky, calm = application.triage.submit(
            [
                Item(item_id="new-1", language="ko", data={"title": RISKY}),
                Item(item_id="new-2", language="ko", data={"title": CALM}),
            ]
        )
    finally:
        application.close()
    assert risky.score is not None
    assert calm.score is not None
    assert risky.score.violation_probability > 0.5 > calm.score.violation_probability
    assert risky.routing.model == candidate.version

    # Another process finds the same model in the same files.
    again = wiring.build(settings, clock=lambda: noon, follow=False)
    try:
        standing = again.champion.refresh()
        assert standing.problem is None
        assert standing.scorer is not None
        assert standing.scorer.version == candidate.version
    finally:
        again.close()
