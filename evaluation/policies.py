"""
The same estimates for one policy at a time.

An item that violates a policy is caught by the *process* if anything sent it to full review: the threshold
of this policy, that of another, or that it could not be scored. It is caught by the *threshold* only if it
was flagged for this policy. Both are recall, and they differ wherever policies overlap; a report that gives
one for the other is wrong. ``recall`` is that of the process, ``threshold_recall`` and ``precision`` are
those of the policy's own threshold, where the plan has one.

Violations whose policies nobody named count for no policy. What an unseen violation would weigh is expected
from the probability of any violation, spread over the items as that is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from data.records import ANY
from evaluation.estimators import Estimate, conclude, parts_of
from evaluation.intervals import Floats
from evaluation.sample import Rows, read_sample
from evaluation.totals import Grade, Undrawn

POLICY: Final = "policy"
"""What slices of one policy are sliced by."""

THRESHOLD_RECALL: Final = "threshold_recall"


def estimate_policies(
    sample: pd.DataFrame, *, level: float = 0.95, grade: Grade = "report"
) -> list[Estimate]:
    """Return the estimates of every policy that was found or has a threshold, in alphabetical order.

    Parameters
    ----------
    sample : DataFrame
        The sample table, see `evaluation.sample`, with the columns ``policies`` (those that the settled
        label names) and ``flagged_policies`` (those whose threshold the score reached; `data.records.ANY`
        among them is no policy), both lists.
    level : float
        Confidence of each interval, two-sided. The policies of one report do not share it.
    grade : {"report", "guarantee"}
        See `evaluation.estimators.estimate`.
    """
    few, others = _apart(sample)
    found, reached = _members(few["policies"]), _members(few["flagged_policies"])
    settled = few["violation"].notna()
    estimates: list[Estimate] = []
    for policy in sorted(found.keys() | (reached.keys() - {ANY})):
        violates = np.zeros(len(few))
        violates[found.get(policy, [])] = 1.0
        labelled = few.assign(violation=np.where(settled, violates * (few["violation"] == 1), np.nan))
        threshold = None
        if policy in reached:
            flagged = np.zeros(len(few), dtype=bool)
            flagged[reached[policy]] = True
            rows = read_sample(labelled.drop(columns="degraded", errors="ignore").assign(flagged=flagged))
            # The threshold flagged them, whether people got to see them or not.
            rows = replace(rows, lost=np.zeros_like(rows.lost))
            threshold = others.conclude(rows, level=level, grade=grade)
        process = others.conclude(read_sample(labelled), level=level, grade=grade)
        estimates += _joined(process, threshold, policy=policy)
    return estimates


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sums:
    # Sums over items with pi, score p and value v, of those with a score and of those without (p = 1 then).
    items: Floats
    mass: Floats
    likely: Floats
    """Of p v."""
    square: Floats
    """Of p v²."""
    excess: Floats
    """Of p v² (1 - pi) / pi."""
    largest: float
    """The largest v / pi."""
    scores: float

    @classmethod
    def of(cls, pi: Floats, score: Floats, value: Floats) -> _Sums:
        scored = ~np.isnan(score)
        p = np.where(scored, score, 1.0)
        square = p * value**2

        def apart(amounts: Floats) -> Floats:
            return np.array([amounts[scored].sum(), amounts[~scored].sum()])

        return cls(
            items=apart(np.ones_like(pi)),
            mass=apart(value),
            likely=apart(p * value),
            square=apart(square),
            excess=apart(square * (1 - pi) / pi),
            largest=float((value / pi).max(initial=0.0)),
            scores=float(p[scored].sum()),
        )

    def undrawn(self, share: float) -> Undrawn:
        # With a chance of c = share pi, (1 - c) / c is (1 - pi) / pi + 1 - share, divided by the share.
        excess = (self.excess + (1 - share) * self.square) / share
        return Undrawn(
            items=self.items.sum(keepdims=True),
            mass=self.mass.sum(keepdims=True),
            largest=np.array([self.largest / share]),
            likely=self.likely[:1],
            excess=excess[:1],
            unscored=self.likely[1:],
            unscored_excess=excess[1:],
            scores=self.scores,
            scored=float(self.items[0]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Others:
    # The items that were neither drawn nor flagged: alike for all policies, and most of a large table.
    all: _Sums
    viewed: _Sums

    def conclude(self, rows: Rows, *, level: float, grade: Grade) -> list[Estimate]:
        share = _settled_share(rows)
        undrawn = {"missed": self.all.undrawn(share), "missed_views": self.viewed.undrawn(share)}
        return conclude(rows, parts_of(rows, undrawn), level=level, grade=grade)


def _apart(sample: pd.DataFrame) -> tuple[pd.DataFrame, _Others]:
    """Return the rows that some policy may look at in its own way, and the others."""
    rows = read_sample(sample)
    alone = ~rows.drawn & ~rows.full_review & (rows.identity < 0)
    seen = alone & ~np.isnan(rows.views)
    others = _Others(
        all=_Sums.of(rows.pi[alone], rows.score[alone], np.ones(int(alone.sum()))),
        viewed=_Sums.of(rows.pi[seen], rows.score[seen], rows.views[seen]),
    )
    return sample[~alone].reset_index(drop=True), others


def _settled_share(rows: Rows) -> float:
    # By which the chances of the items that are no rows are multiplied, as `read_sample` does for rows.
    like = np.flatnonzero(~rows.full_review & (rows.violation != 1))
    return float(rows.chance[like[0]] / rows.pi[like[0]]) if like.size else 1.0


def _joined(
    process: Sequence[Estimate], threshold: Sequence[Estimate] | None, *, policy: str
) -> Iterator[Estimate]:
    own = {one.name: one for one in threshold or ()}
    for one in process:
        if one.name == "precision":
            # Of all flagged items the share that violates this policy says nothing about its threshold.
            if own:
                yield replace(own["precision"], slice={POLICY: policy})
                yield replace(own["recall"], name=THRESHOLD_RECALL, slice={POLICY: policy})
        else:
            yield replace(one, slice={POLICY: policy})


def _members(column: pd.Series[list[str]]) -> dict[str, list[int]]:
    members: dict[str, list[int]] = {}
    for place, names in enumerate(column):
        for name in names:
            members.setdefault(name, []).append(place)
    return members
