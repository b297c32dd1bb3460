"""
Every estimate of a window in one object: what page, command line and notebook show.

A report is made from the sample table and nothing else, so the same ledger gives the same report.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from typing import Any, Final

import numpy as np
import pandas as pd

from data.checks import check_moment
from evaluation import tables
from evaluation.calibration import Calibration, calibrate
from evaluation.estimators import Estimate, estimate, threshold_recall
from evaluation.notices import Notice
from evaluation.policies import estimate_policies
from evaluation.sample import read_sample
from evaluation.second_looks import estimate_confirmed
from evaluation.totals import Grade
from evaluation.workload import Workload, count_workload

SYNTHETIC: Final = "synthetic"
"""The source of items that were made up."""


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

    @property
    def synthetic(self) -> bool:
        """Whether any of the items were made up."""
        return SYNTHETIC in self.sources

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
        }

    def to_html(self, language: str) -> str:
        """Return a page in a language, ``ko`` or ``en``, that can be kept and sent: nothing from outside."""
        words = tables.CHAPTERS[language]
        chapters = (self.estimates, self.policies, self.slices)
        return tables.page(
            f"{tables.REPORT[language]}, {self._title()}",
            dict(zip(words, chapters, strict=True)),
            self.notices,
            language=language,
        )

    def to_csv(self) -> str:
        """Return every estimate as a line of comma-separated values."""
        return tables.csv((*self.estimates, *self.policies, *self.slices))

    def to_text(self) -> str:
        """Return everything as tables for a terminal."""
        parts = [part for part in (self.policies, self.slices) if part]
        return "\n".join((str(self), *(tables.text(part, (), title="", language="en") for part in parts)))

    def __str__(self) -> str:
        return tables.text(self.estimates, self.notices, title=self._title(), language="en")

    def _repr_html_(self) -> str:
        return tables.html(self.estimates, self.notices, title=self._title(), language="en")

    def _title(self) -> str:
        mark = " · synthetic" if self.synthetic else ""
        return f"{self.since:%Y-%m-%d %H:%M} – {self.until:%Y-%m-%d %H:%M %Z}{mark}"


def build(
    sample: pd.DataFrame,
    *,
    since: datetime,
    until: datetime,
    generated_at: datetime,
    by: Sequence[str] = ("language", "category"),
    level: float = 0.95,
    grade: Grade = "report",
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
    grade : {"report", "guarantee"}
        See `evaluation.estimators.estimate`.
    """
    for name, moment in (("since", since), ("until", until), ("generated_at", generated_at)):
        check_moment(name, moment)
    if since >= until:
        raise ValueError(f"since must be before until; got {since!r} and {until!r}.")
    columns = [name.split("+") for name in by]
    needed = ("plan", "model", "source", "policies", "flagged_policies", *chain.from_iterable(columns))
    if absent := [name for name in needed if name not in sample.columns]:
        raise ValueError(f"sample must have the columns {', '.join(absent)} for a report.")
    read = read_sample(sample)
    checked = _checked(sample)
    about = partial(estimate if checked is None else estimate_confirmed, level=level, grade=grade)
    rows = sample if checked is None else checked
    estimates = tuple(about(rows))
    if read.lost.any():
        estimates += tuple(threshold_recall(sample, level=level, grade=grade))
    found = {one.name: one for one in estimates}
    sources = sample["source"].value_counts(sort=False)
    report = QualityReport(
        since=since,
        until=until,
        generated_at=generated_at,
        level=level,
        plans=_names(sample["plan"]),
        models=_names(sample["model"]),
        sources={str(name): int(count) for name, count in sorted(sources.items())},
        estimates=estimates,
        slices=tuple(one for names in columns for one in about(rows, by=names)),
        policies=tuple(estimate_policies(sample, level=level, grade=grade)),
        workload=count_workload(read, days=(until - since) / timedelta(days=1)),
        calibration=calibrate(read, precision=found["precision"], missed=found["missed"]),
        notices=(),
    )
    unknown_views = int(np.isnan(read.views).sum())
    notices = list(_notices(report, unknown_views=unknown_views))
    if checked is not None:
        notices.append(_second_looks(sample))
    return replace(report, notices=tuple(notices))


def _names(column: pd.Series[Any]) -> tuple[str, ...]:
    return tuple(sorted(str(name) for name in column.dropna().unique()))


def _checked(sample: pd.DataFrame) -> pd.DataFrame | None:
    """Return the table that `estimate_confirmed` reads; None where no second look was ever drawn."""
    if "second_pi" not in sample.columns or not (drawn := sample["second_pi"].notna()).any():
        return None
    # Verdicts for which nobody drew a second look, such as those from before, count as certain.
    settled = sample["violation"]
    return sample.assign(
        violation=sample["first"].where(drawn, settled),
        second=sample["second"].where(sample["second_called"]).where(drawn, settled),
        second_pi=sample["second_pi"].where(drawn, settled.where(settled.isna(), 1.0)),
        second_called=sample["second_called"].where(drawn, settled.notna()),
    )


def _second_looks(sample: pd.DataFrame) -> Notice:
    called = sample["second_called"]
    made = int((called & sample["second"].notna()).sum())
    return Notice(code="second_looks", params={"made": made, "waiting": int(called.sum()) - made})


def _notices(report: QualityReport, *, unknown_views: int) -> Iterator[Notice]:
    def tell(code: str, **params: float) -> Notice:
        return Notice(code=code, params=params)

    work, missed = report.workload, report.find("missed")
    if report.synthetic:
        yield tell("synthetic", items=report.sources[SYNTHETIC])
    if work.items == 0:
        yield tell("no_items")
        return
    if work.outstanding:
        yield tell("outstanding", full_review=work.outstanding_full_review, audits=work.outstanding_audits)
    if missed.value is None:
        yield tell("nothing_audited")
    elif missed.hits == 0 and missed.method != "census":
        yield tell("no_hits", audits=missed.reviewed, most=missed.interval.upper, level=report.level)
    elif missed.few_hits:
        yield tell("few_hits", effective_hits=missed.effective_hits)
    counts = {"let_go": work.let_go, "degraded": work.degraded, "unknown_views": unknown_views}
    for code, items in counts.items():
        if items:
            yield tell(code, items=items)
    for code, names in (("several_plans", report.plans), ("several_models", report.models)):
        if len(names) > 1:
            yield tell(code, count=len(names))
    for one in (part for part in report.calibration if not part.plausible):
        ends = {"lower": one.interval.lower, "upper": one.interval.upper}
        yield tell(f"miscalibrated_{one.part}", expected=one.expected, **ends)
    if report.slices:
        yield tell(
            "slices_apart", count=len({tuple(one.slice.items()) for one in report.slices}), level=report.level
        )
