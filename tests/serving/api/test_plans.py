from __future__ import annotations

from typing import Any

from data.records import Role

PLAN = {
    "thresholds": {"any": 0.4, "minors": 0.05},
    "audit": {"daily_budget": 50},
    "reason": "recall fell",
    "expected": "plan-1",
}


def _post(site: Any, body: Any, path: str = "/v1/plans") -> Any:
    return site.post(path, body, Role.QC_LEAD, "lead")


def test_the_plan_in_force_and_its_history_are_told(site: Any) -> None:
    body = site.get("/v1/plans", Role.QC_LEAD).json()
    assert body["in_force"] == "plan-1"
    assert body["plans"][0]["audit"] == {"daily_budget": 100.0, "floor_share": 0.5}


def test_a_plan_is_set_in_the_name_of_the_token(site: Any) -> None:
    answer = _post(site, PLAN)
    assert answer.status_code == 201
    plan = answer.json()["plan"]
    assert (plan["version"], plan["author"], plan["thresholds"]) == ("plan-2", "lead", PLAN["thresholds"])
    assert site.score("v1", p=0.45).json()["results"][0]["plan"] == "plan-2"


def test_what_is_left_out_stays_as_it_was(site: Any) -> None:
    queues = {"th": "bangkok", "*": "seoul"}
    first = {**PLAN, "queues": queues, "due_hours": 2, "review_minutes": 3}
    assert _post(site, first).status_code == 201
    plan = _post(site, {**PLAN, "expected": "plan-2"}).json()["plan"]
    assert (plan["queues"], plan["due_hours"], plan["review_minutes"]) == (queues, 2, 3)


def test_a_plan_that_was_overtaken_is_refused(site: Any) -> None:
    _post(site, PLAN)
    answer = _post(site, PLAN)
    assert answer.status_code == 409
    assert answer.json()["errors"][0]["type"] == "/errors/plan-changed"


def test_a_threshold_for_an_unknown_policy_is_refused_by_its_place(site: Any) -> None:
    answer = _post(site, {**PLAN, "thresholds": {"nonsense": 0.4}})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/thresholds/nonsense"


def test_a_plan_that_audits_nothing_is_refused(site: Any) -> None:
    answer = _post(site, {**PLAN, "audit": {"daily_budget": 0}})
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert (error["type"], error["pointer"]) == ("/errors/invalid-plan", "/audit/daily_budget")


def test_a_plan_needs_a_reason(site: Any) -> None:
    answer = _post(site, {**PLAN, "reason": "so"})
    assert answer.json()["errors"][0]["pointer"] == "/reason"
    answer = _post(site, {**PLAN, "reason": "        "})
    assert answer.json()["errors"][0]["pointer"] == "/reason"


def test_a_preview_needs_no_reason_and_sets_nothing(site: Any) -> None:
    site.score("v1", p=0.45)
    site.bench.clock.advance(hours=12)
    draft = {name: PLAN[name] for name in ("thresholds", "audit")}
    body = _post(site, draft, "/v1/plans/preview").json()
    assert (body["items"], body["flagged_per_day"], body["flagged_share"]) == (1, 2.0, 1.0)
    # Nothing is settled: no value, and an interval as wide as ignorance.
    assert (body["recall"]["value"], body["recall"]["interval"]["upper"]) == (None, 1.0)
    assert site.get("/v1/plans").json()["in_force"] == "plan-1"


def test_an_earlier_plan_comes_back_as_a_new_one(site: Any) -> None:
    _post(site, PLAN)
    back = {"reason": "too much work", "expected": "plan-2"}
    answer = _post(site, back, "/v1/plans/plan-1/roll-back")
    assert answer.status_code == 201
    assert answer.json()["plan"]["version"] == "plan-3"
    assert answer.json()["plan"]["thresholds"] == {"any": 0.5}


def test_there_is_no_way_back_to_a_plan_that_never_was(site: Any) -> None:
    back = {"reason": "too much work", "expected": "plan-1"}
    answer = _post(site, back, "/v1/plans/plan-9/roll-back")
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["pointer"] is None


def test_a_preview_without_items_is_empty(site: Any) -> None:
    draft = {name: PLAN[name] for name in ("thresholds", "audit")}
    body = _post(site, draft, "/v1/plans/preview").json()
    assert (body["items"], body["recall"], body["buys"]) == (0, None, None)


def test_a_goal_gives_a_threshold_or_the_reason_why_not(site: Any) -> None:
    site.score("v1", p=0.45)
    site.bench.clock.advance(hours=12)
    found = _post(site, {"goal": "maximum recall @ hours <= 40"}, "/v1/plans/goal").json()
    assert (found["threshold"], found["reason"]) == (0.45, "")
    refused = _post(site, {"goal": "minimum workload @ recall >= 0.9", "strict": True}, "/v1/plans/goal")
    assert refused.json()["threshold"] is None
    assert refused.json()["reason"]
    assert site.get("/v1/plans").json()["in_force"] == "plan-1"


def test_a_goal_that_is_not_understood_names_the_field_and_the_forms(site: Any) -> None:
    answer = _post(site, {"goal": "catch everything"}, "/v1/plans/goal")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/goal"
    assert "minimum workload @ recall" in answer.text


def test_hours_are_split_over_policies(site: Any) -> None:
    assert _post(site, {"hours_per_day": 1}, "/v1/plans/split").json()["share_caught"] is None
    site.score("v1", p=0.45)
    site.bench.clock.advance(hours=12)
    body = _post(site, {"hours_per_day": 1}, "/v1/plans/split").json()
    assert (body["share_caught"], body["price"]) == (1.0, 0.0)
    assert set(body["thresholds"]) == set(site.bench.application.policies)
