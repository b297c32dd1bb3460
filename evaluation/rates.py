"""
Budgets turned into chances: how many times its size an item's chance is, and the least that any has.

Rates are solved from past items and fixed before they are used, so estimates stay unbiased whatever comes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from data.records import AuditDesign, AuditRates, Plan
from evaluation.intervals import Floats
from evaluation.sizes import sizes, units_of

PRIOR_PROBABILITY: Final = 0.02
PRIOR_UNFLAGGED_PER_DAY: Final = 2000.0
"""What is assumed while there is no history: this many unflagged items a day, of this probability."""

REPAID: Final = 0.5
"""The share of what is owed that is made up for within a day."""
MOST_REPAID: Final = 4.0
"""No day has more than so many times the budget, or less than that part of it."""

DAYS_REMEMBERED: Final = 7.0


def chance(size: float, rates: AuditRates, audit: AuditDesign) -> float:
    """Return the inclusion probability of one unflagged item: in (0, 1]."""
    return min(max(rates.scale * size, audit.floor_share * rates.uniform), 1.0)


def chances(sizes: ArrayLike, rates: AuditRates, audit: AuditDesign) -> Floats:
    """Return `chance` of every size."""
    return np.clip(rates.scale * np.asarray(sizes, dtype=np.float64), audit.floor_share * rates.uniform, 1.0)


def flagged_chance(p: float, rates: AuditRates, audit: AuditDesign) -> float:
    """Return the inclusion probability of one flagged item: 1, unless reviewers cannot see all of them.

    It is then in proportion to its violation probability, so that what is seen catches the most, and not
    below a floor like that of audits: what nobody sees is spoken for by what somebody does.
    """
    if rates.flagged_scale is None:
        return 1.0
    return min(max(rates.flagged_scale * p, audit.floor_share * rates.flagged_uniform), 1.0)


def flagged_chances(p: ArrayLike, rates: AuditRates, audit: AuditDesign) -> Floats:
    """Return `flagged_chance` of every probability."""
    p = np.asarray(p, dtype=np.float64)
    if rates.flagged_scale is None:
        return np.ones_like(p)
    return np.clip(rates.flagged_scale * p, audit.floor_share * rates.flagged_uniform, 1.0)


def solve_rates(
    *,
    p: ArrayLike,
    views: ArrayLike | None = None,
    durations: ArrayLike | None = None,
    policies: Mapping[str, ArrayLike] | None = None,
    flagged: ArrayLike = (),
    days: float,
    plan: Plan,
    set_at: datetime,
    rates_id: str,
    owed: float = 0.0,
    flagged_owed: float = 0.0,
) -> AuditRates:
    """Return the rates that would have spent the daily budgets on the past items.

    Without any history that is a day of `PRIOR_UNFLAGGED_PER_DAY` items, each of `PRIOR_PROBABILITY`.

    Tomorrow is never like yesterday, so a budget is kept by feedback: of what was spent too little (or
    too much) so far, `REPAID` is spent more (or less) a day, within a quarter and four times the budget.
    All of it depends on the past only, so estimates stay unbiased. The floor does not move.

    Parameters
    ----------
    p, views, durations, policies
        Of past unflagged items, all routed before ``set_at``; see `evaluation.sizes.units_of`.
    flagged : array_like
        Violation probabilities of the flagged items of the same past.
    days : float
        How many days these items took to come in.
    plan : Plan
        Its audit design is kept, and the number of full reviews a day, where it has one.
    set_at, rates_id : datetime, str
        When the rates are solved, and what they are called.
    owed, flagged_owed : float
        Audits, and full reviews, that the budget allowed so far, less those that were expected to be
        drawn; see `owed_after`.
    """
    p, flagged = _probabilities("p", p), _probabilities("flagged", flagged)
    if p.size + flagged.size and not days > 0:
        raise ValueError(f"days must be above 0; got {days!r}.")
    full_scale, full_uniform = _full_reviews(flagged, days=days, plan=plan, owed=flagged_owed)
    if p.size == 0:
        p, views, durations, policies = np.array([PRIOR_PROBABILITY]), None, None, None
        days = 1.0 / PRIOR_UNFLAGGED_PER_DAY
    budget, unflagged_per_day = plan.audit.daily_budget, p.size / days
    uniform = min(1.0, budget / unflagged_per_day)
    units = units_of(p, views=views, durations=durations, policies=policies)
    scale = _scale(
        sizes(p, views, durations=durations, policies=policies, units=units),
        floor=plan.audit.floor_share * uniform,
        target=_target(budget, owed) * days,
    )
    return AuditRates(
        rates_id=rates_id,
        plan=plan.version,
        scale=scale,
        uniform=uniform,
        unflagged_per_day=unflagged_per_day,
        set_at=set_at,
        mean_square_views=units.mean_square_views,
        mean_duration=units.mean_duration,
        policy_means=units.policy_means,
        owed=owed,
        flagged_scale=full_scale,
        flagged_uniform=full_uniform,
        flagged_owed=flagged_owed,
    )


def owed_after(owed: float, *, since: datetime, spent: float, budget: float, until: datetime) -> float:
    """Return what is owed when the next rates are solved.

    Rates are good for a day, so no more than a day's budget becomes due under them: a service that stood
    still owes nothing for it. More than a week's budget is forgiven, either way.

    Parameters
    ----------
    owed : float
        What was owed when the last rates were set.
    since, until : datetime
        When that was, and now.
    spent : float
        The sum of the chances of the items that were routed under them.
    budget : float
        Of a day.
    """
    due = budget * min((until - since) / timedelta(days=1), 1.0)
    most = budget * DAYS_REMEMBERED
    return min(max(owed + due - spent, -most), most)


def days_of(items: int, span: float, *, usual: float | None) -> float:
    """Return how many days' worth some items are that came within a span of days.

    A night is no day: what is missing of a whole day is taken to be as usual, so many items a day. Without
    that, or where the usual number is the prior itself, the span has to speak for the day.

    Examples
    --------
    >>> days_of(21, 0.25, usual=300)
    0.085...
    >>> days_of(600, 2.0, usual=1)
    2.0
    """
    if span >= 1 or usual is None or usual == PRIOR_UNFLAGGED_PER_DAY:
        return span
    return items / (items + (1 - span) * usual)


def _full_reviews(p: Floats, *, days: float, plan: Plan, owed: float) -> tuple[float | None, float]:
    budget = plan.daily_full_reviews
    if budget is None or p.size == 0:
        return None, 1.0
    uniform, target = min(1.0, budget * days / p.size), _target(budget, owed) * days
    if target >= p.size:
        return None, 1.0
    return _scale(p, floor=plan.audit.floor_share * uniform, target=target), uniform


def _target(budget: float, owed: float) -> float:
    return min(max(budget + REPAID * owed, budget / MOST_REPAID), budget * MOST_REPAID)


def _probabilities(name: str, values: ArrayLike) -> Floats:
    found = np.asarray(values, dtype=np.float64)
    if not ((found >= 0) & (found <= 1)).all():
        raise ValueError(f"{name} must hold probabilities only.")
    return found


def _scale(sizes: Floats, *, floor: float, target: float) -> float:
    def expected(scale: float) -> float:
        return float(np.clip(scale * sizes, floor, 1.0).sum())

    spare = target - floor * sizes.size
    if spare <= 1e-12 * target or not sizes.any():
        return 0.0  # the floor spends it all, up to rounding
    # The sum is at most `floor` an item plus `scale` times the sizes: no smaller scale can do.
    low = high = spare / float(sizes.sum())
    largest = 1.0 / float(sizes[sizes > 0].min())
    while expected(high) < target:
        if high >= largest:
            return largest  # every item that has a size is certain: no more can be spent
        low, high = high, min(2 * high, largest)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if expected(middle) < target else (low, middle)
    return high
