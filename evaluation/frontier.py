"""
What any plan would cost and catch, at once: `evaluation.planner.outlook` for sliders.

A `Frontier` is prepared from a recent sample. For any thresholds, audit budget and floor it answers what
`outlook` would answer, from running sums over the sorted scores. A test compares the two.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import special

from data.records import ANY, AuditDesign, Plan
from evaluation.budgets import (
    Budget,
    check_days,
    effective_hits_needed,
    planning_recall,
    recall_half_width,
)
from evaluation.estimators import Estimate
from evaluation.intervals import Floats, Interval, check_level, share_bounds
from evaluation.ordered import Counts, Ordered, Places, Shared, Sums
from evaluation.parting import Cut, part
from evaluation.planner import METHOD, Outlook
from evaluation.sample import read_sample
from evaluation.spending import Auditable, Spending, Spent


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """The probabilities of one policy, sorted."""

    least: Floats
    """Of the scored items, rising."""
    place: Places
    """Where each of these items stands in the order of the scores."""
    others: Floats
    """Of items that go to full review because they could not be scored."""

    def reached(self, threshold: float) -> int:
        """Return how many items reach a threshold."""
        return self.least.size - self.first(threshold) + int(np.count_nonzero(self.others >= threshold))

    def first(self, threshold: float) -> int:
        """Return the first of the scored items that does."""
        return int(np.searchsorted(self.least, threshold, side="left"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Frontier:
    """A sample prepared for any plan; made by `prepare`."""

    days: float
    scored: Ordered
    """By rising score."""
    unscored: Ordered
    """Always in full review."""
    shared: Shared
    auditable: Auditable
    rank: Places
    """Where each row of the sample stands in the order of the scores; without a score: behind the last."""
    columns: Mapping[str, Column]

    @property
    def items(self) -> int:
        """How many items plans are judged by."""
        return self.rank.size

    def with_policy(self, name: str, probabilities: Floats) -> Frontier:
        """Return the same with the probabilities of a policy, one a row of the sample; NaN: none."""
        if probabilities.shape != self.rank.shape:
            raise ValueError(f"probabilities must be one an item; got shape {probabilities.shape}.")
        known, scored = ~np.isnan(probabilities), self.rank < self.scored.p.size
        values, place = probabilities[known & scored], self.rank[known & scored]
        order = np.argsort(values, kind="stable")
        column = Column(least=values[order], place=place[order], others=probabilities[known & ~scored])
        return replace(self, columns={**self.columns, name: column})

    def outlook(self, plan: Plan, *, level: float = 0.95) -> Outlook:
        """Return what `evaluation.planner.outlook` would. `KeyError` where a policy has no column."""
        check_level(level)
        cut = self.cut(plan.thresholds)
        parts = part(self.scored, self.unscored, self.shared, cut, plan=plan, days=self.days)
        spent = self.spending(cut).by(plan.audit, days=self.days)
        good, bad = parts.good, parts.bad
        recall = _share(
            "recall", good, bad, known=parts.full.known and parts.below.known, about=parts.all, level=level
        )
        return Outlook(
            items=self.items,
            days=self.days,
            items_per_day=self.items / self.days,
            flagged_per_day=parts.full.items / self.days,
            full_reviews_per_day=parts.seen / self.days,
            flagged_share=parts.full.items / self.items if self.items else 0.0,
            reached_per_day={
                name: self.columns[name].reached(least) / self.days for name, least in plan.thresholds.items()
            },
            audits_per_day=spent.audits / self.days,
            smallest_chance=spent.smallest,
            hours_per_day=(parts.seen + spent.audits) / self.days * plan.review_minutes / 60,
            recall=recall,
            precision=_share(
                "precision", *parts.flagged_sides, known=parts.flagged.known, about=parts.flagged, level=level
            ),
            missed_per_day=_missed(bad, parts.below, days=self.days, level=level),
            buys=None if recall.value is None else _budget(spent, recall.interval, days=self.days),
        )

    def cut(self, thresholds: Mapping[str, float]) -> Cut:
        """Return which of the scored items some thresholds flag."""
        place = self.scored.p.size
        if ANY in thresholds:
            place = self.columns[ANY].first(thresholds[ANY])
        besides = np.zeros(place, dtype=bool)
        for name, least in thresholds.items():
            if name != ANY:
                reached = self.columns[name].place[self.columns[name].first(least) :]
                besides[reached[reached < place]] = True
        return Cut(place=place, besides=besides, places=np.flatnonzero(besides))

    def spending(self, cut: Cut) -> Spending:
        """Return what audits can be spent on: the items that are not flagged."""
        return self.auditable.below(cut.place, without=cut.places)

    def audits_needed(self, plan: Plan, *, half_width: float, recall: float, level: float = 0.95) -> float:
        """Return how many audits a day give recall a half-width; see `evaluation.budgets.audits_needed`."""
        wanted = effective_hits_needed(recall, half_width=half_width, level=level)
        spending = self.spending(self.cut(plan.thresholds))
        few, many = 0.0, spending.items / self.days
        if not many or wanted == 0:
            return 0.0
        while many - few > 1e-6 * many:
            middle = (few + many) / 2
            audit = AuditDesign(daily_budget=middle, floor_share=plan.audit.floor_share)
            enough = spending.by(audit, days=self.days).effective_hits >= wanted
            few, many = (few, middle) if enough else (middle, many)
        return many


def prepare(sample: pd.DataFrame, *, days: float) -> Frontier:
    """Return a sample prepared for plans with a threshold for `ANY`; see `Frontier.with_policy`.

    Parameters
    ----------
    sample : DataFrame
        The sample table of the recent window, with ``score``; see `evaluation.sample`.
    days : float
        How many days the items took to come in.
    """
    check_days(days)
    rows = read_sample(sample)
    known = ~np.isnan(rows.score)
    unscored = rows.degraded | ~known
    p = np.where(known, rows.score, rows.score[known].mean() if known.any() else 1.0)
    at = np.flatnonzero(~unscored)
    at = at[np.argsort(rows.score[at], kind="stable")]
    rank = np.full(unscored.size, at.size, dtype=np.intp)
    rank[at] = np.arange(at.size)
    others = np.flatnonzero(unscored)
    made = Frontier(
        days=days,
        scored=Ordered(rows, at, p[at]),
        unscored=Ordered(rows, others, p[others]),
        shared=Shared(rows, rank, p),
        auditable=Auditable(p[at], rows.views[at]),
        rank=rank,
        columns={},
    )
    return made.with_policy(ANY, rows.score)


def _share(name: str, good: Sums, bad: Sums, *, known: bool, about: Counts, level: float) -> Estimate:
    sides = good.side(), bad.side()
    ends = [side.ends(level=level) for side in sides]
    lower, upper = share_bounds(sides[0].total, ends[0], sides[1].total, ends[1])
    total = good.total + bad.total
    known = known and total > 0
    # MOVER-R knows nothing without anything good: the share may be 0, and at most what unseen good allows.
    least, most = (float(lower[0]), float(upper[0])) if good.total > 0 else (0.0, 1.0)
    value = good.total / total if known else None
    interval = Interval(least, most, level) if known else Interval(0.0, 1.0, level)
    return _estimate(name, value, interval, about, hits=bad)


def _missed(bad: Sums, below: Counts, *, days: float, level: float) -> Estimate:
    most = float(below.items)
    lower, upper = bad.side().ends(level=level)
    ends = (float(lower[0]), min(float(upper[0]), most)) if below.known else (0.0, most)
    value = min(bad.total, most) / days if below.known else None
    interval = Interval(min(ends) / days, ends[1] / days, level)
    return _estimate("missed_per_day", value, interval, below, hits=bad)


def _estimate(name: str, value: float | None, interval: Interval, about: Counts, *, hits: Sums) -> Estimate:
    return Estimate(
        name=name,
        value=value,
        interval=interval,
        reviewed=about.reviewed,
        outstanding=about.drawn - about.reviewed,
        hits=about.hits,
        effective_hits=float(hits.side().effective_hits[0]),
        method="undefined" if value is None else METHOD,
        se=None,
    )


def _budget(spent: Spent, likely: Interval, *, days: float) -> Budget:
    z = float(special.ndtri((1 + likely.level) / 2))
    return Budget(
        audits_per_day=spent.audits / days,
        effective_hits=spent.effective_hits,
        relative_error=z / math.sqrt(spent.effective_hits) if spent.effective_hits > 0 else math.inf,
        half_width=recall_half_width(planning_recall(likely), spent.effective_hits, level=likely.level),
    )
