r"""
Ends and alarms that keep their promise for people who look every day.

An interval for one look is wrong at some look far more often than its level says. The *confidence
sequence* here holds at all looks at once, whenever they happen and whatever made one look. For every
constant theta above minus the smallest chance, the product over all items so far

.. math:: M_t(\theta) = (1 + \theta)^{-F_t} \prod_{\mathrm{hits}} (1 + \theta / \pi_i)

is a martingale that starts at 1, ``F_t`` being the true number of violations among them. So it exceeds
``2 / alpha`` at any time with a chance of ``alpha / 2`` at most (Ville), and every total for which it
does is ruled out. A mean over a grid of negative theta gives the upper end, one over positive theta the
lower end. For views ``v_i`` the factors are ``1 + theta v_i / pi_i`` and ``exp(-theta v_i)``: a
supermartingale, because ``1 + x <= exp(x)``.

Nothing is assumed of drift, of scores, or of why chances change. Three things are needed:

* every chance is fixed before the label, and never below a floor that is fixed before the first item;
* every item has a draw of its own: of items that share one (the same clip again), keep the first;
* everything that was drawn among the given items is settled. Stop before the first item that is not.

References
----------
Ville (1939); Waudby-Smith, Wu, Ramdas, Karampatziakis and Mineiro (2022), arXiv 2210.10768; Shin, Ramdas
and Rinaldo (2022), *E-detectors*, arXiv 2203.03532.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from evaluation.intervals import Bounds, Floats, check_level

UPPER_GRID: Final[Floats] = np.geomspace(0.06, 0.98, 10) - 1.04
LOWER_GRID: Final[Floats] = np.geomspace(0.06, 6.0, 10)
"""The thetas of both ends, in units of the floor: dense where few hits decide. No part of the promise."""

BETS: Final[Floats] = np.geomspace(0.001, 0.5, 10)
"""The bets of `recall_alarm`, as shares of the largest that is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalSequence:
    """The running total of the violations, or of their views, with ends that hold at every look.

    Arrays have one entry a look. The total grows, so intervals are *not* intersected over time: an
    earlier upper end is about a smaller number and bounds nothing. The largest lower end so far would be
    right, and is the last one: hits only raise both ends.
    """

    look: Floats
    total: Floats
    """Horvitz-Thompson total; inside the ends at every look."""
    lower: Floats
    upper: Floats
    hits: NDArray[np.intp]
    level: float
    """Confidence that *all* looks hold, two-sided."""

    def recall(self, found: ArrayLike) -> Bounds:
        """Return both ends of the recall so far; they hold at every look, as those of the total do.

        Parameters
        ----------
        found : array_like
            Violations (or their views) found in full review up to each look: a count. Where none is
            found, nor one missed for certain, the upper end is 1.
        """
        found = np.asarray(found, dtype=np.float64)
        if found.shape != self.look.shape or not (found >= 0).all():
            raise ValueError(f"found must hold a number of 0 or more for each look; got {found!r}.")
        least, most = found + self.upper, found + self.lower
        return (
            np.divide(found, least, out=np.zeros_like(found), where=least > 0),
            np.divide(found, most, out=np.ones_like(found), where=most > 0),
        )


