r"""
What proves that a good share is large enough: recall, found / (found + missed), or precision.

Everything is about *another window like this one*: variances are those of a superpopulation, without the
factor ``1 - pi`` that `evaluation.totals` has. The two parts of a share are independent sums of rare,
unequally weighted hits.

Two proofs are offered. `lower_bound` joins one-sided gamma bounds of both parts by MOVER-R. `log_evidence`
is a product of bets against "the share is below the target": for items with weights ``w = 1 / pi``,

.. math:: \prod_i (1 - \theta a_i w_i), \quad a_i = 1[\text{bad}_i] - (1 - \text{target})

over the reviewed good and bad. Its mean is at most 1 where the share is below the target, for every
``theta`` that keeps the factors above 0, so it exceeds ``1 / alpha`` with chance ``alpha`` at most, however
few items there are. The product is averaged over a grid of ``theta``.

References
----------
Donner and Zou (2012), Stat. Methods Med. Res. 21, 347-359; Ville (1939); Xu, Karampatziakis and Mineiro
(2024), *Active, anytime-valid risk controlling prediction sets*.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from evaluation.intervals import Bounds, Floats, gamma_bounds, share_bounds

BETS = np.geomspace(0.06, 0.98, 10)
"""The thetas, as shares of the largest that keeps every factor above 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A running weighted total of rare hits: an entry before every row in order, and one after the last."""

    total: Floats
    variance: Floats
    """Without the factor 1 - pi."""
    extra: Floats
    """What one more, unseen hit is taken to weigh."""

    @property
    def effective_hits(self) -> Floats:
        """How many equally weighted hits would tell as much about the total."""
        spread = self.variance > 0
        return np.divide(self.total**2, self.variance, out=np.zeros_like(self.total), where=spread)

    def at(self, place: NDArray[np.intp]) -> Side:
        """Return the entries of some places."""
        return Side(total=self.total[place], variance=self.variance[place], extra=self.extra[place])

    def times(self, factor: float) -> Side:
        """Return what a window so many times as long would show."""
        return Side(total=self.total * factor, variance=self.variance * factor, extra=self.extra)

    def ends(self, *, level: float) -> Bounds:
        """Return both ends of the gamma interval of every total."""
        return gamma_bounds(total=self.total, variance=self.variance, extra=self.extra, level=level)


def accumulate(
    *, hits: Floats, p: Floats, weight: Floats, cluster: NDArray[np.intp], reverse: bool = False
) -> tuple[Side, Side]:
    """Return what was seen and what the probabilities expect, in running totals over the rows.

    Parameters
    ----------
    hits : array of float
        1 for a reviewed hit, else 0.
    p : array of float
        Probability of a hit.
    weight : array of float
        Inverse chances.
    cluster : array of int
        Rows of the same number share a draw and are one piece of evidence.
    reverse : bool
        Whether entry j is about the rows from j on, instead of those before j.

    Examples
    --------
    >>> ones = np.ones(2)
    >>> seen, _ = accumulate(hits=ones, p=ones / 2, weight=4 * ones, cluster=np.array([0, 1]))
    >>> seen.total.tolist(), seen.variance.tolist()
    ([0.0, 4.0, 8.0], [0.0, 16.0, 32.0])
    """
    if reverse:
        turned = accumulate(hits=hits[::-1], p=p[::-1], weight=weight[::-1], cluster=cluster[::-1])
        back = np.arange(hits.size + 1)[::-1]
        return turned[0].at(back), turned[1].at(back)
    amount = hits * weight
    own, copies = within(amount, cluster), within(np.ones_like(amount), cluster)
    # The square of a sum that grew by a grew by a (2 sum - a), where the sum counts a.
    total, variance = running(amount), running(amount * (2 * own - amount))
    likely, spread = running(p), running(p * weight * (2 * copies - 1))
    largest = np.append(0.0, np.maximum.accumulate(weight * copies))
    unseen = np.divide(spread, likely, out=largest, where=likely > 0)
    ratio = np.divide(variance, total, out=np.zeros_like(total), where=total > 0)
    return (
        Side(total=total, variance=variance, extra=np.maximum(ratio, unseen)),
        Side(total=likely, variance=spread, extra=unseen),
    )


def part(
    where: NDArray[np.bool_], *, hits: Floats, p: Floats, weight: Floats, cluster: NDArray[np.intp]
) -> Side:
    """Return the total of some rows as a side of one entry; the arrays are those of `accumulate`."""
    seen, _ = accumulate(hits=hits[where], p=p[where], weight=weight[where], cluster=cluster[where])
    return seen.at(np.array([where.sum()]))


def lower_bound(good: Side, bad: Side, *, confidence: float) -> Floats:
    """Return the one-sided lower bound of good / (good + bad); 0 where nothing good was seen."""
    level = 2 * confidence - 1
    lower, _ = share_bounds(good.total, good.ends(level=level), bad.total, bad.ends(level=level))
    return np.where(good.total > 0, lower, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bets:
    """Good and bad reviewed weight, row by row in the order in which a threshold passes them."""

    before: Floats
    """What the row adds to good + bad before the threshold passes it."""
    added: Floats
    """What passing it adds to good + bad."""
    bad: Floats
    """What passing it adds to bad."""
    cluster: NDArray[np.intp]
    largest: float
    """The largest weight of any row or shared draw, reviewed or not: it may not depend on labels."""

    def log_evidence(self, target: float, *, place: NDArray[np.intp]) -> Floats:
        """Return the log of the mixed product when the rows before each place are passed."""
        some = np.flatnonzero((self.before > 0) | (self.added > 0) | (self.bad > 0))
        cluster, added, bad = self.cluster[some], self.added[some], self.bad[some]
        start = np.bincount(np.unique(cluster, return_inverse=True)[1], weights=self.before[some])
        theta = BETS / (target * self.largest)
        whole = _whole(self.before[some], cluster) + within(added, cluster)
        stake = (1 - target) * whole - within(bad, cluster)
        earlier = stake - ((1 - target) * added - bad)
        steps = np.log1p(np.outer(stake, theta)) - np.log1p(np.outer(earlier, theta))
        gains = np.vstack([np.zeros(theta.size), np.cumsum(steps, axis=0)])
        opening = np.log1p(np.outer((1 - target) * start, theta)).sum(axis=0)
        passed = np.searchsorted(some, place)
        mixed = special.logsumexp((opening + gains)[passed], axis=1) - np.log(theta.size)
        return np.asarray(mixed, dtype=np.float64)


def within(amounts: Floats, cluster: NDArray[np.intp]) -> Floats:
    """Return the running sum of the amounts within every cluster."""
    sums = pd.Series(amounts).groupby(cluster, sort=False).cumsum()
    return np.asarray(sums, dtype=np.float64)


def running(amounts: Floats) -> Floats:
    """Return the running sum, with the 0 before the first row."""
    return np.concatenate([[0.0], np.cumsum(amounts)])


def _whole(amounts: Floats, cluster: NDArray[np.intp]) -> Floats:
    return np.asarray(pd.Series(amounts).groupby(cluster, sort=False).transform("sum"), dtype=np.float64)
