from __future__ import annotations

from typing import Any

from data.records import Role


def test_a_report_has_every_estimate_with_its_interval(site: Any) -> None:
    site.score("v1", p=0.9)
    site.bench.clock.advance(hours=1)
    answer = site.get("/v1/reports/quality", Role.QC_LEAD)
    assert answer.status_code == 200
    body = answer.json()
    assert {"recall", "precision", "prevalence", "view_prevalence", "view_recall", "missed"} == {
        one["name"] for one in body["estimates"]
    }
    recall = next(one for one in body["estimates"] if one["name"] == "recall")
    assert recall["value"] is None
    assert (recall["interval"]["lower"], recall["interval"]["upper"]) == (0, 1)
    assert body["workload"]["items"] == 1
    assert body["generated_at"] == body["until"] == "2026-11-22T10:00:00Z"
    assert body["since"] == "2026-10-25T10:00:00Z"


def test_a_report_is_about_its_window_and_its_slices(site: Any) -> None:
    site.score("v1", language="ko")
    site.bench.clock.advance(days=2)
    site.score("v2", language="en")
    site.bench.clock.advance(hours=1)
    body = site.get(
        "/v1/reports/quality",
        Role.DATA_SCIENTIST,
        since="2026-11-24T00:00:00Z",
        until="2026-11-25T00:00:00Z",
        by="language,queue",
        level="0.9",
    ).json()
    assert body["workload"]["items"] == 1
    assert body["level"] == 0.9
    assert {tuple(one["slice"].items()) for one in body["slices"]} == {
        (("language", "en"),),
        (("queue", "en"),),
    }


def test_a_report_of_nothing_is_a_report(site: Any) -> None:
    body = site.get("/v1/reports/quality").json()
    recall = next(one for one in body["estimates"] if one["name"] == "recall")
    assert (recall["value"], recall["method"]) == (None, "undefined")
    assert {one["reviewed"] for one in body["estimates"]} == {0}


def test_a_decision_changes_the_report(site: Any) -> None:
    site.score("v1", p=0.9)
    event = {
        "event": "decision.created",
        "event_id": "e1",
        "occurred_at": "2026-11-22T10:00:00Z",
        "payload": {"item_id": "v1", "reviewer_id": "mina", "verdict": "violation"},
    }
    site.post("/v1/events", event, Role.QUEUE)
    site.bench.clock.advance(hours=1)
    estimates = site.get("/v1/reports/quality").json()["estimates"]
    precision = next(one for one in estimates if one["name"] == "precision")
    assert (precision["value"], precision["hits"], precision["reviewed"]) == (1.0, 1, 1)


def test_a_timeline_has_every_fact_in_order(site: Any) -> None:
    site.score("a/b", p=0.9)
    body = site.get("/v1/items/a%2Fb/timeline").json()
    assert [fact["kind"] for fact in body["facts"]] == ["item", "score", "routing", "job"]
    assert site.get("/v1/items/a/b/timeline").json()["facts"] == body["facts"]


def test_a_queue_does_not_learn_draw_and_chance_from_a_timeline(site: Any) -> None:
    site.score("v1", p=0.001)
    told = site.get("/v1/items/v1/timeline", Role.QUEUE).json()["facts"]
    known = site.get("/v1/items/v1/timeline", Role.DATA_SCIENTIST).json()["facts"]
    hidden = {"draw", "inclusion_probability", "key_id", "rates_id"}
    assert not any(hidden & fact.keys() for fact in told)
    assert any(hidden <= fact.keys() for fact in known)


def test_an_unknown_item_has_no_timeline(site: Any) -> None:
    answer = site.get("/v1/items/nobody/timeline")
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["type"] == "/errors/unknown-item"
