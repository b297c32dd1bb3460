"""
The sample table: every routed item of a window, reviewed or not, with the chance it had.

It needs the columns ``id``, ``pi`` (inclusion probability), ``flagged`` and ``violation`` (0, 1, or NaN
where nothing is settled), and reads ``score``, ``views``, ``draw``, ``route`` and ``degraded`` where they
are there.

* Without ``draw``, rows of the same id are taken to share a draw.
* Without ``route``, what was drawn is what is settled and what was certain to be drawn.
* What was drawn and is not settled yet is *outstanding*. It is treated as a second phase of sampling:
  within a slice, chances of flagged items, of items that could not be scored and of the others are each
  multiplied by the share of the drawn that is settled. Audits are queued by chance alone
  (`evaluation.priority`), so the share of items does. Flagged items are queued by risk, so theirs is the
  share of the violations, and of the others, that their scores expect. That is right if what is late is
  like what is not as far as the scores do not tell; a report says how much is outstanding, because this
  cannot be checked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from data.records import Route
from evaluation.intervals import Floats

if TYPE_CHECKING:
    import pandas as pd  # takes long to load, and samples that come from a file do without

NEEDED = ("id", "pi", "flagged", "violation")
"""The columns a sample cannot do without."""

Slice = Mapping[str, str | None]
"""The values that the items of a slice have in common, by column; None where the value is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A checked sample as arrays, with the slice and the part every item belongs to."""

    group: NDArray[np.intp]
    slice_values: Sequence[Slice]
    pi: Floats
    """Inclusion probability."""
    chance: Floats
    """Inclusion probability, times the share of the drawn that is settled."""
    violation: Floats
    score: Floats
    views: Floats
    drawn: NDArray[np.bool_]
    flagged: NDArray[np.bool_]
    """At or above a threshold."""
    degraded: NDArray[np.bool_]
    """Could not be scored, and went to full review for that."""
    lost: NDArray[np.bool_]
    """Flagged and let go: reviewers could not see all that was flagged. None without the column route."""
    identity: NDArray[np.intp]
    """A number for every draw that items share; -1 for an item that has its draw to itself."""

    @property
    def slices(self) -> int:
        """How many slices there are."""
        return len(self.slice_values)

    @property
    def full_review(self) -> NDArray[np.bool_]:
        """Which items were meant for full review: flagged, or without a score."""
        return self.flagged | self.degraded

    def cluster(self, at: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return a number for every shared draw within every slice; -1 where it is not shared."""
        return np.where(self.identity[at] < 0, -1, self.identity[at] * self.slices + self.group[at])


def read_sample(sample: pd.DataFrame, *, by: Sequence[str] = ()) -> Rows:
    """Check a sample table and return its arrays.

    Parameters
    ----------
    sample : DataFrame
        The sample table, see the module.
    by : sequence of str
        The columns whose values make a slice, together. None: all items are one slice.
    """
    if absent := [name for name in (*NEEDED, *by) if name not in sample.columns]:
        raise ValueError(f"sample must have the columns {', '.join(absent)}; got {list(sample.columns)!r}.")
    pi, violation = _floats(sample, "pi"), _floats(sample, "violation")
    if not ((pi > 0) & (pi <= 1)).all():
        raise ValueError("pi must be in (0, 1] for every item: what has no chance cannot be spoken for.")
    if not np.isin(violation[~np.isnan(violation)], (0.0, 1.0)).all():
        raise ValueError("violation must be 0, 1, or NaN where nothing is settled.")
    views = _floats(sample, "views")
    if (views < 0).any() or np.isinf(views).any():
        raise ValueError("views must be 0 or more, or NaN where unknown.")
    group, slice_values = _slices(sample, by)
    degraded = _truths(sample, "degraded")
    flagged = _truths(sample, "flagged") & ~degraded
    reviewed = ~np.isnan(violation)
    drawn = reviewed | (pi == 1)
    if "route" in sample.columns:
        drawn = (sample["route"] != Route.RELEASE.value).to_numpy(dtype=bool)
        if (reviewed & ~drawn).any():
            raise ValueError("violation must be NaN where route is release: the draw did not call for it.")
    score = _floats(sample, "score")
    part = group * 3 + flagged + 2 * degraded
    of_hits, of_others = settled_shares(
        part, parts=3 * len(slice_values), flagged=flagged, score=score, drawn=drawn, reviewed=reviewed
    )
    return Rows(
        group=group,
        slice_values=slice_values,
        pi=pi,
        chance=pi * np.where(violation == 1, of_hits[part], of_others[part]),
        violation=violation,
        score=score,
        views=views,
        drawn=drawn,
        flagged=flagged,
        degraded=degraded,
        lost=flagged & ~drawn & ("route" in sample.columns),
        identity=_identity(sample),
    )


