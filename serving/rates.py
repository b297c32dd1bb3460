"""
The audit rates of a day.

They are solved once a day and plan from items that were routed before, and written down before they are
used, so that every chance depends on the past only. A day is one of UTC.
"""

from __future__ import annotations

import threading
import uuid
from datetime import UTC, datetime, timedelta
from typing import Final

import pandas as pd

from data.records import ANY, AuditRates, Plan
from data.store.store import Session
from evaluation import design

ENOUGH_ITEMS: Final = 2000
"""So many unflagged items of the last day are enough: a longer past would only take longer to read."""

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
        past = _past(session, plan=plan, since=now - timedelta(days=1), until=now)
        since = now - timedelta(days=1)
        if len(past) < ENOUGH_ITEMS:
            since = now - self._history
            past = _past(session, plan=plan, since=since, until=now)
        days = 0.0
        if len(past):
            span = now - max(since, past["routed_at"].min().to_pydatetime())
            days = span / timedelta(days=1) if span >= SHORTEST else 0.0
        if not days:
            past = past.head(0)
        return solve(past, plan=plan, days=days, now=now, owed=_owed(session, plan=plan, now=now))


def recorded_today(session: Session, *, plan: Plan, now: datetime) -> AuditRates | None:
    """Return the rates of the plan that were recorded today, if any."""
    rates = session.ledger.rates(plan.version)
    return rates if rates is not None and is_of_today(rates, plan=plan, now=now) else None


def solve(past: pd.DataFrame, *, plan: Plan, days: float, now: datetime, owed: float = 0.0) -> AuditRates:
    """Return rates from past unflagged items (``violation_probability``, ``views``) of so many days."""
    return design.solve_rates(
        p=past["violation_probability"].to_numpy(),
        views=past["views"].to_numpy(),
        days=days,
        plan=plan,
        set_at=now,
        rates_id=f"rates-{uuid.uuid4().hex}",
        owed=owed,
    )


def _owed(session: Session, *, plan: Plan, now: datetime) -> float:
    last = session.ledger.rates(plan.version)
    if last is None:
        return 0.0
    spent = session.ledger.audits_expected(last)
    return design.owed_after(last, spent=spent, daily_budget=plan.audit.daily_budget, until=now)


def _past(session: Session, *, plan: Plan, since: datetime, until: datetime) -> pd.DataFrame:
    past = session.ledger.unflagged_history(since=since, until=until)
    # What an earlier plan released and this one flags is no longer among those that are sampled.
    return past[past["violation_probability"] < plan.thresholds.get(ANY, 2.0)]


def is_of_today(rates: AuditRates, *, plan: Plan, now: datetime) -> bool:
    """Say whether these are rates of the plan that were set on the day of ``now``."""
    return rates.plan == plan.version and rates.set_at.astimezone(UTC).date() == now.astimezone(UTC).date()
