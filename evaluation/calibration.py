"""Whether the scores add up to the violations that the sample finds."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from evaluation.estimators import Estimate
from evaluation.intervals import Interval
from evaluation.sample import Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What the scores of one part of the items add up to, beside what the sample says.

    The interval holds the chance of the sample and that of the violations themselves, so true
    probabilities add up to a number inside it as often as its level says.
    """

    part: str
    """``flagged`` or ``below_thresholds``."""
    expected: float
    estimated: float
    interval: Interval

    @property
    def plausible(self) -> bool:
        """Whether the scores could be true probabilities, on average."""
        return self.expected in self.interval


def calibrate(rows: Rows, *, precision: Estimate, missed: Estimate) -> tuple[Calibration, ...]:
    """Compare expected and estimated violations, flagged and below the thresholds.

    A part of which no item has a score, or of which nothing is known yet, is left out.

    Parameters
    ----------
    rows : Rows
        A sample without slices.
    precision, missed : Estimate
        The estimates from it.
    """
    flagged, below = rows.flagged, ~rows.full_review
    parts = (
        _compare("flagged", rows, flagged, precision, unit=float(flagged.sum())),
        _compare("below_thresholds", rows, below, missed, unit=1.0),
    )
    return tuple(part for part in parts if part is not None)


def _compare(
    part: str, rows: Rows, where: NDArray[np.bool_], found: Estimate, *, unit: float
) -> Calibration | None:
    scores = rows.score[where]
    scored = scores[~np.isnan(scores)]
    if found.value is None or scored.size == 0:
        return None
    # The few without a score count as the mean of those that have one.
    factor = scores.size / scored.size
    estimated, level = found.value * unit, found.interval.level
    own = special.ndtri((1 + level) / 2) * math.sqrt(float(scored @ (1 - scored)) * factor)
    return Calibration(
        part=part,
        expected=float(scored.sum()) * factor,
        estimated=estimated,
        interval=Interval(
            max(0.0, estimated - math.hypot(estimated - found.interval.lower * unit, own)),
            estimated + math.hypot(found.interval.upper * unit - estimated, own),
            level,
        ),
    )
