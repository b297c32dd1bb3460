"""Reports that were just made: a page, its charts and its files show the same numbers."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from typing import Final

from evaluation.report import QualityReport
from serving.web.report.asked import Wanted
from serving.wiring import Application

FRESH_S: Final = 60.0
"""So long the same question gets the same report."""

MOST: Final = 8


class Reports:
    """Makes reports, each once for everybody who asks at the same time."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._lock = threading.Lock()
        self._found: OrderedDict[Wanted, tuple[float, QualityReport]] = OrderedDict()

    def report(self, wanted: Wanted) -> QualityReport:
        """Return a report that is no older than `FRESH_S`."""
        with self._lock:
            kept = self._found.get(wanted)
            if kept is not None and time.monotonic() - kept[0] < FRESH_S:
                return kept[1]
            until = wanted.until or self._application.clock()
            made = self._application.quality.report(
                since=wanted.since or until - wanted.length,
                until=until,
                by=wanted.by,
                level=wanted.level,
                grade=wanted.grade,
                against=wanted.length if wanted.against else None,
            )
            self._found[wanted] = time.monotonic(), made
            self._found.move_to_end(wanted)
            while len(self._found) > MOST:
                self._found.popitem(last=False)
            return made
