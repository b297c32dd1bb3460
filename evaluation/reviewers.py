"""
How reviewers do: what they decide, how long it takes, and how often somebody else confirms it.

Rates come from second looks, a probability sample of the first looks (`evaluation.agreement`), weighted by
``1 / r``. Each rate is told twice: as seen, with its interval, and as expected, drawn to that of all by as
much as its cases are few. Nobody is named as standing out unless the interval that holds for all reviewers
together lies wholly above that of the team.

References
----------
Conover (1999), *Practical Nonparametric Statistics*, section 3.2 (interval of a median); Dunn (1961),
JASA 56, 52-64 (intervals that hold together); see also `evaluation.agreement`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from evaluation.agreement import ErrorRates, Share, alpha, error_rates
from evaluation.intervals import Floats, Interval, check_level

FEWEST: Final = 3.0
"""With fewer effective cases a rate says little."""

_TEAM: Final = "team"
_DRAWS: Final = 499


@dataclass(frozen=True, slots=True, kw_only=True)
class Middle:
    """A median with an interval that holds for any distribution."""

    value: float | None
    """None where nothing was timed."""
    interval: Interval
    """From 0 to infinity where so few were timed that nothing can be said."""
    timed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Krippendorff's alpha of first and second looks; 1 is full agreement, 0 that of chance."""

    value: float | None
    interval: Interval
    looks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewer:
    """One person, or the team."""

    name: str
    decisions: int
    violations: int
    """How many of these say violation."""
    unsettled: int
    """How many say unsure or unreviewable."""
    seconds: Middle
    """From begin to decision."""
    rates: ErrorRates | None
    """None where no second look checks one of these decisions."""
    stands_out: bool = False

    @property
    def few(self) -> bool:
        """Whether so few second looks tell of this reviewer that rates say little."""
        return self.rates is None or self.rates.overturned.effective < FEWEST


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewersReport:
    """How the reviewers of a window do."""

    since: datetime
    until: datetime
    level: float
    team: Reviewer
    reviewers: Sequence[Reviewer]
    """By name."""
    agreement: Agreement
    one_sided: bool
    """Whether second looks check only one kind of verdict: rates are unknown then."""

    @property
    def differ(self) -> bool:
        """Whether it can be claimed of anybody that more is overturned than of the team."""
        return any(one.stands_out for one in self.reviewers)

    def only(self, name: str) -> ReviewersReport:
        """Return the report without all others: what one reviewer may see."""
        return replace(self, reviewers=tuple(one for one in self.reviewers if one.name == name))

    def to_frame(self) -> pd.DataFrame:
        """Return one row a reviewer, the team last."""
        return pd.DataFrame([_row(one) for one in (*self.reviewers, self.team)])


def build(
    decisions: pd.DataFrame, sample: pd.DataFrame, *, since: datetime, until: datetime, level: float = 0.95
) -> ReviewersReport:
    """Return the report of a window.

    Parameters
    ----------
    decisions : DataFrame
        One row a decision: ``reviewer_id``, ``verdict`` and ``seconds`` (NaN: not timed).
    sample : DataFrame
        The sample table with second looks: ``first``, ``second``, ``second_pi``, ``second_called`` and the
        ``reviewer_id`` of the first look, NaN where none was drawn for; see `evaluation.two_phase`.
    since, until : datetime
        The window, its end excluded.
    level : float
        Confidence of each interval, two-sided.
    """
    check_level(level)
    looks = _looks(sample)
    one_sided = _one_sided(sample, looks)
    team = _rates(looks.assign(reviewer_id=_TEAM), level=level, one_sided=one_sided).get(_TEAM)
    rates = _rates(looks, level=level, one_sided=one_sided)
    names = sorted({*decisions["reviewer_id"].dropna(), *rates})
    together = 1 - (1 - level) / max(len(rates), 1)
    out = _standing_out(_rates(looks, level=together, one_sided=one_sided), team)
    return ReviewersReport(
        since=since,
        until=until,
        level=level,
        team=_reviewer(_TEAM, decisions, team, level=level),
        reviewers=tuple(
            _reviewer(
                name,
                decisions[decisions["reviewer_id"] == name],
                rates.get(name),
                level=level,
                stands_out=name in out,
            )
            for name in names
        ),
        agreement=_agreement(looks, level=level),
        one_sided=one_sided,
    )


