"""
A sample table in parts: the estimates of `evaluation.estimators`, without holding every row.

Of the rows that were not drawn, totals need sums and maxima only. So a `Stream` adds those up by slice while
the parts come in, and keeps the drawn rows alone; `evaluation.condensed` makes a sample of both.

* What was drawn is what ``drawn`` says. Without it: what is settled and what was certain to be drawn.
* A verdict that the draw did not call for is no evidence. It is left out and counted.
* Rows of a slice that share a ``draw`` are kept too. Which these are is known at the end only, so a table
  that has some is read twice: what the first reading found `shared` is given to the second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from data.errors import Invalid
from evaluation.condensed import KINDS, SUMS, Condensed, condense
from evaluation.intervals import Floats
from evaluation.sample import Slice

Codes = tuple[NDArray[np.intp], Sequence[object]]
"""A column to slice by: a number for each row, and the value that each number stands for."""

Truths = NDArray[np.bool_]
_Numbers = NDArray[np.uint64]

_SPREAD: Final = np.uint64(0x9E3779B97F4A7C15)
_FEW: Final = 1 << 12
"""Combinations of values that are not too many to be listed with those that do not occur."""


class Stream:
    """Takes a sample table in parts.

    Parameters
    ----------
    by : sequence of str
        The columns whose values make a slice, together.
    population : int, optional
        How many items the rows were drawn from, where the rows are the drawn ones only; see
        `evaluation.condensed`.
    shared : array of uint64, optional
        `shared` of an earlier reading of the same table, unless it is empty.

    Raises
    ------
    ValueError
        If there is a population and a column to slice by: the size of each slice would not be known.
    """

    def __init__(
        self,
        *,
        by: Sequence[str] = (),
        population: int | None = None,
        shared: _Numbers | None = None,
    ) -> None:
        if population is not None and by:
            raise ValueError("population must be None where by is given: it is not that of each slice.")
        self.items = 0
        """How many rows came."""
        self.not_called_for = 0
        """How many verdicts were left out, because the draw did not call for them."""
        self.unknown_views = 0
        """How many rows are of unknown views."""
        self._by, self._population, self._shared = by, population, shared
        self._groups: dict[tuple[Any, ...], int] = {}
        self._sums = np.zeros((SUMS, 0))
        self._largest = np.zeros((2, 0))
        self._kept: list[Mapping[str, NDArray[Any]]] = []
        self._draws: list[_Numbers] = []

    def add(
        self,
        *,
        first_row: int,
        slices: Sequence[Codes],
        pi: Floats,
        flagged: Truths,
        violation: Floats,
        score: Floats | None = None,
        views: Floats | None = None,
        drawn: Truths | None = None,
        draw: Floats | None = None,
        time: Floats | None = None,
    ) -> None:
        """Take the next rows. Their values were checked (`data.sample_files`).

        Parameters
        ----------
        first_row : int
            The number that the first of them has in the table.
        slices : sequence of Codes
            One for each column of ``by``.
        pi, flagged, violation, score, views, draw
            As in `evaluation.sample`.
        drawn : array of bool, optional
            Whether the draw called for a review.
        time : array of float, optional
            When the item came in, in any unit.

        Raises
        ------
        Invalid
            If an item of a population is flagged and could have been absent.
        """
        unknown, reviewed = np.full(pi.size, np.nan), ~np.isnan(violation)
        score, views = unknown if score is None else score, unknown if views is None else views
        if self._population is not None:
            self._check_all_flagged_are_there(flagged & (pi < 1), first_row)
            views = unknown  # those of absent items are not known, so their sum is not
        if drawn is None:
            drawn = reviewed | (pi == 1) | (self._population is not None)
        if (stray := reviewed & ~drawn).any():
            violation = np.where(stray, np.nan, violation)
            self.not_called_for += int(np.count_nonzero(stray))
        group = self._group(slices, pi.size)
        at = np.flatnonzero(drawn if draw is None else drawn | self._is_shared(draw, group))
        columns = {
            "group": group,
            "pi": pi,
            "flagged": flagged,
            "drawn": drawn,
            "violation": violation,
            "score": score,
            "views": views,
            "draw": unknown if draw is None else draw,
            "time": unknown if time is None else time,
        }
        self._kept.append({name: column[at] for name, column in columns.items()} | {"row": first_row + at})
        seen, scored = ~np.isnan(views), ~np.isnan(score)
        self.items += pi.size
        self.unknown_views += int(pi.size - np.count_nonzero(seen))
        kind = group * KINDS + (flagged * np.int8(4) + seen * np.int8(2) + scored).astype(np.int8)
        kind[at] = len(self._groups) * KINDS  # one more than there are: here what is kept gets lost
        self._add_up(kind, pi=pi, p=_filled(score, scored, 1.0), v=_filled(views, seen, 0.0))

    @property
    def shared(self) -> _Numbers:
        """Numbers of the draws that several rows of a slice share; empty if there are none."""
        numbers = np.sort(np.concatenate([np.zeros(0, dtype=np.uint64), *self._draws]))
        return np.unique(numbers[1:][numbers[1:] == numbers[:-1]])

    def condense(self) -> Condensed:
        """Return all that came as a sample.

        Raises
        ------
        Invalid
            If more rows came than the population has items.
        """
        if self._population is not None and self._population < self.items:
            raise Invalid(
                "--population must be at least the number of rows: it is the number of items that they were "
                f"drawn from. Got {self._population:,} for {self.items:,} rows."
            )
        names = sorted(self._groups, key=lambda values: [(value is None, value) for value in values])
        order = np.array([self._groups[values] for values in names], dtype=np.intp)
        kept = {name: np.concatenate([part[name] for part in self._kept]) for name in self._kept[0]}
        return condense(
            kept | {"group": np.argsort(order)[kept["group"]]},
            sums=self._sums.reshape(SUMS, -1, KINDS)[:, order],
            largest=self._largest.reshape(2, -1, KINDS)[:, order],
            slice_values=[self._slice(values) for values in names],
            population=self._population,
        )

    def _slice(self, values: Sequence[object]) -> Slice:
        texts = (None if value is None else str(value) for value in values)
        return dict(zip(self._by, texts, strict=True))

    def _check_all_flagged_are_there(self, absent: Truths, first_row: int) -> None:
        if absent.any():
            raise Invalid(
                "pi must be 1 for flagged items with --population, so that none of them is absent; row "
                f"{first_row + int(absent.argmax()):,} has less. Leave --population out, and give all rows."
            )

    def _group(self, slices: Sequence[Codes], size: int) -> NDArray[np.intp]:
        number: NDArray[np.intp] | None = None
        known: list[tuple[Any, ...]] = [()]
        for codes, values in slices:
            number, limit = (
                codes if number is None else number * len(values) + codes,
                len(known) * len(values),
            )
            present: Sequence[int] = range(limit)
            if limit > _FEW:
                number, present = _dense(number, limit=limit)
            known = [(*known[one // len(values)], values[one % len(values)]) for one in present]
        if number is None:
            number = np.zeros(size, dtype=np.intp)
        groups = np.zeros(len(known), dtype=np.intp)
        for one in np.flatnonzero(np.bincount(number, minlength=len(known))).tolist():
            groups[one] = self._groups.setdefault(known[one], len(self._groups))
        return groups[number]

    def _is_shared(self, draw: Floats, group: NDArray[np.intp]) -> Truths:
        # That two have one number by chance happens once in 2**64, and costs two rows that are kept.
        number = (draw + 0.0).view(np.uint64) ^ (group.astype(np.uint64) * _SPREAD)
        if self._shared is None:
            self._draws.append(number)
            return np.zeros(draw.size, dtype=bool)
        nearest = np.searchsorted(self._shared, number).clip(max=self._shared.size - 1)
        shares: Truths = self._shared[nearest] == number
        return shares

    def _add_up(self, kind: NDArray[np.intp], *, pi: Floats, p: Floats, v: Floats) -> None:
        kinds = len(self._groups) * KINDS
        if new := kinds - self._sums.shape[1]:
            self._sums = np.pad(self._sums, ((0, 0), (0, new)))
            self._largest = np.pad(self._largest, ((0, 0), (0, new)))
        weight, likely = 1 / pi, p * v
        excess, squared = weight - 1, likely * v
        self._sums[0] += np.bincount(kind, minlength=kinds + 1)[:kinds]
        for place, amount in enumerate((p, p * excess, v, likely, squared, squared * excess), start=1):
            self._sums[place] += np.bincount(kind, weights=amount, minlength=kinds + 1)[:kinds]
        for place, largest_of in enumerate((weight, v * weight)):
            largest = np.append(self._largest[place], 0.0)
            np.maximum.at(largest, kind, largest_of)
            self._largest[place] = largest[:kinds]


def _filled(column: Floats, known: Truths, otherwise: float) -> Floats:
    return column if known.all() else np.where(known, column, otherwise)


def _dense(number: NDArray[np.intp], *, limit: int) -> tuple[NDArray[np.intp], list[int]]:
    # Numbers below the limit without the gaps between them, and what they were.
    if limit > 4 * number.size:
        present, dense = np.unique(number, return_inverse=True)
        return dense, present.tolist()
    present = np.flatnonzero(np.bincount(number, minlength=limit))
    place = np.zeros(limit, dtype=np.intp)
    place[present] = np.arange(present.size)
    return place[number], present.tolist()
