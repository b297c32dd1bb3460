r"""
Which scale spends an audit budget, on many items and quickly: `evaluation.rates.solve_rates` for sliders.

What a scale ``s`` spends, :math:`\sum_i clip(s g_i, floor, 1)`, grows in straight pieces. So a step by its
slope is exact as soon as it is known which items are at the floor or certain. The result is that of
`solve_rates`, in a few passes instead of sixty.

Of more than `MOST_ALONE` items, neighbours in score of about the same views are taken together: up to a
thousandth, that changes no size.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.records import AuditDesign
from evaluation.intervals import Floats
from evaluation.proofs import running
from evaluation.sizes import MOST

MOST_ALONE = 1 << 16
"""So many items are judged one by one."""

_BINS = 1 << 10
_VIEW_BINS_A_DOUBLING = 4

Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What an audit budget buys on the unflagged items of a window."""

    audits: float
    """Expected in the whole window."""
    smallest: float
    """The smallest chance of any item."""
    effective_hits: float
    """See `evaluation.budgets.expected_effective_hits`."""


class Spending:
    """Unflagged items, alike ones together, and what budgets spend on them.

    Parameters
    ----------
    count, p, size : array of float
        How many items, the sum of their probabilities, and the size of each.
    """

    def __init__(self, count: Floats, p: Floats, size: Floats) -> None:
        some = count > 0
        self._count, self._p, self._size = count[some], p[some], size[some]
        self.items = float(self._count.sum())

    def by(self, audit: AuditDesign, *, days: float) -> Spent:
        """Return what the budget of a design buys in so many days."""
        if not self.items:
            return Spent(audits=0.0, smallest=1.0, effective_hits=math.inf)
        target = audit.daily_budget * days
        floor = audit.floor_share * min(1.0, target / self.items)
        chance = np.clip(self.scale(floor=floor, target=target) * self._size, floor, 1.0)
        missing = float((self._p * (1 - chance) / chance).sum())
        return Spent(
            audits=float(self._count @ chance),
            smallest=float(chance.min()),
            effective_hits=float(self._p.sum()) ** 2 / missing if missing > 0 else math.inf,
        )

    def scale(self, *, floor: float, target: float) -> float:
        """Return the scale that spends the target: 0 where the floor does, the largest where none does."""
        positive = self._size > 0
        certain = float(self._count[positive].sum())
        if target - floor * self.items <= 1e-12 * target or not certain:
            return 0.0
        if target >= certain + floor * (self.items - certain):
            return 1.0 / float(self._size[positive].min())
        low, high = 0.0, math.inf
        scale = (target - floor * self.items) / float(self._count @ self._size)
        for _ in range(100):
            spent, slope = self._spent(scale, floor=floor)
            if abs(spent - target) <= 1e-13 * target:
                break
            low, high = (scale, high) if spent < target else (low, scale)
            step = scale + (target - spent) / slope if slope > 0 else math.nan
            if not low < step < high:
                step = 2 * scale if math.isinf(high) else (low + high) / 2
            if step in {scale, low, high}:
                break  # as close as numbers come
            scale = step
        return scale

    def _spent(self, scale: float, *, floor: float) -> tuple[float, float]:
        wanted = scale * self._size
        # What lies between the floor and 1 grows with the scale, in proportion to its size.
        between = (wanted > floor) & (wanted < 1.0)
        slope = float(self._count[between] @ self._size[between])
        return float(self._count @ np.clip(wanted, floor, 1.0)), slope


