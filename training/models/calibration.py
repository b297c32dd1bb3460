"""Log odds become probabilities that are true on average, for the population and not for the reviewed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from evaluation.metrics import log_loss
from training.models.heads import Floats

Kind = Literal["auto", "sigmoid", "isotonic"]

ENOUGH_HITS: Final = 100
"""With fewer violations a step function would learn their chance pattern."""
_SLOPE_KEPT: Final = 0.05
"""Share of the sigmoid in an isotonic fit: it keeps the order of items within a step."""


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
    knots: tuple[float, ...] = ()
    heights: tuple[float, ...] = ()

    @property
    def kind(self) -> str:
        """Return "isotonic" or "sigmoid"."""
        return "isotonic" if self.knots else "sigmoid"

    def apply(self, logits: Floats) -> Floats:
        """Return probabilities inside (0, 1) that rise with the log odds."""
        smooth = np.asarray(expit(self.slope * logits + self.intercept), dtype=np.float64)
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
            slope=stored["slope"], intercept=stored["intercept"],
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
        Which part each item belongs to. "auto" compares sigmoid and steps by their log loss on parts
        that they did not see, and takes the sigmoid where there are fewer than `ENOUGH_HITS` hits.
    """
    if kind == "auto":
        kind = "sigmoid"
        if min(hits.sum(), (~hits).sum()) >= ENOUGH_HITS:
            losses = {name: _loss(logits, hits, weights, parts, name) for name in ("sigmoid", "isotonic")}
            kind = "isotonic" if losses["isotonic"] < losses["sigmoid"] else "sigmoid"
    smooth = _sigmoid(logits, hits, weights)
    return smooth if kind == "sigmoid" else _isotonic(logits, hits, weights, smooth)


def _loss(
    logits: Floats, hits: NDArray[np.bool_], weights: Floats, parts: NDArray[np.intp], kind: str
) -> float:
    predicted = np.empty_like(logits)
    for part in np.unique(parts):
        judged = parts == part
        learned = logits[~judged], hits[~judged], weights[~judged]
        fitted = _sigmoid(*learned)
        if kind == "isotonic":
            fitted = _isotonic(*learned, fitted)
        predicted[judged] = fitted.apply(logits[judged])
    loss = log_loss(hits.astype(np.float64), predicted, weights)
    return np.inf if loss is None else loss


def _sigmoid(logits: Floats, hits: NDArray[np.bool_], weights: Floats) -> Calibration:
    # Platt: targets a little inside (0, 1), as if one more item of each kind had been seen.
    positive, negative = int(hits.sum()), int((~hits).sum())
    target = np.where(hits, (positive + 1) / (positive + 2), 1 / (negative + 2))
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
