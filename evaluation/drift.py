"""Whether scores have moved, with a bound that holds for any distribution."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

MATTERS: Final = 0.05
"""A share of items by which a distribution may move without telling anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """How far the distributions of two windows lie apart."""

    distance: float
    """The largest difference of the shares of items below any score (Kolmogorov and Smirnov)."""
    least: float
    """What the distance of the distributions behind the items is at least, with the level's confidence."""
    before: int
    after: int

    @property
    def moved(self) -> bool:
        """Whether more than `MATTERS` of the items have moved, beyond doubt."""
        return self.least > MATTERS


def score_drift(before: ArrayLike, after: ArrayLike, *, level: float = 0.99) -> Drift | None:
    """Return how far the scores of two windows lie apart; None where one of them is empty.

    Parameters
    ----------
    before, after : array_like
        Scores; NaN are left out.
    level : float
        Confidence of the lower bound, from the inequality of Dvoretzky, Kiefer and Wolfowitz with the
        constant of Massart (1990), half of the error to each window.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> score_drift(rng.random(4000), rng.random(4000)).moved
    False
    >>> score_drift(rng.random(4000), rng.random(4000) ** 1.5).moved
    True
    """
    first, second = (np.sort(values[~np.isnan(values)]) for values in map(_numbers, (before, after)))
    if not (first.size and second.size):
        return None
    everything = np.concatenate([first, second])
    shares = [np.searchsorted(one, everything, side="right") / one.size for one in (first, second)]
    distance = float(np.abs(shares[0] - shares[1]).max())
    doubt = sum(math.sqrt(math.log(4 / (1 - level)) / (2 * one.size)) for one in (first, second))
    return Drift(
        distance=distance, least=max(0.0, distance - doubt), before=int(first.size), after=int(second.size)
    )


def _numbers(values: ArrayLike) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.asarray(values, dtype=np.float64)
