"""
A sample of which the rows that were not drawn are sums: what `evaluation.streams` makes of a large table.

With a *population* the table holds the drawn rows only, of that many items. What is absent was not drawn, so
it is below every threshold, and nothing but its number is known.

* Report grade asks what scores and chances let expect of the absent. That is estimated: a drawn row speaks
  for 1 / pi - 1 that were not.
* Guarantee grade asks what an item could weigh at most. That is taken from the rows that are there: an absent
  item with a smaller chance is not covered.
* Views of absent items are unknown, and so is every number about views.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from evaluation.estimators import Estimate, conclude, parts_of
from evaluation.intervals import Floats
from evaluation.sample import Rows, Slice, settled_shares
from evaluation.totals import Grade, Undrawn

SUMS: Final = 7
"""For a score p (1 without one), views v (0 if unknown) and e = (1 - pi) / pi, the sums of 1, p, p e, v, p v,
p v² and p v² e."""

KINDS: Final = 8
"""A number for flagged or not (times 4), of known views or not (times 2), with a score or not."""

_ITEMS: Final = (0, 1, 1, 2)
_VIEWS: Final = (3, 4, 5, 6)
"""Which are the sums of v, p v, p v² and p v² e, where v is 1 for items."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condensed:
    """A sample of which the rows that were not drawn are sums."""

    rows: Rows
    undrawn: Mapping[str, Undrawn]
    """The others, by the name of the part (`evaluation.estimators.Parts`)."""
    number: NDArray[np.intp]
    """The number that each row has in the table."""
    pi: Floats
    time: Floats
    floor: float
    """The smallest pi below 1 of the items below every threshold; 1 if there is none."""
    view_floor: float
    """The smallest pi for each view, of the same items."""

    @property
    def sharing(self) -> int:
        """How many of the rows share their draw with another of their slice."""
        cluster = self.rows.cluster(np.arange(self.pi.size))
        _, count = np.unique(cluster[cluster >= 0], return_counts=True)
        return int(count[count > 1].sum())

    @property
    def first_outstanding(self) -> int | None:
        """The number of the first item below every threshold that was drawn and is not settled, by time."""
        late = np.flatnonzero(self.rows.drawn & ~self.rows.flagged & np.isnan(self.rows.violation))
        return int(self.number[late[np.argmin(self.time[late])]]) if late.size else None

    def estimate(self, *, level: float = 0.95, grade: Grade = "report") -> list[Estimate]:
        """Return what `evaluation.estimators.estimate` returns of the table."""
        return conclude(self.rows, parts_of(self.rows, self.undrawn), level=level, grade=grade)


