from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from data.records import Role
from training import judgement
from training.judgement import Judgement, Sides
from training.promotion import Condition
from training.registry import Registered, Registry

Sign = Any


def judged(version: str, *, allowed: bool, champion: str | None) -> Judgement:
    """What training would write about a model, from numbers that are known."""
    rng = np.random.default_rng(int(version))
    p = rng.beta(0.6, 4, 600)
    sides = Sides(
        y=(rng.random(600) < p).astype(float),
        champion=np.clip(p + rng.normal(0, 0.1, 600), 0, 1),
        challenger=p,
        weights=np.ones(600),
        groups=np.arange(600),
        slices={"language": np.where(rng.random(600) < 0.5, "ko", "en")},
    )
    interval = {"lower": 0.8, "upper": 0.95, "level": 0.95}
    measure = {"name": "roc_auc", "policy": "any", "part": "all", "value": 0.9, "interval": interval}
    comparison = sides.compare(workload=0.05, seed=0)
    return Judgement(
        version=version,
        digest=f"digest-{version}",
        created_at=datetime(2026, 11, int(version), tzinfo=UTC),
        run={
            "snapshot": "snapshot-1",
            "counts": {"rows": 600, "verdict": {"violation": 70}, "source": {"synthetic": 600}},
            "learned_from": "2026-10-01T00:00:00+00:00",
            "learned_until": "2026-10-20T00:00:00+00:00",
            "split": {"judged": 600},
            "members": {"ngrams": 1.0},
            "measures": [measure | {"items": 600, "hits": 70}],
        },
        conditions=[asdict(Condition(name="recall_not_lost", met=allowed, value=-0.2, required="x"))],
        allowed=allowed,
        champion=champion,
        comparison=None if champion is None else asdict(comparison),
        slices=[] if champion is None else list(sides.by_slice(workload=0.05, seed=0)),
        calibration=sides.calibration(),
        card="# Model card",
    )


@pytest.fixture
def models(make_bench: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The first model is in charge; of two others one passes the gate."""
    bench = make_bench()
    for version, allowed in (("1", True), ("2", False), ("3", True)):
        champion = None if version == "1" else "1"
        judgement.write(
            judged(version, allowed=allowed, champion=champion), bench.application.settings.judgements
        )
        bench.scorers[version] = type("Model", (), {"version": version})()

    def known(_: Registry, version: str) -> Registered:
        return Registered(
            version=version,
            digest=f"digest-{version}",
            snapshot="snapshot-1",
            created_at=bench.clock(),
            aliases=[],
            metrics={},
        )

    # MLflow takes seconds to open; the registry has its own tests against the real one.
    monkeypatch.setattr(Registry, "version", known)
    monkeypatch.setattr(Registry, "set_alias", lambda *_: None)
    bench.application.retraining.promote("1", actor="lead", reason="the first model")
    return bench


@pytest.fixture
def bench(models: Any) -> Any:
    return models


def test_models_stand_side_by_side_with_the_gate(browser: TestClient, sign_in: Sign) -> None:
    sign_in()
    page = browser.get("/models?lang=en&version=2").text
    for text in ("Version 1 has scored", "in charge", "600 videos", "not passed", "✗ not met", "-0.200"):
        assert text in page
    for text in ("ko", "en", "0.900 [0.800, 0.950]", "snapshot-1", "Synthetic"):
        assert text in page
    assert "✓ all met" in browser.get("/models?lang=en&version=3").text
    assert "without a model to compare it with" in browser.get("/models?lang=en&version=1").text
    twin = browser.get("/models.json").json()
    assert twin["serving"] == "1"
    assert [one["version"] for one in twin["models"]] == ["3", "2", "1"]
    assert twin["models"][1]["allowed"] is False


def test_calibration_is_drawn_of_both_on_the_same_items(browser: TestClient, sign_in: Sign) -> None:
    sign_in()
    charts = browser.get("/models/charts.json?version=2").json()
    assert set(charts) == {"champion", "challenger"}
    assert browser.get("/models/charts.json?version=99").json() == {}


def test_the_card_can_be_kept(browser: TestClient, sign_in: Sign) -> None:
    sign_in()
    assert browser.get("/models/card.md?version=2").text == "# Model card"
    assert browser.get("/models/card.md?version=99").status_code == 404


def test_a_model_is_promoted_with_a_reason_and_rolled_back(
    models: Any, browser: TestClient, sign_in: Sign
) -> None:
    sign_in()
    form = {"do": "promote", "version": "3", "reason": "ab"}
    short = browser.post("/models?lang=en", data=form)
    assert (short.status_code, "five characters" in short.text) == (422, True)
    answer = browser.post("/models", data=form | {"reason": "finds more at the same work"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/models?done=3")
    assert "Version 3 scores from now on" in browser.get("/models?done=3&lang=en").text
    answer = browser.post("/models", data={"do": "roll_back", "reason": "precision fell"})
    assert answer.status_code == 303
    history = models.application.retraining.deployments()
    assert [one.model for one in history] == ["1", "3", "1"]
    assert history[0].actor == "somebody"


def test_the_gate_holds_until_somebody_insists(models: Any, browser: TestClient, sign_in: Sign) -> None:
    sign_in()
    form = {"do": "promote", "version": "2", "reason": "we need it for live streams"}
    refused = browser.post("/models?lang=en", data=form)
    assert refused.status_code == 409
    assert "does not pass the gate" in refused.text
    assert form["reason"] in refused.text
    assert models.application.retraining.deployments()[0].model == "1"
    assert browser.post("/models", data=form | {"although": "yes"}).status_code == 303
    assert models.application.retraining.deployments()[0].model == "2"


def test_what_cannot_be_done_is_said(browser: TestClient, sign_in: Sign) -> None:
    sign_in()
    again = browser.post("/models?lang=en", data={"do": "promote", "version": "1", "reason": "once more"})
    assert again.status_code == 409
    back = browser.post("/models?lang=en", data={"do": "roll_back", "reason": "further back"})
    assert back.status_code == 409


@pytest.mark.parametrize("role", [Role.VIEWER, Role.DATA_SCIENTIST])
def test_who_may_look_may_not_promote(models: Any, browser: TestClient, sign_in: Sign, role: Role) -> None:
    assert browser.get("/models").status_code == 401
    sign_in(role)
    page = browser.get("/models?lang=en&version=3")
    assert page.status_code == 200
    assert "Promote version" not in page.text
    form = {"do": "promote", "version": "3", "reason": "finds more"}
    assert browser.post("/models", data=form).status_code == 403
    assert models.application.retraining.deployments()[0].model == "1"


def test_without_a_model_the_page_says_what_to_do(
    make_bench: Any, browser: TestClient, sign_in: Sign, models: Any
) -> None:
    for path in models.application.settings.judgements.glob("*.json"):
        path.unlink()
    sign_in()
    assert "tamis train" in browser.get("/models?lang=en").text
