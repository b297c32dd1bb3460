"""
Single requests become batches for the scorer, in process.

Nothing waits for company: a free thread takes what waits, oldest first, up to the largest batch. Under load
batches grow by themselves; a lone request is scored at once.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from data.errors import Overloaded

Row = TypeVar("Row")
Result = TypeVar("Result")


@dataclass(slots=True)
class _Waiting(Generic[Row, Result]):
    row: Row
    length: int
    future: Future[Result] = field(default_factory=Future)


class Batcher(Generic[Row, Result]):
    """A bounded queue in front of a function that works best on several rows at once.

    Parameters
    ----------
    score : callable
        Takes rows, returns one entry a row in order; an exception as an entry is that row's own. A call
        that raises is repeated row by row, so that one bad row spoils no other.
    length : callable
        The length of a row, in any unit. A batch costs what its rows are long together.
    batch_rows, batch_length : int
        The largest batch: rows, and their length together. A row longer than that has a batch of its own.
    most_waiting : int
        Rows that may wait; more raise `data.errors.Overloaded`.
    threads : int
        Batches scored at the same time.
    """

    def __init__(
        self,
        score: Callable[[Sequence[Row]], Sequence[Result | Exception]],
        *,
        length: Callable[[Row], int],
        batch_rows: int,
        batch_length: int,
        most_waiting: int,
        threads: int = 1,
    ) -> None:
        self._score = score
        self._length = length
        self._batch_rows = batch_rows
        self._batch_length = batch_length
        self._most_waiting = most_waiting
        self._queue: deque[_Waiting[Row, Result]] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._busy = 0
        self._threads = [
            threading.Thread(target=self._run, name=f"scoring-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def waiting(self) -> int:
        """How many rows wait for a free thread."""
        return len(self._queue)

    @property
    def busy(self) -> int:
        """How many threads score just now."""
        return self._busy

    def submit(self, rows: Sequence[Row]) -> list[Future[Result]]:
        """Queue all rows or none; the futures end with a result or with the row's own exception.

        A future that is cancelled before its batch begins is never scored.
        """
        waiting = [_Waiting[Row, Result](row=row, length=self._length(row)) for row in rows]
        with self._changed:
            if self._closed or len(self._queue) + len(waiting) > self._most_waiting:
                raise Overloaded
            self._queue.extend(waiting)
            self._changed.notify(len(waiting))
        return [entry.future for entry in waiting]

    def close(self) -> None:
        """Score what waits, then stop."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(timeout=10)

    def _run(self) -> None:
        while batch := self._next():
            started = [entry for entry in batch if entry.future.set_running_or_notify_cancel()]
            results = self._results([entry.row for entry in started]) if started else []
            with self._changed:
                self._busy -= 1
            for entry, result in zip(started, results, strict=True):
                if isinstance(result, Exception):
                    entry.future.set_exception(result)
                else:
                    entry.future.set_result(result)

    def _next(self) -> list[_Waiting[Row, Result]]:
        with self._changed:
            while not self._queue:
                if self._closed:
                    return []
                self._changed.wait()
            self._busy += 1
            return self._take()

    def _take(self) -> list[_Waiting[Row, Result]]:
        batch = [self._queue.popleft()]
        length = batch[0].length
        while self._queue and len(batch) < self._batch_rows:
            length += self._queue[0].length
            if length > self._batch_length:
                break
            batch.append(self._queue.popleft())
        return batch

    def _results(self, rows: Sequence[Row]) -> Sequence[Result | Exception]:
        try:
            results = self._score(rows)
            if len(results) != len(rows):
                raise RuntimeError(f"The scorer gave {len(results)} results for {len(rows)} rows.")
        except Exception as failed:  # noqa: BLE001 - it is handed to whoever waits for the row
            if len(rows) == 1:
                return [failed]
            return [result for row in rows for result in self._results([row])]
        return results
