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
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from data.records import ANY
from evaluation.estimators import Estimate, estimate
from evaluation.totals import Grade

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
    found, reached = _members(sample["policies"]), _members(sample["flagged_policies"])
    settled = sample["violation"].notna()
    estimates: list[Estimate] = []
    for policy in sorted(found.keys() | (reached.keys() - {ANY})):
        violates = np.zeros(len(sample))
        violates[found.get(policy, [])] = 1.0
        labelled = sample.assign(violation=np.where(settled, violates * (sample["violation"] == 1), np.nan))
        flagged = np.zeros(len(sample), dtype=bool)
        flagged[reached.get(policy, [])] = True
        has_threshold = policy in reached
        own = labelled.drop(columns="degraded", errors="ignore").assign(flagged=flagged)
        estimates += _joined(
            estimate(labelled, level=level, grade=grade),
            estimate(own, level=level, grade=grade) if has_threshold else None,
            policy=policy,
        )
    return estimates


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
