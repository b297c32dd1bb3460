from __future__ import annotations

from typing import Any

import pytest

from data.errors import InvalidBundle
from data.records import Role
from training.registry import Registry

WHY = {"reason": "two points more recall"}


@pytest.fixture
def ready(site: Any) -> Any:
    """A site whose second model could serve."""
    site.bench.scorers["2"] = type(site.bench.scorers["1"])(version="2")
    site.bench.judge("2")
    return site


def test_the_models_are_told_with_what_serves(ready: Any) -> None:
    ready.score()
    body = ready.get("/v1/models", Role.DATA_SCIENTIST).json()
    assert (body["serving"], body["problem"]) == ("1", None)
    assert [one["model"] for one in body["deployments"]] == ["1"]
    assert [one["version"] for one in body["registered"]] == ["2", "1"]
    assert body["registered"][0]["metrics"] == {"roc_auc": 0.9}


def test_without_the_registry_the_deployments_are_told(ready: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Registry, "versions", lambda _: 1 / 0)
    body = ready.get("/v1/models").json()
    assert body["registered"] is None
    assert len(body["deployments"]) == 1


def test_a_model_is_promoted_in_the_name_of_the_token(ready: Any) -> None:
    answer = ready.post("/v1/models/2/promote", WHY, Role.QC_LEAD, "lead")
    assert answer.status_code == 201
    deployment = answer.json()["deployment"]
    assert (deployment["model"], deployment["actor"], deployment["reason"]) == ("2", "lead", WHY["reason"])
    assert ready.score().json()["results"][0]["model"] == "2"


def test_a_model_that_nobody_registered_is_not_found(ready: Any) -> None:
    assert ready.post("/v1/models/9/promote", WHY, Role.QC_LEAD).status_code == 404


def test_a_broken_model_is_refused(ready: Any) -> None:
    ready.bench.scorers["2"] = InvalidBundle()
    answer = ready.post("/v1/models/2/promote", WHY, Role.QC_LEAD)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["type"] == "/errors/invalid-bundle"


def test_a_promotion_needs_a_reason(ready: Any) -> None:
    answer = ready.post("/v1/models/2/promote", {"reason": "."}, Role.QC_LEAD)
    assert answer.json()["errors"][0]["pointer"] == "/reason"


def test_the_model_before_comes_back(ready: Any) -> None:
    ready.post("/v1/models/2/promote", WHY, Role.QC_LEAD)
    answer = ready.post("/v1/models/roll-back", WHY, Role.QC_LEAD)
    assert answer.status_code == 201
    assert answer.json()["deployment"]["model"] == "1"


def test_without_a_model_before_there_is_no_way_back(ready: Any) -> None:
    assert ready.post("/v1/models/roll-back", WHY, Role.QC_LEAD).status_code == 409
