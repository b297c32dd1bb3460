r"""
The arithmetic of `evaluation.sequences`: a grid of bets, what they earn, and the totals they rule out.

A bet ``k`` of size theta is placed on the items whose chance is above minus theta; over those, the product

.. math:: M_k = (1 + \theta)^{-F_k} \prod_{\mathrm{hits}} (1 + \theta / \pi_i)

is a martingale, ``F_k`` being the true number of violations among them. Of a total ``F``, the items that a
negative theta skips hold what of them was not seen clean at most: ``F_k`` is at least ``F`` less that, and
at least what was found. The smaller ``F_k``, the smaller the product, so putting in the larger of both
rules out nothing that the truth would not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from evaluation.intervals import Floats
from evaluation.sample import sums

UPPER_GRID: Final[Floats] = 1.04 - np.geomspace(0.06, 0.98, 10)
LOWER_GRID: Final[Floats] = np.geomspace(6.0, 0.06, 10)
"""Sizes of theta, in units of the floor: dense where few hits decide. No part of the promise."""

TAIL: Final[Floats] = np.geomspace(0.04, 0.0005, 8)
"""More sizes, for both ends, should chances fall below the floor: down to a thousandth of it."""

TAIL_SHARE: Final = 0.1
"""Which part of all bets these are."""

MOST_STAKED: Final = 0.98
"""A bet that could lose more than this part of what it earned with one hit is not placed."""

_ROUNDING: Final = 1 + 1e-9
_STEPS: Final = 30

Truths = NDArray[np.bool_]
Cells = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """Running totals of the violations, or of their views: arrays of slices x looks."""

    found: Floats
    """Of those that were seen."""
    most: Floats
    """Of all that was not seen clean."""
    total: Floats
    """Horvitz-Thompson total of what is settled, but never more than ``most``."""
    lower: Floats
    upper: Floats
    """Both ends hold at all looks at once; ``total`` is inside."""


def running_totals(
    *,
    cell: Cells,
    shape: tuple[int, int],
    pi: Floats,
    violation: Floats,
    drawn: Truths,
    mass: Floats,
    floor: float,
    level: float,
    per_view: bool,
) -> Running:
    """Return the running totals of several slices.

    The order of items within a look does not matter, and items that were not drawn may be put together, if
    they have one chance (for views: one chance for each view).

    Parameters
    ----------
    cell : array of int
        Of every item, its slice times the number of looks, plus the first look that sees it.
    shape : (int, int)
        How many slices and looks there are.
    pi, violation, drawn, mass
        Of every item its inclusion probability; 1, 0, or NaN where nothing is settled; whether it was
        drawn; 1, or its views.
    floor : float
        The smallest chance that is expected, or chance for each view. Fixed before the first item.
    level : float
        Confidence that all looks of one slice hold, two-sided.
    per_view : bool
        Whether ``mass`` is other than 1 for some item.
    """
    weight, sure = mass / pi, pi == 1
    hit, clean, open_ = violation == 1, violation == 0, drawn & np.isnan(violation)

    def up_to(amounts: Floats, where: Truths) -> Floats:
        return _up_to(cell[where], amounts[where], shape)

    found, most = up_to(mass, hit), up_to(mass, ~clean)
    total = np.minimum(up_to(weight, hit), most)
    # What was drawn and is not settled is clean for the lower end, and a hit for the upper one.
    limit, seen, unclean = math.log(2 / (1 - level)), hit & ~sure, ~clean & ~sure
    low = _Bets.of(LOWER_GRID * floor, TAIL * floor, per_view=per_view)
    lowest = -_crossing(low.evidence(cell[seen], weight[seen], shape), low, limit=limit)
    high = _Bets.of(-UPPER_GRID * floor, -TAIL * floor, per_view=per_view)
    lost = seen | open_ & ~sure
    highest = _crossing(
        high.evidence(cell[lost], weight[lost], shape),
        high,
        limit=limit,
        skipped=high.skipped(cell[unclean], weight[unclean], mass[unclean], shape),
        least=high.taken(cell[seen], weight[seen], mass[seen], shape),
    )
    # Found hits are real, and what was seen to be clean is none.
    upper = np.minimum(np.maximum(up_to(mass, sure & (hit | open_)) + highest, total), most)
    lower = np.minimum(np.maximum(up_to(mass, sure & hit) + lowest, found), total)
    return Running(found=found, most=most, total=total, lower=lower, upper=upper)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bets:
    theta: Floats
    rate: Floats
    """How fast the logarithm of the product changes with the total, without its sign."""
    log_share: Floats

    @classmethod
    def of(cls, main: Floats, tail: Floats, *, per_view: bool) -> _Bets:
        theta = np.append(main, tail)
        share = np.append(
            np.full_like(main, (1 - TAIL_SHARE) / main.size), np.full_like(tail, TAIL_SHARE / tail.size)
        )
        return cls(theta=theta, rate=np.abs(theta if per_view else np.log1p(theta)), log_share=np.log(share))

    def evidence(self, cell: Cells, weight: Floats, shape: tuple[int, int]) -> Floats:
        """Return what the hits add to the logarithm of each product, up to every look."""
        placed = self._skips(weight)
        return np.stack(
            [
                _up_to(cell[at], np.log1p(theta * weight[at]), shape)
                for place, theta in enumerate(self.theta)
                for at in [placed <= place]
            ],
            axis=-1,
        )

    def skipped(self, cell: Cells, weight: Floats, mass: Floats, shape: tuple[int, int]) -> Floats:
        """Return how much mass each bet was not placed on."""
        by_number = self._by_number(cell, weight, mass, shape)
        return by_number[..., ::-1].cumsum(axis=-1)[..., -2::-1]

    def taken(self, cell: Cells, weight: Floats, mass: Floats, shape: tuple[int, int]) -> Floats:
        """Return how much mass each bet was placed on."""
        return self._by_number(cell, weight, mass, shape)[..., :-1].cumsum(axis=-1)

    def _by_number(self, cell: Cells, weight: Floats, mass: Floats, shape: tuple[int, int]) -> Floats:
        numbers = self.theta.size + 1
        amounts = sums(cell * numbers + self._skips(weight), mass, slices=shape[0] * shape[1] * numbers)
        return amounts.reshape(*shape, numbers).cumsum(axis=1)

    def _skips(self, weight: Floats) -> Cells:
        # How many of the bets skip an item; sizes fall, so those are the first ones.
        if self.theta[0] > 0:
            return np.zeros(weight.size, dtype=np.intp)
        stake = np.divide(MOST_STAKED * _ROUNDING, weight, out=np.full_like(weight, np.inf), where=weight > 0)
        return np.searchsorted(self.theta, -stake, side="left").astype(np.intp)


def _up_to(cell: Cells, amounts: Floats, shape: tuple[int, int]) -> Floats:
    by_cell = sums(cell, amounts, slices=shape[0] * shape[1])
    return np.asarray(by_cell.reshape(shape).cumsum(axis=1))


def _crossing(
    evidence: Floats,
    bets: _Bets,
    *,
    limit: float,
    skipped: Floats | float = 0.0,
    least: Floats | float = -np.inf,
) -> Floats:
    # Where the log of the mean product reaches the limit. At x, each product is at least that of
    # max(x - skipped, least). At the start its largest term reaches the limit by itself, so the start is not
    # below. The function is convex and rises, so Newton comes down from there and never passes below: what
    # is left of the way widens the interval.
    earned = evidence + bets.log_share
    x = ((limit - earned) / bets.rate + skipped).min(axis=-1)
    for _ in range(_STEPS):
        past = x[..., None] - skipped
        terms = earned + bets.rate * np.maximum(past, least)
        over = special.logsumexp(terms, axis=-1) - limit
        slope = (special.softmax(terms, axis=-1) * bets.rate * (past >= least)).sum(axis=-1)
        x = x - over / slope
    return np.asarray(x)
