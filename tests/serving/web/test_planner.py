from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from data.records import ANY, Item, Role, Verdict
from evaluation.plain import plain
from evaluation.planner import outlook
from serving.drafts import Draft
from serving.events import Event, Outcome
from serving.web import recent
from serving.web.planner.asked import read

Sign = Any


@pytest.fixture
def reviewed(bench: Any) -> Any:
    """A day of items, all that was drawn reviewed."""
    items = [Item(item_id=f"v{number}", data={"p": (number % 50) / 50}) for number in range(300)]
    for answer in bench.application.triage.submit(items):
        if answer.routing.route == "release":
            continue
        p: Any = answer.item.data["p"]
        surprise = int(answer.item.item_id[1:]) % 9 == 0
        verdict = Verdict.VIOLATION if p > 0.6 or surprise else Verdict.NO_VIOLATION
        outcome = Outcome(item_id=answer.item.item_id, reviewer_id="mina", verdict=verdict)
        event = Event(event_id=f"e-{answer.item.item_id}", occurred_at=bench.clock(), outcome=outcome)
        bench.application.reviews.decide([event], actor=bench.actor(Role.QUEUE))
    bench.clock.advance(days=1)
    return bench


def _form(bench: Any, **fields: str) -> dict[str, str]:
    plan = bench.application.plans.in_force()
    usual = {"t.any": "50", "daily_budget": "100", "floor_share": "50", "review_minutes": "1"}
    return usual | {"expected": plan.version, "reason": "as agreed"} | {"do": "apply"} | fields


def _assert_same(found: dict[str, Any], truth: dict[str, Any]) -> None:
    assert found["value"] == pytest.approx(truth["value"])
    assert found["interval"] == pytest.approx(truth["interval"])
    assert (found["hits"], found["reviewed"]) == (truth["hits"], truth["reviewed"])


def test_the_numbers_are_those_of_the_arithmetic(reviewed: Any, browser: TestClient, sign_in: Sign) -> None:
    sign_in()
    found = browser.get("/planner.json?t.any=80&t.counterfeit=30&daily_budget=40").json()
    plans = reviewed.application.plans
    draft = Draft(thresholds={ANY: 0.8, "counterfeit": 0.3}, daily_budget=40)
    truth = plain(plans.preview(draft).draft)
    assert truth["recall"]["value"] < 1
    _assert_same(found["outlook"]["recall"], truth["recall"])
    assert found["outlook"]["hours_per_day"] == pytest.approx(truth["hours_per_day"])
    assert found["in_force"]["items"] == 300
    assert found["outlook"]["flagged_per_day"] < found["in_force"]["flagged_per_day"]


def test_what_is_in_force_is_judged_by_the_same_past(
    reviewed: Any, browser: TestClient, sign_in: Sign
) -> None:
    sign_in()
    found = browser.get("/planner.json").json()
    with reviewed.store.read() as session:
        now = reviewed.clock()
        sample = session.ledger.sample(since=now - timedelta(days=28), until=now)
    truth = plain(outlook(sample, reviewed.application.plans.in_force(), days=1.0))
    assert truth["missed_per_day"]["value"] > 0
    _assert_same(found["in_force"]["missed_per_day"], truth["missed_per_day"])
    assert found["outlook"] == found["in_force"]


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"t.any": "high"}, "t.any"),
        ({"t.any": "101"}, "t.any"),
        ({"t.any": "nan"}, "t.any"),
        ({"t.unheard": "50"}, "t.unheard"),
        ({"daily_budget": "0"}, "daily_budget"),
        ({"daily_budget": ""}, "daily_budget"),
        ({"floor_share": "120"}, "floor_share"),
        ({"review_minutes": "-1"}, "review_minutes"),
        ({"daily_full_reviews": "1e99"}, "daily_full_reviews"),
        ({"reason": " no "}, "reason"),
    ],
)
def test_what_cannot_be_is_refused_by_field_and_kept_as_typed(
    reviewed: Any, browser: TestClient, sign_in: Sign, fields: dict[str, str], where: str
) -> None:
    sign_in()
    before = reviewed.application.plans.in_force()
    answer = browser.post("/planner?lang=en", data=_form(reviewed, **fields))
    assert answer.status_code == 422
    assert f'href="#{where}"' in answer.text
    assert reviewed.application.plans.in_force() == before


