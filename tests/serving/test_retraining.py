from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from data.errors import Conflict, GateNotPassed, InvalidBundle, UnknownModel
from data.records import Item
from training.registry import CHAMPION, Registered, Registry


class Shelf:
    """What MLflow would know: three versions, and where the alias points."""

    def __init__(self) -> None:
        self.alias: str | None = None
        self.down = False

    def version(self, version: str) -> Registered:
        found = {one.version: one for one in self.versions()}
        if version not in found:
            raise UnknownModel
        return found[version]

    def versions(self) -> list[Registered]:
        if self.down:
            raise ConnectionError("the registry is away")
        return [
            Registered(
                version=version,
                digest=f"digest-{version}",
                snapshot="s1",
                created_at=datetime(2026, 11, 1, tzinfo=UTC),
                aliases=[],
                metrics={"roc_auc": 0.9},
            )
            for version in ("3", "2", "1")
        ]

    def set_alias(self, alias: str, version: str) -> None:
        self.version(version)
        assert alias == CHAMPION
        self.alias = version


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Shelf:
    # MLflow takes seconds to open; the registry has its own tests against the real one.
    shelf = Shelf()
    for name in ("version", "versions", "set_alias"):
        monkeypatch.setattr(Registry, name, lambda _, *given, name=name: getattr(shelf, name)(*given))
    return shelf


@pytest.fixture
def bench(make_bench: Any, shelf: Shelf) -> Any:
    bench = make_bench()
    for version in ("1", "2", "3"):
        bench.scorers[version] = _Model(version)
        bench.judge(version)
    bench.plan()
    return bench


class _Model:
    def __init__(self, version: str) -> None:
        self.version = version

    def score(self, items: Any, histories: Any, *, scored_at: datetime) -> list[Any]:
        return [ValueError("it only counts who is asked") for _ in items]


def _promote(bench: Any, version: str) -> Any:
    return bench.application.retraining.promote(version, actor="lead", reason="for a test")


def test_a_promoted_model_is_in_the_ledger_with_actor_and_reason_and_serves(bench: Any, shelf: Shelf) -> None:
    deployment = _promote(bench, "1")
    assert (deployment.model, deployment.digest, deployment.actor, deployment.reason) == (
        "1",
        "digest-1",
        "lead",
        "for a test",
    )
    assert bench.application.champion.scorer().version == "1"
    assert shelf.alias == "1"


def test_a_model_that_nobody_registered_is_refused(bench: Any) -> None:
    with pytest.raises(UnknownModel):
        _promote(bench, "9")
    assert bench.application.retraining.deployments() == []


def test_a_model_that_cannot_be_loaded_is_refused_and_the_old_one_stays(bench: Any, shelf: Shelf) -> None:
    _promote(bench, "1")
    bench.scorers["2"] = InvalidBundle()
    with pytest.raises(InvalidBundle):
        _promote(bench, "2")
    assert [past.model for past in bench.application.retraining.deployments()] == ["1"]
    assert bench.application.champion.scorer().version == "1"
    assert shelf.alias == "1"


def test_the_model_in_charge_is_not_promoted_again(bench: Any) -> None:
    _promote(bench, "1")
    with pytest.raises(Conflict, match="in charge already"):
        _promote(bench, "1")


def test_rolling_back_puts_the_model_before_in_charge_and_says_so(bench: Any, shelf: Shelf) -> None:
    for version in ("1", "2", "3"):
        _promote(bench, version)
    deployment = bench.application.retraining.roll_back(actor="lead", reason="recall fell")
    assert (deployment.model, deployment.generation) == ("2", 4)
    assert deployment.reason == "Roll back from 3: recall fell"
    assert shelf.alias == "2"


def test_rolling_back_needs_neither_a_load_nor_the_registry(bench: Any, shelf: Shelf) -> None:
    _promote(bench, "1")
    _promote(bench, "2")
    bench.scorers.clear()
    shelf.down = True
    assert bench.application.retraining.roll_back(actor="lead", reason="recall fell").model == "1"
    assert bench.application.champion.scorer().version == "1"


@pytest.mark.parametrize("promoted", [[], ["1"]])
def test_there_is_no_way_back_before_the_second_model(bench: Any, promoted: list[str]) -> None:
    for version in promoted:
        _promote(bench, version)
    with pytest.raises(Conflict, match="No other model"):
        bench.application.retraining.roll_back(actor="lead", reason="recall fell")


def test_an_alias_that_cannot_be_set_changes_nothing_that_counts(bench: Any, shelf: Shelf) -> None:
    _promote(bench, "1")
    shelf.set_alias = lambda *_: 1 / 0  # type: ignore[assignment]
    assert _promote(bench, "2").model == "2"
    assert bench.application.champion.scorer().version == "2"


def test_a_registry_that_does_not_answer_is_said(bench: Any, shelf: Shelf) -> None:
    shelf.down = True
    assert bench.application.retraining.registered() is None


def test_after_a_promotion_every_item_is_asked_of_the_new_model(bench: Any) -> None:
    _promote(bench, "1")
    _promote(bench, "2")
    [answer] = bench.application.triage.submit([Item(item_id="v1")])
    assert answer.routing.degraded == "could not be scored: ValueError"
    assert bench.application.champion.standing.deployment.model == "2"


def test_rolling_back_again_goes_further_back_and_not_forward(bench: Any) -> None:
    for version in ("1", "2", "3"):
        _promote(bench, version)
    back = [
        bench.application.retraining.roll_back(actor="lead", reason="recall fell").model for _ in range(2)
    ]
    assert back == ["2", "1"]
    with pytest.raises(Conflict, match="No other model"):
        bench.application.retraining.roll_back(actor="lead", reason="recall fell")
    _promote(bench, "3")
    assert bench.application.retraining.before().model == "1"


def test_a_model_that_does_not_pass_the_gate_serves_only_where_somebody_insists(bench: Any) -> None:
    bench.judge("2", allowed=False)
    _promote(bench, "1")
    with pytest.raises(GateNotPassed, match="recall_not_lost"):
        _promote(bench, "2")
    assert bench.application.retraining.deployments()[0].model == "1"
    retraining = bench.application.retraining
    deployed = retraining.promote(
        "2", actor="lead", reason="the old one is blind to live streams", although=True
    )
    assert deployed.reason == "the old one is blind to live streams"
    assert [one.version for one in retraining.judgements()] == ["3", "2", "1"]


@pytest.mark.parametrize("digest", [None, "digest-of-another"])
def test_a_model_of_which_nothing_is_known_here_does_not_slip_through_the_gate(
    bench: Any, digest: str | None
) -> None:
    (bench.application.settings.judgements / "1.json").unlink()
    if digest is not None:
        bench.judge("1", digest=digest)
    with pytest.raises(GateNotPassed, match="was not judged here"):
        _promote(bench, "1")
    assert bench.application.retraining.deployments() == []
