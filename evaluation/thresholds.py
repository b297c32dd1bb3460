"""
Thresholds that carry a guarantee, from a sample whose chances differ.

"Recall of 0.95 or more" is a claim that can be tested at every threshold. Thresholds are tried in a fixed
order, each at the full level, until one cannot be proved; the last proved one is *certified*. Labels have
no say in the order, so trying many costs nothing: an error needs the first threshold that misses the goal
to be proved. For recall the order goes from reviewing everything, which needs no proof, to reviewing ever
less; for precision from the highest threshold down. The first test is where scores and chances alone
expect the proof to be easiest: far out too few hits could be seen to prove anything.

The claim is about items like those of the window. Drift voids it. Items that could not be scored go to
full review at every threshold. `evaluation.proofs` has the two proofs:

=========  ===============================================================================================
``gamma``  Gamma bounds and MOVER-R. Sharp with few hits; leans on the scores for what an unseen hit weighs.
``exact``  Bets. Holds for any scores and any number of audits, and needs several times as many.
=========  ===============================================================================================

References
----------
Angelopoulos, Bates, Candes, Jordan and Lei (2021), *Learn then test*: fixed-sequence testing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from evaluation.candidates import Share, candidates
from evaluation.proofs import lower_bound
from evaluation.sample import Rows, read_sample

Proof = Literal["gamma", "exact"]
"""How a threshold is proved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A threshold that reaches a goal with the stated confidence, or what it would take."""

    statistic: Share
    target: float
    confidence: float
    proof: Proof
    audits: int
    """Settled items that were below the thresholds in force."""
    threshold: float | None = None
    """Items at or above it go to full review; None: refused."""
    share: float | None = None
    """The share of all items that it sends to full review."""
    value: float | None = None
    """Estimate of the statistic at the threshold."""
    lower: float | None = None
    """Lower confidence bound of the statistic there, one-sided."""
    recall: float | None = None
    """Estimate of recall there, whatever the goal; None where no violation was found."""
    effective_hits: float | None = None
    """Equally weighted hits that would tell as much about what is bad there: missed, or falsely flagged."""
    windows_needed: float | None = None
    """Refused: how many windows like this would prove some threshold, as likely as not; None: none would."""

    @property
    def refused(self) -> bool:
        """Whether no threshold could be proved."""
        return self.threshold is None

    @property
    def audits_needed(self) -> int | None:
        """How many audits, drawn with the chances of this window, that would be."""
        return None if self.windows_needed is None else math.ceil(self.audits * self.windows_needed)

    @property
    def reason(self) -> str:
        """Why it is refused and what would help; empty where it is not."""
        if not self.refused:
            return ""
        goal = f"{self.statistic} >= {self.target:g} cannot be proved with confidence {self.confidence:g}"
        if self.windows_needed is None:
            return f"{goal}. The scores expect no threshold to reach it. Lower the goal."
        times = "another window like this one" if self.windows_needed <= 1 else "more audits"
        return (
            f"{goal}. {self.audits:,} audits are settled; about {self.audits_needed:,} would be needed to "
            f"prove it as likely as not, so {times} may do."
        )


def certify(
    sample: pd.DataFrame,
    *,
    statistic: Share,
    target: float,
    confidence: float = 0.9,
    proof: Proof = "gamma",
) -> Certificate:
    """Return the last threshold that is proved: the least work for recall, the most found for precision.

    Parameters
    ----------
    sample : DataFrame
        The sample table, with ``score``; see `evaluation.sample`.
    statistic : {"recall", "precision"}
        What must be large enough. Precision is that of the scored items at or above the threshold.
    target : float
        How large, in (0, 1).
    confidence : float
        In (0.5, 1): of windows like this one, no more than the rest certify a threshold that misses.
    proof : {"gamma", "exact"}
        See the module.

    Examples
    --------
    >>> sample = pd.DataFrame({"id": range(400), "pi": 1.0, "flagged": True})
    >>> sample["score"] = np.arange(400) / 400
    >>> sample["violation"] = (sample["score"] >= 0.5).astype(float)
    >>> found = certify(sample, statistic="recall", target=0.9)
    >>> found.threshold, round(found.share, 3), round(found.lower, 3)
    (0.535, 0.465, 0.901)
    """
    for name, value, least in (("target", target, 0.0), ("confidence", confidence, 0.5)):
        if not least < value < 1:
            raise ValueError(f"{name} must be between {least:g} and 1, ends excluded; got {value!r}.")
    if statistic not in get_args(Share):
        raise ValueError(f"statistic must be recall or precision; got {statistic!r}.")
    if proof not in get_args(Proof):
        raise ValueError(f"proof must be gamma or exact; got {proof!r}.")
    rows, enough = read_sample(sample), -math.log(1 - confidence)
    path = candidates(rows, statistic)
    lower = lower_bound(*path.seen, confidence=confidence)
    proved = lower >= target if proof == "gamma" else path.log_evidence(target) >= enough
    first = path.easiest(confidence=confidence)
    failed = np.flatnonzero(~proved[first:])
    last = first + int(failed[0] if failed.size else proved.size - first) - 1
    audits = int((~np.isnan(rows.violation) & ~rows.full_review).sum())
    if last < first:
        needed = path.windows_by_bets if proof == "exact" else path.windows_by_bounds
        return Certificate(
            statistic=statistic,
            target=target,
            confidence=confidence,
            proof=proof,
            audits=audits,
            windows_needed=needed(target, confidence=confidence),
        )
    good, bad = (float(side.total[last]) for side in path.seen)
    threshold = float(path.threshold[last])
    return Certificate(
        statistic=statistic,
        target=target,
        confidence=confidence,
        proof=proof,
        audits=audits,
        threshold=threshold,
        share=float(path.share[last]),
        value=good / (good + bad),
        lower=float(lower[last]) if proof == "gamma" else path.lower_by_bets(last, target, enough),
        recall=_recall(rows, threshold),
        effective_hits=float(path.seen[1].effective_hits[last]),
    )


def _recall(rows: Rows, threshold: float) -> float | None:
    weight = np.where(rows.violation == 1, 1 / rows.chance, 0.0)
    missed = (rows.score < threshold) & ~rows.degraded
    return float(1 - weight[missed].sum() / weight.sum()) if weight.any() else None
