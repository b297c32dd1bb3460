from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import Overloaded
from serving.batcher import Batcher

Score = Callable[[Sequence[str]], Sequence[str | Exception]]


class Recorder:
    """Scores by shouting, and remembers its batches. It can be held up."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()

    def __call__(self, rows: Sequence[str]) -> Sequence[str | Exception]:
        self.entered.set()
        self.gate.wait(10)
        self.batches.append(list(rows))
        if "raise" in rows:
            raise RuntimeError("the batch is broken")
        return [ValueError(row) if row == "refuse" else row.upper() for row in rows]


def _batcher(score: Score, **sizes: int) -> Batcher[str, str]:
    limits = {"batch_rows": 8, "batch_length": 10_000, "most_waiting": 100, **sizes}
    return Batcher(score, length=len, **limits)


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def held(recorder: Recorder) -> Iterator[Batcher[str, str]]:
    """Yield a batcher whose thread is busy with one row, so that what is submitted next waits."""
    batcher = _batcher(recorder)
    recorder.gate.clear()
    batcher.submit(["busy"])
    assert recorder.entered.wait(10)
    yield batcher
    recorder.gate.set()
    batcher.close()


def _release(recorder: Recorder, futures: Sequence[Future[str]]) -> None:
    recorder.gate.set()
    wait(futures, timeout=10)


def test_a_lone_row_does_not_wait_for_company(recorder: Recorder) -> None:
    batcher = _batcher(recorder)
    began = time.perf_counter()
    assert batcher.submit(["a"])[0].result(10) == "A"
    assert time.perf_counter() - began < 0.5
    batcher.close()


def test_rows_that_wait_together_are_scored_together(recorder: Recorder, held: Batcher[str, str]) -> None:
    futures = [held.submit([row])[0] for row in "abc"]
    _release(recorder, futures)
    assert recorder.batches == [["busy"], ["a", "b", "c"]]


def test_it_tells_how_many_threads_are_at_work(recorder: Recorder, held: Batcher[str, str]) -> None:
    assert held.busy == 1
    _release(recorder, held.submit(["a"]))
    assert held.busy == 0


def test_a_batch_has_no_more_rows_than_allowed(recorder: Recorder, held: Batcher[str, str]) -> None:
    futures = held.submit(["a"] * 20)
    _release(recorder, futures)
    assert [len(batch) for batch in recorder.batches] == [1, 8, 8, 4]


def test_a_batch_is_no_longer_than_allowed(recorder: Recorder, held: Batcher[str, str]) -> None:
    long, short = "l" * 6000, "s" * 3000
    futures = held.submit([long, short, short, short, short])
    _release(recorder, futures)
    assert recorder.batches[1:] == [[long, short], [short, short, short]]


def test_a_row_longer_than_a_batch_has_one_of_its_own(recorder: Recorder, held: Batcher[str, str]) -> None:
    endless = "e" * 20_000
    futures = held.submit(["a", endless, "b"])
    _release(recorder, futures)
    assert recorder.batches[1:] == [["a"], [endless], ["b"]]


def test_more_rows_than_may_wait_are_refused_whole(recorder: Recorder, held: Batcher[str, str]) -> None:
    held.submit(["a"] * 60)
    with pytest.raises(Overloaded):
        held.submit(["b"] * 41)
    assert held.waiting == 60
    held.submit(["c"] * 40)


def test_one_bad_row_spoils_no_other(recorder: Recorder, held: Batcher[str, str]) -> None:
    good, bad, worse = held.submit(["a", "refuse", "raise"])
    _release(recorder, [good, bad, worse])
    assert good.result() == "A"
    assert isinstance(bad.exception(), ValueError)
    assert isinstance(worse.exception(), RuntimeError)


def test_a_row_that_nobody_waits_for_any_more_is_not_scored(
    recorder: Recorder, held: Batcher[str, str]
) -> None:
    kept, dropped = held.submit(["kept", "dropped"])
    assert dropped.cancel()
    _release(recorder, [kept])
    assert ["kept"] in recorder.batches
    assert not any("dropped" in batch for batch in recorder.batches)


def test_too_few_results_are_an_error_of_every_row() -> None:
    batcher = _batcher(lambda rows: [])
    assert isinstance(batcher.submit(["a"])[0].exception(10), RuntimeError)
    batcher.close()


def test_closing_scores_what_waits_and_takes_nothing_more(
    recorder: Recorder, held: Batcher[str, str]
) -> None:
    futures = held.submit(["a", "b"])
    recorder.gate.set()
    held.close()
    assert [future.result(0) for future in futures] == ["A", "B"]
    with pytest.raises(Overloaded):
        held.submit(["c"])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.text("ab", max_size=300), max_size=20), max_size=10), st.integers(1, 3))
def test_every_row_gets_its_own_result_in_order(requests: list[list[str]], threads: int) -> None:
    batcher = _batcher(lambda rows: [row.upper() for row in rows], most_waiting=1000, threads=threads)
    futures = [batcher.submit(rows) for rows in requests]
    assert [[future.result(10) for future in few] for few in futures] == [
        [row.upper() for row in rows] for rows in requests
    ]
    batcher.close()
