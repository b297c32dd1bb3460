"""
What the queue was told, and what the ledger says, agree in the end.

An answer that could not be recorded lies in the spool. Once the ledger answers again, each of its items is
looked up: where there is no routing, "full review" is recorded as it was told; where the write that seemed
lost was committed after all, with another route, a job is opened, so that a person looks as was promised.
The chance that was recorded stays as it is, and such a review stays out of the estimates.
"""

from __future__ import annotations

import threading
from functools import partial
from typing import Final

import structlog

from data.errors import LedgerUnavailable, Overloaded, TriageError
from serving import metrics
from serving.gateway import Gateway
from serving.routing import Router
from serving.spool import Spool, Told

LOOK_S: Final = 2.0
"""Seconds between two looks at the spool."""

_PASSING: Final = (LedgerUnavailable, Overloaded)

_log = structlog.get_logger(__name__)


class Reconciler:
    """Takes what waits in the spool into the ledger.

    Several processes may do so at once: what one has recorded the others find.

    Parameters
    ----------
    gateway : Gateway
        The ledger.
    router : Router
        What is written.
    spool : Spool
        What waits.
    """

    def __init__(self, *, gateway: Gateway, router: Router, spool: Spool) -> None:
        self._gateway = gateway
        self._router = router
        self._spool = spool
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Look now and then again every `LOOK_S` seconds, until closed."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._follow, name="reconciler", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Stop looking."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join(timeout=10)

    def run(self) -> int:
        """Take in what waits, as far as the ledger answers; return how many items it has now.

        What the ledger refuses is set aside in the spool and named in the log.
        """
        done = 0
        for path, told in self._spool.read():
            try:
                self._take_in(told)
            except _PASSING:
                break
            except Exception as refused:  # noqa: BLE001 - one bad answer must not hold up the others
                self._spool.set_aside(path)
                _log.error("answer_not_recorded", file=path.name, reason=repr(refused))
            else:
                self._spool.forget(path)
                done += len(told.items)
        metrics.unrecorded(len(self._spool.waiting()), refused=len(self._spool.refused()))
        return done

    def _take_in(self, told: Told) -> None:
        works = [
            partial(self._router.make_true, item=item, reason=told.reason, told_at=told.told_at)
            for item in told.items
        ]
        refusals = [one for one in self._gateway.write_each(works) if isinstance(one, TriageError)]
        # What passes comes first: the others are refused again when it has passed.
        for refusal in sorted(refusals, key=lambda one: not isinstance(one, _PASSING)):
            raise refusal

    def _follow(self) -> None:
        while not self._closed.is_set():
            try:
                self.run()
            except OSError as failed:
                _log.warning("spool_not_read", reason=repr(failed))
            self._closed.wait(LOOK_S)
