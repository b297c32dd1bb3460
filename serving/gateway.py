"""
The ledger behind a deadline.

A database that does not answer must not take the service with it: every read and every write of a request
goes through here and is given up after a while, saying so.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import Final, TypeVar

from data.errors import LedgerUnavailable, TriageError
from data.store.store import Session, Store
from data.store.writer import Writer

_T = TypeVar("_T")

REST_S: Final = 1.0
"""Seconds after a time-out in which nobody waits for the ledger again."""


class Gateway:
    """Reads and writes that end by a deadline.

    After a time-out the next reads are refused at once for `REST_S` seconds, so that a dead database does
    not hold one thread a request for the whole deadline.

    Parameters
    ----------
    store, writer : Store, Writer
        The ledger, and its only writer in this process.
    deadline_s : float
        Seconds one read or one write may take, waiting included.
    readers : int
        Reads that run at the same time.
    """

    def __init__(self, store: Store, writer: Writer, *, deadline_s: float, readers: int = 4) -> None:
        self._store = store
        self._writer = writer
        self._deadline_s = deadline_s
        self._readers = ThreadPoolExecutor(max_workers=readers, thread_name_prefix="ledger-reader")
        self._rests_until = 0.0

    def read(self, work: Callable[[Session], _T]) -> _T:
        """Return what ``work`` reads; `LedgerUnavailable` where that takes too long."""
        if time.monotonic() < self._rests_until:
            raise LedgerUnavailable
        return self._wait(self._readers.submit(self._read, work))

    def write(self, work: Callable[[Session], _T]) -> _T:
        """Return what ``work`` wrote, after commit; `LedgerUnavailable` where that takes too long.

        A write that has not begun by then is dropped. One that has begun may still be committed: whoever
        sends the same again gets the row.
        """
        if time.monotonic() < self._rests_until:
            raise LedgerUnavailable
        return self._wait(self._writer.submit(work))

    def write_each(self, works: Sequence[Callable[[Session], _T]]) -> list[_T | TriageError]:
        """Write several things that succeed or are refused one by one, in order; a refusal is an entry."""
        if time.monotonic() < self._rests_until:
            raise LedgerUnavailable
        results: list[_T | TriageError] = []
        for future in [self._writer.submit(work) for work in works]:
            try:
                results.append(self._wait(future))
            except TriageError as refused:
                results.append(refused)
        return results

    def close(self) -> None:
        """Take no more reads, and let those under way give their connections back."""
        self._readers.shutdown(cancel_futures=True)

    def _read(self, work: Callable[[Session], _T]) -> _T:
        with self._store.read() as session:
            return work(session)

    def _wait(self, future: Future[_T]) -> _T:
        try:
            return future.result(self._deadline_s)
        except (TimeoutError, CancelledError) as late:
            future.cancel()
            self._rests_until = time.monotonic() + REST_S
            raise LedgerUnavailable from late
