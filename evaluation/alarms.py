"""
An alarm that rings when recall has fallen, and rarely without reason, however often somebody looks.

References
----------
Shin, Ramdas and Rinaldo (2022), *E-detectors*, arXiv 2203.03532.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from evaluation.intervals import Floats
from evaluation.sequences import checked_items

BETS: Final[Floats] = np.geomspace(0.001, 0.5, 10)
"""The bets of `recall_alarm`, as shares of the largest that is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """The evidence, day by day, that recall has fallen below a limit at some time."""

    day: Floats
    evidence: Floats
    """Its logarithm; that of ``patience_days`` raises the alarm."""
    patience_days: float

    @property
    def raised_on(self) -> float | None:
        """The first day with enough evidence; None without one. Start again after it."""
        enough = np.flatnonzero(self.evidence >= math.log(self.patience_days))
        return float(self.day[enough[0]]) if enough.size else None


def recall_alarm(
    *,
    pi: ArrayLike,
    violation: ArrayLike,
    full_review: ArrayLike,
    day: ArrayLike,
    limit: float,
    patience_days: float,
) -> Alarm:
    r"""Watch for recall falling below a limit: a false alarm takes ``patience_days`` on average, or more.

    This is about the process, not about a total: recall holds as long as every coming item, whatever
    came before it, is at most ``r = (1 - limit) / limit`` times as likely to be missed as to be found.
    Then, for a bet ``b`` below ``1 / r``, the factors ``1 + b / pi_i`` for a missed violation that was
    drawn and ``1 - b r`` for a found one multiply to 1 at most, on average. A product is started every
    morning and all are added up (Shiryaev and Roberts): an e-detector. A day without items does not count.

    Parameters
    ----------
    pi, violation, day : array_like
        As for `evaluation.sequences.total_sequence`, but of all items.
    full_review : array_like
        Which items went to full review. Their chance must be 1.
    limit : float
        The recall to be kept, inside (0, 1).
    """
    pi, violation, day = checked_items(pi, violation, day)
    full = np.asarray(full_review, dtype=bool)
    if full.shape != pi.shape or (pi[full] < 1).any():
        raise ValueError("full_review must hold one truth for each item, and pi must be 1 where it is true.")
    if not 0 < limit < 1:
        raise ValueError(f"limit must be between 0 and 1, for example 0.9; got {limit!r}.")
    if not patience_days > 1:
        raise ValueError(f"patience_days must be above 1; got {patience_days!r}.")
    days, place = np.unique(day, return_inverse=True)
    missed, bets = np.flatnonzero((violation == 1) & ~full), BETS * limit / (1 - limit)
    steps = np.outer(np.bincount(place[(violation == 1) & full], minlength=days.size), np.log1p(-BETS))
    np.add.at(steps, place[missed], np.log1p(np.outer(1 / pi[missed], bets)))
    evidence, running = np.empty(days.size), np.full(bets.size, -np.inf)
    for number, step in enumerate(steps):
        running = np.logaddexp(running, 0.0) + step
        evidence[number] = special.logsumexp(running) - math.log(bets.size)
    return Alarm(day=days, evidence=evidence, patience_days=patience_days)
