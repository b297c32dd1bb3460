from __future__ import annotations

from typing import Any

import pytest

from data.errors import LedgerUnavailable
from data.records import Role


def test_an_answer_has_the_form_of_the_contract(site: Any) -> None:
    answer = site.score(p=0.9, expected_views=1000, language="ko")
    assert answer.status_code == 200
    body = answer.json()
    assert body["request_id"] == answer.headers["x-request-id"]
    [result] = body["results"]
    assert result.pop("score_id").startswith("score-")
    assert result.pop("ledger")["routing_id"].startswith("routing-")
    assert sum(result.pop("priority_factors").values()) == pytest.approx(result.pop("priority"), abs=0.5)
    assert result == {
        "item_id": "v1",
        "item_version": "1",
        "status": "scored",
        "replay": False,
        "violation_probability": 0.9,
        "policy_scores": {"health_claim": 0.9, "counterfeit": 0.45},
        "model": "1",
        "plan": "plan-1",
        "route": "full_review",
        "queue": "ko",
        "due_at": "2026-11-23T09:00:00Z",
        "degraded": None,
    }


def test_the_chance_is_recorded_and_not_told(site: Any) -> None:
    answer = site.score(p=0.001)
    assert answer.json()["results"][0]["ledger"]["inclusion_probability_recorded"] is True
    with site.bench.store.read() as session:
        routing = session.ledger.routings([("v1", "1")])["v1", "1"]
    assert str(routing.draw) not in answer.text
    assert str(routing.inclusion_probability) not in answer.text


def test_sending_again_gets_the_same_answer(site: Any) -> None:
    first, second = site.score().json()["results"][0], site.score().json()["results"][0]
    assert (first.pop("replay"), second.pop("replay")) == (False, True)
    assert first == second


def test_other_content_under_the_same_id_is_refused_by_its_place(site: Any) -> None:
    site.score("v1", p=0.9)
    body = {"items": [{"item_id": "new"}, {"item_id": "v1", "data": {"p": 0.1}}]}
    answer = site.post("/v1/scores", body, Role.QUEUE)
    assert answer.status_code == 409
    [error] = answer.json()["errors"]
    assert (error["type"], error["pointer"]) == ("/errors/already-submitted", "/items/1/item_id")


def test_an_item_that_cannot_be_scored_says_why(site: Any) -> None:
    [result] = site.score(p="broken").json()["results"]
    assert (result["status"], result["route"]) == ("degraded", "full_review")
    assert result["degraded"] == "could not be scored: ValueError"
    assert (result["score_id"], result["violation_probability"], result["model"]) == (None, None, None)


def test_what_was_not_recorded_is_said(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    site.headers(Role.QUEUE)

    def away(_: Any) -> Any:
        raise LedgerUnavailable

    monkeypatch.setattr(site.bench.application.gateway, "write", away)
    answer = site.score()
    assert answer.status_code == 200
    [result] = answer.json()["results"]
    assert (result["status"], result["route"], result["degraded"]) == (
        "degraded",
        "full_review",
        "ledger unavailable",
    )
    assert result["ledger"] == {"routing_id": None, "inclusion_probability_recorded": False}


def test_a_dry_run_writes_nothing(site: Any) -> None:
    answer = site.post("/v1/scores", {"items": [{"item_id": "v1"}], "dry_run": True})
    assert answer.status_code == 200
    assert answer.json()["results"][0]["ledger"]["inclusion_probability_recorded"] is False
    assert site.counts()["items"] == 0


def test_a_hundred_items_are_taken_and_answered_in_order(site: Any) -> None:
    items = [{"item_id": f"v{number}"} for number in range(100)]
    results = site.post("/v1/scores", {"items": items}).json()["results"]
    assert [result["item_id"] for result in results] == [item["item_id"] for item in items]


def test_more_than_a_hundred_items_are_too_many(site: Any) -> None:
    answer = site.post("/v1/scores", {"items": [{"item_id": f"v{number}"} for number in range(101)]})
    assert answer.status_code == 413
    assert answer.json()["errors"][0]["pointer"] == "/items"


def test_the_item_in_the_ledger_is_the_item_that_was_sent(site: Any) -> None:
    sent = {
        "item_id": "채널/v1".replace("채널", "ch"),
        "item_version": "7",
        "item_type": "live_segment",
        "creator_id": "c:1",
        "language": "ko-KR",
        "category": "건강 식품",
        "submitted_at": "2026-11-22T18:00:00+09:00",
        "expected_views": 12.5,
        "fingerprint": "sha256:00",
        "data": {"title": "홍삼 🎁", "hashtags": ["a", "b"], "nested": {"deep": [1, 2.5, None, True]}},
    }
    assert site.post("/v1/scores", {"items": [sent]}).status_code == 200
    with site.bench.store.read() as session:
        item = session.ledger.item(sent["item_id"], "7")
    assert item.submitted_at.isoformat() == "2026-11-22T09:00:00+00:00"
    for name in sent.keys() - {"submitted_at"}:
        assert getattr(item, name) == sent[name]
    assert item.source == "api"
