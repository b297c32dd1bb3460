"""
A sample in the order of its scores, with running sums: what lies on either side of a threshold at once.

Sums over "at or above a threshold" and over "below it" are differences of two entries of a running sum. Items
that another policy flags besides are taken over one by one. Rows that share a draw are few and are summed by
themselves, because they are one piece of evidence together (`evaluation.proofs`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evaluation.intervals import Floats
from evaluation.proofs import Side, running
from evaluation.sample import Rows

Places = NDArray[np.intp]
Truths = NDArray[np.bool_]
Kind = Literal["hits", "clean"]
"""What is summed: reviewed violations, or what was reviewed and found clean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What makes a `evaluation.proofs.Side`: of reviewed weight, and of what the scores expect."""

    total: float = 0.0
    variance: float = 0.0
    likely: float = 0.0
    spread: float = 0.0
    largest: float = 0.0
    """The largest weight among the items; needed only where the scores expect nothing."""

    def __add__(self, other: Sums) -> Sums:
        return Sums(
            total=self.total + other.total,
            variance=self.variance + other.variance,
            likely=self.likely + other.likely,
            spread=self.spread + other.spread,
            largest=max(self.largest, other.largest),
        )

    def side(self) -> Side:
        """Return the side of one entry."""
        ratio = self.variance / self.total if self.total > 0 else 0.0
        unseen = self.spread / self.likely if self.likely > 0 else self.largest
        return Side(
            total=np.array([self.total]),
            variance=np.array([self.variance]),
            extra=np.array([max(ratio, unseen)]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many items a part has."""

    items: int = 0
    reviewed: int = 0
    drawn: int = 0
    hits: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            items=self.items + other.items,
            reviewed=self.reviewed + other.reviewed,
            drawn=self.drawn + other.drawn,
            hits=self.hits + other.hits,
        )

    def __sub__(self, other: Counts) -> Counts:
        return Counts(
            items=self.items - other.items,
            reviewed=self.reviewed - other.reviewed,
            drawn=self.drawn - other.drawn,
            hits=self.hits - other.hits,
        )

    @property
    def known(self) -> bool:
        """Whether something can be said about the part: it is empty, or some of it is settled."""
        return not self.items or self.reviewed > 0


