r"""
What audits will tell, in closed form, before any of them is made.

What audits tell about misses is counted in *effective hits*, ``x``: equally weighted violations that would
tell as much. They give a half-width of ``z R (1 - R) / sqrt(x)`` for recall ``R``, and ``z / sqrt(x)`` for
what is missed, relative to it. Expected before any label exists, over the unflagged items:

.. math:: x = (\sum p_i)^2 / \sum p_i (1 - \pi_i) / \pi_i

These are figures to plan with: they take the probabilities at their word and are too hopeful below some
ten effective hits. The intervals of a report lean on neither.

References
----------
Sarndal, Swensson and Wretman (1992), *Model Assisted Survey Sampling*, section 3.5.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from data.records import AuditDesign, AuditRates, Plan
from evaluation.intervals import Floats, Interval, check_level
from evaluation.rates import chances, solve_rates
from evaluation.sizes import sizes


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What some audits a day buy."""

    audits_per_day: float
    effective_hits: float
    """Expected in the whole window; infinite where every item is reviewed."""
    relative_error: float
    """Half-width of the number missed, relative to it."""
    half_width: float
    """Half-width of recall."""


def expected_effective_hits(p: ArrayLike, chance: ArrayLike) -> float:
    """Return how many effective hits the audits of unflagged items are expected to bring.

    Examples
    --------
    One audit in ten of 1,000 items of which one in ten violates: ten hits, of which a little is certain.

    >>> round(expected_effective_hits([0.1] * 1000, [0.1] * 1000), 1)
    11.1
    """
    p, chance = np.asarray(p, dtype=np.float64), np.asarray(chance, dtype=np.float64)
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError("p must hold probabilities only.")
    if p.shape != chance.shape or not ((chance > 0) & (chance <= 1)).all():
        raise ValueError("chance must be in (0, 1], one for every p.")
    spread = float((p * (1 - chance) / chance).sum())
    return float(p.sum()) ** 2 / spread if spread > 0 else math.inf


def recall_half_width(recall: float, effective_hits: float, *, level: float = 0.95) -> float:
    """Return the half-width of recall that so many effective hits give.

    Examples
    --------
    >>> round(recall_half_width(0.9, 78), 3)
    0.02
    """
    _check_share("recall", recall)
    if not effective_hits >= 0:
        raise ValueError(f"effective_hits must be 0 or more; got {effective_hits!r}.")
    wide = _z(level) * recall * (1 - recall)
    return min(1.0, wide / math.sqrt(effective_hits)) if effective_hits > 0 else 1.0


def planning_recall(likely: Interval) -> float:
    """Return the recall of an interval that is hardest to tell: what is nearest to one half.

    The half-width that it gives is then not too hopeful, not even where no missed violation was found yet.

    Examples
    --------
    >>> [planning_recall(Interval(lower, 1.0, 0.95)) for lower in (0.3, 0.85)]
    [0.5, 0.85]
    """
    return min(max(0.5, likely.lower), likely.upper)


def effective_hits_needed(recall: float, *, half_width: float, level: float = 0.95) -> float:
    """Return how many effective hits give recall this half-width.

    Examples
    --------
    >>> [round(effective_hits_needed(recall, half_width=0.05), 1) for recall in (0.55, 0.8, 0.9)]
    [94.1, 39.3, 12.4]
    """
    _check_share("recall", recall)
    if not 0 < half_width < 1:
        raise ValueError(f"half_width must be between 0 and 1, ends excluded; got {half_width!r}.")
    return (_z(level) * recall * (1 - recall) / half_width) ** 2


def budgets(
    p: ArrayLike,
    *,
    audits_per_day: Iterable[float],
    recall: float,
    days: float,
    plan: Plan,
    views: ArrayLike | None = None,
    level: float = 0.95,
) -> list[Budget]:
    """Return what each of some daily audit budgets buys.

    Parameters
    ----------
    p : array_like
        Probabilities of the unflagged items of a window.
    audits_per_day : iterable of float
        The budgets.
    recall : float
        What recall is thought to be, in [0, 1].
    days : float
        How many days the items took to come in, and how long audits are collected.
    plan : Plan
        Its audit design is used, with another budget.
    views : array_like, optional
        Expected views of the items, NaN where unknown.
    level : float
        Confidence, two-sided.
    """
    check_days(days)
    _check_share("recall", recall)
    p = np.asarray(p, dtype=np.float64)
    seen = None if views is None else np.asarray(views, dtype=np.float64)
    return [
        budget(
            p,
            planned_chances(p, seen, days=days, plan=_with(plan, one)),
            recall=recall,
            days=days,
            level=level,
        )
        for one in audits_per_day
    ]


def audits_needed(
    p: ArrayLike,
    *,
    half_width: float,
    recall: float,
    days: float,
    plan: Plan,
    views: ArrayLike | None = None,
    level: float = 0.95,
) -> float:
    """Return the smallest number of audits a day that gives recall a half-width; see `budgets`."""
    wanted = effective_hits_needed(recall, half_width=half_width, level=level)
    p, few = np.asarray(p, dtype=np.float64), 0.0
    if not p.size or wanted == 0:
        return 0.0
    many = p.size / days
    for _ in range(40):
        middle = (few + many) / 2
        found = budgets(p, audits_per_day=[middle], recall=recall, days=days, plan=plan, views=views)
        few, many = (few, middle) if found[0].effective_hits >= wanted else (middle, many)
    return many


def budget(p: Floats, chance: Floats, *, recall: float, days: float, level: float = 0.95) -> Budget:
    """Return what audits of unflagged items with these probabilities and chances buy in so many days."""
    hits = expected_effective_hits(p, chance)
    return Budget(
        audits_per_day=float(chance.sum()) / days,
        effective_hits=hits,
        relative_error=_z(level) / math.sqrt(hits) if hits > 0 else math.inf,
        half_width=recall_half_width(recall, hits, level=level),
    )


def planned_chances(p: Floats, views: Floats | None, *, days: float, plan: Plan) -> Floats:
    """Return the chances that a plan would have given to the unflagged items of a window."""
    rates = planned_rates(p, views, days=days, plan=plan)
    return chances(sizes(p, views, units=rates), rates, plan.audit)


def planned_rates(
    p: Floats, views: Floats | None, *, flagged: ArrayLike = (), days: float, plan: Plan
) -> AuditRates:
    """Return the rates that a plan would have had in a window; ``flagged`` are the probabilities flagged."""
    return solve_rates(
        p=p,
        views=views,
        flagged=flagged,
        days=days,
        plan=plan,
        set_at=plan.in_force_from,
        rates_id="planner",
    )


def _with(plan: Plan, audits_per_day: float) -> Plan:
    floor_share = plan.audit.floor_share
    return replace(plan, audit=AuditDesign(daily_budget=audits_per_day, floor_share=floor_share))


def check_days(days: float) -> None:
    """Refuse a window that took no time."""
    if not 0 < days < math.inf:
        raise ValueError(f"days must be above 0; got {days!r}.")


def _check_share(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise ValueError(f"{name} must be in [0, 1]; got {value!r}.")


def _z(level: float) -> float:
    check_level(level)
    return float(special.ndtri((1 + level) / 2))
