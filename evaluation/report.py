"""
Every estimate of a window in one object: what page, command line and notebook show.

A report is made from the sample table and nothing else, so the same ledger gives the same report.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta, tzinfo
from html import escape
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd

from data.checks import check_moment
from evaluation import report_notices, tables
from evaluation.calibration import Calibration, calibrate
from evaluation.changes import Change
from evaluation.estimators import Estimate
from evaluation.notices import Notice
from evaluation.report_notices import SYNTHETIC
from evaluation.report_numbers import AskedGrade, Numbers, alarm_on_recall, changes_since, up_to_settled
from evaluation.sample import read_sample
from evaluation.trends import TrendPoint, settled_until, trend
from evaluation.workload import Workload, count_workload


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityReport:
    """How well the process did in a window, with everything needed to judge that.

    ``estimates`` are about all items; ``slices`` about those that have the values of the columns in common.
    """

    since: datetime
    until: datetime
    generated_at: datetime
    level: float
    plans: Sequence[str]
    models: Sequence[str]
    sources: Mapping[str, int]
    """How many items came from where."""
    estimates: Sequence[Estimate]
    slices: Sequence[Estimate]
    policies: Sequence[Estimate]
    """One policy at a time, see `evaluation.policies`; a violation may count for several."""
    workload: Workload
    calibration: Sequence[Calibration]
    notices: Sequence[Notice]
    as_of: datetime | None = None
    """With the grade ``always``: up to when everything is told; None: there is no such day yet."""
    trend: Sequence[TrendPoint] = ()
    """How recall, prevalence and missed grew from day to day, with ends that hold on all days at once."""
    changes: Sequence[Change] = ()
    """Since an earlier window, where one was asked for."""
    head: str | None = None
    """Head of the ledger's chain of seals when the report was made; None: nothing was sealed yet."""

    @property
    def synthetic(self) -> bool:
        """Whether any of the items were made up."""
        return SYNTHETIC in self.sources

    @property
    def told(self) -> tuple[Notice | Change, ...]:
        """What is told in sentences: notices, then changes, then what the report can be checked by."""
        return (*self.notices, *self.changes, *self.seals)

    @property
    def seals(self) -> tuple[Notice, ...]:
        """What the report can be checked by, in a sentence."""
        return () if self.head is None else (Notice(code="sealed", params={"head": self.head}),)

    def find(self, name: str) -> Estimate:
        """Return one of the estimates about all items, by name."""
        for candidate in self.estimates:
            if candidate.name == name:
                return candidate
        raise ValueError(f"name must be one of {[one.name for one in self.estimates]}; got {name!r}.")

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain dictionaries, lists, strings and numbers."""
        work = self.workload
        return {
            **{name: getattr(self, name).isoformat() for name in ("since", "until", "generated_at")},
            "level": self.level,
            "synthetic": self.synthetic,
            "plans": list(self.plans),
            "models": list(self.models),
            "sources": dict(self.sources),
            **{
                name: [{**asdict(one), "few_hits": one.few_hits} for one in getattr(self, name)]
                for name in ("estimates", "slices", "policies")
            },
            "workload": {
                **asdict(work),
                "outstanding": work.outstanding,
                "audits_per_day": work.audits_per_day,
                "reviewed_per_day": work.reviewed_per_day,
            },
            "calibration": [{**asdict(one), "plausible": one.plausible} for one in self.calibration],
            "notices": [
                {**asdict(one), "text": {language: one.text(language) for language in ("ko", "en")}}
                for one in self.notices
            ],
            "as_of": None if self.as_of is None else self.as_of.isoformat(),
            "trend": [{**asdict(one), "until": one.until.isoformat()} for one in self.trend],
            "changes": [one.to_json() for one in self.changes],
            "head": self.head,
        }

    def to_csv(self) -> str:
        """Return every estimate as a line of comma-separated values."""
        return tables.csv((*self.estimates, *self.policies, *self.slices))

    def to_text(self) -> str:
        """Return everything as tables for a terminal."""
        parts = [part for part in (self.policies, self.slices) if part]
        return "\n".join((str(self), *(tables.text(part, (), title="", language="en") for part in parts)))

    def __str__(self) -> str:
        return tables.text(self.estimates, self.told, title=self.title("en"), language="en")

    def _repr_html_(self) -> str:
        parts = zip(tables.CHAPTERS["en"], (self.estimates, self.policies, self.slices), strict=True)
        shown = [tables.table(part, caption=name, language="en", titles={}) for name, part in parts if part]
        return "".join([f"<h3>{escape(self.title('en'))}</h3>", tables.told(self.told, "en"), *shown])

    def title(self, language: str, zone: tzinfo | None = None) -> str:
        """Return the window, and whether any of it was made up, in ``ko`` or ``en``.

        Moments are told in a zone, where none is given in that of the window.
        """
        since, until = (moment.astimezone(zone or moment.tzinfo) for moment in (self.since, self.until))
        mark = f" · {tables.SYNTHETIC[language]}" if self.synthetic else ""
        return f"{since:%Y-%m-%d %H:%M} – {until:%Y-%m-%d %H:%M %Z}{mark}"


def build(
    sample: pd.DataFrame,
    *,
    since: datetime,
    until: datetime,
    generated_at: datetime,
    by: Sequence[str] = ("language", "category"),
    level: float = 0.95,
    grade: AskedGrade = "report",
    looks: Sequence[datetime] = (),
    floor: float = 1.0,
    before: QualityReport | None = None,
) -> QualityReport:
    """Return the report of a window.

    Parameters
    ----------
    sample : DataFrame
        The sample table of the window, see `evaluation.sample`, with the columns ``plan``, ``model``,
        ``source``, ``policies``, ``flagged_policies`` and those of ``by`` besides.
    since, until, generated_at : datetime
        The window, its end excluded, and the moment of asking.
    by : sequence of str
        The columns by which to slice, one at a time; ``a+b`` slices by both together.
    level : float
        Confidence of each interval, two-sided.
    grade : {"report", "guarantee", "always"}
        See `evaluation.estimators.estimate` and, for ``always``, `evaluation.trends`.
    looks, floor
        When somebody looks, and the smallest chance that was expected; see `evaluation.trends.trend`. There
        is no trend without looks.
    before : QualityReport, optional
        Of an earlier window, to tell what changed and whether recall fell.
    """
    for name, moment in (("since", since), ("until", until), ("generated_at", generated_at)):
        check_moment(name, moment)
    if since >= until:
        raise ValueError(f"since must be before until; got {since!r} and {until!r}.")
    columns = [name.split("+") for name in by]
    needed = ("plan", "model", "source", "policies", "flagged_policies", *chain.from_iterable(columns))
    if absent := [name for name in needed if name not in sample.columns]:
        raise ValueError(f"sample must have the columns {', '.join(absent)} for a report.")
    trend_ = trend(sample, looks=looks, floor=floor, level=level) if looks else ()
    as_of, told, notices = None, sample, list[Notice]()
    if grade == "always":
        as_of = settled_until(trend_)
        told, notices = up_to_settled(sample, as_of)
    numbers = Numbers.of(
        told, level=level, grade=grade, looks=[one for one in looks if one == as_of], floor=floor
    )
    read = read_sample(told)
    found = {one.name: one for one in numbers.all_items()}
    sources = sample["source"].value_counts(sort=False)
    report = QualityReport(
        since=since,
        until=until,
        generated_at=generated_at,
        level=level,
        plans=_names(sample["plan"]),
        models=_names(sample["model"]),
        sources={str(name): int(count) for name, count in sorted(sources.items())},
        estimates=tuple(found.values()),
        slices=tuple(one for names in columns for one in numbers.about(names)),
        policies=tuple(numbers.policies()),
        workload=count_workload(read_sample(sample), days=(until - since) / timedelta(days=1)),
        calibration=calibrate(read, precision=found["precision"], missed=found["missed"]),
        notices=(),
        as_of=as_of,
        trend=trend_,
    )
    if before is not None:
        report = replace(report, changes=tuple(changes_since(before, report)))
        notices += alarm_on_recall(sample, limit=before.find("recall").interval.lower)
    notices += report_notices.about(report, unknown_views=int(np.isnan(read.views).sum()))
    if numbers.checked is not None:
        notices.append(report_notices.about_second_looks(sample))
    return replace(report, notices=tuple(notices))


def _names(column: pd.Series[Any]) -> tuple[str, ...]:
    return tuple(sorted(str(name) for name in column.dropna().unique()))
