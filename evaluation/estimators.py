"""
What the reviewed items say about all items: prevalence, precision, recall, missed.

Every number is design-based: it leans on the chances that were recorded before any label existed, and
on no model. Violations found in full review are a count, not an estimate, once everything there is
settled; all uncertainty then comes from one number, the violations below every threshold, of which the
audits are a probability sample.

===================  =====================================================================================
``recall``           share of the violations that full review gets to see
``precision``        share of the flagged items that violate
``prevalence``       share of the items that violate
``view_prevalence``  share of the (expected) views that fall on violations
``view_recall``      share of the violations' views that full review gets to see
``missed``           number of violations below every threshold
===================  =====================================================================================

Items without a score go to full review and so count for recall, but not for the precision of the
thresholds. Numbers about views concern the items whose views are known.

Where reviewers cannot see all that is flagged, a flagged item that was let go was not caught: recall then
counts what was drawn, and `threshold_recall` what was flagged. Both have the same denominator.

References
----------
Horvitz and Thompson (1952), JASA 47, 663-685; Hajek (1964), Ann. Math. Statist. 35, 1491-1523.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from evaluation.intervals import Bounds, Floats, Interval, logit, share_bounds, sum_bounds, wilson
from evaluation.sample import Rows, Slice, read_sample, sums
from evaluation.totals import Grade, Totals, Undrawn, totals

if TYPE_CHECKING:
    import pandas as pd  # takes long to load, and samples that come from a file do without

NAMES = ("recall", "precision", "prevalence", "view_prevalence", "view_recall", "missed")
"""The estimates, in the order in which `estimate` returns them for a slice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A number with everything that must travel with it.

    Undefined is None: with nothing reviewed there is no value, and the interval is as wide as ignorance.
    """

    name: str
    value: float | None
    interval: Interval
    reviewed: int
    """How many settled items it rests on."""
    outstanding: int
    """How many items were drawn and are not settled yet."""
    hits: int
    """How many violations were found among the reviewed."""
    effective_hits: float
    """Equally weighted hits that would tell as much about what is uncertain; below 3 is few."""
    method: str
    """``census``, ``gamma_report``, ``gamma_guarantee``, ``martingale``, ``logit_hajek``, ``wilson`` or
    ``undefined``."""
    se: float | None
    """Linearised standard error; None where no hit tells it. Intervals are not made from it."""
    slice: Slice = field(default_factory=dict)

    @property
    def few_hits(self) -> bool:
        """Whether so few hits tell that the value may be far off. The interval still holds."""
        return self.method != "census" and self.effective_hits < 3


def estimate(
    sample: pd.DataFrame, *, by: Sequence[str] = (), level: float = 0.95, grade: Grade = "report"
) -> list[Estimate]:
    """Return all estimates of all slices of a sample table.

    Parameters
    ----------
    sample : DataFrame
        One row a routed item, reviewed or not; see `evaluation.sample`.
    by : sequence of str
        Columns whose values, together, make a slice. None: one slice of all items.
    level : float
        Confidence of each interval, two-sided. Slices of one report do not share it.
    grade : {"report", "guarantee"}
        ``guarantee`` is wider, and covers also where the scores are blind. Use it to gate a decision.

    Returns
    -------
    list of Estimate
        Slice by slice, in the order of `NAMES`.

    Examples
    --------
    >>> import pandas as pd
    >>> sample = pd.DataFrame(
    ...     {
    ...         "id": ["a", "b", "c", "d"],
    ...         "pi": [1.0, 1.0, 0.5, 0.5],
    ...         "flagged": [True, True, False, False],
    ...         "violation": [1.0, 0.0, 1.0, None],
    ...     }
    ... )
    >>> recall, precision, *_ = estimate(sample)
    >>> recall.value, precision.value, precision.method
    (0.3333333333333333, 0.5, 'census')
    """
    rows = read_sample(sample, by=by)
    return conclude(rows, parts_of(rows), level=level, grade=grade)


def threshold_recall(
    sample: pd.DataFrame, *, by: Sequence[str] = (), level: float = 0.95, grade: Grade = "report"
) -> list[Estimate]:
    """Return the share of the violations that the thresholds flag, whether people saw them or not, by slice.

    It is `recall` where everything that is flagged is seen. See `estimate`.
    """
    rows = read_sample(sample, by=by)
    rows = replace(rows, lost=np.zeros_like(rows.lost))
    found = conclude(rows, parts_of(rows), level=level, grade=grade)[:: len(NAMES)]
    return [replace(one, name="threshold_recall") for one in found]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The totals that the estimates are made of: of full review, below the thresholds, and of the flagged."""

    found: Totals
    missed: Totals
    found_views: Totals
    missed_views: Totals
    flagged: Totals
    caught: Totals | None = None
    """Of what was drawn for full review, where that is not all that was meant for it."""
    caught_views: Totals | None = None


