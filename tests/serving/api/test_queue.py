from __future__ import annotations

from typing import Any

from data.records import Role


def _claim(site: Any, name: str = "mina", **body: Any) -> Any:
    return site.post("/v1/queue/claim", body or None, Role.REVIEWER, name)


def test_the_queue_tells_what_waits_the_most_urgent_first(site: Any) -> None:
    site.score("calm", p=0.6, language="ko")
    site.score("grave", p=0.99, language="ko")
    site.score("english", p=0.7, language="en")
    body = site.get("/v1/queue", queue="ko").json()
    assert [job["item_id"] for job in body["jobs"]] == ["grave", "calm"]
    assert body["jobs"][0]["review_type"] == "first_review"
    assert {count["queue"]: count["waiting"] for count in body["queues"]} == {"en": 1, "ko": 2}


def test_the_queue_tells_no_more_jobs_than_asked_for(site: Any) -> None:
    for number in range(3):
        site.score(f"v{number}")
    assert len(site.get("/v1/queue", limit="2").json()["jobs"]) == 2


def test_what_is_late_is_counted(site: Any) -> None:
    site.score()
    site.bench.clock.advance(hours=25)
    assert site.get("/v1/queue").json()["queues"][0]["overdue"] == 1


def test_a_reviewer_gets_the_job_with_its_item_and_nothing_that_would_sway_him(site: Any) -> None:
    site.score("v1", p=0.9, language="ko", category="food", expected_views=10)
    answer = _claim(site, queue="ko")
    body = answer.json()
    assert body["item"]["data"] == {"p": 0.9}
    assert body["item"]["category"] == "food"
    told = body["job"].keys() | body["item"].keys()
    assert not told & {
        "violation_probability", "score", "score_id", "route", "flagged", "review_type", "priority",
        "draw", "inclusion_probability", "policy_scores", "model", "plan",
    }  # fmt: skip


def test_where_nothing_waits_there_is_no_job(site: Any) -> None:
    body = _claim(site).json()
    assert (body["job"], body["item"]) == (None, None)


def test_a_claim_needs_no_body(site: Any) -> None:
    site.score()
    assert _claim(site).json()["job"]["item_id"] == "v1"


def test_a_job_is_held_by_one(site: Any) -> None:
    site.score()
    job_id = _claim(site).json()["job"]["job_id"]
    assert _claim(site, "jun").json()["job"] is None
    answer = site.post(f"/v1/jobs/{job_id}/renew", None, Role.REVIEWER, "jun")
    assert answer.status_code == 409
    assert answer.json()["errors"][0]["type"] == "/errors/claim-lost"


def test_a_claim_can_be_renewed_and_given_back(site: Any) -> None:
    site.score()
    job_id = _claim(site).json()["job"]["job_id"]
    site.bench.clock.advance(minutes=10)
    renewed = site.post(f"/v1/jobs/{job_id}/renew", None, Role.REVIEWER, "mina")
    assert renewed.json()["claimed_until"] == "2026-11-22T09:40:00Z"
    assert site.post(f"/v1/jobs/{job_id}/release", {}, Role.REVIEWER, "mina").status_code == 200
    assert _claim(site, "jun").json()["job"]["job_id"] == job_id


def test_a_job_without_a_decision_stays_open(site: Any) -> None:
    site.score()
    job_id = _claim(site).json()["job"]["job_id"]
    answer = site.post(f"/v1/jobs/{job_id}/finish", None, Role.REVIEWER, "mina")
    assert answer.status_code == 409
    assert "decision" in answer.json()["errors"][0]["detail"]


def test_what_takes_no_body_refuses_one(site: Any) -> None:
    site.score()
    job_id = _claim(site).json()["job"]["job_id"]
    answer = site.post(f"/v1/jobs/{job_id}/release", {"verdict": "violation"}, Role.REVIEWER, "mina")
    assert answer.status_code == 422


def test_an_unknown_job_is_not_found(site: Any) -> None:
    answer = site.post("/v1/jobs/job-0/renew", None, Role.REVIEWER)
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["pointer"] is None
