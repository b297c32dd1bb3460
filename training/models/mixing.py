"""How much each member counts: weights of 0 or more on their log odds, learned from out-of-fold scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from training.models.heads import Floats

_PULL: Final = 2.0
"""How strongly the weights are held to a plain average: as much as about two items say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixing:
    """A weighted sum of the members' log odds.

    Examples
    --------
    >>> Mixing(weights=(0.5, 0.5), intercept=0.0).apply(np.array([[1.0, 3.0]])).tolist()
    [2.0]
    """

    weights: tuple[float, ...]
    intercept: float

    @classmethod
    def fit(cls, logits: Floats, hits: NDArray[np.bool_], weights: Floats) -> Mixing:
        """Learn from out-of-fold log odds, one column a member.

        A weight below 0 would mean that a member is right when it says the opposite; what looks like
        that is chance, and the member is left out.
        """
        count = logits.shape[1]
        target = hits.astype(np.float64)

        def loss(parameters: Floats) -> tuple[float, Floats]:
            own, intercept = parameters[:-1], parameters[-1]
            total = logits @ own + intercept
            miss = weights * (expit(total) - target)
            away = own - 1 / count
            value = float(weights @ (np.logaddexp(0, total) - target * total) + _PULL / 2 * away @ away)
            return value, np.append(logits.T @ miss + _PULL * away, miss.sum())

        start = np.append(np.full(count, 1 / count), 0.0)
        bounds = [(0.0, None)] * count + [(None, None)]
        found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, tol=1e-10).x
        return cls(weights=tuple(map(float, found[:-1])), intercept=float(found[-1]))

    def apply(self, logits: Floats) -> Floats:
        """Return the log odds of the mixture."""
        return np.asarray(logits @ np.array(self.weights) + self.intercept, dtype=np.float64)

    def alone(self, logits: Floats) -> Floats:
        """Return what the mixture would say if all members said the same as each one."""
        return np.asarray(logits * sum(self.weights) + self.intercept, dtype=np.float64)

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Mixing:
        """Return the mixture that was stored."""
        return cls(weights=tuple(stored["weights"]), intercept=stored["intercept"])