def total_sequence(
    *,
    pi: ArrayLike,
    violation: ArrayLike,
    day: ArrayLike,
    floor: float,
    views: ArrayLike | None = None,
    looks: ArrayLike | None = None,
    level: float = 0.95,
) -> TotalSequence:
    """Return the running total of the violations below the thresholds, right at all looks at once.

    It counts from the first item given: another window is another sequence, begun at a moment chosen
    beforehand. Costs 20 logarithms a hit, and 40 sums of ten a look.

    Parameters
    ----------
    pi, violation, day : array_like
        One entry an item, in order of time: its inclusion probability; 1, 0, or NaN where it was not
        drawn; the number of its day (any unit of time does).
    floor : float
        The smallest chance that any item could have had, fixed before the first one; with ``views``, the
        smallest chance for each view. Items of chance 1 are counted and not bound by it.
    views : array_like, optional
        (Expected) views of every item, known before its draw. Counts items where not given.
    looks : array_like, optional
        Days at whose end somebody looks, in order; every day of the items where not given.

    Examples
    --------
    >>> found = total_sequence(
    ...     pi=[0.5] * 4, violation=[1, 0, None, 1], day=[1, 1, 1, 2], floor=0.5, looks=[0, 1, 2]
    ... )
    >>> found.total.tolist(), found.lower.tolist(), found.upper.tolist()
    ([0.0, 2.0, 3.0], [0.0, 1.0, 2.0], [0.0, 2.0, 3.0])
    """
    check_level(level)
    pi, violation, day = _checked(pi, violation, day)
    mass = np.ones_like(pi) if views is None else np.asarray(views, dtype=np.float64)
    if mass.shape != pi.shape or not (np.isfinite(mass) & (mass >= 0)).all():
        raise ValueError("views must hold a finite number of 0 or more for each item.")
    if not (0 < floor < math.inf) or (views is None and floor > 1):
        raise ValueError(f"floor must be above 0, and at most 1 without views; got {floor!r}.")
    weight = mass / pi
    if (largest := weight[pi < 1].max(initial=0.0)) * floor > 1 + 1e-9:
        raise ValueError(f"floor must not be above any pi, or pi / views; got {floor!r} and {1 / largest!r}.")
    looks = np.unique(day) if looks is None else np.asarray(looks, dtype=np.float64)
    if looks.ndim != 1 or not (looks[1:] >= looks[:-1]).all():
        raise ValueError("looks must be in order of time.")
    items = np.searchsorted(day, looks, side="right")
    hit = violation == 1
    open_hits = np.flatnonzero(hit & (pi < 1))
    certain = _up_to(np.where(hit & (pi == 1), mass, 0.0), items)
    most = _up_to(np.where(violation == 0, 0.0, mass), items)
    seen = np.searchsorted(open_hits, items)
    ends = []
    for grid in (LOWER_GRID, UPPER_GRID):
        theta = grid * floor
        rate = np.log1p(theta) if views is None else theta
        # One hit at a time: what a later look costs is its own hits only.
        evidence = np.cumsum(np.log1p(np.outer(weight[open_hits], theta)), axis=0)
        evidence = np.concatenate([np.zeros((1, theta.size)), evidence])[seen]
        ends.append(np.sign(-rate[0]) * _crossing(evidence, np.abs(rate), math.log(2 / (1 - level))))
    # Found hits are real, and what was seen to be clean is none.
    upper = np.minimum(certain + ends[1], most)
    lower = np.maximum(certain + ends[0], _up_to(np.where(hit, mass, 0.0), items))
    return TotalSequence(
        look=looks,
        total=np.minimum(_up_to(np.where(hit, weight, 0.0), items), most),
        lower=np.minimum(lower, upper),
        upper=upper,
        hits=_up_to(hit, items).astype(np.intp),
        level=level,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """The evidence, day by day, that recall has fallen below a limit at some time."""

    day: Floats
    evidence: Floats
    """Its logarithm; that of ``patience_days`` raises the alarm."""
    patience_days: float

    @property
    def raised_on(self) -> float | None:
        """The first day with enough evidence; None without one. Start again after it."""
        enough = np.flatnonzero(self.evidence >= math.log(self.patience_days))
        return float(self.day[enough[0]]) if enough.size else None


def recall_alarm(
    *,
    pi: ArrayLike,
    violation: ArrayLike,
    full_review: ArrayLike,
    day: ArrayLike,
    limit: float,
    patience_days: float,
) -> Alarm:
    r"""Watch for recall falling below a limit: a false alarm takes ``patience_days`` on average, or more.

    This is about the process, not about a total: recall holds as long as every coming item, whatever
    came before it, is at most ``r = (1 - limit) / limit`` times as likely to be missed as to be found.
    Then, for a bet ``b`` below ``1 / r``, the factors ``1 + b / pi_i`` for a missed violation that was
    drawn and ``1 - b r`` for a found one multiply to 1 at most, on average. A product is started every
    morning and all are added up (Shiryaev and Roberts): an e-detector. A day without items does not count.

    Parameters
    ----------
    pi, violation, day : array_like
        As for `total_sequence`, but of all items.
    full_review : array_like
        Which items went to full review. Their chance must be 1.
    limit : float
        The recall to be kept, inside (0, 1).
    """
    pi, violation, day = _checked(pi, violation, day)
    full = np.asarray(full_review, dtype=bool)
    if full.shape != pi.shape or (pi[full] < 1).any():
        raise ValueError("full_review must hold one truth for each item, and pi must be 1 where it is true.")
    if not 0 < limit < 1:
        raise ValueError(f"limit must be between 0 and 1, for example 0.9; got {limit!r}.")
    if not patience_days > 1:
        raise ValueError(f"patience_days must be above 1; got {patience_days!r}.")
    days, place = np.unique(day, return_inverse=True)
    missed, bets = np.flatnonzero((violation == 1) & ~full), BETS * limit / (1 - limit)
    steps = np.outer(np.bincount(place[(violation == 1) & full], minlength=days.size), np.log1p(-BETS))
    np.add.at(steps, place[missed], np.log1p(np.outer(1 / pi[missed], bets)))
    evidence, running = np.empty(days.size), np.full(bets.size, -np.inf)
    for number, step in enumerate(steps):
        running = np.logaddexp(running, 0.0) + step
        evidence[number] = special.logsumexp(running) - math.log(bets.size)
    return Alarm(day=days, evidence=evidence, patience_days=patience_days)


def _checked(pi: ArrayLike, violation: ArrayLike, day: ArrayLike) -> tuple[Floats, Floats, Floats]:
    pi, violation, day = (np.asarray(values, dtype=np.float64) for values in (pi, violation, day))
    if not (pi.ndim == 1 and pi.shape == violation.shape == day.shape):
        sizes = pi.shape, violation.shape, day.shape
        raise ValueError(f"pi, violation and day must have one length; got {sizes}.")
    if not ((pi > 0) & (pi <= 1)).all():
        raise ValueError("pi must be in (0, 1] for every item: what has no chance cannot be spoken for.")
    if not (np.isin(violation, (0.0, 1.0)) | (np.isnan(violation) & (pi < 1))).all():
        raise ValueError("violation must be 0 or 1, or NaN where pi is below 1 and the item was not drawn.")
    if np.isnan(day).any() or not (day[1:] >= day[:-1]).all():
        raise ValueError("day must be in order of time.")
    return pi, violation, day


def _up_to(amounts: NDArray[np.generic], items: NDArray[np.intp]) -> Floats:
    return np.append(0.0, np.cumsum(amounts, dtype=np.float64))[items]


def _crossing(evidence: Floats, rate: Floats, limit: float) -> Floats:
    # Where the log of the mean of exp(evidence + x * rate) reaches the limit. A mean is at least its
    # largest term divided by their number, which gives a start above. The function is convex and rises,
    # so Newton comes down from there and never passes below: what is left of the way widens the interval.
    x = ((limit + math.log(rate.size) - evidence) / rate).min(axis=1)
    for _ in range(20):
        terms = evidence + x[:, None] * rate
        over = special.logsumexp(terms, axis=1) - math.log(rate.size) - limit
        x = x - over / (special.softmax(terms, axis=1) @ rate)
    return np.asarray(x)
