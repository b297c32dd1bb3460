"""Use case: say how well we are doing, and how sure we are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone, tzinfo
from itertools import chain
from typing import Final

from data.store.store import Store
from evaluation import report
from evaluation.report import QualityReport
from evaluation.totals import Grade

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
        grade: Grade = "report",
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
        grade : {"report", "guarantee"}
            See `evaluation.estimators.estimate`.
        """
        columns = set(chain.from_iterable(name.split("+") for name in by))
        if unknown := sorted(name for name in columns if not is_slice(name)):
            raise ValueError(f"by must be some of {', '.join(SLICES)}, data.NAME; got {unknown[0]!r}.")
        now = self._clock()
        until = until or now
        since = since or until - USUAL_WINDOW
        contents = sorted(name.removeprefix(_CONTENT) for name in columns if name.startswith(_CONTENT))
        with self._store.read() as session:
            sample = session.ledger.sample(since=since, until=until, as_of=now, contents=contents)
        local = sample["time"].dt.tz_convert(self._zone)
        dates = {name: local.dt.strftime(form) for name, form in _CALENDAR.items() if name in columns}
        return report.build(
            sample.assign(**dates),
            since=since,
            until=until,
            generated_at=now,
            by=by,
            level=level,
            grade=grade,
        )


def is_slice(name: str) -> bool:
    """Return whether a report can be sliced by a column."""
    return name in SLICES or (name.startswith(_CONTENT) and len(name) > len(_CONTENT))
