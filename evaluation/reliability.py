"""Whether probabilities mean what they say: items by score, what is expected and what review says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from evaluation.intervals import Interval, wilson
from evaluation.metrics import checked

BINS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Items of about the same probability."""

    expected: float
    """The mean of their probabilities."""
    observed: float
    """The share of violations among them."""
    interval: Interval
    """Of that share, with as many items as equally weighted ones would tell as much."""
    reviewed: int


def reliability(
    y: ArrayLike, p: ArrayLike, weights: ArrayLike | None = None, *, level: float = 0.95
) -> list[Bin]:
    """Return reviewed items in parts of about equal weight, by rising probability.

    Parameters
    ----------
    y : array_like
        1 for a violation, 0 for none.
    p : array_like
        Probabilities. The model must not have learned from these items.
    weights : array_like, optional
        Inverse inclusion probabilities; 1 where not given.
    level : float
        Confidence of each interval, two-sided, each by itself.

    Examples
    --------
    >>> [(round(one.expected, 2), one.observed) for one in reliability([0, 0, 1, 1], [0.1, 0.1, 0.9, 0.9])]
    [(0.1, 0.0), (0.9, 1.0)]
    """
    y, p, weights = checked(y, p, weights)
    if not y.size:
        return []
    order = np.argsort(p, kind="stable")
    y, p, weights = y[order], p[order], weights[order]
    below = np.append(0.0, np.cumsum(weights))[:-1]
    part = np.minimum((below / weights.sum() * BINS).astype(np.intp), BINS - 1)
    # Items of one probability stay together.
    part = part[np.searchsorted(p, p, side="left")]
    return [
        _bin(y[part == one], p[part == one], weights[part == one], level=level) for one in np.unique(part)
    ]


def _bin(
    y: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    p: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    weights: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    *,
    level: float,
) -> Bin:
    total = float(weights.sum())
    observed = float(weights @ y) / total
    effective = total**2 / float(weights @ weights)
    return Bin(
        expected=float(weights @ p) / total,
        observed=observed,
        interval=wilson(min(observed * effective, effective), effective, level=level),
        reviewed=int(y.size),
    )
