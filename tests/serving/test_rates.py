from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from data.records import ANY, AuditDesign, AuditRates, Plan
from evaluation.design import PRIOR_UNFLAGGED_PER_DAY
from serving.rates import DailyRates


class Past:
    """The questions that rates ask of a ledger."""

    last: AuditRates | None = None
    spent = 0.0

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

    def audits_expected(self, _: AuditRates) -> float:
        return self.spent

    def unflagged_history(self, *, since: datetime, until: datetime) -> pd.DataFrame:
        self.asked.append(until - since)
        return self._frame[(self._frame["routed_at"] >= since) & (self._frame["routed_at"] < until)]


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
    past.last, past.spent = before, 30.0
    rates = DailyRates(history_days=14).solved(past, plan=_plan(noon), now=noon + timedelta(days=1))
    assert rates.owed == pytest.approx(20)
