from __future__ import annotations

from datetime import timedelta
from typing import Any

import pandas as pd
import pytest
from starlette.testclient import TestClient

from data.records import Item, ReviewType, Role, Verdict
from data.store.activity import Activity
from serving.events import Event, Outcome
from serving.web.today.alarms import Alarm, alarms
from serving.web.today.words import WORDS

Sign = Any


def _alarms(bench: Any, sample: pd.DataFrame | None = None, **activity: Any) -> dict[str, Alarm]:
    application = bench.application
    known = {"last_item_at": bench.clock(), "last_decision_at": bench.clock()} | activity
    found = alarms(
        application.quality.report(by=(), against=timedelta(days=7)),
        sample=sample,
        plan=application.plans.current(),
        activity=Activity(**known),
        waiting=1,
        now=bench.clock(),
    )
    return {alarm.code: alarm for alarm in found}


def _sample(bench: Any, *, late_scores: float = 0.1, audits: int = 700, before: int = 300) -> pd.DataFrame:
    now = bench.clock()
    rows = [(now - timedelta(days=10), number / before, "release") for number in range(before)]
    for number in range(1400):
        score = min(1.0, number / 1400 + late_scores)
        route = "audit" if number < audits else "release"
        rows.append((now - timedelta(days=7 * (number + 1) / 1402), score, route))
    return pd.DataFrame(rows, columns=["time", "score", "route"])


@pytest.fixture
def old(bench: Any) -> Any:
    bench.clock.advance(days=30)  # the plan has been in force for long
    return bench


def test_every_reason_has_words_in_both_languages() -> None:
    seen = {f"{code}.{reason}" for code, reasons in REASONS.items() for reason in reasons}
    for words in WORDS.values():
        assert set(words.seen) == seen


REASONS = {
    "recall": {"alarm", "fine", "unknown"},
    "drift": {"alarm", "fine", "few", "reading"},
    "calibration": {"flagged", "below_thresholds", "fine", "unknown"},
    "budget": {"over", "under", "fine", "unknown"},
    "integration": {"degraded", "no_decisions", "no_items", "fine", "unknown"},
}


@pytest.mark.parametrize(
    ("much", "reason"),
    [({"late_scores": 0.0}, "fine"), ({"late_scores": 0.4}, "alarm"), ({"before": 90}, "few")],
)
def test_scores_that_moved_ring(old: Any, much: dict[str, Any], reason: str) -> None:
    assert _alarms(old, _sample(old, **much))["drift"].reason == reason


@pytest.mark.parametrize(("audits", "reason"), [(700, "fine"), (900, "over"), (500, "under")])
def test_audits_off_their_budget_ring(old: Any, audits: int, reason: str) -> None:
    found = _alarms(old, _sample(old, audits=audits))["budget"]
    assert found.reason == reason
    assert found.numbers["expected"] == pytest.approx(700, rel=0.01)


def test_fewer_audits_than_the_budget_are_fine_where_all_was_audited(old: Any) -> None:
    sample = _sample(old, audits=1400).iloc[300::5]  # fewer items than the budget, all of them audited
    assert _alarms(old, sample)["budget"].reason == "fine"


def test_silence_and_missing_scores_ring(old: Any) -> None:
    long_ago = old.clock() - timedelta(days=2)
    for activity, reason in (
        ({}, "fine"),
        ({"degraded": 3}, "degraded"),
        ({"last_decision_at": long_ago}, "no_decisions"),
        ({"last_decision_at": None}, "no_decisions"),
        ({"last_item_at": long_ago}, "no_items"),
        ({"last_item_at": None}, "unknown"),
    ):
        found = _alarms(old, **activity)["integration"]
        assert found.reason == reason
        assert found.state == {"fine": "fine", "unknown": "unknown"}.get(reason, "alarm")


def test_what_is_not_known_is_no_good_news(bench: Any) -> None:
    found = _alarms(bench)
    assert {code: alarm.state for code, alarm in found.items() if code != "integration"} == dict.fromkeys(
        ("recall", "drift", "calibration", "budget"), "unknown"
    )


def test_the_day_tells_work_and_what_was_caught(bench: Any, browser: TestClient, sign_in: Sign) -> None:
    application = bench.application
    application.triage.submit([Item(item_id=f"v{number}", data={"p": 0.9}) for number in range(6)])
    for number in range(4):
        outcome = Outcome(
            item_id=f"v{number}",
            reviewer_id="mina",
            verdict=Verdict.VIOLATION if number else Verdict.NO_VIOLATION,
            policies=("health_claim",) if number else (),
            started_at=bench.clock() if number < 2 else None,
        )
        bench.clock.advance(minutes=30)
        event = Event(event_id=f"e{number}", occurred_at=bench.clock(), outcome=outcome)
        [receipt] = application.reviews.decide([event], actor=bench.actor(Role.QUEUE))
        assert receipt.refusal is None
    sign_in()
    twin = browser.get("/today.json").json()
    assert twin["activity"]["decisions"] == 4
    minutes = application.plans.in_force().review_minutes
    assert twin["hours_used"] == pytest.approx(1.0 + 2 * minutes / 60)
    assert twin["hours_left"] == pytest.approx(2 * minutes / 60)
    assert (twin["activity"]["caught"], twin["activity"]["policies"]) == (3, {"health_claim": 3})
    page = browser.get("/?lang=en").text
    assert "Violations caught this week: 3 (Unproven health claim 3)." in page
    assert {alarm["code"] for alarm in twin["alarms"]} == set(REASONS)


def test_what_was_overturned_is_not_caught(bench: Any, browser: TestClient, sign_in: Sign) -> None:
    application = bench.application
    application.triage.submit([Item(item_id="v1", data={"p": 0.9})])
    for number, (verdict, kind) in enumerate(
        ((Verdict.VIOLATION, None), (Verdict.NO_VIOLATION, ReviewType.APPEAL))
    ):
        outcome = Outcome(item_id="v1", reviewer_id=f"reviewer-{number}", verdict=verdict, review_type=kind)
        event = Event(event_id=f"e{number}", occurred_at=bench.clock(), outcome=outcome)
        application.reviews.decide([event], actor=bench.actor(Role.QUEUE))
        bench.clock.advance(minutes=1)
    sign_in()
    assert browser.get("/today.json").json()["activity"]["caught"] == 0
