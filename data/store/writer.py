"""One writer thread a process, group commit: acknowledged means committed."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from data.errors import LedgerUnavailable, Overloaded
from data.store.store import Session, Store

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Task:
    work: Callable[[Session], Any]
    future: Future[Any]


class Writer:
    """Commits many small works together, so that each costs a fraction of a commit.

    A future is resolved after its work is committed, never before. Each work has a savepoint of its own:
    what one raises is its own and takes nothing else back. Works run one after another in the order in
    which they were submitted.

    Parameters
    ----------
    most_waiting
        Works that may wait. One more is refused with `Overloaded`.
    most_together, longest_s
        Works that share one commit, at most, and seconds after which no more are taken into it.
    """

    def __init__(
        self, store: Store, *, most_waiting: int = 2_048, most_together: int = 256, longest_s: float = 0.05
    ) -> None:
        self._store = store
        self._most_together = most_together
        self._longest_s = longest_s
        self._tasks: queue.Queue[_Task | None] = queue.Queue(maxsize=most_waiting)
        self._closing = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="ledger-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Session], T]) -> Future[T]:
        """Hand in a work and return its future.

        A future that is cancelled before its work has begun is dropped, and nothing is written. Once the
        work has begun it cannot be cancelled.

        Raises
        ------
        Overloaded
            If too many works wait.
        LedgerUnavailable
            If the writer is closed.
        """
        future: Future[T] = Future()
        with self._closing:
            if self._closed:
                raise LedgerUnavailable("The service is stopping. Send the same again later.")
            try:
                self._tasks.put_nowait(_Task(work, future))
            except queue.Full:
                raise Overloaded from None
        return future

    def close(self) -> None:
        """Take nothing more, commit what waits, and return when that is done."""
        with self._closing:
            if not self._closed:
                self._closed = True
                self._tasks.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (task := self._tasks.get()) is not None:
            batch = _Batch()
            try:
                with self._store.begin() as session:
                    for each in self._together(task):
                        batch.do(each, session)
            except BaseException as error:  # noqa: BLE001 - it is handed to those who wait, in their futures
                if not batch.has_begun:
                    # The ledger does not answer. Whoever waits is told now, not after a time-out each.
                    batch.refuse([task, *self._waiting()], error)
                batch.fail(error)
            else:
                batch.acknowledge()

    def _together(self, first: _Task) -> Iterator[_Task]:
        end = time.monotonic() + self._longest_s
        yield first
        for _ in range(self._most_together - 1):
            if time.monotonic() > end or (task := self._take()) is None:
                return
            yield task

    def _take(self) -> _Task | None:
        try:
            task = self._tasks.get_nowait()
        except queue.Empty:
            return None
        if task is None:
            self._tasks.put(None)  # nothing follows it: it is for the loop
        return task

    def _waiting(self) -> Iterator[_Task]:
        return iter(self._take, None)


class _Batch:
    """Works of one transaction, and what they came to."""

    def __init__(self) -> None:
        self.has_begun = False
        self._results: list[tuple[Future[Any], Any]] = []
        self._errors: list[tuple[Future[Any], BaseException]] = []

    def do(self, task: _Task, session: Session) -> None:
        self.has_begun = True
        if not task.future.set_running_or_notify_cancel():
            return
        try:
            with session.savepoint():
                result = task.work(session)
        except BaseException as error:  # noqa: BLE001 - it is the work's own, and goes to who handed it in
            self._errors.append((task.future, error))
        else:
            self._results.append((task.future, result))

    def acknowledge(self) -> None:
        for future, result in self._results:
            future.set_result(result)
        self._tell_errors()

    def fail(self, error: BaseException) -> None:
        for future, _ in self._results:
            future.set_exception(error)
        self._tell_errors()

    def refuse(self, tasks: Iterable[_Task], error: BaseException) -> None:
        for task in tasks:
            if task.future.set_running_or_notify_cancel():
                task.future.set_exception(error)

    def _tell_errors(self) -> None:
        for future, error in self._errors:
            future.set_exception(error)
