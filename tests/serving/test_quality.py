from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from data.records import Item, Role, Verdict
from data.store.store import Store
from serving.events import Event, Outcome
from serving.quality import SLICES


@pytest.fixture
def bench_store(store: Store) -> Store:
    return store


def _decide(bench: Any, item_id: str, verdict: Verdict, event_id: str | None = None) -> None:
    outcome = Outcome(item_id=item_id, reviewer_id="mina", verdict=verdict)
    event = Event(event_id=event_id or f"e-{item_id}", occurred_at=bench.clock(), outcome=outcome)
    [receipt] = bench.application.reviews.decide([event], actor=bench.actor(Role.QUEUE))
    assert receipt.refusal is None


def test_what_was_decided_in_the_window_is_in_the_report(bench: Any) -> None:
    items = [Item(item_id=f"v{number}", language="ko", data={"p": 0.9}) for number in range(4)]
    bench.application.triage.submit(items)
    for number in range(3):
        _decide(bench, f"v{number}", Verdict.VIOLATION if number else Verdict.NO_VIOLATION)
    bench.clock.advance(hours=1)
    precision = bench.application.quality.report().find("precision")
    assert (precision.reviewed, precision.hits, precision.outstanding) == (3, 2, 1)
    assert precision.value == pytest.approx(2 / 3)


def test_what_was_routed_outside_the_window_is_not(bench: Any) -> None:
    bench.application.triage.submit([Item(item_id="v1", data={"p": 0.9})])
    bench.clock.advance(days=40)
    assert bench.application.quality.report().workload.items == 0
    since = bench.clock() - timedelta(days=41)
    assert bench.application.quality.report(since=since).workload.items == 1


def test_the_report_says_which_plans_and_models_it_is_about(bench: Any) -> None:
    bench.application.triage.submit([Item(item_id="v1", data={"p": 0.9})])
    bench.plan(threshold=0.4)
    bench.deploy("2")
    bench.application.triage.submit([Item(item_id="v2", data={"p": 0.9})])
    bench.clock.advance(hours=1)
    report = bench.application.quality.report()
    assert (list(report.plans), list(report.models)) == (["plan-1", "plan-2"], ["1", "2"])


def test_what_reviewers_could_not_see_was_flagged_and_not_caught(bench: Any) -> None:
    bench.plan(daily_full_reviews=30)
    for day in range(2):
        for hour in range(24):
            items = [Item(item_id=f"{day}-{hour}-{number}", data={"p": 0.9}) for number in range(5)]
            bench.application.triage.submit(items)
            bench.clock.advance(hours=1)
    called = bench.application.quality.report().workload
    # Without a past to solve rates from, everything that was flagged before midnight was seen.
    assert 80 < called.full_review < 130
    assert called.let_go == 240 - called.full_review
    for job in bench.application.reviews.waiting(limit=1000):
        _decide(bench, job.item_id, Verdict.VIOLATION)
    report = bench.application.quality.report(level=0.9999)
    recall, of_threshold = report.find("recall"), report.find("threshold_recall")
    assert recall.value < 0.7
    assert called.full_review / 240 in recall.interval
    assert (of_threshold.value, of_threshold.interval.upper) == (1.0, 1.0)
    assert "let_go" in {notice.code for notice in report.notices}


@pytest.mark.parametrize("name", [*SLICES, "data.tier", "language+week"])
def test_a_report_can_be_sliced_by_every_column_it_offers(bench: Any, name: str) -> None:
    item = Item(item_id="v1", language="ko", category="food", creator_id="c1", data={"p": 0.9})
    bench.application.triage.submit([item])
    bench.clock.advance(hours=1)
    assert bench.application.quality.report(by=[name]).slices


def test_a_column_that_is_not_offered_is_refused_by_name(bench: Any) -> None:
    with pytest.raises(ValueError, match="'draw'"):
        bench.application.quality.report(by=["draw"])


def test_days_and_weeks_are_those_of_seoul(bench: Any) -> None:
    bench.clock.at = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)  # Monday in Seoul
    bench.application.triage.submit([Item(item_id="v1", data={"p": 0.9})])
    bench.clock.advance(hours=1)
    slices = [one.slice for one in bench.application.quality.report(by=["day", "week", "month"]).slices]
    assert slices[0] == {"day": "2026-11-23"}
    assert {"week": "2026-W48"} in slices
    assert {"month": "2026-11"} in slices