class Ordered:
    """Rows of a sample by rising score, each with a draw of its own, and their running sums.

    Parameters
    ----------
    rows : Rows
        A sample.
    at : array of int
        Which rows, in the wanted order.
    p : array of float
        Their probabilities.
    """

    def __init__(self, rows: Rows, at: Places, p: Floats) -> None:
        alone = rows.identity[at] < 0
        self.p = p
        self.weight = 1 / rows.chance[at]
        self.violation = rows.violation[at]
        self.drawn = rows.drawn[at]
        self.alone = alone
        q, own = 1 - p, np.where(alone, self.weight, 0.0)
        self._likely = {"hits": running(np.where(alone, p, 0.0)), "clean": running(np.where(alone, q, 0.0))}
        self._spread = {"hits": running(p * own), "clean": running(q * own)}
        # Few are reviewed: running sums over those alone are short.
        self._reviewed = np.flatnonzero(~np.isnan(self.violation))
        self._drawn = np.flatnonzero(self.drawn)
        self._hit = running((self.violation[self._reviewed] == 1).astype(np.float64))
        amounts = {kind: self._amounts(kind, self._reviewed) for kind in ("hits", "clean")}
        self._total = {kind: running(amount) for kind, amount in amounts.items()}
        self._variance = {kind: running(amount**2) for kind, amount in amounts.items()}

    def between(self, start: int, end: int, kind: Kind) -> Sums:
        """Return the sums of the rows between two places, those that share a draw left out."""
        first, last = np.searchsorted(self._reviewed, (start, end))
        likely = float(self._likely[kind][end] - self._likely[kind][start])
        own = self.weight[start:end][self.alone[start:end]] if likely <= 0 else np.zeros(0)
        return Sums(
            total=float(self._total[kind][last] - self._total[kind][first]),
            variance=float(self._variance[kind][last] - self._variance[kind][first]),
            likely=likely,
            spread=float(self._spread[kind][end] - self._spread[kind][start]),
            largest=float(own.max(initial=0.0)),
        )

    def below(self, place: int, kind: Kind, *, without: Truths) -> Sums:
        """Return the sums of the rows before a place, less those of which ``without`` is true."""
        whole, left_out = self.between(0, place, kind), np.flatnonzero(without)
        if not left_out.size:
            return whole
        out = self.some(left_out, kind)
        likely = whole.likely - out.likely
        if likely <= 1e-9 * whole.likely:
            return self.some(np.flatnonzero(~without), kind)  # hardly anything is left: no differences
        reviewed = self._reviewed[: np.searchsorted(self._reviewed, place)]
        # What was found is added up anew, so that nothing found is 0 and not nearly 0.
        amount = self._amounts(kind, reviewed[~without[reviewed]])
        return Sums(
            total=float(amount.sum()),
            variance=float((amount**2).sum()),
            likely=likely,
            spread=whole.spread - out.spread,
        )

    def some(self, places: Places, kind: Kind, factor: Floats | float = 1.0) -> Sums:
        """Return the sums of some rows that count by a factor, those that share a draw left out."""
        alone = self.alone[places]
        p = np.where(alone, (self.p if kind == "hits" else 1 - self.p)[places] * factor, 0.0)
        amount, weight = self._amounts(kind, places) * factor, np.where(alone, self.weight[places], 0.0)
        return Sums(
            total=float(amount.sum()),
            variance=float((amount**2).sum()),
            likely=float(p.sum()),
            spread=float((p * weight).sum()),
            largest=float(weight.max(initial=0.0)),
        )

    def counts(self, start: int, end: int) -> Counts:
        """Return how many rows there are between two places."""
        reviewed = np.searchsorted(self._reviewed, (start, end))
        drawn = np.searchsorted(self._drawn, (start, end))
        return Counts(
            items=end - start,
            reviewed=int(reviewed[1] - reviewed[0]),
            drawn=int(drawn[1] - drawn[0]),
            hits=int(self._hit[reviewed[1]] - self._hit[reviewed[0]]),
        )

    def counts_of(self, places: Places) -> Counts:
        """Return how many of some rows are reviewed, drawn and violating."""
        violation = self.violation[places]
        return Counts(
            items=places.size,
            reviewed=int(np.count_nonzero(~np.isnan(violation))),
            drawn=int(np.count_nonzero(self.drawn[places])),
            hits=int(np.count_nonzero(violation == 1)),
        )

    def _amounts(self, kind: Kind, places: Places) -> Floats:
        counts = (self.violation[places] == (1.0 if kind == "hits" else 0.0)) & self.alone[places]
        return np.where(counts, self.weight[places], 0.0)


class Shared:
    """The rows of a sample that share a draw, wherever their scores put them.

    Parameters
    ----------
    rows : Rows
        A sample.
    place : array of int
        The place of every row in the order of the scores; that of rows without a score is behind the last.
    p : array of float
        Probabilities of all rows.
    """

    def __init__(self, rows: Rows, place: Places, p: Floats) -> None:
        at = np.flatnonzero(rows.identity >= 0)
        at = at[np.argsort(rows.identity[at], kind="stable")]
        self.place = place[at]
        self.p = p[at]
        self._weight = 1 / rows.chance[at]
        self._violation = rows.violation[at]
        cluster = rows.identity[at]
        begins = np.append(True, cluster[1:] != cluster[:-1])[: cluster.size]
        self._start = np.maximum.accumulate(np.where(begins, np.arange(cluster.size), 0))

    def sums(self, kind: Kind, factor: Floats) -> Sums:
        """Return the sums of the rows that count by a factor above 0."""
        inside = factor > 0
        counts = self._violation == (1.0 if kind == "hits" else 0.0)
        amount = np.where(counts, self._weight, 0.0) * factor
        p = (self.p if kind == "hits" else 1 - self.p) * factor
        own, copies = self._within(amount), self._within(inside.astype(np.float64))
        weight = self._weight * inside
        return Sums(
            total=float(amount.sum()),
            variance=float((amount * (2 * own - amount)).sum()),
            likely=float(p.sum()),
            spread=float((p * weight * (2 * copies - 1)).sum()),
            largest=float((weight * copies).max(initial=0.0)),
        )

    def _within(self, amounts: Floats) -> Floats:
        sums = running(amounts)
        return sums[1:] - sums[self._start]
