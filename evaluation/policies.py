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
from numpy.typing import NDArray

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
class _Others:
    # The items that were neither drawn nor flagged: alike for all policies, and most of a large table.
    pi: Floats
    score: Floats
    views: Floats

    def conclude(self, rows: Rows, *, level: float, grade: Grade) -> list[Estimate]:
        seen = ~np.isnan(self.views)
        share = _settled_share(rows)
        undrawn = {
            "missed": self._undrawn(np.ones_like(seen), np.ones_like(self.pi), share=share),
            "missed_views": self._undrawn(seen, self.views, share=share),
        }
        return conclude(rows, parts_of(rows, undrawn), level=level, grade=grade)

    def _undrawn(self, where: NDArray[np.bool_], values: Floats, *, share: float) -> Undrawn:
        chance, value, p = self.pi[where] * share, values[where], self.score[where]
        scored, excess = ~np.isnan(p), value**2 * (1 - chance) / chance

        def total(amounts: Floats) -> Floats:
            return np.array([amounts.sum()])

        return Undrawn(
            items=np.array([float(value.size)]),
            mass=total(value),
            largest=np.array([(value / chance).max(initial=0.0)]),
            likely=total((p * value)[scored]),
            excess=total((p * excess)[scored]),
            unscored=total(value[~scored]),
            unscored_excess=total(excess[~scored]),
            scores=float(p[scored].sum()),
            scored=float(np.count_nonzero(scored)),
        )


def _apart(sample: pd.DataFrame) -> tuple[pd.DataFrame, _Others]:
    """Return the rows that some policy may look at in its own way, and the others."""
    rows = read_sample(sample)
    alone = ~rows.drawn & ~rows.full_review & (rows.identity < 0)
    others = _Others(pi=rows.pi[alone], score=rows.score[alone], views=rows.views[alone])
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