def parts_of(rows: Rows, undrawn: Mapping[str, Undrawn] | None = None) -> Parts:
    """Return the totals of a sample. ``undrawn`` is its items that are no rows, by the name of the part."""
    undrawn = undrawn or {}
    full, seen = rows.full_review, ~np.isnan(rows.views)
    ones, views = np.ones(rows.chance.size), np.where(seen, rows.views, 0.0)
    drawn, limited = as_drawn(rows), bool(rows.lost.any())
    caught = full & ~rows.lost
    return Parts(
        found=totals(rows, full, ones, undrawn.get("found")),
        missed=totals(rows, ~full, ones, undrawn.get("missed")),
        found_views=totals(rows, full & seen, views, undrawn.get("found_views")),
        missed_views=totals(rows, ~full & seen, views, undrawn.get("missed_views")),
        flagged=totals(rows, rows.flagged, ones, undrawn.get("flagged")),
        caught=totals(drawn, caught, ones) if limited else None,
        caught_views=totals(drawn, caught & seen, views) if limited else None,
    )


def as_drawn(rows: Rows) -> Rows:
    """Return a sample of which only what was drawn is spoken for: each item by its part that is settled."""
    return replace(rows, chance=rows.chance / rows.pi)


def conclude(rows: Rows, parts: Parts, *, level: float, grade: Grade) -> list[Estimate]:
    """Return all estimates of all slices from the totals of a sample; see `estimate`."""
    items, watched = (parts.found, parts.missed), (parts.found_views, parts.missed_views)
    columns = {
        "recall": _recall(*items, caught=parts.caught, level=level, grade=grade),
        "precision": _precision(rows, parts.flagged, level=level),
        "prevalence": _prevalence(*items, level=level, grade=grade),
        "view_prevalence": _prevalence(*watched, level=level, grade=grade),
        "view_recall": _recall(*watched, caught=parts.caught_views, level=level, grade=grade),
        "missed": _missed(*items, level=level, grade=grade),
    }
    told = [columns[name].estimates(name, rows.slice_values, level=level) for name in NAMES]
    return [one for of_a_slice in zip(*told, strict=True) for one in of_a_slice]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    # One statistic of all slices; NaN stands for undefined until it becomes an `Estimate`.
    value: Floats
    ends: Bounds
    se: Floats
    parts: Sequence[Totals]
    method: Sequence[str]
    effective_hits: Floats | None = None

    def estimates(self, name: str, slices: Sequence[Slice], *, level: float) -> list[Estimate]:
        # Rounding may push an end past the value where both are the same count.
        lower = np.fmin(np.fmin(*self.ends), self.value).tolist()
        upper = np.fmax(self.ends[1], self.value).tolist()
        defined, value, se = (~np.isnan(self.value)).tolist(), self.value.tolist(), self.se.tolist()
        census = np.all([part.census for part in self.parts], axis=0).tolist()
        telling = np.all([part.census | (part.hits > 0) for part in self.parts], axis=0).tolist()
        reviewed = np.sum([part.reviewed for part in self.parts], axis=0).tolist()
        outstanding = np.sum([part.drawn - part.reviewed for part in self.parts], axis=0).tolist()
        hits = np.sum([part.hits for part in self.parts], axis=0).tolist()
        effective = self.parts[-1].effective_hits if self.effective_hits is None else self.effective_hits
        effective_hits = effective.tolist()
        return [
            Estimate(
                name=name,
                value=value[place] if defined[place] else None,
                interval=Interval(lower[place], upper[place], level),
                reviewed=int(reviewed[place]),
                outstanding=int(outstanding[place]),
                hits=int(hits[place]),
                effective_hits=effective_hits[place],
                method=("census" if census[place] else self.method[place]) if defined[place] else "undefined",
                se=se[place] if defined[place] and telling[place] else None,
                slice=slice_,
            )
            for place, slice_ in enumerate(slices)
        ]


def _recall(found: Totals, missed: Totals, *, caught: Totals | None, level: float, grade: Grade) -> _Column:
    if caught is not None:
        return _caught(caught, found, missed, level=level, grade=grade)
    both, known = found.estimate + missed.estimate, found.known & missed.known
    value = _divided(found.estimate, both, known & (both > 0), otherwise=np.nan)
    found_ends, missed_ends = found.ends(level=level, grade=grade), missed.ends(level=level, grade=grade)
    lower, upper = share_bounds(found.estimate, found_ends, missed.estimate, missed_ends)
    # A part of which nothing is known has no estimate to lean on, only ends: the worst of both, then.
    (found_low, found_high), (missed_low, missed_high) = found_ends, missed_ends
    lowest = _divided(found_low, found_low + missed_high, found_low > 0, otherwise=0.0)
    highest = _divided(found_high, found_high + missed_low, missed_low > 0, otherwise=1.0)
    spread = np.hypot((1 - value) * np.sqrt(found.variance), value * np.sqrt(missed.variance))
    return _Column(
        value=value,
        ends=(np.where(known, lower, lowest), np.where(known, upper, highest)),
        se=_divided(spread, both, both > 0, otherwise=np.nan),
        parts=(found, missed),
        method=_method(missed, grade) * value.size,
    )


