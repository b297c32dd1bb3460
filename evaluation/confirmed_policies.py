"""
The estimates of one policy at a time when reviewers err: a second look decides which policies are violated.

As in `evaluation.policies`, recall is that of the process and ``threshold_recall`` that of the policy's own
threshold; as in `evaluation.second_looks`, all numbers are about the violations that the second look says or
would say. A policy that only second looks name was overlooked by every first one, and is estimated too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.records import ANY
from evaluation.estimators import Estimate
from evaluation.policies import POLICY, THRESHOLD_RECALL
from evaluation.second_looks import estimate_confirmed
from evaluation.totals import Grade


def checked(sample: pd.DataFrame) -> pd.DataFrame | None:
    """Return the table that `estimate_confirmed` reads; None where no second look was ever drawn.

    Verdicts for which nobody drew a second look, such as those from before, count as certain.
    """
    if "second_pi" not in sample.columns or not (drawn := sample["second_pi"].notna()).any():
        return None
    settled = sample["violation"]
    return sample.assign(
        violation=sample["first"].where(drawn, settled),
        second=sample["second"].where(sample["second_called"]).where(drawn, settled),
        second_pi=sample["second_pi"].where(drawn, settled.where(settled.isna(), 1.0)),
        second_called=sample["second_called"].where(drawn, settled.notna()),
    )


def estimate_confirmed_policies(
    sample: pd.DataFrame, *, level: float = 0.95, grade: Grade = "report"
) -> list[Estimate]:
    """Return the estimates of every policy that was named or has a threshold, in alphabetical order.

    Parameters
    ----------
    sample : DataFrame
        The sample table with second looks (`checked` makes one of it), and lists in ``policies``,
        ``flagged_policies``, ``first_policies`` and ``second_policies``: what the settled label, the
        thresholds, the first look and the second one name.
    level : float
        Confidence of each interval, two-sided. The policies of one report do not share it.
    grade : {"report", "guarantee"}
        See `evaluation.estimators.estimate`.
    """
    columns = ("policies", "first_policies", "second_policies", "flagged_policies")
    named = {policy for column in columns for names in sample[column] for policy in names}
    estimates: list[Estimate] = []
    for policy in sorted(named - {ANY}):
        rows = checked(_about(sample, policy))
        if rows is None:
            raise ValueError("sample must have second looks; without any, use evaluation.policies.")
        flagged = _naming(sample["flagged_policies"], policy)
        own = rows.drop(columns="degraded", errors="ignore").assign(flagged=flagged)
        threshold = (
            estimate_confirmed(own, level=level, grade=grade, of_thresholds=True) if flagged.any() else None
        )
        estimates += _joined(estimate_confirmed(rows, level=level, grade=grade), threshold, policy=policy)
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


def _about(sample: pd.DataFrame, policy: str) -> pd.DataFrame:
    # The same looks, asked about one policy only.
    def asked(verdict: str, policies: str) -> pd.Series[float]:
        said = sample[verdict]
        violates = (said == 1) & _naming(sample[policies], policy)
        return violates.astype(np.float64).where(said.notna())

    return sample.assign(
        violation=asked("violation", "policies"),
        first=asked("first", "first_policies"),
        second=asked("second", "second_policies"),
    )


def _naming(column: pd.Series[list[str]], policy: str) -> NDArray[np.bool_]:
    return np.fromiter((policy in names for names in column), dtype=bool, count=len(column))
