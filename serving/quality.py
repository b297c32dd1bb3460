"""Use case: say how well we are doing, and how sure we are."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone, tzinfo
from itertools import chain
from typing import Final

import pandas as pd

from data.store.store import Store
from evaluation import report, reviewers
from evaluation.report import QualityReport
from evaluation.report_numbers import AskedGrade
from evaluation.reviewers import ReviewersReport

SEOUL: Final = timezone(timedelta(hours=9), "KST")
"""Where days begin and end if nothing else is said; it has no summer time."""

USUAL_WINDOW: Final = timedelta(days=28)
"""How far back a report looks where nothing is said."""

SLICES: Final = (
    *("language", "category", "item_type", "creator_id", "queue", "plan", "model", "source"),
    *("day", "week", "month"),
)
"""The columns by which a report can be sliced, besides ``data.NAME``: a name within the items' content. Days,
weeks (ISO 8601) and months are those of the zone."""

_DAY: Final = timedelta(days=1)
_CONTENT: Final = "data."
_CALENDAR: Final = {"day": "%Y-%m-%d", "week": "%G-W%V", "month": "%Y-%m"}


class Quality:
    """Reports about a window of time, from what was routed and decided in it.

    Parameters
    ----------
    store : Store
        The ledger.
    clock : callable
        The moment now.
    zone : tzinfo
        Where days begin and end.
    """

    def __init__(self, *, store: Store, clock: Callable[[], datetime], zone: tzinfo = SEOUL) -> None:
        self._store = store
        self._clock = clock
        self._zone = zone

    def report(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        by: Sequence[str] = ("language", "category"),
        level: float = 0.95,
        grade: AskedGrade = "report",
        against: timedelta | None = None,
    ) -> QualityReport:
        """Return every estimate of the window, with intervals and notices.

        Parameters
        ----------
        since, until : datetime, optional
            The window of routing, its end excluded: the last `USUAL_WINDOW` where nothing is given.
        by : sequence of str
            Some of `SLICES` or ``data.NAME``, one at a time; ``a+b`` slices by both together.
        level : float
            Confidence of each interval, two-sided.
        grade : {"report", "guarantee", "always"}
            See `evaluation.report.build`.
        against : timedelta, optional
            Tell what changed since the window of this length just before, too.
        """
        columns = set(chain.from_iterable(name.split("+") for name in by))
        if unknown := sorted(name for name in columns if not is_slice(name)):
            raise ValueError(f"by must be some of {', '.join(SLICES)}, data.NAME; got {unknown[0]!r}.")
        now = self._clock()
        until = until or now
        since = since or until - USUAL_WINDOW
        contents = sorted(name.removeprefix(_CONTENT) for name in columns if name.startswith(_CONTENT))
        with self._store.read() as session:
            earlier = since - max(against or _DAY, _DAY)
            found = session.ledger.sample(since=earlier, until=until, as_of=now, contents=contents)
            newest = session.seals.newest()
        sample = self._dated(found[found["time"] >= since].reset_index(drop=True), columns)
        before = None
        if against is not None:
            before = report.build(
                found[(found["time"] >= since - against) & (found["time"] < since)],
                since=since - against,
                until=since,
                generated_at=now,
                by=(),
                level=level,
                grade="report" if grade == "always" else grade,
            )
        built = report.build(
            sample,
            since=since,
            until=until,
            generated_at=now,
            by=by,
            level=level,
            grade=grade,
            looks=self._looks(sample, until=until),
            floor=_floor(found, since=since),
            before=before,
        )
        return replace(built, head=None if newest is None else newest.head)

    def reviewers(
        self, *, since: datetime | None = None, until: datetime | None = None, level: float = 0.95
    ) -> ReviewersReport:
        """Return how reviewers do: decisions recorded, and second looks at what was routed, in the window."""
        now = self._clock()
        until = until or now
        since = since or until - USUAL_WINDOW
        with self._store.read() as session:
            decisions = session.ledger.handled(since=since, until=until)
            sample = session.ledger.sample(since=since, until=until, as_of=now)
        return reviewers.build(decisions, sample, since=since, until=until, level=level)

    def _dated(self, sample: pd.DataFrame, columns: Collection[str]) -> pd.DataFrame:
        local = sample["time"].dt.tz_convert(self._zone)
        return sample.assign(
            **{name: local.dt.strftime(form) for name, form in _CALENDAR.items() if name in columns}
        )

    def _looks(self, sample: pd.DataFrame, *, until: datetime) -> list[datetime]:
        """Return the ends of the days from the first item on, and the end of the window."""
        if sample.empty:
            return []
        first = sample["time"].min().tz_convert(self._zone).normalize() + _DAY
        days = pd.date_range(first, until.astimezone(self._zone), freq="D", inclusive="left")
        return [*(day.to_pydatetime() for day in days), until]


def _floor(found: pd.DataFrame, *, since: datetime) -> float:
    # Known before the first item of the window: the smallest chance of the days before or, where there were
    # none, that of the first item.
    open_ = found[found["pi"] < 1]
    before = open_.loc[open_["time"] < since, "pi"]
    known = before if len(before) else open_["pi"].head(1)
    return float(known.min()) if len(known) else 1.0


def is_slice(name: str) -> bool:
    """Return whether a report can be sliced by a column."""
    return name in SLICES or (name.startswith(_CONTENT) and len(name) > len(_CONTENT))
