"""
Is it time to learn again? Pure.

A model is learned anew when enough was found out since the newest one, or when little was but scores have
moved or the model is old. Every condition carries its number, so that a log says why nothing happened.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from evaluation.drift import MATTERS, Drift
from training.promotion import Condition
from training.settings import RetrainingSettings

FEW: Final = 0.25
"""The share of the usual number of new labels that is enough where scores have moved or the model is old."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Labels that have stood long enough to be learned from."""

    items: int
    violations: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Whether to learn again, and why."""

    due: bool
    conditions: Sequence[Condition]
    """All that was asked: ``labels``, then ``new_labels``, ``new_violations``, ``drift`` and ``age``."""
    why: str


def occasion(
    now: Known,
    *,
    newest: Known | None,
    age_days: float | None,
    drift: Drift | None,
    least: Known,
    settings: RetrainingSettings,
) -> Occasion:
    """Return whether it is time.

    Parameters
    ----------
    now
        What there is to learn from.
    newest
        What there was for the newest model, whether it serves or not; None: there is none.
    age_days
        Since then.
    drift
        How far scores have moved under the model in charge; None: too little is known.
    least
        With less, nothing can be learned.
    settings
        How much is enough.

    Examples
    --------
    >>> found = occasion(
    ...     Known(items=5000, violations=160), newest=Known(items=4000, violations=150), age_days=3.0,
    ...     drift=None, least=Known(items=100, violations=10), settings=RetrainingSettings(),
    ... )
    >>> found.due, found.why
    (False, '10 new violations are fewer than 25')
    """
    enough = now.items >= least.items and now.violations >= least.violations
    conditions = [
        Condition(
            name="labels",
            met=enough,
            value=now.items,
            required=f"{least.items:,} or more, {least.violations:,} of them violations",
        )
    ]
    if not enough:
        why = f"{now.items:,} labels with {now.violations:,} violations are too few to learn from"
        return Occasion(due=False, conditions=conditions, why=why)
    if newest is None:
        return Occasion(due=True, conditions=conditions, why="there is no model yet")
    items, violations = now.items - newest.items, now.violations - newest.violations
    moved = drift is not None and drift.moved
    old = age_days is not None and age_days >= settings.oldest_days
    conditions += [
        _at_least("new_labels", items, settings.new_items),
        _at_least("new_violations", violations, settings.new_violations),
        Condition(
            name="drift",
            met=moved,
            value=None if drift is None else drift.least,
            required=f"surely more than {MATTERS:.0%} of the items",
        ),
        Condition(name="age", met=old, value=age_days, required=f"{settings.oldest_days:g} days or more"),
    ]
    reason = "scores have moved" if moved else "the newest model is old" if old else None
    share = 1.0 if reason is None else FEW
    for found, wanted, what in (
        (items, settings.new_items, "labels"),
        (violations, settings.new_violations, "violations"),
    ):
        if found < wanted * share:
            why = f"{found:,} new {what} are fewer than {math.ceil(wanted * share):,}"
            return Occasion(due=False, conditions=conditions, why=f"{reason}, but {why}" if reason else why)
    new = f"{items:,} new labels with {violations:,} violations"
    return Occasion(due=True, conditions=conditions, why=f"{reason}, and there are {new}" if reason else new)


def _at_least(name: str, found: int, wanted: int) -> Condition:
    return Condition(name=name, met=found >= wanted, value=found, required=f"{wanted:,} or more")
