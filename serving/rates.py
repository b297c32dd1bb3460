"""
The audit rates of a day.

They are solved once a day and plan from items that were routed before, and written down before they are
used, so that every chance depends on the past only. A day is one of UTC.
"""

from __future__ import annotations

import threading
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
import pandas as pd

from data.records import ANY, AuditRates, Plan
from data.store.store import Session
from evaluation import rates as arithmetic

ENOUGH_ITEMS: Final = 2000
"""So many unflagged items of the last day are enough: a longer past would only take longer to read."""

MOST_ITEMS: Final = 20_000
"""Of a day with more items a systematic sample is read."""

SHORTEST: Final = timedelta(hours=1)
"""A past shorter than this says nothing about a day; the prior is used."""


class DailyRates:
    """Solves the rates of a day, once.

    Parameters
    ----------
    history_days : float
        How far back to look where the last day does not have `ENOUGH_ITEMS`.
    """

    def __init__(self, *, history_days: float) -> None:
        self._history = timedelta(days=history_days)
        self._lock = threading.Lock()
        self._solved: AuditRates | None = None

    def solved(self, session: Session, *, plan: Plan, now: datetime) -> AuditRates:
        """Return rates for today that are not recorded yet."""
        # Many requests may ask in the first second of a day; one of them solves.
        with self._lock:
            if self._solved is None or not is_of_today(self._solved, plan=plan, now=now):
                self._solved = self._solve(session, plan=plan, now=now)
            return self._solved

    def _solve(self, session: Session, *, plan: Plan, now: datetime) -> AuditRates:
        since = now - timedelta(days=1)
        past, every = session.ledger.scored_history(since=since, until=now, most=MOST_ITEMS)
        if len(past) * every < ENOUGH_ITEMS:
            since = now - self._history
            past, every = session.ledger.scored_history(since=since, until=now, most=MOST_ITEMS)
        last, days = session.ledger.rates(plan.version), 0.0
        if len(past):
            span = now - max(since, past["routed_at"].min().to_pydatetime())
            if span >= SHORTEST:
                usual = None if last is None else last.unflagged_per_day
                days = arithmetic.days_of(len(past) * every, span / timedelta(days=1), usual=usual) / every
        if not days:
            past = past.head(0)
        owed = (0.0, 0.0) if last is None else _owed(session, last, plan=plan, now=now)
        return solve(past, plan=plan, days=days, now=now, owed=owed)


def recorded_today(session: Session, *, plan: Plan, now: datetime) -> AuditRates | None:
    """Return the rates of the plan that were recorded today, if any."""
    rates = session.ledger.rates(plan.version)
    return rates if rates is not None and is_of_today(rates, plan=plan, now=now) else None


def solve(
    past: pd.DataFrame, *, plan: Plan, days: float, now: datetime, owed: tuple[float, float] = (0.0, 0.0)
) -> AuditRates:
    """Return rates from past items of so many days.

    What counts as flagged is what this plan flags, whatever the plan of that time did.

    Parameters
    ----------
    past : DataFrame
        ``violation_probability`` and, where they are known, ``views``, ``duration`` and ``policy_scores``;
        see `data.store.samples.Samples.scored_history`.
    owed : tuple of float
        Audits, and full reviews, that the budgets allowed so far and that were not drawn.
    """
    scores = {ANY: past["violation_probability"].to_numpy(np.float64), **_policy_scores(past)}
    flagged = np.zeros(len(past), dtype=bool)
    for name, least in plan.thresholds.items():
        flagged |= scores.get(name, np.zeros(len(past))) >= least
    rest = ~flagged
    known: dict[str, Any] = {
        name: past[column].to_numpy(np.float64)[rest]
        for name, column in (("views", "views"), ("durations", "duration"))
        if column in past
    }
    return arithmetic.solve_rates(
        p=scores[ANY][rest],
        **known,
        policies={name: values[rest] for name, values in scores.items() if name != ANY},
        flagged=scores[ANY][flagged],
        days=days,
        plan=plan,
        set_at=now,
        rates_id=f"rates-{uuid.uuid4().hex}",
        owed=owed[0],
        flagged_owed=owed[1],
    )


def _policy_scores(past: pd.DataFrame) -> dict[str, np.ndarray[Any, np.dtype[np.float64]]]:
    if "policy_scores" not in past or past.empty:
        return {}
    by_policy = pd.DataFrame(past["policy_scores"].tolist()).fillna(0.0)
    return {str(name): by_policy[name].to_numpy(np.float64) for name in by_policy}


def _owed(session: Session, last: AuditRates, *, plan: Plan, now: datetime) -> tuple[float, float]:
    audits, full = session.ledger.expected_work(last)
    owed = arithmetic.owed_after(
        last.owed, since=last.set_at, spent=audits, budget=plan.audit.daily_budget, until=now
    )
    if plan.daily_full_reviews is None:
        return owed, 0.0
    return owed, arithmetic.owed_after(
        last.flagged_owed, since=last.set_at, spent=full, budget=plan.daily_full_reviews, until=now
    )


def is_of_today(rates: AuditRates, *, plan: Plan, now: datetime) -> bool:
    """Say whether these are rates of the plan that were set on the day of ``now``."""
    return rates.plan == plan.version and rates.set_at.astimezone(UTC).date() == now.astimezone(UTC).date()
