"""
Intervals that keep their promise with few hits and unequal weights.

The gamma interval is that of Fay and Feuer: a weighted sum of rare hits behaves like a scaled Poisson
count. Its upper end asks what one more, unseen hit would weigh (``extra``). Two answers are offered by
`evaluation.totals`: *report* grade, what the scores lead us to expect, and *guarantee* grade, the most
any item could weigh, which has covered in every published simulation.

Functions ending in ``_bounds`` work on arrays and return both ends; the others return an `Interval`.

References
----------
Fay and Feuer (1997), Stat. Med. 16, 791-801; Wilson (1927), JASA 22, 209-212; Donner and Zou (2012),
Stat. Methods Med. Res. 21, 347-359 (MOVER).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Floats = NDArray[np.float64]
Bounds = tuple[Floats, Floats]
"""Lower and upper ends, one each a group."""


@dataclass(frozen=True, slots=True)
class Interval:
    """All values that the observations leave plausible, at a level of confidence.

    Examples
    --------
    >>> 0.5 in Interval(0.25, 0.75, level=0.95)
    True
    """

    lower: float
    upper: float
    level: float

    def __post_init__(self) -> None:
        check_level(self.level)
        if not self.lower <= self.upper:
            raise ValueError(f"lower must not be above upper; got {self.lower!r} and {self.upper!r}.")

    def __contains__(self, value: float) -> bool:
        return self.lower <= value <= self.upper

    @property
    def width(self) -> float:
        """The distance between both ends."""
        return self.upper - self.lower


def check_level(level: float) -> None:
    """Refuse a confidence level that is not inside (0, 1)."""
    if not 0 < level < 1:
        raise ValueError(f"level must be between 0 and 1, for example 0.95; got {level!r}.")


def gamma_bounds(*, total: ArrayLike, variance: ArrayLike, extra: ArrayLike, level: float) -> Bounds:
    """Return both ends of the gamma interval of weighted sums of rare hits.

    Parameters
    ----------
    total : array_like
        The weighted sums.
    variance : array_like
        Their estimated variances.
    extra : array_like
        What one more, unseen hit is taken to weigh.
    level : float
        Confidence, two-sided.
    """
    check_level(level)
    total, variance, extra = (np.asarray(values, dtype=np.float64) for values in (total, variance, extra))
    tail = (1.0 - level) / 2.0
    return (
        _gamma_quantile(total, variance, tail),
        _gamma_quantile(total + extra, variance + extra**2, 1.0 - tail),
    )


def _gamma_quantile(mean: Floats, variance: Floats, q: float) -> Floats:
    # With no variance the sum is known, and the quantile is the sum itself.
    spread = (mean > 0) & (variance > 0)
    scale = np.divide(variance, mean, out=np.ones_like(mean), where=spread)
    shape = np.divide(mean, scale, out=np.ones_like(mean), where=spread)
    return np.where(spread, scale * special.gammaincinv(shape, q), mean)


def gamma(*, total: float, variance: float, extra: float, level: float = 0.95) -> Interval:
    """Return the gamma interval of one weighted sum of rare hits; see `gamma_bounds`.

    Examples
    --------
    No hit, and one would have weighed 40 (the rule of three, two-sided):

    >>> round(gamma(total=0, variance=0, extra=40).upper, 2)
    147.56
    """
    lower, upper = gamma_bounds(total=total, variance=variance, extra=extra, level=level)
    return Interval(float(lower), float(upper), level)


def wilson(hits: float, reviewed: float, *, level: float = 0.95) -> Interval:
    """Return Wilson's interval of a share. Nothing reviewed: all of [0, 1].

    Examples
    --------
    >>> wilson(0, 10).lower, round(wilson(0, 10).upper, 3)
    (0.0, 0.278)
    """
    check_level(level)
    if not 0 <= hits <= reviewed:
        raise ValueError(f"hits must be between 0 and reviewed; got {hits!r} of {reviewed!r}.")
    if reviewed == 0:
        return Interval(0.0, 1.0, level)
    z2 = _z(level) ** 2
    centre = (hits + z2 / 2) / (reviewed + z2)
    half = math.sqrt(z2 * (hits * (reviewed - hits) / reviewed + z2 / 4)) / (reviewed + z2)
    # At 0 and at all hits one end is exact; rounding must not push it past what was seen.
    lower = 0.0 if hits == 0 else max(0.0, centre - half)
    upper = 1.0 if hits == reviewed else min(1.0, centre + half)
    return Interval(lower, upper, level)


def logit(share: float, se: float, *, level: float = 0.95) -> Interval:
    """Return the interval of a weighted (Hajek) share, symmetric on the logit scale.

    It says nothing at a share of 0 or 1, where it would collapse; those are refused. Use `wilson`.

    Examples
    --------
    >>> interval = logit(0.5, 0.1)
    >>> round(interval.lower, 3), round(interval.upper, 3)
    (0.313, 0.687)
    """
    check_level(level)
    if not 0 < share < 1:
        raise ValueError(f"share must be between 0 and 1, ends excluded; got {share!r}.")
    if not se >= 0:
        raise ValueError(f"se must be 0 or more; got {se!r}.")
    half = _z(level) * se / (share * (1 - share))
    ends = special.expit(math.log(share / (1 - share)) + np.array([-half, half]))
    return Interval(float(ends[0]), float(ends[1]), level)


def sum_bounds(one: Floats, one_ends: Bounds, other: Floats, other_ends: Bounds) -> Bounds:
    """Return both ends of the sum of two independent estimates from their own ends (MOVER)."""
    total = one + other
    return (
        total - np.hypot(one - one_ends[0], other - other_ends[0]),
        total + np.hypot(one_ends[1] - one, other_ends[1] - other),
    )


def share_bounds(found: Floats, found_ends: Bounds, missed: Floats, missed_ends: Bounds) -> Bounds:
    """Return both ends of ``found / (found + missed)`` from the ends of both (MOVER-R).

    The two are independent. Where ``found`` is known exactly, both its ends being itself, the result is
    ``found / (found + upper)`` and ``found / (found + lower)`` of what was missed.
    """
    largest = _ratio_end(missed, missed_ends[1], found, found_ends[0], upper=True)
    smallest = _ratio_end(missed, missed_ends[0], found, found_ends[1], upper=False)
    return 1.0 / (1.0 + largest), 1.0 / (1.0 + smallest)


def _ratio_end(over: Floats, over_end: Floats, under: Floats, under_end: Floats, *, upper: bool) -> Floats:
    # Both ends are roots (x -+ sqrt(x^2 - y z)) / z. The lower one is written as y / (x + sqrt(...)),
    # because z passes through 0 where the upper end of `under` is twice its estimate.
    x = over * under
    y = over_end * (2 * over - over_end)
    z = under_end * (2 * under - under_end)
    root = np.sqrt(np.maximum(x**2 - y * z, 0.0))
    top, bottom = (x + root, z) if upper else (y, x + root)
    # 0 / 0 says nothing, and the end is that of ignorance.
    ignorance = np.full_like(top, np.inf if upper else 0.0)
    with np.errstate(over="ignore"):  # an end that is almost 0 makes a ratio that is almost infinite
        ratio = np.divide(top, bottom, out=ignorance, where=bottom > 0)
    return np.where((bottom <= 0) & (top > 0), np.inf, ratio)


def _z(level: float) -> float:
    return float(special.ndtri((1.0 + level) / 2.0))