def test_a_name_within_the_content_slices(bench: Any) -> None:
    tiers = {"v1": "gold", "v2": 3, "v3": ["gold"], "v4": None}
    bench.application.triage.submit(
        [Item(item_id=name, data={"p": 0.9, "tier": tier}) for name, tier in tiers.items()]
    )
    bench.clock.advance(hours=1)
    found = bench.application.quality.report(by=["data.tier"]).slices
    assert {one.slice["data.tier"] for one in found} == {"gold", "3", None}


def test_policies_are_reported_one_by_one(bench: Any) -> None:
    bench.application.triage.submit([Item(item_id="v1", data={"p": 0.9})])
    outcome = Outcome(item_id="v1", reviewer_id="mina", verdict=Verdict.VIOLATION, policies=("counterfeit",))
    event = Event(event_id="e1", occurred_at=bench.clock(), outcome=outcome)
    bench.application.reviews.decide([event], actor=bench.actor(Role.QUEUE))
    bench.clock.advance(hours=1)
    policies = bench.application.quality.report().policies
    assert {one.slice["policy"] for one in policies} == {"counterfeit"}
    assert next(one for one in policies if one.name == "recall").value == 1.0


# However often somebody looks, and since when.


def _some_days(bench: Any, *, days: int, open_last: bool = True) -> None:
    bench.clock.at = datetime(2026, 12, 1, 15, tzinfo=UTC)  # midnight in Seoul
    bench.plan(budget=200)
    for day in range(days):
        items = [Item(item_id=f"{day}-{each}", data={"p": 0.9 if each < 4 else 0.02}) for each in range(40)]
        answers = bench.application.triage.submit(items)
        bench.clock.advance(hours=1)
        if open_last and day == days - 1:
            return
        for answer in answers:
            if answer.routing.route != "release":
                risky = answer.score.violation_probability > 0.5
                verdict = Verdict.VIOLATION if risky else Verdict.NO_VIOLATION
                _decide(bench, answer.item.item_id, verdict)
        bench.clock.advance(hours=23)


def test_for_people_who_look_every_day_the_last_settled_day_counts(bench: Any) -> None:
    _some_days(bench, days=5)
    report = bench.application.quality.report(by=["language"], grade="always")
    assert report.as_of == datetime(2026, 12, 5, 15, tzinfo=UTC)
    assert report.find("recall").method == "martingale"
    assert report.find("prevalence").reviewed < report.workload.reviewed + report.workload.outstanding
    assert "as_of" in {notice.code for notice in report.notices}
    assert [point.until for point in report.trend if point.name == "recall"][-1] == bench.clock()
    assert len([point for point in report.trend if point.name == "recall"]) == 5


def test_before_anything_is_settled_there_is_no_number_that_looks_sure(bench: Any) -> None:
    bench.application.triage.submit([Item(item_id="v1", data={"p": 0.9})])
    bench.clock.advance(hours=1)
    report = bench.application.quality.report(grade="always")
    assert (report.as_of, report.find("recall").value) == (None, None)
    assert next(notice.code for notice in report.notices) == "not_settled"


def test_what_changed_since_the_window_before_is_said(bench: Any) -> None:
    _some_days(bench, days=6, open_last=False)
    now = bench.clock()
    report = bench.application.quality.report(since=now - timedelta(days=3), against=timedelta(days=3))
    told = {change.name: change for change in report.changes}
    assert set(told) >= {"recall", "prevalence", "missed_per_day"}
    assert not told["prevalence"].changed
    assert told["prevalence"].text("en").endswith("No change can be claimed.")
    assert any("달라졌다고 말할 수 없습니다." in one.text("ko") for one in report.told)
    assert report.to_json()["changes"][0]["text"]["ko"]


def test_the_alarm_rings_where_recall_has_fallen(bench: Any) -> None:
    _some_days(bench, days=6, open_last=False)
    for day in range(6):
        items = [Item(item_id=f"new-{day}-{each}", data={"p": 0.02}) for each in range(60)]
        for answer in bench.application.triage.submit(items):
            if answer.routing.route != "release":
                _decide(bench, answer.item.item_id, Verdict.VIOLATION)
        bench.clock.advance(days=1)
    now = bench.clock()
    report = bench.application.quality.report(since=now - timedelta(days=6), against=timedelta(days=6))
    assert "recall_fell" in {notice.code for notice in report.notices}
    assert {change.name for change in report.changes if change.changed} >= {"recall", "prevalence"}
