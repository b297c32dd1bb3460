from __future__ import annotations

from typing import Any

import pytest

from data.errors import LedgerUnavailable
from data.records import Role


def _event(event_id: str = "e1", **payload: Any) -> dict[str, Any]:
    said = {"item_id": "v1", "reviewer_id": "mina", "verdict": "violation", **payload}
    return {
        "event": "decision.created",
        "event_id": event_id,
        "occurred_at": "2026-11-22T10:00:00Z",
        "payload": said,
    }


def _post(site: Any, body: Any, role: Role = Role.QUEUE) -> Any:
    return site.post("/v1/events", body, role)


def test_a_new_decision_is_answered_with_201_and_a_known_one_with_200(site: Any) -> None:
    site.score()
    first, second = _post(site, _event()), _post(site, _event())
    assert (first.status_code, second.status_code) == (201, 200)
    body = first.json()
    assert body.pop("request_id")
    assert body == {
        "event_id": "e1",
        "status": 201,
        "received": True,
        "handled": True,
        "duplicate": False,
        "not_handled_reason": None,
        "error": None,
    }
    assert second.json()["duplicate"] is True


def test_the_same_moment_in_another_zone_is_the_same_event(site: Any) -> None:
    site.score()
    _post(site, _event())
    again = {**_event(), "occurred_at": "2026-11-22T19:00:00+09:00"}
    assert _post(site, again).status_code == 200


def test_everything_a_decision_says_is_in_the_ledger(site: Any) -> None:
    site.score()
    said: dict[str, Any] = {
        "decision_id": "d1",
        "policies": ["health_claim"],
        "segments": [{"start_ms": 1, "end_ms": 2, "policy_id": "health_claim"}],
        "reason": "약을 끊으라고 함",
        "review_type": "second_review",
        "started_at": "2026-11-22T09:58:00Z",
        "score_visible": True,
    }
    assert _post(site, _event(**said)).status_code == 201
    facts = site.get("/v1/items/v1/timeline").json()["facts"]
    decision = next(fact for fact in facts if fact["kind"] == "decision")
    for name in ("decision_id", "policies", "segments", "reason", "review_type", "score_visible"):
        assert decision[name] == said[name]
    assert decision["decided_at"].startswith("2026-11-22T10:00:00")
    assert decision["recorded_at"].startswith("2026-11-22T09:00:00")


@pytest.mark.parametrize(
    ("payload", "status", "kind", "pointer"),
    [
        ({"item_id": "nobody"}, 404, "unknown-item", "/payload/item_id"),
        ({"job_id": "job-0"}, 404, "unknown-job", "/payload/job_id"),
        ({"policies": ["health_claim", "nonsense"]}, 422, "unknown-policy", "/payload/policies/1"),
        ({"verdict": "no_violation", "policies": ["minors"]}, 422, "invalid-field", "/payload/policies"),
        ({"verdict": "perhaps"}, 422, "invalid-field", "/payload/verdict"),
        ({"review_type": "imported"}, 422, "invalid-field", "/payload/review_type"),
        (
            {"segments": [{"start_ms": 5, "end_ms": 4, "policy_id": "minors"}]},
            422,
            "invalid-field",
            "/payload/segments/0/end_ms",
        ),
        ({"reviewer_id": " "}, 422, "invalid-field", "/payload/reviewer_id"),
        ({"score_visible": "no"}, 422, "invalid-field", "/payload/score_visible"),
        ({"nonsense": 1}, 422, "unknown-field", "/payload/nonsense"),
    ],
)
def test_a_decision_that_cannot_be_used_is_refused_by_its_place(
    site: Any, payload: dict[str, Any], status: int, kind: str, pointer: str
) -> None:
    site.score()
    answer = _post(site, _event(**payload))
    assert answer.status_code == status, answer.text
    [error] = answer.json()["errors"]
    assert (error["type"], error["pointer"]) == (f"/errors/{kind}", pointer)
    assert site.counts()["events"] == 0


def test_a_missing_field_is_named(site: Any) -> None:
    event = _event()
    del event["payload"]["verdict"]
    [error] = _post(site, event).json()["errors"]
    assert (error["type"], error["pointer"]) == ("/errors/missing-field", "/payload/verdict")


def test_an_event_id_with_another_body_is_refused(site: Any) -> None:
    site.score()
    _post(site, _event())
    answer = _post(site, _event(verdict="no_violation"))
    assert answer.status_code == 409
    assert answer.json()["errors"][0]["pointer"] == "/event_id"


def test_another_kind_of_event_is_received_and_not_handled(site: Any) -> None:
    other = {**_event(), "event": "appeal.created", "payload": {"anything": [1, None]}}
    answer = _post(site, other)
    assert answer.status_code == 201
    assert answer.json()["handled"] is False
    assert "appeal.created" in answer.json()["not_handled_reason"]


def test_several_events_are_answered_one_by_one(site: Any) -> None:
    site.score()
    _post(site, _event("known"))
    events = [_event("new", reviewer_id="jun"), _event("known"), _event("bad", item_id="nobody")]
    answer = _post(site, {"events": events})
    assert answer.status_code == 207
    results = answer.json()["results"]
    assert [(result["event_id"], result["status"]) for result in results] == [
        ("new", 201),
        ("known", 200),
        ("bad", 404),
    ]
    assert results[2]["error"]["pointer"] == "/events/2/payload/item_id"
    assert (results[2]["received"], results[2]["handled"]) == (False, False)


@pytest.mark.parametrize(("ids", "status"), [(("known",), 200), (("known", "new"), 201)])
def test_several_events_without_a_refusal_say_whether_any_was_new(
    site: Any, ids: tuple[str, ...], status: int
) -> None:
    site.score()
    _post(site, _event("known"))
    assert _post(site, {"events": [_event(name) for name in ids]}).status_code == status


def test_one_event_of_the_wrong_form_refuses_all_before_anything_is_written(site: Any) -> None:
    site.score()
    answer = _post(site, {"events": [_event("e1"), _event("e2", verdict="perhaps")]})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/events/1/payload/verdict"
    assert site.counts()["events"] == 0


def test_too_many_events_are_too_many(site: Any) -> None:
    answer = _post(site, {"events": [_event(f"e{number}") for number in range(101)]})
    assert answer.status_code == 413


@pytest.mark.parametrize("several", [False, True])
def test_a_decision_is_not_accepted_while_the_ledger_is_away(
    site: Any, monkeypatch: pytest.MonkeyPatch, several: bool
) -> None:
    site.score()
    monkeypatch.setattr(
        site.bench.application.gateway, "write_each", lambda works: [LedgerUnavailable() for _ in works]
    )
    answer = _post(site, {"events": [_event()]} if several else _event())
    assert answer.status_code == 503
    assert answer.headers["retry-after"]


def test_a_reviewer_decides_what_he_claimed_over_http(site: Any) -> None:
    site.score(language="ko")
    claimed = site.post("/v1/queue/claim", {"queue": "ko"}, Role.REVIEWER, "mina").json()
    body = _event(job_id=claimed["job"]["job_id"])
    assert site.post("/v1/events", body, Role.REVIEWER, "jun").status_code == 403
    assert site.post("/v1/events", body, Role.REVIEWER, "mina").status_code == 201
    assert site.get("/v1/queue").json()["queues"] == []