def test_a_plan_that_somebody_else_replaced_is_not_overwritten_unseen(
    reviewed: Any, browser: TestClient, sign_in: Sign
) -> None:
    sign_in()
    form = _form(reviewed, daily_budget="70")
    reviewed.plan(threshold=0.4)
    answer = browser.post("/planner?lang=en", data=form)
    assert answer.status_code == 409
    assert "Meanwhile lead applied plan-2" in answer.text
    assert reviewed.application.plans.in_force().version == "plan-2"


def test_what_the_form_does_not_speak_of_stays(reviewed: Any, browser: TestClient, sign_in: Sign) -> None:
    sign_in()
    reviewed.plan(threshold=0.123456789, queues={"*": "seoul"}, due_hours=7.0)
    answer = browser.post("/planner", data=_form(reviewed, **{"t.any": "12.3457", "daily_budget": "60"}))
    assert answer.status_code == 303
    plan = reviewed.application.plans.in_force()
    assert plan.thresholds == {ANY: 0.123456789}
    assert (plan.queues, plan.due_hours, plan.audit.daily_budget) == ({"*": "seoul"}, 7.0, 60)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.DATA_SCIENTIST])
@pytest.mark.parametrize("path", ["/planner", "/planner/history"])
def test_who_may_look_may_not_set(
    reviewed: Any, browser: TestClient, sign_in: Sign, role: Role, path: str
) -> None:
    sign_in(role)
    assert browser.get(path).status_code == 200
    before = reviewed.application.plans.in_force()
    answer = browser.post(path, data=_form(reviewed, version=before.version))
    assert answer.status_code == 403
    assert reviewed.application.plans.in_force() == before


def test_another_site_cannot_set_a_plan(reviewed: Any, browser: TestClient, sign_in: Sign) -> None:
    sign_in()
    before = reviewed.application.plans.in_force()
    answer = browser.post("/planner", data=_form(reviewed), headers={"Origin": "https://elsewhere.test"})
    assert answer.status_code == 403
    assert reviewed.application.plans.in_force() == before


def test_an_empty_ledger_says_what_to_do(browser: TestClient, sign_in: Sign) -> None:
    sign_in()
    for path in ("/planner?lang=en", "/planner?lang=ko"):
        page = browser.get(path)
        assert page.status_code == 200
        assert "tamis demo" in page.text


def test_a_ledger_that_is_being_read_gives_a_page_that_asks_again(
    reviewed: Any, browser: TestClient, sign_in: Sign, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in()
    monkeypatch.setattr(recent, "WAIT_S", 0.0)
    page = browser.get("/planner?lang=en").text
    assert "The numbers will appear" in page
    assert 'hx-get="/planner/numbers"' in page


def test_rolling_back_to_no_such_plan_is_not_found(reviewed: Any, browser: TestClient, sign_in: Sign) -> None:
    sign_in()
    answer = browser.post("/planner/history", data={"version": "plan-99", "reason": "a slip"})
    assert answer.status_code == 404


def test_charts_are_vega_lite_with_the_words_of_the_reader(
    reviewed: Any, browser: TestClient, sign_in: Sign
) -> None:
    sign_in()
    charts = browser.get("/planner/charts.json?lang=ko&t.any=30&t.counterfeit=20").json()
    assert set(charts) == {"curve", "t.any", "t.counterfeit"}
    assert charts["curve"]["title"] == "전수 검수량과 재현율"
    counts = (
        next(iter(charts["t.any"]["datasets"].values()), None)
        or charts["t.any"]["layer"][0]["data"]["values"]
    )
    assert sum(row.get("items", 0) for row in counts) in {0, 300}


def test_a_form_that_says_nothing_asks_for_what_is_in_force(reviewed: Any) -> None:
    plan = reviewed.application.plans.in_force()
    asked = read({}, plan=plan, policies=["scam"])
    assert asked.draft == Draft.of(plan)
    added = read({**asked.typed, "add": "scam"}, plan=plan, policies=["scam"])
    assert added.policies == [ANY, "scam"]
    assert read({**added.typed, "remove": "scam"}, plan=plan, policies=["scam"]).draft == asked.draft
