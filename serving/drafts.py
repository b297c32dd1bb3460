"""
Plans before they are set: what somebody wants, what it would cost, and shares turned into thresholds.

Nothing here reads or writes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import ArrayLike, NDArray

from data.errors import InvalidPlan, UnknownPolicy
from data.records import ANY, AuditDesign, Plan
from serving.configs import PlanRecipe


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What somebody wants a plan to say."""

    thresholds: Mapping[str, float]
    daily_budget: float
    floor_share: float = 0.5
    queues: Mapping[str, str] = field(default_factory=lambda: {"ko": "ko", "en": "en", "*": "general"})
    review_minutes: float = 1.0
    due_hours: float = 24.0
    daily_full_reviews: float | None = None
    """None or 0: everything that is flagged goes to people."""

    @classmethod
    def of(cls, plan: Plan) -> Draft:
        """Return what a plan says."""
        return cls(
            thresholds=plan.thresholds,
            daily_budget=plan.audit.daily_budget,
            floor_share=plan.audit.floor_share,
            queues=plan.queues,
            review_minutes=plan.review_minutes,
            due_hours=plan.due_hours,
            daily_full_reviews=plan.daily_full_reviews,
        )

    def check(self, policies: Collection[str]) -> None:
        """Refuse thresholds for policies that are not written, and plans that audit nothing."""
        for name in self.thresholds:
            if name != ANY and name not in policies:
                raise UnknownPolicy(
                    f"No policy {name!r} stands in configs/policies.yaml.", field=f"thresholds/{name}"
                )
        for name in ("daily_budget", "floor_share"):
            if not getattr(self, name) > 0:
                raise InvalidPlan(
                    f"{name} must be above 0: what is never audited is never known. Choose a small one.",
                    field=f"audit/{name}",
                )
        for name in ("review_minutes", "due_hours"):
            if not 0 < getattr(self, name) <= 24 * 365:
                raise InvalidPlan(f"{name} must be above 0; got {getattr(self, name)!r}.", field=name)

    def plan(self, *, version: str, author: str, reason: str, now: datetime) -> Plan:
        """Return the plan that says this; `InvalidPlan` where it cannot be one."""
        try:
            return Plan(
                version=version,
                thresholds=dict(self.thresholds),
                audit=AuditDesign(daily_budget=self.daily_budget, floor_share=self.floor_share),
                author=author,
                reason=reason,
                in_force_from=now,
                queues=dict(self.queues),
                review_minutes=self.review_minutes,
                due_hours=self.due_hours,
                daily_full_reviews=self.daily_full_reviews or None,
            )
        except ValueError as wrong:
            name = str(wrong).partition(" ")[0].partition("[")[0]
            raise InvalidPlan(str(wrong), field=name) from wrong


def from_recipe(recipe: PlanRecipe, *, probabilities: ArrayLike, items_per_day: float) -> Draft:
    """Return a plan to start from, with its shares turned into a threshold and a budget."""
    scores = np.asarray(probabilities, dtype=np.float64)
    if not scores.size or not np.isfinite(scores).all():
        raise InvalidPlan("A plan that flags a share of the items needs scores of some. Score items first.")
    if not items_per_day > 0:
        raise ValueError(f"items_per_day must be above 0; got {items_per_day!r}.")
    return Draft(
        thresholds={ANY: threshold(scores, share=recipe.flag_share)},
        daily_budget=recipe.audit.share * items_per_day,
        floor_share=recipe.audit.floor_share,
        queues=recipe.queues,
        review_minutes=recipe.review_minutes,
        due_hours=recipe.due_hours,
    )


def threshold(scores: NDArray[np.float64], *, share: float) -> float:
    """Return the smallest threshold that flags at most this share of the scores.

    Examples
    --------
    >>> threshold(np.array([0.9, 0.5, 0.5, 0.1]), share=0.5)
    0.9
    """
    values, counts = np.unique(scores, return_counts=True)
    flagged = np.cumsum(counts[::-1])[::-1] / scores.size
    few_enough = values[flagged <= share]
    # All alike, or the largest too frequent: just above it nothing is flagged.
    return float(few_enough[0]) if few_enough.size else float(min(1.0, np.nextafter(values[-1], 2.0)))
