"""What the first page keeps an eye on: every alarm with its state and what it saw. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal

import pandas as pd

from data.records import Plan, Route
from data.store.activity import Activity
from evaluation.drift import score_drift
from evaluation.report import QualityReport

State = Literal["fine", "alarm", "unknown"]

WEEK: Final = timedelta(days=7)
SILENCE: Final = timedelta(days=1)
"""While work waits, somebody decides something within this time."""

_FEWEST: Final = 200
"""Scores that each window needs before a move can be told."""
_CHANCE: Final = 3.0
"""So many standard deviations may the number of audits lie from its budget."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One thing that is watched."""

    code: str
    state: State
    reason: str
    """With the code a key of `serving.web.today.words.Words.alarms`: ``code.reason``."""
    numbers: Mapping[str, float] = field(default_factory=dict)
    moments: Mapping[str, datetime | None] = field(default_factory=dict)


def alarms(
    report: QualityReport,
    *,
    sample: pd.DataFrame | None,
    plan: Plan | None,
    activity: Activity,
    waiting: int,
    now: datetime,
) -> Sequence[Alarm]:
    """Return everything that is watched.

    Parameters
    ----------
    report : QualityReport
        Of the recent past, compared with the time before.
    sample : DataFrame or None
        Of the recent past: ``time``, ``score``, ``route``; None while it is being read.
    plan : Plan or None
        In force.
    activity : Activity
        What happened lately.
    waiting : int
        How many jobs are open.
    now : datetime
        The moment of asking.
    """
    return (
        _recall(report),
        _drift(sample, now=now),
        _calibration(report),
        _budget(sample, plan, now=now),
        _integration(activity, waiting=waiting, now=now),
    )


def _recall(report: QualityReport) -> Alarm:
    for notice in report.notices:
        if notice.code == "recall_fell":
            limit = float(notice.params["limit"])
            return Alarm(code="recall", state="alarm", reason="alarm", numbers={"limit": limit})
    known = any(one.name == "recall" and one.before.value is not None for one in report.changes)
    return (
        Alarm(code="recall", state="fine", reason="fine")
        if known
        else Alarm(code="recall", state="unknown", reason="unknown")
    )


def _drift(sample: pd.DataFrame | None, *, now: datetime) -> Alarm:
    if sample is None:
        return Alarm(code="drift", state="unknown", reason="reading")
    late = sample["time"] >= pd.Timestamp(now - WEEK)
    found = score_drift(sample.loc[~late, "score"], sample.loc[late, "score"])
    if found is None or min(found.before, found.after) < _FEWEST:
        return Alarm(code="drift", state="unknown", reason="few")
    state: State = "alarm" if found.moved else "fine"
    return Alarm(code="drift", state=state, reason=state, numbers={"distance": found.distance})


def _calibration(report: QualityReport) -> Alarm:
    if not report.calibration:
        return Alarm(code="calibration", state="unknown", reason="unknown")
    off = [one for one in report.calibration if not one.plausible]
    if not off:
        return Alarm(code="calibration", state="fine", reason="fine")
    numbers = {"expected": off[0].expected, "lower": off[0].interval.lower, "upper": off[0].interval.upper}
    return Alarm(code="calibration", state="alarm", reason=off[0].part, numbers=numbers)


def _budget(sample: pd.DataFrame | None, plan: Plan | None, *, now: datetime) -> Alarm:
    if plan is None or sample is None or sample.empty:
        return Alarm(code="budget", state="unknown", reason="unknown")
    begin = max(now - WEEK, plan.in_force_from, sample["time"].min())
    lately = sample[sample["time"] >= pd.Timestamp(begin)]
    expected = plan.audit.daily_budget * ((now - begin) / timedelta(days=1))
    audits = float((lately["route"] == Route.AUDIT).sum())
    released = float((lately["route"] == Route.RELEASE).sum())
    numbers = {"audits": audits, "expected": expected}
    doubt = _CHANCE * math.sqrt(expected) + 1
    if audits > expected + doubt:
        return Alarm(code="budget", state="alarm", reason="over", numbers=numbers)
    if audits < expected - doubt and released:
        return Alarm(code="budget", state="alarm", reason="under", numbers=numbers)
    return Alarm(code="budget", state="fine", reason="fine", numbers=numbers)


def _integration(activity: Activity, *, waiting: int, now: datetime) -> Alarm:
    moments = {"item": activity.last_item_at, "decision": activity.last_decision_at}
    if activity.last_item_at is None:
        return Alarm(code="integration", state="unknown", reason="unknown")
    reason: str = next(_wrong(activity, waiting=waiting, now=now), "fine")
    state: State = "fine" if reason == "fine" else "alarm"
    numbers = {"degraded": float(activity.degraded)}
    return Alarm(code="integration", state=state, reason=reason, numbers=numbers, moments=moments)


def _wrong(activity: Activity, *, waiting: int, now: datetime) -> Iterator[str]:
    if activity.degraded:
        yield "degraded"
    decided = activity.last_decision_at
    if waiting and (decided is None or now - decided > SILENCE):
        yield "no_decisions"
    if activity.last_item_at is not None and now - activity.last_item_at > SILENCE:
        yield "no_items"
