"""
Log odds become probabilities that are true on average, for the population and not for the reviewed.

Three forms. A *sigmoid*, where little is known. A *floored* sigmoid, which never falls below some rate:
tired reviewers call a few clean items violations, whatever their score, and a plain sigmoid that has to
make room for those is too flat everywhere else. *Isotonic* steps, where violations are many.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from evaluation.metrics import log_loss
from training.models.heads import Floats

Kind = Literal["auto", "sigmoid", "floored", "isotonic"]

ENOUGH_HITS: Final = 100
"""With fewer violations a step function would learn their chance pattern."""
_SLOPE_KEPT: Final = 0.05
"""Share of the sigmoid in an isotonic fit: it keeps the order of items within a step."""
_EDGE: Final = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """A function from log odds to a probability: a sigmoid, or steps joined by lines.

    Examples
    --------
    >>> float(Calibration(slope=1.0, intercept=0.0).apply(np.array([0.0]))[0])
    0.5
    """

    slope: float
    intercept: float
    floor: float = 0.0
    knots: tuple[float, ...] = ()
    heights: tuple[float, ...] = ()

    @property
    def kind(self) -> str:
        """Return "isotonic", "floored" or "sigmoid"."""
        return "isotonic" if self.knots else "floored" if self.floor else "sigmoid"

    def apply(self, logits: Floats) -> Floats:
        """Return probabilities inside (0, 1) that rise with the log odds."""
        risen = expit(self.slope * logits + self.intercept)
        smooth = np.asarray(self.floor + (1 - self.floor) * risen, dtype=np.float64)
        if not self.knots:
            return smooth
        steps = np.interp(logits, self.knots, self.heights)
        # np.interp gives NaN for NaN; what is not finite must stay so, to be refused later.
        return (1 - _SLOPE_KEPT) * steps + _SLOPE_KEPT * smooth

    def stored(self) -> dict[str, Any]:
        """Return what a bundle stores."""
        return asdict(self)

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Calibration:
        """Return the function that was stored."""
        return cls(
            slope=stored["slope"], intercept=stored["intercept"], floor=stored["floor"],
            knots=tuple(stored["knots"]), heights=tuple(stored["heights"]),
        )  # fmt: skip


def calibrate(
    logits: Floats, hits: NDArray[np.bool_], weights: Floats, *, parts: NDArray[np.intp], kind: Kind
) -> Calibration:
    """Learn from out-of-fold log odds what they mean.

    Parameters
    ----------
    weights
        Inverse chances, in full: the reviewed are not the population.
    parts
        Which part each item belongs to. "auto" takes the form of the smallest log loss on parts that it
        did not see; steps only where there are `ENOUGH_HITS` hits, the simpler form where they tie.
    """
    if kind == "auto":
        forms: list[Kind] = ["sigmoid", "floored"]
        if min(hits.sum(), (~hits).sum()) >= ENOUGH_HITS:
            forms.append("isotonic")
        kind = min(forms, key=lambda form: _loss(logits, hits, weights, parts, form))
    return _fit(logits, hits, weights, kind)


def _fit(logits: Floats, hits: NDArray[np.bool_], weights: Floats, kind: Kind) -> Calibration:
    fitted = _sigmoid(logits, hits, weights)
    if kind == "floored":
        return _floored(logits, hits, weights, fitted)
    return fitted if kind == "sigmoid" else _isotonic(logits, hits, weights, fitted)


def _loss(
    logits: Floats, hits: NDArray[np.bool_], weights: Floats, parts: NDArray[np.intp], kind: Kind
) -> float:
    predicted = np.empty_like(logits)
    for part in np.unique(parts):
        judged = parts == part
        fitted = _fit(logits[~judged], hits[~judged], weights[~judged], kind)
        predicted[judged] = fitted.apply(logits[judged])
    loss = log_loss(hits.astype(np.float64), predicted, weights)
    return np.inf if loss is None else loss


def _sigmoid(logits: Floats, hits: NDArray[np.bool_], weights: Floats) -> Calibration:
    target = _softened(hits)
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1e4, max_iter=1000, tol=1e-8)
    model.fit(
        np.concatenate([logits, logits])[:, None],
        np.repeat([True, False], logits.size),
        sample_weight=np.concatenate([weights * target, weights * (1 - target)]) / weights.mean(),
    )
    slope = float(model.coef_[0, 0])
    if slope <= 0:
        # Log odds that point the wrong way say nothing: everybody gets the average.
        share = float(weights @ target / weights.sum())
        return Calibration(slope=0.0, intercept=float(np.log(share / (1 - share))))
    return Calibration(slope=slope, intercept=float(model.intercept_[0]))


def _floored(logits: Floats, hits: NDArray[np.bool_], weights: Floats, plain: Calibration) -> Calibration:
    target, scale = _softened(hits), weights / weights.sum()

    def loss(parameters: Floats) -> tuple[float, Floats]:
        slope, intercept, floor = parameters
        risen = expit(slope * logits + intercept)
        said = np.clip(floor + (1 - floor) * risen, _EDGE, 1 - _EDGE)
        value = -float(scale @ (target * np.log(said) + (1 - target) * np.log1p(-said)))
        miss = scale * (said - target) / (said * (1 - said))
        along = miss * (1 - floor) * risen * (1 - risen)
        return value, np.array([along @ logits, along.sum(), miss @ (1 - risen)])

    most = float(scale @ target)
    found = minimize(
        loss,
        np.array([plain.slope, plain.intercept, most / 10]),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0.0, None), (None, None), (0.0, most)],
        tol=1e-12,
    ).x
    return Calibration(slope=float(found[0]), intercept=float(found[1]), floor=float(found[2]))


def _softened(hits: NDArray[np.bool_]) -> Floats:
    # Platt: targets a little inside (0, 1), as if one more item of each kind had been seen.
    positive, negative = int(hits.sum()), int((~hits).sum())
    return np.where(hits, (positive + 1) / (positive + 2), 1 / (negative + 2))


def _isotonic(logits: Floats, hits: NDArray[np.bool_], weights: Floats, smooth: Calibration) -> Calibration:
    from sklearn.isotonic import IsotonicRegression

    steps = IsotonicRegression(out_of_bounds="clip")
    steps.fit(logits, hits.astype(np.float64), sample_weight=weights)
    return Calibration(
        slope=smooth.slope,
        intercept=smooth.intercept,
        knots=tuple(map(float, steps.X_thresholds_)),
        heights=tuple(map(float, steps.y_thresholds_)),
    )
