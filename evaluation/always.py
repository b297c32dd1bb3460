"""
Estimates whose ends hold whenever somebody looks, of a sample that was read in parts.

``missed`` has the ends of a confidence sequence (`evaluation.sequences`), looked at where the table ends.
With everything flagged reviewed, what was found is a count, and recall and prevalence follow from
``missed``. Precision is that of the report grade, for one look.

A sequence asks more of a slice than an interval for one look does:

* where an audit was drawn and is not settled, ``missed`` is undefined, and so is what follows from it;
* where a flagged item is not reviewed, or was not certain to be, recall and prevalence are undefined.

The ends of what is undefined are those that the counts alone leave.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import numpy as np

from data.errors import Invalid
from evaluation.condensed import Condensed
from evaluation.estimators import Estimate, conclude, parts_of
from evaluation.intervals import Bounds, Floats
from evaluation.sequences import total_sequence
from evaluation.totals import Totals, Undrawn

_ROUNDING: Final = 1 + 1e-9


def estimate_always(sample: Condensed, *, floor: float | None = None, level: float = 0.95) -> list[Estimate]:
    """Return all estimates of all slices, with ends that hold at every look.

    Parameters
    ----------
    sample : Condensed
        Its ``time`` is known.
    floor : float, optional
        The smallest chance that any item below the thresholds could have had, fixed before the first one;
        the smallest of the sample where not given. For views it is always that of the sample.
    level : float
        Confidence that all looks hold, two-sided.

    Raises
    ------
    Invalid
        If an item has a chance below the floor, or items below the thresholds share a draw.
    """
    floor = sample.floor if floor is None else floor
    if floor > sample.floor * _ROUNDING:
        raise Invalid(
            f"--floor must not be above any pi below 1; got {floor:g} and a pi of {sample.floor:g}."
        )
    _refuse_shared_draws(sample)
    parts = parts_of(sample.rows, sample.undrawn)
    nothing = Undrawn.none(sample.rows.slices)
    items = _ends(sample, parts.missed, sample.undrawn.get("missed", nothing), floor=floor, level=level)
    views = _ends(
        sample,
        parts.missed_views,
        sample.undrawn.get("missed_views", nothing),
        floor=sample.view_floor,
        level=level,
        views=sample.rows.views,
    )
    parts = replace(
        parts,
        found=_counted(parts.found),
        missed=_followed(parts.missed, items),
        found_views=_counted(parts.found_views),
        missed_views=_followed(parts.missed_views, views),
    )
    return conclude(sample.rows, parts, level=level, grade="report")


def _refuse_shared_draws(sample: Condensed) -> None:
    # Flagged items do not matter: they are counted, and what is counted needs no draw.
    at = np.flatnonzero(~sample.rows.flagged & (sample.pi < 1))
    cluster = sample.rows.cluster(at)
    shared = np.flatnonzero(cluster >= 0)
    _, first, count = np.unique(cluster[shared], return_index=True, return_counts=True)
    if (count > 1).any():
        together = cluster == cluster[shared[first[count > 1][0]]]
        one, other = sample.number[at[together]][:2]
        raise Invalid(
            f"draw must differ between items with --grade always; rows {one:,} and {other:,} share one. Keep "
            "the first of items that share a draw, and leave the others out."
        )


def _counted(found: Totals) -> Totals:
    return replace(found, known=found.census, at_all_looks=(found.found, found.most))


def _followed(missed: Totals, ends: Bounds) -> Totals:
    return replace(missed, known=missed.known & (missed.drawn == missed.reviewed), at_all_looks=ends)


def _ends(
    sample: Condensed,
    part: Totals,
    undrawn: Undrawn,
    *,
    floor: float,
    level: float,
    views: Floats | None = None,
) -> Bounds:
    rows, (lower, upper) = sample.rows, (part.found.copy(), part.most.copy())
    at = np.flatnonzero(~rows.flagged if views is None else ~rows.flagged & ~np.isnan(views))
    at = at[np.lexsort((sample.time[at], rows.group[at]))]
    ends_at = np.searchsorted(rows.group[at], np.arange(rows.slices + 1))
    for place in np.flatnonzero(part.drawn == part.reviewed):
        here = at[ends_at[place] : ends_at[place + 1]]
        # An item that was not drawn counts by its mass alone. So views may be put together, to fewer items.
        items, mass = float(undrawn.items[place]), float(undrawn.mass[place])
        lumps = int(items if views is None else math.ceil(2 * mass * floor))
        sequence = total_sequence(
            pi=np.append(sample.pi[here], np.full(lumps, floor if views is None else 0.5)),
            violation=np.append(rows.violation[here], np.full(lumps, np.nan)),
            day=np.append(sample.time[here], np.full(lumps, np.inf)),
            views=None if views is None else np.append(views[here], np.full(lumps, mass / max(lumps, 1))),
            floor=floor,
            looks=[math.inf],
            level=level,
        )
        lower[place], upper[place] = sequence.lower[0], sequence.upper[0]
    return lower, upper
