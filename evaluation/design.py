"""
Which chance an item has of being reviewed, whether it is drawn, and where it goes.

Sampling is Poisson sampling with permanent random numbers: every item has its own chance and its own
keyed draw, so the draws are independent and any of them can be checked later. No chance is 0.

References
----------
Ohlsson (1995), *Coordination of samples using permanent random numbers*.
"""

from __future__ import annotations

import hmac
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from data.checks import check_identifier
from data.records import AuditDesign, AuditRates, Item, Plan, Route, Routing, Score
from evaluation.intervals import Floats
from evaluation.priority import place_audit

AUDIT: Final = "audit"
"""The purpose of the draw that routes. Every other purpose has draws of its own."""

PRIOR_PROBABILITY: Final = 0.02
PRIOR_UNFLAGGED_PER_DAY: Final = 2000.0
"""What is assumed while there is no history: this many unflagged items a day, of this probability."""

REPAID: Final = 0.5
"""The share of what is owed that is made up for within a day."""
MOST_REPAID: Final = 4.0
"""No day has more than so many times the budget, or less than that part of it."""

DAYS_REMEMBERED: Final = 7.0

MOST_VIEWS: Final = 1e15
"""Views above this count as this, so that no size overflows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """The secret that makes draws unforeseeable, and the name under which routings mention it."""

    key_id: str
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        check_identifier("key_id", self.key_id)
        if len(self.secret) < 16:
            raise ValueError(f"secret must have 16 bytes or more; got {len(self.secret)}.")


def draw(key: Key, purpose: str, identity: str) -> float:
    """Return the uniform number in [0, 1) of an identity (fingerprint or item id) for one purpose.

    It depends on nothing but its arguments: who holds the key can check that no draw was repeated until
    it suited, and nobody else can foresee one.

    Examples
    --------
    >>> key = Key(key_id="k1", secret=b"sixteen bytes ok")
    >>> draw(key, "audit", "v1") == draw(key, "audit", "v1") != draw(key, "audit", "v2")
    True
    """
    # 53 bits fill a double exactly, so the result is on an even grid and never rounds up to 1.
    message = f"{purpose}\0{identity}".encode()
    return (int.from_bytes(hmac.digest(key.secret, message, "sha256")[:8], "big") >> 11) / 2**53


def draws(key: Key, purpose: str, identities: Iterable[str]) -> Floats:
    """Return `draw` of every identity, in order."""
    return np.fromiter((draw(key, purpose, identity) for identity in identities), dtype=np.float64)


def mean_square_views(p: ArrayLike, views: ArrayLike) -> float | None:
    """Return the mean square of the known views, weighted by violation probability.

    None where no views are known, or none of them belongs to an item that may violate.

    Examples
    --------
    >>> mean_square_views([0.1, 0.3, 0.2], [10.0, 30.0, float("nan")])
    700.0
    """
    p, views = np.asarray(p, dtype=np.float64), np.asarray(views, dtype=np.float64)
    known = ~np.isnan(views)
    total = float(p[known].sum())
    square = float(p[known] @ np.minimum(views[known], MOST_VIEWS) ** 2) / total if total > 0 else 0.0
    return square if square > 1e-9 else None


def size(p: float, views: float | None, mean_square: float | None) -> float:
    """Return the size of one item; see `sizes`."""
    relative = 1.0
    if views is not None and mean_square is not None and not math.isnan(views):
        relative = min(views, MOST_VIEWS) ** 2 / mean_square
    return math.sqrt(p * (1.0 - p) * (1.0 + relative))


def sizes(p: ArrayLike, views: ArrayLike | None = None, *, mean_square: float | None = None) -> Floats:
    r"""Return the size of every item: chances in proportion to it measure counts and views together.

    .. math:: g_i = \sqrt{p_i (1 - p_i) (1 + v_i^2 / E_p v^2)}

    The first part is best for the number of violations, the second for their views. Unknown views (NaN)
    count as the mean; ``mean_square`` is that of the rates in force or, not given, of these items.
    Badly calibrated probabilities cost precision, never validity.

    Examples
    --------
    >>> sizes([0.5, 0.02]).round(3).tolist()
    [0.707, 0.198]
    """
    p = np.asarray(p, dtype=np.float64)
    relative = np.ones_like(p)
    if views is not None:
        views = np.asarray(views, dtype=np.float64)
        unit = mean_square_views(p, views) if mean_square is None else mean_square
        if unit is not None:
            relative = np.where(np.isnan(views), 1.0, np.minimum(views, MOST_VIEWS) ** 2 / unit)
    return np.sqrt(p * (1.0 - p) * (1.0 + relative))


def chance(size: float, rates: AuditRates, audit: AuditDesign) -> float:
    """Return the inclusion probability of one unflagged item: in (0, 1]."""
    return min(max(rates.scale * size, audit.floor_share * rates.uniform), 1.0)


def chances(sizes: ArrayLike, rates: AuditRates, audit: AuditDesign) -> Floats:
    """Return `chance` of every size."""
    return np.clip(rates.scale * np.asarray(sizes, dtype=np.float64), audit.floor_share * rates.uniform, 1.0)


def solve_rates(
    *,
    p: ArrayLike,
    views: ArrayLike | None,
    days: float,
    plan: Plan,
    set_at: datetime,
    rates_id: str,
    owed: float = 0.0,
) -> AuditRates:
    """Return the rates that would have spent the daily budget on the past unflagged items.

    Without any history that is a day of `PRIOR_UNFLAGGED_PER_DAY` items, each of `PRIOR_PROBABILITY`.

    Tomorrow is never like yesterday, so the budget is kept by feedback: of what was spent too little (or
    too much) so far, `REPAID` is spent more (or less) a day, within a quarter and four times the budget.
    All of it depends on the past only, so estimates stay unbiased. The floor does not move.

    Parameters
    ----------
    p, views : array_like
        Of past unflagged items, all routed before ``set_at``; views are NaN where unknown.
    days : float
        How many days these items took to come in.
    plan : Plan
        Its audit design is kept.
    set_at, rates_id : datetime, str
        When the rates are solved, and what they are called.
    owed : float
        Audits that the budget allowed so far, less those that were expected to be drawn; see `owed_after`.
    """
    p = np.asarray(p, dtype=np.float64)
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError("p must hold probabilities only.")
    if p.size == 0:
        p, views, days = np.array([PRIOR_PROBABILITY]), None, 1.0 / PRIOR_UNFLAGGED_PER_DAY
    if not days > 0:
        raise ValueError(f"days must be above 0; got {days!r}.")
    unflagged_per_day = p.size / days
    uniform = min(1.0, plan.audit.daily_budget / unflagged_per_day)
    square = None if views is None else mean_square_views(p, views)
    budget = plan.audit.daily_budget
    target = min(max(budget + REPAID * owed, budget / MOST_REPAID), budget * MOST_REPAID)
    scale = _scale(sizes(p, views), floor=plan.audit.floor_share * uniform, target=target * days)
    return AuditRates(
        rates_id=rates_id,
        plan=plan.version,
        scale=scale,
        uniform=uniform,
        unflagged_per_day=unflagged_per_day,
        set_at=set_at,
        mean_square_views=square,
        owed=owed,
    )


def owed_after(rates: AuditRates, *, spent: float, daily_budget: float, until: datetime) -> float:
    """Return what is owed when the next rates are solved.

    Rates are good for a day, so no more than a day's budget becomes due under them: a service that stood
    still owes nothing for it. More than a week's budget is forgiven, either way.

    Parameters
    ----------
    rates : AuditRates
        The last ones.
    spent : float
        The sum of the chances of the unflagged items that were routed under them.
    daily_budget : float
        Of the plan.
    until : datetime
        Now.
    """
    due = daily_budget * min((until - rates.set_at) / timedelta(days=1), 1.0)
    most = daily_budget * DAYS_REMEMBERED
    return min(max(rates.owed + due - spent, -most), most)


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


def flagged_policies(score: Score, thresholds: Mapping[str, float]) -> tuple[str, ...]:
    """Return the policies (or `data.records.ANY`) whose threshold the score reaches, in plan order."""
    return tuple(name for name, threshold in thresholds.items() if score.probability(name) >= threshold)


def assign(
    *,
    item: Item,
    score: Score | None,
    plan: Plan,
    rates: AuditRates,
    key: Key,
    routing_id: str,
    routed_at: datetime,
    priority: int,
    factors: Mapping[str, float],
    degraded: str | None = None,
) -> Routing:
    """Return where an item goes, with which chance and why.

    At or above a threshold the chance is 1. Below all of them it is `chance`, and the item goes to
    audit if its draw is under it; its place in the queue is then a matter of chance, and ``priority``
    and ``factors`` are those of the other items. What could not be scored (``score`` is None) is treated
    as flagged, with no policy named: nothing is known that would allow to release it; ``degraded`` must
    say why.
    """
    if (score is None) is (degraded is None):
        raise ValueError(f"degraded must say why there is no score, and only then; got {degraded!r}.")
    if rates.plan != plan.version:
        raise ValueError(f"rates must belong to plan {plan.version!r}; got those of {rates.plan!r}.")
    names = flagged_policies(score, plan.thresholds) if score else ()
    flagged = score is None or bool(names)
    number = draw(key, AUDIT, item.identity)
    probability = 1.0
    if score is not None and not flagged:
        p = score.violation_probability
        probability = chance(size(p, item.expected_views, rates.mean_square_views), rates, plan.audit)
    route = Route.FULL_REVIEW if flagged else Route.AUDIT if number < probability else Route.RELEASE
    if route is Route.AUDIT:
        priority, factors = place_audit(number, probability)
    return Routing(
        routing_id=routing_id,
        item_id=item.item_id,
        item_version=item.item_version,
        plan=plan.version,
        route=route,
        flagged=flagged,
        inclusion_probability=probability,
        draw=number,
        priority=priority,
        queue=_queue(item.language, plan.queues),
        due_at=routed_at + timedelta(hours=plan.due_hours),
        routed_at=routed_at,
        key_id=key.key_id,
        score_id=score.score_id if score else None,
        model=score.model if score else None,
        rates_id=rates.rates_id,
        flagged_policies=names,
        priority_factors=factors,
        degraded=degraded,
    )


def _queue(language: str | None, queues: Mapping[str, str]) -> str:
    if language is None:
        return queues["*"]
    # "ko-KR" is served by those who read "ko".
    return queues.get(language) or queues.get(language.split("-")[0].lower()) or queues["*"]
