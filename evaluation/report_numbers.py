"""The numbers of a report, in each of its grades, and what follows from an earlier report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from evaluation.alarms import recall_alarm
from evaluation.changes import Change, changes, per_day
from evaluation.confirmed_policies import checked, estimate_confirmed_policies
from evaluation.estimators import Estimate, estimate, threshold_recall
from evaluation.notices import Notice
from evaluation.policies import estimate_policies
from evaluation.sample import read_sample
from evaluation.second_looks import estimate_confirmed
from evaluation.trends import estimate_lasting, estimate_policies_lasting, first_of_draws

if TYPE_CHECKING:
    from evaluation.report import QualityReport

AskedGrade = Literal["report", "guarantee", "always"]
"""``always``: right however often somebody looks; see `evaluation.trends`."""

PATIENCE_DAYS: Final = 600.0
"""How rarely the alarm on recall may ring falsely."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The same questions, answered in the way that the grade and second looks ask for."""

    sample: pd.DataFrame
    checked: pd.DataFrame | None
    level: float
    grade: AskedGrade
    looks: Sequence[datetime]
    floor: float

    @classmethod
    def of(cls, sample: pd.DataFrame, *, grade: AskedGrade, **others: Any) -> Numbers:
        """Return the numbers of a sample table."""
        # What second looks overturn by chance has no ends that last.
        return cls(
            sample=sample, checked=None if grade == "always" else checked(sample), grade=grade, **others
        )

    def all_items(self) -> list[Estimate]:
        """Return the estimates about all items."""
        found = self.about(())
        if self.grade != "always" and read_sample(self.sample).lost.any():
            found += threshold_recall(self.sample, level=self.level, grade=self.grade)
        return found

    def about(self, by: Sequence[str]) -> list[Estimate]:
        """Return the estimates of all slices by some columns together."""
        if self.grade == "always":
            return estimate_lasting(self.sample, by=by, looks=self.looks, floor=self.floor, level=self.level)
        if self.checked is None:
            return estimate(self.sample, by=by, level=self.level, grade=self.grade)
        return estimate_confirmed(self.checked, by=by, level=self.level, grade=self.grade)

    def policies(self) -> list[Estimate]:
        """Return the estimates of one policy at a time."""
        if self.grade == "always":
            return estimate_policies_lasting(
                self.sample, looks=self.looks, floor=self.floor, level=self.level
            )
        if self.checked is None:
            return estimate_policies(self.sample, level=self.level, grade=self.grade)
        return estimate_confirmed_policies(self.sample, level=self.level, grade=self.grade)


def up_to_settled(sample: pd.DataFrame, as_of: datetime | None) -> tuple[pd.DataFrame, list[Notice]]:
    """Return what everything is told about with the grade ``always``, and what must be said of it."""
    if as_of is None:
        return sample.head(0), [Notice(code="not_settled")] if len(sample) else []
    until_then = sample[sample["time"] < as_of]
    first = first_of_draws(until_then)
    notices = [Notice(code="as_of", params={"until": f"{as_of:%Y-%m-%d %H:%M %Z}"})]
    if repeated := len(until_then) - len(first):
        notices.append(Notice(code="repeated", params={"items": repeated}))
    return first, notices


def changes_since(before: QualityReport, after: QualityReport) -> list[Change]:
    """Return what changed from one report to another."""
    one, other = (
        per_day(report.estimates, days=(report.until - report.since) / timedelta(days=1))
        for report in (before, after)
    )
    return changes(one, other)


def alarm_on_recall(sample: pd.DataFrame, *, limit: float) -> list[Notice]:
    """Return the notice that recall has fallen below a limit, where the alarm says so."""
    first = first_of_draws(sample)
    full = (first["flagged"] | first["degraded"].notna()).to_numpy(dtype=bool)
    if not 0 < limit < 1 or (first["pi"].to_numpy()[full] < 1).any():
        return []
    # What is flagged and still open counts as found: it makes no alarm.
    violation = first["violation"].to_numpy(np.float64)
    days = first["time"].dt.floor("D")
    rung = recall_alarm(
        pi=first["pi"],
        violation=np.where(np.isnan(violation) & (full | (first["pi"] == 1)), 1.0, violation),
        full_review=full,
        day=(days - days.min()) / pd.Timedelta(days=1) if len(first) else [],
        limit=limit,
        patience_days=PATIENCE_DAYS,
    ).raised_on
    if rung is None:
        return []
    day = f"{days.min() + pd.Timedelta(days=rung):%Y-%m-%d}"
    return [Notice(code="recall_fell", params={"day": day, "limit": limit, "patience": PATIENCE_DAYS})]
