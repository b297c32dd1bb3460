"""
How the numbers of a window grew from day to day, with ends that hold on all days at once.

At the end of a day nobody knows yet what the last reviews will say. Everything that was drawn and is not
settled counts as a violation for one end and as none for the other (`evaluation.sequences`), so an end never
has to be taken back. Of items that share a draw the first one is followed: the others are no evidence of
their own, and no part of these numbers.

==============  ==========================================================================================
``recall``      share of the violations so far that people got to see in full review
``prevalence``  share of the items so far that violate
``missed``      violations so far that were below every threshold
==============  ==========================================================================================
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.records import Route
from evaluation.estimators import Estimate, estimate
from evaluation.intervals import Floats, Interval
from evaluation.policies import POLICY, estimate_policies
from evaluation.sample import Slice
from evaluation.sequences import total_sequence

NAMES: Final = ("recall", "prevalence", "missed")

METHOD: Final = "martingale"

MOST_OPEN: Final = 0.02
"""Of what was drawn for full review, and of the audits, so much may be open on a day that is reported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPoint:
    """One number, of everything from the begin of the window to the end of a day."""

    name: str
    until: datetime
    value: float | None
    """Of what is settled; None where that says nothing yet."""
    lower: float
    upper: float
    """Both ends hold on all days at once."""
    reviewed: int
    hits: int
    open: int
    """Drawn and not settled yet."""
    settled: bool
    """Whether no more than `MOST_OPEN` is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Days:
    # What is known at the end of every day: running sums, one entry a look.
    items: Floats
    reviewed: Floats
    hits: Floats
    caught: Floats
    open_full: Floats
    open_audits: Floats
    settled: NDArray[np.bool_]


def trend(
    sample: pd.DataFrame, *, looks: Sequence[datetime], floor: float, level: float = 0.95
) -> tuple[TrendPoint, ...]:
    """Return the numbers of a sample at the end of every day, day by day in the order of `NAMES`.

    Parameters
    ----------
    sample : DataFrame
        The sample table, see `evaluation.sample`, with ``time``, ``route``, ``draw`` and ``degraded``.
    looks : sequence of datetime
        When somebody looks, in order; what came before counts.
    floor : float
        The smallest chance that was expected before the first item, in (0, 1]. A wrong one costs width only.
    level : float
        Confidence that all looks of one number hold, two-sided.
    """
    first = first_of_draws(sample)
    moments = pd.to_datetime(list(looks), utc=True).as_unit("us")
    times = pd.DatetimeIndex(first["time"]).as_unit("us")
    seen_at = np.searchsorted(moments.asi8, times.asi8, side="right")
    pi, violation = first["pi"].to_numpy(np.float64), first["violation"].to_numpy(np.float64)
    drawn = (first["route"] != Route.RELEASE.value).to_numpy()
    full = (first["route"] == Route.FULL_REVIEW.value).to_numpy()
    open_ = drawn & np.isnan(violation)
    days = _days(seen_at, len(looks), violation=violation, full=full, drawn=drawn, open_=open_)
    arrays = {"pi": pi, "violation": violation, "day": seen_at.astype(np.float64), "outstanding": open_}
    order = np.arange(len(looks), dtype=np.float64)
    whole = total_sequence(**arrays, floor=floor, looks=order, level=level)
    points: list[TrendPoint] = []
    meant = first["flagged"].to_numpy(dtype=bool) | first["degraded"].notna().to_numpy()
    below = {name: values[~meant] for name, values in arrays.items()}
    away = total_sequence(**below, floor=floor, looks=order, level=level)
    caught, most = days.caught, days.caught + days.open_full
    ends = {
        "recall": (_share(caught, whole.upper), _share(most, np.maximum(whole.lower + days.open_full, most))),
        "prevalence": (_share(whole.lower, days.items), _share(whole.upper, days.items)),
        "missed": (away.lower, away.upper),
    }
    values = {
        "recall": _share(caught, whole.total),
        "prevalence": _share(whole.total, days.items),
        "missed": np.where(days.reviewed > 0, away.total, np.nan),
    }
    for place, until in enumerate(looks):
        for name in NAMES:
            value, (lower, upper) = values[name][place], (end[place] for end in ends[name])
            unknown = np.isnan(lower)
            points.append(
                TrendPoint(
                    name=name,
                    until=until,
                    value=None if np.isnan(value) else float(value),
                    lower=0.0 if unknown else float(lower),
                    upper=1.0 if np.isnan(upper) else float(upper),
                    reviewed=int(days.reviewed[place]),
                    hits=int(days.hits[place]),
                    open=int(days.open_full[place] + days.open_audits[place]),
                    settled=bool(days.settled[place]),
                )
            )
    return tuple(points)


def first_of_draws(sample: pd.DataFrame) -> pd.DataFrame:
    """Return the sample in order of time, without what repeats the draw of an earlier item."""
    return sample.sort_values("time", kind="stable").drop_duplicates("draw")


def settled_until(points: Sequence[TrendPoint]) -> datetime | None:
    """Return the last look at which almost nothing was open; None without one."""
    return max((point.until for point in points if point.settled and point.reviewed), default=None)


def estimate_lasting(
    sample: pd.DataFrame,
    *,
    by: Sequence[str] = (),
    looks: Sequence[datetime],
    floor: float,
    level: float = 0.95,
) -> list[Estimate]:
    """Return the estimates of `evaluation.estimators.estimate`, those of `NAMES` with ends that hold.

    The last look is the end of the sample. Arguments are those of both functions.
    """
    return [
        one
        for slice_, estimates in groupby(estimate(sample, by=by, level=level), key=lambda one: one.slice)
        for one in with_lasting_ends(
            list(estimates), trend(_part(sample, slice_), looks=looks, floor=floor, level=level)
        )
    ]


def estimate_policies_lasting(
    sample: pd.DataFrame, *, looks: Sequence[datetime], floor: float, level: float = 0.95
) -> list[Estimate]:
    """Return the estimates of `estimate_policies`, those of `NAMES` with ends that hold."""
    found = estimate_policies(sample, level=level)
    settled = sample["violation"].notna()
    told: list[Estimate] = []
    for slice_, estimates in groupby(found, key=lambda one: one.slice):
        named = [slice_[POLICY] in names for names in sample["policies"]]
        violates = (sample["violation"] == 1) & np.array(named, dtype=bool)
        about = sample.assign(violation=violates.astype(np.float64).where(settled))
        told += with_lasting_ends(list(estimates), trend(about, looks=looks, floor=floor, level=level))
    return told


def with_lasting_ends(estimates: Sequence[Estimate], points: Sequence[TrendPoint]) -> list[Estimate]:
    """Return estimates with the ends of the last points of their names."""
    found = {point.name: point for point in points}
    return [_lasting(one, found[one.name]) if one.name in found else one for one in estimates]


def _lasting(one: Estimate, point: TrendPoint) -> Estimate:
    # The value leans on what is late being like the rest, the ends on nothing.
    value = one.value
    lower, upper = (point.lower, point.upper) if value is None else (
        min(point.lower, value), max(point.upper, value),
    )  # fmt: skip
    method = one.method if one.method in {"census", "undefined"} else METHOD
    return replace(one, interval=Interval(lower, upper, one.interval.level), method=method)


def _part(sample: pd.DataFrame, slice_: Slice) -> pd.DataFrame:
    for name, value in slice_.items():
        column = sample[name]
        sample = sample[column.isna() if value is None else column.astype(str) == value]
    return sample


def _days(
    seen_at: NDArray[np.intp],
    looks: int,
    *,
    violation: Floats,
    full: NDArray[np.bool_],
    drawn: NDArray[np.bool_],
    open_: NDArray[np.bool_],
) -> _Days:
    def up_to(where: NDArray[np.bool_]) -> Floats:
        return np.bincount(seen_at[where], minlength=looks + 1).cumsum()[:looks].astype(np.float64)

    open_full, open_audits = up_to(open_ & full), up_to(open_ & ~full)
    return _Days(
        items=up_to(np.ones_like(full)),
        reviewed=up_to(~np.isnan(violation)),
        hits=up_to(violation == 1),
        caught=up_to((violation == 1) & full),
        open_full=open_full,
        open_audits=open_audits,
        settled=(open_full <= MOST_OPEN * up_to(full)) & (open_audits <= MOST_OPEN * up_to(drawn & ~full)),
    )


def _share(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.full_like(whole, np.nan), where=whole > 0)
