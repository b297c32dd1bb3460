"""What planning charts show, as data: where scores lie, and recall at every threshold."""

from __future__ import annotations

from typing import Final

import numpy as np

from evaluation.candidates import Candidates
from evaluation.intervals import Floats, share_bounds

BINS: Final = 50
_POINTS: Final = 120

Rows = list[dict[str, float]]


def score_counts(scores: Floats) -> Rows:
    """Return how many scores lie in each of `BINS` equal parts of [0, 1]; NaN in none."""
    counts, edges = np.histogram(scores[~np.isnan(scores)], bins=BINS, range=(0.0, 1.0))
    return [
        {"start": round(float(start), 4), "end": round(float(end), 4), "items": int(count)}
        for start, end, count in zip(edges[:-1], edges[1:], counts, strict=True)
    ]


def recall_curve(path: Candidates, *, items: int, days: float, level: float = 0.95) -> Rows:
    """Return recall with its interval at thresholds from everything to nothing, as data.

    Parameters
    ----------
    path : Candidates
        Of recall; see `evaluation.candidates.candidates`.
    items, days : int, float
        How many items there were, and how long they took to come in.
    level : float
        Confidence of each interval, two-sided, by itself.
    """
    good, bad = path.seen
    if not path.threshold.size or not (good.total + bad.total).any():
        return []
    some = np.unique(np.linspace(0, path.threshold.size - 1, _POINTS).round().astype(np.intp))
    good, bad = good.at(some), bad.at(some)
    total = good.total + bad.total
    recall = np.divide(good.total, total, out=np.zeros_like(total), where=total > 0)
    lower, upper = share_bounds(good.total, good.ends(level=level), bad.total, bad.ends(level=level))
    found = good.total > 0
    lower, upper = np.where(found, lower, 0.0), np.where(found, upper, 1.0)
    return [
        {
            "threshold": round(float(path.threshold[place]), 5),
            "work": round(float(path.share[place]) * items / days, 2),
            "recall": round(float(recall[row]), 5),
            "lower": round(float(lower[row]), 5),
            "upper": round(float(upper[row]), 5),
        }
        for row, place in enumerate(some)
    ]
