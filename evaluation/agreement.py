r"""
How often first looks are right, and how far looks agree with one another.

`error_rates` leans on the second looks of `evaluation.two_phase`, a probability sample, and takes them as
the truth. Golden items and appeals are none: the former are not what people meet in production, the
latter come from complaints.

Of each reviewer it tells two numbers, because a few cases shame nobody: what was *seen*, with its
interval, and what is *expected* of the reviewer, the seen share drawn to that of all reviewers by as much
as its cases are few. That is the posterior mean of a beta distribution of shares whose mean and spread
are those of the reviewers (Kleinman's moments).

References
----------
Kleinman (1973), JASA 68, 46-54; Krippendorff (2011), *Computing Krippendorff's alpha-reliability*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaluation.intervals import Bounds, Floats, Interval, check_level, gamma_bounds, share_bounds
from evaluation.sample import Slice, read_sample
from evaluation.totals import totals
from evaluation.two_phase import Looks, read_looks

if TYPE_CHECKING:
    import pandas as pd

About = Literal["looks", "items"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One share of a reviewer's first looks: what was seen, and what is expected."""

    value: float | None
    """The weighted share; None where nothing tells it."""
    interval: Interval
    expected: float | None
    """The value drawn to that of all reviewers; None where no reviewer tells anything."""
    effective: float
    """How many equally weighted cases would tell as much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRates:
    """How often the first looks of a slice, mostly a reviewer, are right according to second looks."""

    slice: Slice
    first_looks: int
    second_looks: int
    false_alarms: int
    """Second looks that overturned a violation; a count, without weights."""
    overlooked: int
    """Second looks that overturned a clean verdict; a count, without weights."""
    sensitivity: Share
    """Of the true violations, those the first look called violations."""
    specificity: Share
    """Of the others, those the first look let pass."""
    overturned: Share
    """Of the first looks, those the second look overturns."""


def error_rates(
    sample: pd.DataFrame,
    *,
    by: Sequence[str] = ("reviewer_id",),
    level: float = 0.95,
    about: About = "items",
) -> list[ErrorRates]:
    """Return how often the first looks of each reviewer are right.

    Cases are taken for draws from what the reviewer would say another day, so a rate is not certain even
    where every look was checked. Each of the four kinds of cases has its gamma interval; those of a share
    are made from two of them (MOVER-R).

    Parameters
    ----------
    sample : DataFrame
        The table of `evaluation.two_phase`, and the columns of ``by``. Rows that nobody reviewed are left
        out, whatever they hold.
    by : sequence of str
        Columns whose values, together, make a reviewer.
    level : float
        Confidence of each interval, two-sided.
    about : {"items", "looks"}
        ``items``: weights ``1 / (pi r)``, of all items as if the reviewer had looked at all of them.
        ``looks``: weights ``1 / r``, of the looks that were made, with far less noise.

    Examples
    --------
    >>> import pandas as pd
    >>> sample = pd.DataFrame(
    ...     {
    ...         "id": range(4),
    ...         "pi": 1.0,
    ...         "flagged": True,
    ...         "violation": [1.0, 1.0, 0.0, 0.0],
    ...         "second_pi": [1.0, 1.0, 0.5, 0.5],
    ...         "second": [1.0, 0.0, 0.0, None],
    ...         "reviewer_id": "kim",
    ...     }
    ... )
    >>> [kim] = error_rates(sample)
    >>> kim.sensitivity.value, round(kim.specificity.value, 2), kim.false_alarms
    (1.0, 0.67, 1)
    """
    check_level(level)
    if about not in get_args(About):
        raise ValueError(f"about must be items or looks; got {about!r}.")
    looks = read_looks(sample)
    people = read_sample(sample[looks.reviewed], by=by)
    group = np.zeros(looks.first.size, dtype=np.intp)
    group[looks.reviewed] = people.group
    # Chances are those of the whole sample; only the cases are split by reviewer.
    looks = replace(looks, rows=replace(looks.rows, group=group, slice_values=people.slice_values))
    hit, miss, alarm, clean = (
        _cases(looks, said=said, truth=truth, about=about) for said, truth in ((1, 1), (0, 1), (1, 0), (0, 0))
    )
    shares = zip(
        _shares(hit, miss, level=level),
        _shares(clean, alarm, level=level),
        _shares(_both(alarm, miss), _both(hit, clean), level=level),
        strict=True,
    )
    first, second = (
        np.bincount(group[where], minlength=people.slices) for where in (looks.reviewed, looks.settled)
    )
    return [
        ErrorRates(
            slice=people.slice_values[place],
            first_looks=int(first[place]),
            second_looks=int(second[place]),
            false_alarms=int(alarm.seen[place]),
            overlooked=int(miss.seen[place]),
            sensitivity=sensitivity,
            specificity=specificity,
            overturned=overturned,
        )
        for place, (sensitivity, specificity, overturned) in enumerate(shares)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cases:
    # First looks of one verdict and one truth, by reviewer.
    total: Floats
    variance: Floats
    extra: Floats
    seen: Floats
    known: NDArray[np.bool_]

    def ends(self, *, level: float) -> Bounds:
        return gamma_bounds(total=self.total, variance=self.variance, extra=self.extra, level=level)


def _cases(looks: Looks, *, said: int, truth: int, about: About) -> _Cases:
    ones = np.ones(looks.first.size)
    met = looks.rows.chance if about == "items" else ones
    true = np.where(looks.settled, looks.second == truth, np.nan)
    likely = (looks.rows.score if truth else 1 - looks.rows.score) / met
    rows = replace(looks.rows, violation=true, score=likely)
    found = totals(replace(rows, chance=met * looks.chance), looks.first == said, ones)
    # A reviewer may never have said this yet, so what an unseen case would weigh is also asked of every
    # look, as if each had been checked for certain.
    unseen = totals(replace(rows, chance=met), looks.reviewed, ones).expected_extra
    # Chance decides what a reviewer meets and says, so the factor 1 - chance of a finite population goes:
    # it took each case's weight off its squared weight.
    variance = found.variance + found.total
    ratio = np.divide(variance, found.total, out=np.zeros_like(variance), where=found.total > 0)
    return _Cases(
        total=found.total,
        variance=variance,
        extra=np.maximum(ratio, np.maximum(found.expected_extra, unseen) + 1),
        seen=found.hits,
        known=found.known,
    )


def _both(one: _Cases, other: _Cases) -> _Cases:
    return _Cases(
        total=one.total + other.total,
        variance=one.variance + other.variance,
        extra=np.maximum(one.extra, other.extra),
        seen=one.seen + other.seen,
        known=one.known & other.known,
    )


def _shares(some: _Cases, others: _Cases, *, level: float) -> list[Share]:
    all_, known = some.total + others.total, some.known & others.known & (some.total + others.total > 0)
    lower, upper = share_bounds(some.total, some.ends(level=level), others.total, others.ends(level=level))
    value = np.divide(some.total, all_, out=np.full_like(all_, np.nan), where=known)
    mean = some.total[known].sum() / max(all_[known].sum(), 1e-300)
    # The variance of a share with the mean of all: an unseen case weighs on it as much as a seen one.
    effective = np.where(known, all_ / ((1 - mean) * some.extra + mean * others.extra), 0.0)
    expected = _drawn_together(np.where(known, value, 0.0), effective)
    return [
        Share(
            value=float(value[place]) if known[place] else None,
            interval=Interval(
                float(min(lower[place], value[place])) if known[place] else 0.0,
                float(max(upper[place], value[place])) if known[place] else 1.0,
                level,
            ),
            expected=None if expected is None else float(expected[place]),
            effective=float(effective[place]),
        )
        for place in range(all_.size)
    ]


def _drawn_together(share: Floats, cases: Floats) -> Floats | None:
    # Kleinman's moments of a beta-binomial: `spread` is 1 / (1 + cases of the prior), the share of the
    # largest possible variance that lies between reviewers. Below 0 it is taken as 0.
    size = cases.sum()
    if size == 0:
        return None
    mean = share @ cases / size
    free = np.count_nonzero(cases) - 1
    room = mean * (1 - mean) * (size - cases @ cases / size - free)
    between = cases @ (share - mean) ** 2 - mean * (1 - mean) * free
    spread = min(max(between / room, 0.0), 1.0) if room > 0 else 0.0
    # With a prior of 1 / spread - 1 cases; written so that a spread of 0 needs no infinity.
    trust = cases * spread / (cases * spread + 1 - spread) if spread < 1 else (cases > 0).astype(float)
    return np.asarray(mean + trust * (share - mean))


def alpha(labels: ArrayLike, weights: ArrayLike | None = None) -> float | None:
    """Return Krippendorff's alpha of nominal labels: 1 is full agreement, 0 that of chance.

    Parameters
    ----------
    labels : array_like
        One row a unit, one column a look; NaN where there is none. Units with one look tell nothing.
    weights : array_like, optional
        How many items each unit stands for. With ``1 / (pi r)`` the result is that of all items; without,
        that of the sample, which mostly holds far more violations.

    Returns
    -------
    float or None
        None where fewer than two different labels were given: nothing could have differed.

    Examples
    --------
    >>> alpha([[1, 1], [0, 0], [1, 0], [0, 0]])
    0.5333333333333333
    """
    labels = np.asarray(labels, dtype=np.float64)
    if labels.ndim != 2:
        raise ValueError(f"labels must have one row a unit and one column a look; got {labels.shape!r}.")
    share = np.ones(len(labels)) if weights is None else np.asarray(weights, dtype=np.float64)
    if share.shape != labels.shape[:1] or not (np.isfinite(share) & (share > 0)).all():
        raise ValueError("weights must hold one finite number above 0 for each unit.")
    counts = (labels[:, :, None] == np.unique(labels[~np.isnan(labels)])).sum(axis=1)
    counts, share = counts[counts.sum(axis=1) > 1], share[counts.sum(axis=1) > 1]
    if len(counts) == 0:
        return None
    # Units count as 1 on average, so that the correction for few of them is that of their number.
    share = share / share.mean() / (counts.sum(axis=1) - 1)
    coincidences = (counts.T * share) @ counts - np.diag(share @ counts)
    margins = coincidences.sum(axis=1)
    size = margins.sum()
    by_chance = size**2 - margins @ margins
    return float(1 - (size - 1) * (size - coincidences.trace()) / by_chance) if by_chance > 0 else None