class Auditable:
    """Items by rising score, of which those below a threshold may be audited.

    Parameters
    ----------
    p, views : array of float
        Violation probabilities, and expected views; NaN where unknown.
    """

    def __init__(self, p: Floats, views: Floats) -> None:
        self._p, self._seen = p, ~np.isnan(views)
        self._squares = np.where(self._seen, np.minimum(views, MOST), 0.0) ** 2
        self._running = {name: running(amounts) for name, amounts in self._weights(slice(None)).items()}
        self._rows = 1 if p.size <= MOST_ALONE else math.ceil(p.size / _BINS)
        bins = np.arange(p.size) // self._rows
        self._cell = bins if self._rows == 1 else _cells(bins, views, seen=self._seen)
        cells = int(self._cell.max(initial=-1)) + 1
        # Cells of one bin stand together, so those of the first bins are the first.
        ends = np.maximum.accumulate(np.append(self._cell, cells - 1)) + 1
        self._first = np.append(0, ends[self._rows - 1 :: self._rows])
        self._sums = self._add_up(np.arange(p.size), cells=cells)
        self._factor = self._factors(cells)

    def below(self, place: int, *, without: Places) -> Spending:
        """Return what can be spent on the items before a place, but for some."""
        unit = self._unit(place, without)
        whole = place // self._rows
        cells = int(self._first[whole])
        inside = without[without < whole * self._rows]
        out = self._add_up(inside, cells=cells)
        sums = {name: amount[:cells] - out[name] for name, amount in self._sums.items()}
        # The bin that the place divides is taken item by item.
        edge = np.setdiff1d(np.arange(whole * self._rows, place), without, assume_unique=True)
        alone = self._add_up(edge, at=np.arange(edge.size), cells=edge.size)
        parts = (sums, self._factor[:cells]), (alone, np.ones(edge.size))
        return Spending(
            np.concatenate([part["count"] for part, _ in parts]).round(),
            np.concatenate([part["p"] for part, _ in parts]).clip(min=0.0),
            np.concatenate([factor * _size(part, unit) for part, factor in parts]),
        )

    def _add_up(self, some: Places, *, cells: int, at: Places | None = None) -> dict[str, Floats]:
        p, seen = self._p[some], self._seen[some]
        spread = p * (1 - p)
        amounts = {
            "count": np.ones_like(p),
            "p": p,
            "spread": spread,
            "unseen": np.where(seen, 0.0, spread),
            "reach": spread * self._squares[some],
        }
        at = self._cell[some] if at is None else at
        return {
            name: np.bincount(at, weights=one, minlength=cells).astype(np.float64, copy=False)
            for name, one in amounts.items()
        }

    def _factors(self, cells: int) -> Floats:
        # Sizes are not linear in what is added up: how much smaller their mean is than the size of the mean.
        unit = self._unit(self._p.size, np.zeros(0, dtype=np.intp))
        if self._rows == 1:
            return np.ones(cells)
        relative = np.where(self._seen, self._squares / unit, 1.0) if unit else 1.0
        own = np.sqrt(self._p * (1 - self._p) * (1 + relative))
        taken = self._sums["count"] * _size(self._sums, unit)
        exact = np.bincount(self._cell, weights=own, minlength=cells)
        return np.divide(exact, taken, out=np.ones(cells), where=taken > 0)

    def _unit(self, place: int, without: Places) -> float | None:
        # The mean square of the views, weighted by p; see evaluation.sizes.units_of.
        out = {name: float(amounts.sum()) for name, amounts in self._weights(without).items()}
        left = {name: max(0.0, float(self._running[name][place]) - out[name]) for name in out}
        if left["seen"] < 0.5 or left["weight"] <= 0:
            return None
        mean = left["squares"] / left["weight"]
        return mean if mean > 1e-9 else None

    def _weights(self, some: Places | slice) -> dict[str, Floats]:
        weight = np.where(self._seen[some], self._p[some], 0.0)
        return {
            "seen": self._seen[some].astype(np.float64),
            "weight": weight,
            "squares": weight * self._squares[some],
        }


def _size(sums: dict[str, Floats], unit: float | None) -> Floats:
    twice = 2 * sums["spread"] if unit is None else sums["spread"] + sums["unseen"] + sums["reach"] / unit
    mean = np.divide(twice, sums["count"], out=np.zeros_like(twice), where=sums["count"] > 0.5)
    found: Floats = np.sqrt(mean.clip(min=0.0))
    return found


def _cells(bins: Places, views: Floats, *, seen: NDArray[np.bool_]) -> Places:
    logarithm = np.log2(np.clip(np.where(seen, views, 1.0), 1.0, MOST))
    reach = np.where(seen, 1 + np.round(logarithm * _VIEW_BINS_A_DOUBLING), 0).astype(np.intp)
    return np.unique(bins * (reach.max(initial=0) + 1) + reach, return_inverse=True)[1]
