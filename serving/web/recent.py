"""
The recent past, prepared so that pages get their numbers at once.

Reading it may take long, so that a thread beside the requests does it. What was read is shown with the moment
it was read, and read again when it has become old: the longer reading takes, the more seldom.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooSoon
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import pandas as pd

from data.records import ANY, Plan
from evaluation.candidates import candidates
from evaluation.curves import Rows, recall_curve, score_counts
from evaluation.frontier import Frontier, prepare
from evaluation.intervals import Floats
from evaluation.planner import Outlook
from evaluation.report import QualityReport
from evaluation.report_notices import SYNTHETIC
from evaluation.sample import read_sample
from serving.plans import PAST
from serving.wiring import Application

FRESH_S: Final = 2.0
"""What was read so many seconds ago is not read again, nor what took long to read:"""
PATIENCE: Final = 20
"""it is kept for so many times as long."""

QUICK_S: Final = 0.5
"""A report that takes less is made anew whenever somebody looks."""

WAIT_S: Final = 0.5
"""A page waits so long for numbers; then it shows itself without them."""

UNUSED_S: Final = 900.0
"""What nobody asked for in so many seconds is let go."""

SHORTEST: Final = timedelta(minutes=1)
"""A past that took less time than this counts as if it had taken it."""

_NEEDED: Final = ("time", "draw", "pi", "flagged", "violation", "score", "views", "route", "degraded")


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What sliders need to know of the recent past."""

    as_of: datetime
    days: float
    frontier: Frontier | None
    """None where nothing was routed."""
    sample: pd.DataFrame
    """The columns of the sample table that goals and alarms need."""
    counts: Mapping[str, Rows]
    """The distribution of scores, by policy."""
    synthetic: bool
    """Whether some of it is made up."""
    curve: Rows
    """Recall against work, by the threshold of any policy."""
    judged: dict[str, Outlook] = field(default_factory=dict)

    def of(self, plan: Plan) -> Outlook | None:
        """Return what a plan that was set costs and catches; remembered, since plans never change."""
        if self.frontier is None:
            return None
        if plan.version not in self.judged:
            self.judged[plan.version] = self.frontier.outlook(plan)
        return self.judged[plan.version]


class Recent:
    """Keeps the recent past of one application."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._lock = threading.Lock()
        self._past: Past | None = None
        self._running: Future[Past] | None = None
        self._timer: threading.Timer | None = None
        self._old_after = self._used = 0.0
        self._report_lock = threading.Lock()
        self._report: tuple[float, QualityReport] | None = None

    def report(self, *, against: timedelta) -> QualityReport:
        """Return the quality report of the usual window, compared with an earlier one.

        One that takes long is kept for `PATIENCE` times as long, and made once for all who look.
        """
        with self._report_lock:
            began = time.monotonic()
            if self._report is not None and began < self._report[0]:
                return self._report[1]
            made = self._application.quality.report(by=(), against=against)
            took = time.monotonic() - began
            self._report = began + (PATIENCE * took if took > QUICK_S else 0.0), made
            return made

    def past(self, policies: Collection[str]) -> Past | None:
        """Return the recent past with the scores of some policies; None while it is being read."""
        wanted = {ANY, *policies}
        with self._lock:
            self._used = time.monotonic()
            past, running = self._past, self._running
            if past is not None and (past.frontier is None or wanted <= past.frontier.columns.keys()):
                if time.monotonic() < self._old_after:
                    return past
            else:
                past = None
            if running is None:
                running = self._start(wanted)
        try:
            found = running.result(timeout=WAIT_S)
        except TooSoon:
            return past
        missing = found.frontier is not None and not wanted <= found.frontier.columns.keys()
        return past if missing else found

    def _start(self, wanted: set[str]) -> Future[Past]:
        running: Future[Past] = Future()
        self._running = running
        if self._past is not None and self._past.frontier is not None:
            wanted = wanted | self._past.frontier.columns.keys()  # somebody else may be looking at these
        threading.Thread(target=self._read, args=(running, wanted), name="planner", daemon=True).start()
        return running

    def _read(self, running: Future[Past], wanted: set[str]) -> None:
        began = time.monotonic()
        try:
            past = read(self._application, wanted)
        except Exception as failed:  # noqa: BLE001 - whoever waits is told
            with self._lock:
                self._running = None
            running.set_exception(failed)
            return
        with self._lock:
            took = time.monotonic() - began
            self._past, self._running = past, None
            self._old_after = time.monotonic() + max(FRESH_S, PATIENCE * took)
        running.set_result(past)
        with self._lock:
            if self._timer is None:
                self._watch()

    def _watch(self) -> None:
        self._timer = threading.Timer(UNUSED_S, self._let_go)
        self._timer.daemon = True
        self._timer.start()

    def _let_go(self) -> None:
        with self._lock:
            self._timer = None
            if time.monotonic() - self._used >= UNUSED_S:
                self._past = None
            else:
                self._watch()


def read(application: Application, policies: Collection[str]) -> Past:
    """Read the recent past from the ledger and prepare it."""
    now = application.clock()
    with application.store.read() as session:
        found = session.ledger.sample(since=now - PAST, until=now)
        others = sorted(set(policies) - {ANY})
        columns: dict[str, Floats] = {}
        if others and len(found):
            pairs = list(zip(found["id"], found["item_version"], strict=True))
            made = session.ledger.scores(pairs)
            columns = {
                name: np.array([made[pair].probability(name) if pair in made else np.nan for pair in pairs])
                for name in others
            }
    sample = found[list(_NEEDED)].assign(id=np.arange(len(found)))
    if not len(found):
        return Past(as_of=now, days=0.0, frontier=None, sample=sample, counts={}, synthetic=False, curve=[])
    days = max(now - found["time"].min(), SHORTEST) / timedelta(days=1)
    frontier = prepare(sample, days=days)
    for name, values in columns.items():
        frontier = frontier.with_policy(name, values)
    scores = {ANY: sample["score"].to_numpy(np.float64), **columns}
    return Past(
        as_of=now,
        days=days,
        frontier=frontier,
        sample=sample,
        counts={name: score_counts(values) for name, values in scores.items()},
        synthetic=SYNTHETIC in set(found["source"].unique()),
        curve=_curve(sample, days=days),
    )


def _curve(sample: pd.DataFrame, *, days: float) -> Rows:
    rows = read_sample(sample)
    if not (~np.isnan(rows.score) & ~rows.degraded).any():
        return []
    return recall_curve(candidates(rows, "recall"), items=len(sample), days=days)
