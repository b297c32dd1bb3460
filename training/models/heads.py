"""
Logistic regressions over one table of features: one for "violates any policy", one for each policy.

A policy's regression is learned among the violations only and answers "given that this violates
something, does it violate this one?". There are far too few violations of a single policy to tell them
from everything else; what is common to violations is learned once, from all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from training.models.files import Tensors
from training.soft import split

Floats = NDArray[np.float64]
Features = csr_array | NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """What is learned: violations, the policies they broke, and what each item weighs."""

    violation: NDArray[np.bool_]
    broken: NDArray[np.bool_]
    weights: Floats
    probability: Floats | None = None
    """Of a violation, where labels are soft; None: as ``violation`` says."""

    def take(self, places: NDArray[np.intp]) -> Targets:
        """Return the targets at these places."""
        return Targets(
            violation=self.violation[places],
            broken=self.broken[places],
            weights=self.weights[places],
            probability=None if self.probability is None else self.probability[places],
        )

    def certain(self) -> tuple[NDArray[np.intp], NDArray[np.bool_], Floats]:
        """Return places, violations and weights of items of which none is in doubt; see `training.soft`."""
        chance = self.violation.astype(np.float64) if self.probability is None else self.probability
        return split(chance, self.weights)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heads:
    """Linear functions of the features; the first is "violates any policy"."""

    coefficients: NDArray[np.float32]
    intercepts: Floats

    @classmethod
    def fit(cls, features: Features, targets: Targets, *, strength: float, seed: int) -> Heads:
        """Learn one function a target.

        Parameters
        ----------
        strength
            Inverse of the ridge penalty; larger trusts the items more.
        """
        violating = np.flatnonzero(targets.violation)
        among = features[violating]
        places, violation, weights = targets.certain()
        every = features if len(places) == features.shape[0] else features[places]
        fitted = [
            _fit(every, violation, weights, strength=strength, seed=seed),
            *(
                _fit(among, column[violating], targets.weights[violating], strength=strength, seed=seed)
                for column in targets.broken.T
            ),
        ]
        return cls(
            coefficients=np.stack([coefficients for coefficients, _ in fitted]),
            intercepts=np.array([intercept for _, intercept in fitted]),
        )

    def logits(self, features: Features) -> Floats:
        """Return log odds, one row an item and one column a target."""
        # In double precision: an item's number must not depend on how many items are scored with it.
        return (
            np.asarray(features.astype(np.float64) @ self.coefficients.T.astype(np.float64)) + self.intercepts
        )

    def on_raw(self, *, centre: NDArray[np.float32], spread: NDArray[np.float32]) -> Heads:
        """Return the same functions of features that were not standardised before."""
        coefficients = self.coefficients.astype(np.float64) / spread
        return Heads(
            coefficients=coefficients.astype(np.float32),
            intercepts=self.intercepts - coefficients.astype(np.float32).astype(np.float64) @ centre,
        )

    def tensors(self) -> Tensors:
        """Return what a bundle stores."""
        return {"coefficients": self.coefficients, "intercepts": self.intercepts}

    @classmethod
    def of(cls, tensors: Mapping[str, NDArray[Any]]) -> Heads:
        """Return the functions that were stored."""
        return cls(coefficients=tensors["coefficients"], intercepts=tensors["intercepts"])


def _fit(
    features: Features, labels: NDArray[np.bool_], weights: Floats, *, strength: float, seed: int
) -> tuple[NDArray[np.float32], float]:
    hits = int(labels.sum())
    if hits < 2 or len(labels) - hits < 2:
        # Nothing to tell apart: the share of hits, shrunk so that it is never 0 or 1.
        odds = (float(weights @ labels) + 0.5) / (float(weights @ ~labels) + 0.5)
        return np.zeros(features.shape[1], dtype=np.float32), float(np.log(odds))
    from sklearn.linear_model import LogisticRegression

    # The dual problem is as large as the items, the primal one as large as the vocabulary.
    sparse = isinstance(features, csr_array)
    model = LogisticRegression(
        C=strength,
        solver="liblinear" if sparse else "lbfgs",
        dual=sparse,
        max_iter=1000,
        tol=1e-3,
        random_state=seed,
    )
    model.fit(features, labels, sample_weight=weights)
    return np.asarray(model.coef_[0], dtype=np.float32), float(model.intercept_[0])