def _caught(caught: Totals, found: Totals, missed: Totals, *, level: float, grade: Grade) -> _Column:
    # What was caught is counted, once all is settled; uncertain is how many got away, flagged or not.
    known, share = caught.known & found.known & missed.known, caught.estimate
    flagged, low, high = found.estimate, *found.ends(level=level, grade=grade)
    missed_ends = missed.ends(level=level, grade=grade)
    away = np.maximum(flagged - share, 0.0)
    away_ends = np.clip(low - share, 0.0, away), np.maximum(high - share, away)
    rest = away + missed.estimate
    lowest, highest = sum_bounds(away, away_ends, missed.estimate, missed_ends)
    lower, upper = share_bounds(share, caught.ends(level=level, grade=grade), rest, (lowest, highest))
    both, variance = share + rest, found.variance + missed.variance
    value = _divided(share, both, known & (both > 0), otherwise=np.nan)
    spread = np.hypot((1 - value) * np.sqrt(caught.variance), value * np.sqrt(variance))
    return _Column(
        value=value,
        ends=(np.where(known, lower, 0.0), np.where(known, upper, 1.0)),
        se=_divided(spread, both, both > 0, otherwise=np.nan),
        parts=(found, missed),
        method=_method(missed, grade) * value.size,
        effective_hits=_divided(rest**2, variance, variance > 0, otherwise=0.0),
    )


def _prevalence(found: Totals, missed: Totals, *, level: float, grade: Grade) -> _Column:
    mass, known = found.mass + missed.mass, found.known & missed.known
    found_ends, missed_ends = found.ends(level=level, grade=grade), missed.ends(level=level, grade=grade)
    lower, upper = sum_bounds(found.estimate, found_ends, missed.estimate, missed_ends)
    lower = np.where(known, lower, found_ends[0] + missed_ends[0])
    upper = np.where(known, upper, found_ends[1] + missed_ends[1])
    some = mass > 0
    return _Column(
        value=_divided(found.estimate + missed.estimate, mass, known & some, otherwise=np.nan),
        ends=(
            np.clip(_divided(lower, mass, some, otherwise=0.0), 0.0, 1.0),
            np.clip(_divided(upper, mass, some, otherwise=1.0), 0.0, 1.0),
        ),
        se=_divided(np.sqrt(found.variance + missed.variance), mass, some, otherwise=np.nan),
        parts=(found, missed),
        method=_method(missed, grade) * mass.size,
    )


def _missed(found: Totals, missed: Totals, *, level: float, grade: Grade) -> _Column:
    some = found.mass + missed.mass > 0  # of no item at all there is nothing to tell
    return _Column(
        value=np.where(missed.known & some, missed.estimate, np.nan),
        ends=missed.ends(level=level, grade=grade),
        se=np.sqrt(missed.variance),
        parts=(missed,),
        method=_method(missed, grade) * missed.total.size,
    )


def _method(missed: Totals, grade: Grade) -> list[str]:
    return [f"gamma_{grade}" if missed.at_all_looks is None else "martingale"]


def _precision(rows: Rows, flagged: Totals, *, level: float) -> _Column:
    at = np.flatnonzero(rows.flagged & ~np.isnan(rows.violation))
    hit, weight, group = rows.violation[at], 1 / rows.chance[at], rows.group[at]
    spread = (1 - rows.chance[at]) * weight**2

    def by_group(amounts: Floats) -> Floats:
        return sums(group, amounts, slices=rows.slices)

    total = by_group(weight)
    value = _divided(by_group(weight * hit), total, total > 0, otherwise=np.nan)
    # Residuals are 1 - P for a hit and -P for the others (Hajek), with the weights known to sum to N.
    variance = (1 - value) ** 2 * by_group(spread * hit) + value**2 * by_group(spread * (1 - hit))
    se = _divided(np.sqrt(variance), total, total > 0, otherwise=np.nan)
    size = _divided(total**2, by_group(weight**2), total > 0, otherwise=0.0)
    # Whatever the weights say: found hits are real, and what was found clean is not a hit.
    least = _divided(flagged.found, flagged.mass, flagged.mass > 0, otherwise=0.0)
    most = 1 - _divided(flagged.clean, flagged.mass, flagged.mass > 0, otherwise=0.0)
    intervals, method = [], []
    for share, error, count in zip(value, se, size, strict=True):
        inside = 0 < share < 1
        method.append("logit_hajek" if inside else "wilson")
        intervals.append(
            logit(share, error, level=level)
            if inside
            else wilson(count if share == 1 else 0.0, count, level=level)
        )
    return _Column(
        value=value,
        ends=(
            np.clip([interval.lower for interval in intervals], least, most),
            np.clip([interval.upper for interval in intervals], least, most),
        ),
        se=se,
        parts=(flagged,),
        method=method,
    )


def _divided(top: Floats, bottom: Floats, where: NDArray[np.bool_], *, otherwise: float) -> Floats:
    return np.divide(top, bottom, out=np.full_like(bottom, otherwise), where=where)
