"""
How well a model ranks and how true its probabilities are, on reviewed items with design weights.

These judge a *model*. How much the *process* misses is another question, with few hits and other
intervals: `evaluation.estimators`. ``weights`` are the inverse inclusion probabilities; without them
every row counts once. Undefined is None: without both kinds of rows there is nothing to rank.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaluation.intervals import Floats, Interval, check_level

Metric = Callable[[Floats, Floats, Floats], float | None]
"""A function of labels, probabilities and weights."""


def checked(y: ArrayLike, p: ArrayLike, weights: ArrayLike | None) -> tuple[Floats, Floats, Floats]:
    """Return labels, probabilities and weights as arrays of one length, or refuse them."""
    y, p = np.asarray(y, dtype=np.float64), np.asarray(p, dtype=np.float64)
    weights = np.ones_like(y) if weights is None else np.asarray(weights, dtype=np.float64)
    if not (y.ndim == 1 and y.shape == p.shape == weights.shape):
        raise ValueError(f"y, p and weights must have one length; got {y.shape}, {p.shape}, {weights.shape}.")
    if not np.isin(y, (0.0, 1.0)).all():
        raise ValueError("y must hold 0 and 1 only; leave out what is not reviewed.")
    if not np.isfinite(p).all():
        raise ValueError("p must hold finite numbers only.")
    if not (np.isfinite(weights).all() and (weights >= 0).all()):
        raise ValueError("weights must be finite and 0 or more.")
    return y, p, weights


def steps(y: Floats, p: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Return each distinct probability, highest first, after what stands at or above it.

    That is the weight of the violations and the weight of the others.
    """
    order = np.argsort(-p, kind="stable")
    ranked = p[order]
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], np.ones(min(ranked.size, 1), dtype=bool)))
    true = np.cumsum((weights * y)[order])[last]
    false = np.cumsum((weights * (1.0 - y))[order])[last]
    return true, false, ranked[last]


def roc_auc(y: ArrayLike, p: ArrayLike, weights: ArrayLike | None = None) -> float | None:
    """Return the chance that a violation gets a higher probability than another item; ties count half.

    Examples
    --------
    >>> roc_auc([0, 1, 0, 1], [0.1, 0.4, 0.5, 0.8])
    0.75
    """
    true, false, _ = steps(*checked(y, p, weights))
    if true.size == 0 or true[-1] <= 0 or false[-1] <= 0:
        return None
    height = (true + np.append(0.0, true[:-1])) / 2
    return float(np.diff(false, prepend=0.0) @ height / (true[-1] * false[-1]))


def average_precision(y: ArrayLike, p: ArrayLike, weights: ArrayLike | None = None) -> float | None:
    """Return the mean precision over all violations, each at its own place in the ranking.

    Examples
    --------
    >>> round(average_precision([0, 1, 0, 1], [0.1, 0.4, 0.5, 0.8]), 4)
    0.8333
    """
    true, false, _ = steps(*checked(y, p, weights))
    if true.size == 0 or true[-1] <= 0:
        return None
    seen = true + false
    precision = np.divide(true, seen, out=np.zeros_like(true), where=seen > 0)
    return float(np.diff(true, prepend=0.0) @ precision / true[-1])


def macro_f1(y: ArrayLike, p: ArrayLike, weights: ArrayLike | None = None, *, cut: float) -> float | None:
    """Return the mean of the F1 of violations and the F1 of the others, at ``p >= cut``.

    Examples
    --------
    >>> round(macro_f1([0, 1, 0, 1], [0.1, 0.4, 0.5, 0.8], cut=0.4), 4)
    0.7333
    """
    y, p, weights = checked(y, p, weights)
    positive, negative = float(weights @ y), float(weights @ (1.0 - y))
    if positive <= 0 or negative <= 0:
        return None
    said = p >= cut
    true, false = float(weights[said] @ y[said]), float(weights[said] @ (1.0 - y[said]))
    return float(_macro_f1(np.float64(true), np.float64(false), positive, negative))


def _macro_f1(true: Any, false: Any, positive: float, negative: float) -> Any:
    # F1 = 2 TP / (2 TP + FP + FN) = 2 TP / (said + are); both classes exist, so neither divides by zero.
    said = true + false
    right = negative - false
    return true / (said + positive) + right / (negative + positive - said + negative)


def best_cut(y: ArrayLike, p: ArrayLike, weights: ArrayLike | None = None) -> float | None:
    """Return the probability at which `macro_f1` is largest on these rows; the highest of several.

    Choose it on rows the model was neither trained nor is judged on: a best cut flatters itself.

    Examples
    --------
    >>> best_cut([0, 1, 0, 1], [0.1, 0.4, 0.5, 0.8])
    0.8
    """
    true, false, cuts = steps(*checked(y, p, weights))
    if true.size == 0 or true[-1] <= 0 or false[-1] <= 0:
        return None
    return float(cuts[np.argmax(_macro_f1(true, false, float(true[-1]), float(false[-1])))])