def condense(
    kept: Mapping[str, NDArray[Any]],
    *,
    sums: Floats,
    largest: Floats,
    slice_values: Sequence[Slice],
    population: int | None,
) -> Condensed:
    """Return the sample of the rows that were kept and the sums of the others.

    Parameters
    ----------
    kept : mapping of arrays
        The columns of `evaluation.streams.Stream.add`, with the slice of every row, ``group``, and its
        number, ``row``.
    sums : array of float, SUMS x slices x KINDS
        Of the rows that were not kept.
    largest : array of float, 2 x slices x KINDS
        Their largest 1 / pi and v / pi.
    population : int, optional
        Where the rows are the drawn ones of that many items.
    """
    rows, share = _rows(kept, slice_values)
    if population is None:
        undrawn = _undrawn(sums, largest, share)
    else:
        undrawn = {"missed": _absent(rows, kept["pi"], population=population, share=float(share[0, 0]))}
    below = ~rows.flagged & (kept["pi"] < 1)
    weights = np.stack([np.ones(below.size), np.nan_to_num(rows.views)])[:, below] / kept["pi"][below]
    heaviest = np.maximum(
        weights.max(axis=1, initial=0.0), largest[..., : KINDS // 2].max(axis=(1, 2), initial=0.0)
    )
    floors = np.divide(1.0, heaviest, out=np.ones(2), where=heaviest > 0)
    return Condensed(
        rows=rows,
        undrawn=undrawn,
        number=kept["row"],
        pi=kept["pi"],
        time=kept["time"],
        floor=float(floors[0]),
        view_floor=float(floors[1]),
    )


def _rows(kept: Mapping[str, NDArray[Any]], slice_values: Sequence[Slice]) -> tuple[Rows, Floats]:
    # Beside the rows, by slice and part, what chances were multiplied by; those of the others are too.
    flagged, violation = kept["flagged"], kept["violation"]
    part = kept["group"] * 3 + flagged
    of_hits, of_others = settled_shares(
        part,
        parts=3 * len(slice_values),
        flagged=flagged,
        score=kept["score"],
        drawn=kept["drawn"],
        reviewed=~np.isnan(violation),
    )
    rows = Rows(
        group=kept["group"],
        slice_values=slice_values,
        pi=kept["pi"],
        chance=kept["pi"] * np.where(violation == 1, of_hits[part], of_others[part]),
        violation=violation,
        score=kept["score"],
        views=kept["views"],
        drawn=kept["drawn"],
        flagged=flagged,
        degraded=np.zeros(flagged.size, dtype=bool),
        lost=np.zeros(flagged.size, dtype=bool),
        identity=_identity(kept["draw"]),
    )
    return rows, of_others.reshape(-1, 3)


def _identity(draw: Floats) -> NDArray[np.intp]:
    if np.isnan(draw).all():
        return np.full(draw.size, -1, dtype=np.intp)
    _, number, count = np.unique(draw, return_inverse=True, return_counts=True, equal_nan=False)
    return np.where(count[number] > 1, number, -1).astype(np.intp)


def _undrawn(sums: Floats, largest: Floats, share: Floats) -> dict[str, Undrawn]:
    found = {}
    for name, flagged, which, weight in (
        ("missed", 0, _ITEMS, 0),
        ("found", 1, _ITEMS, 0),
        ("missed_views", 0, _VIEWS, 1),
        ("found_views", 1, _VIEWS, 1),
    ):
        # Numbers about views concern the items of known views; those about items concern all.
        kinds = slice(4 * flagged + 2 * weight, 4 * flagged + 4)
        by_score = sums[..., kinds].reshape(SUMS, len(share), -1, 2).sum(axis=2)
        found[name] = _as_undrawn(
            by_score, largest[weight][:, kinds].max(axis=1), which, share=share[:, flagged]
        )
    return {**found, "flagged": found["found"]}


def _as_undrawn(sums: Floats, largest: Floats, which: tuple[int, int, int, int], *, share: Floats) -> Undrawn:
    # The last axis of the sums is without and with a score. With a chance of c = pi share, (1 - c) / c is
    # (e + 1 - share) / share.
    mass, likely, square, excess = (sums[place] for place in which)
    excess = (excess + (1 - share)[:, None] * square) / share[:, None]
    return Undrawn(
        items=sums[0].sum(axis=1),
        mass=mass.sum(axis=1),
        largest=largest / share,
        likely=likely[:, 1],
        excess=excess[:, 1],
        unscored=likely[:, 0],
        unscored_excess=excess[:, 0],
        scores=float(sums[1, :, 1].sum()),
        scored=float(sums[0, :, 1].sum()),
    )


def _absent(rows: Rows, pi: Floats, *, population: int, share: float) -> Undrawn:
    speaking = rows.drawn & ~rows.flagged & (pi < 1)
    pi, score = pi[speaking], rows.score[speaking]
    scored = ~np.isnan(score)
    p = np.where(scored, score, 1.0)
    amounts = (1 / pi - 1) * np.stack([np.ones(pi.size), p, p * (1 - pi) / pi])
    sums = np.stack([amounts[:, ~scored].sum(axis=1), amounts[:, scored].sum(axis=1)], axis=-1)
    absent = np.array([population - rows.chance.size], dtype=np.float64)
    # Where no row speaks for the absent, one of them could weigh as much as all.
    largest = np.zeros(1) if pi.size else absent * share
    undrawn = _as_undrawn(sums[:, None], largest, _ITEMS, share=np.array([share]))
    return replace(undrawn, items=absent, mass=absent)