def median(values: ArrayLike, *, level: float = 0.95) -> Middle:
    """Return the median of some values with an interval between two of them.

    Examples
    --------
    >>> found = median(range(1, 21))
    >>> found.value, found.interval.lower, found.interval.upper
    (10.5, 6.0, 15.0)
    """
    known = np.asarray(values, dtype=np.float64)
    known = np.sort(known[~np.isnan(known)])
    size = known.size
    # How many values may lie below the lower end: each does with chance 1/2 below the median.
    below = int(np.searchsorted(special.bdtr(np.arange(size), size, 0.5), (1 - level) / 2, side="right"))
    if not size:
        return Middle(value=None, interval=Interval(0.0, np.inf, level), timed=0)
    ends = (known[below - 1], known[size - below]) if below else (0.0, np.inf)
    return Middle(
        value=float(np.median(known)), interval=Interval(float(ends[0]), float(ends[1]), level), timed=size
    )


def _looks(sample: pd.DataFrame) -> pd.DataFrame:
    found = sample[sample["second_pi"].notna()]
    return found.assign(violation=found["first"], second=found["second"].where(found["second_called"]))


def _one_sided(sample: pd.DataFrame, looks: pd.DataFrame) -> bool:
    # Where only one kind of verdict is ever checked, nobody knows what the other hides.
    return any((sample["violation"] == kind).any() and not (looks["first"] == kind).any() for kind in (0, 1))


def _rates(looks: pd.DataFrame, *, level: float, one_sided: bool) -> dict[str, ErrorRates]:
    if looks.empty:
        return {}
    found = error_rates(looks, level=level, about="looks")
    unknown = Share(value=None, interval=Interval(0.0, 1.0, level), expected=None, effective=0.0)
    if one_sided:
        found = [replace(one, sensitivity=unknown, specificity=unknown, overturned=unknown) for one in found]
    return {str(one.slice["reviewer_id"]): one for one in found if one.second_looks}


def _standing_out(together: dict[str, ErrorRates], team: ErrorRates | None) -> set[str]:
    if team is None or team.overturned.value is None or len(together) < 2:  # alone is the team
        return set()
    most = team.overturned.interval.upper
    return {
        name
        for name, one in together.items()
        if one.overturned.value is not None and one.overturned.interval.lower > most
    }


def _reviewer(
    name: str,
    decisions: pd.DataFrame,
    rates: ErrorRates | None,
    *,
    level: float,
    stands_out: bool = False,
) -> Reviewer:
    return Reviewer(
        name=name,
        decisions=len(decisions),
        violations=int((decisions["verdict"] == "violation").sum()),
        unsettled=int(decisions["verdict"].isin(("unsure", "unreviewable")).sum()),
        seconds=median(decisions["seconds"], level=level),
        rates=rates,
        stands_out=stands_out,
    )


def _agreement(looks: pd.DataFrame, *, level: float) -> Agreement:
    both = looks[looks["violation"].notna() & looks["second"].notna()]
    pairs = both[["violation", "second"]].to_numpy(np.float64)
    weight = 1 / both["second_pi"].to_numpy(np.float64)
    nothing = Interval(-1.0, 1.0, level)
    value = alpha(pairs, weight) if len(pairs) else None
    if value is None:
        return Agreement(value=None, interval=nothing, looks=len(pairs))
    # The same report always says the same, so the draws of the bootstrap are fixed.
    rng = np.random.default_rng(0)
    drawn = (rng.integers(len(pairs), size=len(pairs)) for _ in range(_DRAWS))
    again: Floats = np.array([_or_one(alpha(pairs[at], weight[at])) for at in drawn])
    lower, upper = np.quantile(again, [(1 - level) / 2, (1 + level) / 2])
    return Agreement(
        value=value,
        interval=Interval(min(float(lower), value), max(float(upper), value), level),
        looks=len(pairs),
    )


def _or_one(found: float | None) -> float:
    return 1.0 if found is None else found  # all alike: nobody disagreed


def _row(one: Reviewer) -> dict[str, Any]:
    row: dict[str, Any] = {
        "reviewer": one.name,
        "decisions": one.decisions,
        "violations": one.violations,
        "unsettled": one.unsettled,
        "median_seconds": one.seconds.value,
        "median_lower": one.seconds.interval.lower,
        "median_upper": one.seconds.interval.upper,
        "few": one.few,
        "stands_out": one.stands_out,
    }
    rates = one.rates
    for name in ("second_looks", "false_alarms", "overlooked"):
        row[name] = None if rates is None else getattr(rates, name)
    for name in ("overturned", "sensitivity", "specificity"):
        share = None if rates is None else getattr(rates, name)
        row[name] = None if share is None else share.value
        row[f"{name}_lower"] = None if share is None else share.interval.lower
        row[f"{name}_upper"] = None if share is None else share.interval.upper
        row[f"{name}_expected"] = None if share is None else share.expected
    return row
