"""Use case: say how well we are doing, and how sure we are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from data.store.store import Store
from evaluation import report
from evaluation.report import QualityReport

USUAL_WINDOW: Final = timedelta(days=28)
"""How far back a report looks where nothing is said."""

SLICES: Final = ("language", "category", "creator_id", "queue", "plan", "model", "source")
"""The columns by which a report can be sliced."""


class Quality:
    """Reports about a window of time, from what was routed and decided in it.

    Parameters
    ----------
    store : Store
        The ledger.
    clock : callable
        The moment now.
    """

    def __init__(self, *, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    def report(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        by: Sequence[str] = ("language", "category"),
        level: float = 0.95,
    ) -> QualityReport:
        """Return every estimate of the window, with intervals and notices.

        Parameters
        ----------
        since, until : datetime, optional
            The window of routing, its end excluded: the last `USUAL_WINDOW` where nothing is given.
        by : sequence of str
            Some of `SLICES`.
        level : float
            Confidence of each interval, two-sided.
        """
        if unknown := [name for name in by if name not in SLICES]:
            raise ValueError(f"by must be some of {', '.join(SLICES)}; got {unknown[0]!r}.")
        now = self._clock()
        until = until or now
        since = since or until - USUAL_WINDOW
        with self._store.read() as session:
            sample = session.ledger.sample(since=since, until=until, as_of=now)
        return report.build(sample, since=since, until=until, generated_at=now, by=by, level=level)
