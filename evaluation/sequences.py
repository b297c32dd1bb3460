r"""
Ends that keep their promise for people who look every day.

An interval for one look is wrong at some look far more often than its level says. The *confidence
sequence* here holds at all looks at once, whenever they happen and whatever made one look. For a constant
theta, bet on the items whose chance is above minus theta; over those, the product

.. math:: M_t(\theta) = (1 + \theta)^{-F_t(\theta)} \prod_{\mathrm{hits}} (1 + \theta / \pi_i)

is a martingale that starts at 1, ``F_t(theta)`` being the true number of violations among them: whether a
bet is placed is known before the label. So it exceeds ``2 / alpha`` at any time with a chance of
``alpha / 2`` at most (Ville), and every total for which it does is ruled out. A mean over a grid of
negative theta gives the upper end, one over positive theta the lower end; `evaluation.bets` says how what
was skipped counts. For views ``v_i`` the factors are ``1 + theta v_i / pi_i`` and ``exp(-theta v_i)``: a
supermartingale, because ``1 + x <= exp(x)``.

Nothing is assumed of drift, of scores, or of why chances change. Three things are needed:

* every chance is fixed before the label, and the grid before the first item. Its ``floor`` is the smallest
  chance that is expected; one that turns out wrong costs width, never the promise;
* every item has a draw of its own: of items that share one (the same clip again), keep the first;
* what was drawn and is not settled is said. It is a hit for the upper end and clean for the lower one, so
  what comes late never makes an interval wrong.

References
----------
Ville (1939); Waudby-Smith, Wu, Ramdas, Karampatziakis and Mineiro (2022), arXiv 2210.10768.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaluation.bets import running_totals
from evaluation.intervals import Bounds, Floats, check_level


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
    outstanding: ArrayLike | None = None,
    looks: ArrayLike | None = None,
    level: float = 0.95,
) -> TotalSequence:
    """Return the running total of the violations below the thresholds, right at all looks at once.

    It counts from the first item given: another window is another sequence, begun at a moment chosen
    beforehand.

    Parameters
    ----------
    pi, violation, day : array_like
        One entry an item, in order of time: its inclusion probability; 1, 0, or NaN where it was not
        drawn; the number of its day (any unit of time does).
    floor : float
        The smallest chance that is expected, fixed before the first item; with ``views``, the smallest
        chance for each view. Items of chance 1 are counted and need none.
    views : array_like, optional
        (Expected) views of every item, known before its draw. Counts items where not given.
    outstanding : array_like, optional
        Which items were drawn and are not settled; none where not given.
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
    pi, violation, day = checked_items(pi, violation, day, outstanding=outstanding)
    mass = np.ones_like(pi) if views is None else np.asarray(views, dtype=np.float64)
    if mass.shape != pi.shape or not (np.isfinite(mass) & (mass >= 0)).all():
        raise ValueError("views must hold a finite number of 0 or more for each item.")
    if not (0 < floor < math.inf) or (views is None and floor > 1):
        raise ValueError(f"floor must be above 0, and at most 1 without views; got {floor!r}.")
    looks = np.unique(day) if looks is None else np.asarray(looks, dtype=np.float64)
    if looks.ndim != 1 or not (looks[1:] >= looks[:-1]).all():
        raise ValueError("looks must be in order of time.")
    # What comes after the last look is seen by one more, which is left out.
    first = np.searchsorted(looks, day, side="left")
    drawn = np.zeros(pi.size, dtype=bool) if outstanding is None else np.asarray(outstanding, dtype=bool)
    found = running_totals(
        cell=first,
        shape=(1, looks.size + 1),
        pi=pi,
        violation=violation,
        drawn=drawn,
        mass=mass,
        floor=floor,
        level=level,
        per_view=views is not None,
    )
    return TotalSequence(
        look=looks,
        total=found.total[0, :-1],
        lower=found.lower[0, :-1],
        upper=found.upper[0, :-1],
        hits=np.bincount(first[violation == 1], minlength=looks.size + 1).cumsum()[:-1],
        level=level,
    )


def checked_items(
    pi: ArrayLike, violation: ArrayLike, day: ArrayLike, *, outstanding: ArrayLike | None = None
) -> tuple[Floats, Floats, Floats]:
    """Return chances, labels and days as arrays, or refuse them by name."""
    pi, violation, day = (np.asarray(values, dtype=np.float64) for values in (pi, violation, day))
    if not (pi.ndim == 1 and pi.shape == violation.shape == day.shape):
        sizes = pi.shape, violation.shape, day.shape
        raise ValueError(f"pi, violation and day must have one length; got {sizes}.")
    if not ((pi > 0) & (pi <= 1)).all():
        raise ValueError("pi must be in (0, 1] for every item: what has no chance cannot be spoken for.")
    open_ = pi < 1
    if outstanding is not None:
        waiting = np.asarray(outstanding, dtype=bool)
        if waiting.shape != pi.shape or not np.isnan(violation[waiting]).all():
            raise ValueError(
                "outstanding must hold one truth for each item, and violation NaN where it is true."
            )
        open_ = open_ | waiting
    if not (np.isin(violation, (0.0, 1.0)) | (np.isnan(violation) & open_)).all():
        raise ValueError("violation must be 0 or 1, or NaN where pi is below 1 and the item was not drawn.")
    if np.isnan(day).any() or not (day[1:] >= day[:-1]).all():
        raise ValueError("day must be in order of time.")
    return pi, violation, day
