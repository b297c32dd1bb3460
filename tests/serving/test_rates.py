from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from data.records import ANY, AuditDesign, AuditRates, Plan
from evaluation.rates import PRIOR_UNFLAGGED_PER_DAY
from serving.rates import DailyRates, solve


class Past:
    """The questions that rates ask of a ledger."""

    last: AuditRates | None = None
    spent = 0.0, 0.0

    def __init__(self, routed: list[datetime]) -> None:
        self.ledger = self
        self.asked: list[timedelta] = []
        self._frame = pd.DataFrame(
            {
                "violation_probability": [0.02] * len(routed),
                "views": [100.0] * len(routed),
                "routed_at": pd.Series(routed, dtype="datetime64[us, UTC]"),
            }
        )

    def rates(self, _: str) -> AuditRates | None:
        return self.last

    def expected_work(self, _: AuditRates) -> tuple[float, float]:
        return self.spent

    def scored_history(self, *, since: datetime, until: datetime, most: int) -> tuple[pd.DataFrame, int]:
        self.asked.append(until - since)
        found = self._frame[(self._frame["routed_at"] >= since) & (self._frame["routed_at"] < until)]
        every = -(-len(found) // most) or 1
        return found.iloc[::every], every


def _plan(noon: datetime) -> Plan:
    return Plan(
        version="plan-1", thresholds={ANY: 0.5}, audit=AuditDesign(daily_budget=50), author="lead",
        reason="for a test", in_force_from=noon,
    )  # fmt: skip


def _solved(noon: datetime, routed: list[datetime]) -> tuple[Any, Past]:
    past: Any = Past(routed)
    return DailyRates(history_days=14).solved(past, plan=_plan(noon), now=noon), past


def test_without_a_past_the_prior_counts(noon: datetime) -> None:
    assert _solved(noon, [])[0].unflagged_per_day == PRIOR_UNFLAGGED_PER_DAY


def test_a_past_of_minutes_says_nothing_about_a_day(noon: datetime) -> None:
    routed = [noon - timedelta(minutes=minute) for minute in range(1, 59)]
    assert _solved(noon, routed)[0].unflagged_per_day == PRIOR_UNFLAGGED_PER_DAY


def test_a_past_of_hours_is_scaled_to_a_day(noon: datetime) -> None:
    routed = [noon - timedelta(minutes=minute) for minute in range(1, 361)]
    assert _solved(noon, routed)[0].unflagged_per_day == pytest.approx(1440)


def test_a_night_does_not_speak_for_the_day(noon: datetime) -> None:
    # 3 items an hour since the plan of six hours ago, which knew of 300 a day.
    past: Any = Past([noon - timedelta(minutes=20 * number) for number in range(1, 19)])
    rates = DailyRates(history_days=14)
    past.last = replace(rates.solved(past, plan=_plan(noon), now=noon), unflagged_per_day=300.0)
    past.spent = 12.5, 0.0
    found = DailyRates(history_days=14).solved(past, plan=_plan(noon), now=noon)
    assert found.unflagged_per_day == pytest.approx(18 + 0.75 * 300)
    assert found.uniform == pytest.approx(50 / 243), "not 50 / 72, three times the budget"


def test_a_thin_past_is_followed_back_for_days(noon: datetime) -> None:
    routed = [noon - timedelta(hours=hour) for hour in range(1, 24 * 10 + 1)]
    rates, past = _solved(noon, routed)
    assert rates.unflagged_per_day == pytest.approx(24)
    assert past.asked == [timedelta(days=1), timedelta(days=14)]


def test_of_a_busy_past_one_day_is_enough(noon: datetime) -> None:
    routed = [noon - timedelta(seconds=30 * number) for number in range(1, 10_000)]
    rates, past = _solved(noon, routed)
    assert rates.unflagged_per_day == pytest.approx(2880, rel=0.001)
    assert past.asked == [timedelta(days=1)]


def test_of_more_than_can_be_read_a_part_speaks_for_all(noon: datetime) -> None:
    routed = [noon - timedelta(seconds=number) for number in range(1, 86_400)]
    assert _solved(noon, routed)[0].unflagged_per_day == pytest.approx(86_400, rel=0.001)


def test_what_this_plan_flags_is_flagged_whatever_the_last_one_did(noon: datetime) -> None:
    past = pd.DataFrame(
        {
            "violation_probability": [0.6, 0.1, 0.1, 0.1],
            "policy_scores": [{}, {"minors": 0.3}, {"minors": 0.01}, {}],
        }
    )
    plan = replace(_plan(noon), thresholds={ANY: 0.5, "minors": 0.2}, daily_full_reviews=1)
    rates = solve(past, plan=plan, days=1.0, now=noon)
    assert rates.unflagged_per_day == 2
    assert rates.flagged_uniform == pytest.approx(0.5)
    assert set(rates.policy_means) == {ANY, "minors"}


def test_many_requests_of_one_day_solve_once(noon: datetime) -> None:
    past: Any = Past([])
    daily = DailyRates(history_days=14)
    first = daily.solved(past, plan=_plan(noon), now=noon)
    second = daily.solved(past, plan=_plan(noon), now=noon + timedelta(hours=1))
    assert first is second
    assert daily.solved(past, plan=_plan(noon), now=noon + timedelta(days=1)) is not first


def test_what_was_spent_too_little_yesterday_is_owed_today(noon: datetime) -> None:
    past: Any = Past([noon - timedelta(minutes=minute) for minute in range(1, 1441)])
    before = _solved(noon, [])[0]
    past.last, past.spent = before, (30.0, 0.0)
    rates = DailyRates(history_days=14).solved(past, plan=_plan(noon), now=noon + timedelta(days=1))
    assert rates.owed == pytest.approx(20)
