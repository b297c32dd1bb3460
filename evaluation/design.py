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
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from data.checks import check_identifier
from data.records import AuditRates, Item, Plan, Route, Routing, Score
from evaluation.intervals import Floats
from evaluation.priority import place_audit
from evaluation.rates import chance, flagged_chance
from evaluation.sizes import size

AUDIT: Final = "audit"
"""The purpose of the draw that routes. Every other purpose has draws of its own."""


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

    At or above a threshold the chance is 1, or `evaluation.rates.flagged_chance` where the plan limits
    full reviews. Below all of them it is `evaluation.rates.chance`, and the item goes to audit if its draw
    is under it; its place in the queue is then a matter of chance, and ``priority`` and ``factors`` are
    those of the other items. What could not be scored (``score`` is None) is treated as flagged, with no
    policy named: nothing is known that would allow to release it, so its chance is always 1; ``degraded``
    must say why.
    """
    if (score is None) is (degraded is None):
        raise ValueError(f"degraded must say why there is no score, and only then; got {degraded!r}.")
    if rates.plan != plan.version:
        raise ValueError(f"rates must belong to plan {plan.version!r}; got those of {rates.plan!r}.")
    names = flagged_policies(score, plan.thresholds) if score else ()
    flagged = score is None or bool(names)
    number = draw(key, AUDIT, item.identity)
    probability, route = _chance(item, score, flagged=flagged, plan=plan, rates=rates), Route.RELEASE
    if number < probability:
        route = Route.FULL_REVIEW if flagged else Route.AUDIT
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


def _chance(item: Item, score: Score | None, *, flagged: bool, plan: Plan, rates: AuditRates) -> float:
    if score is None:
        return 1.0
    p = score.violation_probability
    if flagged:
        return flagged_chance(p, rates, plan.audit)
    views, duration = item.expected_views, item.duration_s
    extent = size(p, rates, views=views, duration=duration, policies=score.policy_scores)
    return chance(extent, rates, plan.audit)


def _queue(language: str | None, queues: Mapping[str, str]) -> str:
    if language is None:
        return queues["*"]
    # "ko-KR" is served by those who read "ko".
    return queues.get(language) or queues.get(language.split("-")[0].lower()) or queues["*"]
