"""The writer: acknowledged means committed, and what one work does is its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future, wait
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from data.errors import LedgerUnavailable, Overloaded, UnknownItem
from data.records import Item
from data.store import engines
from data.store.store import Session, Store
from data.store.writer import Writer

Work = Callable[[Session], bool]


@pytest.fixture
def writer(store: Store) -> Iterator[Writer]:
    writer = Writer(store, longest_s=60)  # so that what is handed in together is committed together
    yield writer
    writer.close()


@pytest.fixture
def adding(make_item: Callable[..., Item], noon: datetime) -> Callable[[str], Work]:
    def work(item_id: str) -> Work:
        return lambda session: session.ledger.add_items([make_item(item_id)], received_at=noon)[0]

    return work


def items_in(store: Store) -> int:
    with store.read() as session:
        return session.ledger.counts()["items"]


def together(writer: Writer, *works: Callable[[Session], Any]) -> list[Future[Any]]:
    """Hand works in such that they share a transaction, unless they are very many."""
    handed_in = threading.Event()
    first = writer.submit(lambda _: handed_in.wait(5))
    futures = [writer.submit(work) for work in works]
    handed_in.set()
    wait([first, *futures], timeout=20)
    return futures


def test_a_future_brings_what_its_work_returned(writer: Writer, adding: Callable[[str], Work]) -> None:
    assert writer.submit(adding("v1")).result(10) is True
    assert writer.submit(adding("v1")).result(10) is False


def test_what_is_acknowledged_is_there_for_everybody(
    writer: Writer, url: str, adding: Callable[[str], Work]
) -> None:
    seen: list[int] = []
    done = threading.Event()

    def look(_: Future[bool]) -> None:
        # Runs at the very moment of the acknowledgement, in the writer's own thread.
        with Store(url) as other:
            seen.append(items_in(other))
        done.set()

    handed_in = threading.Event()
    writer.submit(lambda _: handed_in.wait(5))
    writer.submit(adding("v1")).add_done_callback(look)
    handed_in.set()
    assert done.wait(10)
    assert seen == [1]


def test_a_work_that_raises_takes_nothing_else_with_it(
    writer: Writer, store: Store, adding: Callable[[str], Work]
) -> None:
    def fail(session: Session) -> bool:
        adding("v2")(session)
        raise KeyError("mine")

    first, second, third = together(writer, adding("v1"), fail, adding("v3"))
    assert (first.result(), third.result()) == (True, True)
    with pytest.raises(KeyError, match="mine"):
        second.result()
    assert items_in(store) == 2


def test_what_the_database_refuses_one_work_is_told_in_our_words(
    writer: Writer, make_routing: Callable[..., Any], adding: Callable[[str], Work]
) -> None:
    routing = make_routing("unknown")
    first, second = together(writer, lambda session: session.ledger.record([], [routing]), adding("v1"))
    assert isinstance(first.exception(), UnknownItem)
    assert second.result() is True


def test_even_a_work_that_wants_the_process_to_end_ends_only_itself(
    writer: Writer, adding: Callable[[str], Work]
) -> None:
    def leave(_: Session) -> None:
        raise SystemExit

    first, second = together(writer, leave, adding("v1"))
    assert isinstance(first.exception(), SystemExit)
    assert second.result() is True


def test_works_run_in_the_order_in_which_they_were_handed_in(writer: Writer) -> None:
    ran: list[int] = []
    together(writer, *(lambda _, number=number: ran.append(number) for number in range(300)))
    assert ran == list(range(300))


def test_a_work_whose_future_is_cancelled_in_time_never_runs(
    writer: Writer, store: Store, adding: Callable[[str], Work]
) -> None:
    handed_in = threading.Event()
    first = writer.submit(lambda _: handed_in.wait(5))
    second, third = writer.submit(adding("v2")), writer.submit(adding("v3"))
    assert second.cancel()
    handed_in.set()
    assert first.result(10)
    assert third.result(10)
    assert items_in(store) == 1
    with pytest.raises(CancelledError):
        second.result()


def test_a_work_that_has_begun_cannot_be_cancelled(writer: Writer) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def work(_: Session) -> bool:
        begun.set()
        return may_end.wait(5)

    future = writer.submit(work)
    assert begun.wait(10)
    assert not future.cancel()
    may_end.set()
    assert future.result(10)


def test_too_much_work_is_refused_at_once(store: Store, adding: Callable[[str], Work]) -> None:
    writer = Writer(store, most_waiting=2)
    begun, may_end = threading.Event(), threading.Event()

    def work(_: Session) -> bool:
        begun.set()
        return may_end.wait(5)

    writer.submit(work)
    assert begun.wait(10)
    accepted = [writer.submit(adding(f"v{number}")) for number in range(2)]
    with pytest.raises(Overloaded):
        writer.submit(adding("v3"))
    may_end.set()
    writer.close()
    assert [future.result() for future in accepted] == [True, True]


def test_closing_finishes_what_was_accepted_and_takes_nothing_more(
    store: Store, adding: Callable[[str], Work]
) -> None:
    writer = Writer(store)
    futures = [writer.submit(adding(f"v{number}")) for number in range(400)]
    writer.close()
    assert all(future.done() and future.result() for future in futures)
    with pytest.raises(LedgerUnavailable, match="stopping"):
        writer.submit(adding("late"))
    writer.close()


def test_many_who_hand_in_at_once_all_get_their_own_answer(
    writer: Writer, store: Store, adding: Callable[[str], Work]
) -> None:
    answers: list[bool] = []

    def client(name: int) -> None:
        futures = [writer.submit(adding(f"v{name}-{number}")) for number in range(50)]
        answers.extend(future.result(20) for future in futures)

    threads = [threading.Thread(target=client, args=[name]) for name in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [True] * 300
    assert items_in(store) == 300


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_commit_that_fails_fails_every_work_of_it(
    writer: Writer, store: Store, make_routing: Callable[..., Any], adding: Callable[[str], Work]
) -> None:
    def break_at_commit(session: Session) -> None:
        connection = session._transaction.connection
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        session.ledger.record([], [make_routing("unknown")])

    futures = together(writer, adding("v1"), break_at_commit, adding("v2"))
    assert [type(future.exception()) for future in futures] == [UnknownItem] * 3
    assert items_in(store) == 0
    assert writer.submit(adding("v3")).result(10) is True


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_connection_that_breaks_fails_every_work_of_it(
    writer: Writer, store: Store, adding: Callable[[str], Work]
) -> None:
    def break_off(session: Session) -> None:
        connection = session._transaction.connection
        connection.execute(sa.select(sa.func.pg_terminate_backend(sa.func.pg_backend_pid())))

    futures = together(writer, adding("v1"), break_off, adding("v2"))
    assert [type(future.exception()) for future in futures] == [LedgerUnavailable] * 3
    assert items_in(store) == 0
    assert writer.submit(adding("v3")).result(10) is True


def test_when_the_ledger_is_away_all_who_wait_are_told_at_once(
    migrated_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, adding: Callable[[str], Work]
) -> None:
    monkeypatch.setattr(engines, "LOCK_WAIT_S", 0.2)
    path = tmp_path / "ledger.db"
    path.write_bytes(migrated_file.read_bytes())
    with Store(f"sqlite:///{path}") as store, Store(f"sqlite:///{path}") as other:
        writer = Writer(store)
        with other.begin():
            start = time.monotonic()
            futures = [writer.submit(adding(f"v{number}")) for number in range(100)]
            errors = [future.exception(10) for future in futures]
            took = time.monotonic() - start
        assert all(isinstance(error, LedgerUnavailable) for error in errors)
        assert took < 5  # one after the other they would have waited for 20 seconds
        assert writer.submit(adding("after")).result(10) is True
        writer.close()