def settled_shares(
    part: NDArray[np.intp],
    *,
    parts: int,
    flagged: NDArray[np.bool_],
    score: Floats,
    drawn: NDArray[np.bool_],
    reviewed: NDArray[np.bool_],
) -> tuple[Floats, Floats]:
    """Return the share of the drawn that is settled, in every part: of violations and of the others."""
    by_score = flagged & (score >= 0) & (score <= 1)
    return (
        _settled_share(part, np.where(by_score, score, 1.0), drawn, reviewed, parts=parts),
        _settled_share(part, np.where(by_score, 1.0 - score, 1.0), drawn, reviewed, parts=parts),
    )


def sums(group: NDArray[np.intp], amounts: Floats, *, slices: int) -> Floats:
    """Return the sum of the amounts in every slice."""
    return np.bincount(group, weights=amounts, minlength=slices).astype(np.float64, copy=False)


def _floats(sample: pd.DataFrame, name: str) -> Floats:
    if name not in sample.columns:
        return np.full(len(sample), np.nan)
    return sample[name].to_numpy(dtype=np.float64, na_value=np.nan)


def _truths(sample: pd.DataFrame, name: str) -> NDArray[np.bool_]:
    # `degraded` holds a reason or nothing; `flagged` holds True or False.
    if name not in sample.columns:
        return np.zeros(len(sample), dtype=bool)
    column = sample[name]
    return (column.notna() & (column != "") & (column != 0)).to_numpy(dtype=bool)


def _settled_share(
    part: NDArray[np.intp],
    expected: Floats,
    drawn: NDArray[np.bool_],
    reviewed: NDArray[np.bool_],
    *,
    parts: int,
) -> Floats:
    called = sums(part[drawn], expected[drawn], slices=parts)
    settled = sums(part[reviewed], expected[reviewed], slices=parts)
    # Where nothing is settled the share is unknown; the totals say so by themselves.
    return np.divide(settled, called, out=np.ones_like(called), where=settled > 0)


def _identity(sample: pd.DataFrame) -> NDArray[np.intp]:
    column = sample["draw" if "draw" in sample.columns else "id"]
    identity = np.full(len(sample), -1, dtype=np.intp)
    shared = column.duplicated(keep=False).to_numpy(dtype=bool)
    identity[shared] = column[shared].factorize(use_na_sentinel=False)[0]
    return identity


def _slices(sample: pd.DataFrame, by: Sequence[str]) -> tuple[NDArray[np.intp], list[Slice]]:
    if not by:
        return np.zeros(len(sample), dtype=np.intp), [{}]
    number = np.zeros(len(sample), dtype=np.intp)
    columns = []
    for name in by:
        codes, names = sample[name].factorize(sort=True)
        codes = np.where(codes < 0, len(names), codes)
        columns.append((name, codes, [*map(str, names), None]))
        number = number * (len(names) + 1) + codes
    _, first, group = np.unique(number, return_index=True, return_inverse=True)
    values: list[Slice] = [{name: names[codes[row]] for name, codes, names in columns} for row in first]
    return group.astype(np.intp), values