def expected_calibration_error(
    y: ArrayLike, p: ArrayLike, weights: ArrayLike | None = None, *, bins: int = 15
) -> float | None:
    """Return the mean distance between predicted and true share, over bins of equal weight.

    Equal probabilities always share a bin. With rare violations most of the weight sits at small
    probabilities, which bins of equal width would lump into one.

    Examples
    --------
    >>> expected_calibration_error([0, 0, 1, 1], [0.25, 0.25, 0.75, 0.75], bins=2)
    0.25
    """
    y, p, weights = checked(y, p, weights)
    total = float(weights.sum())
    if total <= 0:
        return None
    distinct, place = np.unique(p, return_inverse=True)
    mass = np.bincount(place, weights=weights, minlength=distinct.size)
    middle = (np.cumsum(mass) - mass / 2) / total
    label = np.minimum((middle * bins).astype(np.intp), bins - 1)[place]
    gaps = np.bincount(label, weights=weights * (y - p), minlength=bins)
    return float(np.abs(gaps).sum() / total)


def log_loss(y: ArrayLike, p: ArrayLike, weights: ArrayLike | None = None) -> float | None:
    """Return the mean negative log likelihood. Probabilities of exactly 0 or 1 cost at most 36.

    Examples
    --------
    >>> round(log_loss([0, 1], [0.5, 0.5]), 4)
    0.6931
    """
    y, p, weights = checked(y, p, weights)
    total = float(weights.sum())
    if total <= 0:
        return None
    p = np.clip(p, np.finfo(np.float64).eps, 1.0 - np.finfo(np.float64).eps)
    return float(-(weights @ np.where(y > 0, np.log(p), np.log1p(-p))) / total)


def bootstrap(
    metric: Metric,
    y: ArrayLike,
    p: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    groups: ArrayLike | None = None,
    seed: int,
    repeats: int = 400,
    level: float = 0.95,
) -> Interval | None:
    """Return the percentile interval of a model's metric, drawing whole groups with replacement.

    Items of one creator resemble each other; drawing creators instead of items keeps that in the
    interval. This is for metrics of a *model*, with hits in plenty. It is not for the recall or
    prevalence of the process: with 4 to 10 hits it covers 91 % at a nominal 95 %, and with none it
    prints a certainty. None where the metric is undefined or all rows are of one group.

    Parameters
    ----------
    metric : callable
        A function of labels, probabilities and weights, for example `roc_auc`.
    groups : array_like, optional
        The group of every row; every row its own where it is not given.
    seed : int
        The same seed gives the same interval.
    repeats : int
        How often the groups are drawn.
    """
    check_level(level)
    y, p, weights = checked(y, p, weights)
    # Ranked once: sorting what is sorted already costs each repeat next to nothing.
    order = np.argsort(-p, kind="stable")
    y, p, weights = y[order], p[order], weights[order]
    codes, count = group_codes(groups, y.size)
    codes = codes[order]
    if count < 2 or metric(y, p, weights) is None:
        return None
    rng = np.random.default_rng(seed)
    values = [metric(y, p, weights * times[codes]) for times in resamples(rng, count, repeats)]
    defined = [value for value in values if value is not None]
    return percentile_interval(defined, level=level) if defined else None


def group_codes(groups: ArrayLike | None, rows: int) -> tuple[NDArray[np.intp], int]:
    """Return a number from 0 for the group of every row, and how many groups there are."""
    if groups is None:
        return np.arange(rows), rows
    names, codes = np.unique(np.asarray(groups), return_inverse=True)
    if codes.shape != (rows,):
        raise ValueError(f"groups must name one group a row; got {codes.size} for {rows} rows.")
    return codes, names.size


def resamples(rng: np.random.Generator, groups: int, repeats: int) -> list[Floats]:
    """Return how often each group is drawn in each repeat: a resample is only another weight."""
    drawn = (rng.integers(groups, size=groups) for _ in range(repeats))
    return [np.bincount(picks, minlength=groups).astype(np.float64) for picks in drawn]


def percentile_interval(values: ArrayLike, *, level: float) -> Interval:
    """Return the interval that leaves equal shares of the values outside at both ends."""
    tail = (1.0 - level) / 2.0
    lower, upper = np.quantile(np.asarray(values, dtype=np.float64), [tail, 1.0 - tail])
    return Interval(float(lower), float(upper), level)
