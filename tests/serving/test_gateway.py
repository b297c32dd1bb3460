from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator

import pytest

from data.errors import LedgerUnavailable, UnknownJob
from data.store.store import Session, Store
from data.store.writer import Writer
from serving import gateway as module
from serving.gateway import Gateway

DEADLINE_S = 0.2


@pytest.fixture
def gateway(store: Store) -> Iterator[Gateway]:
    writer = Writer(store)
    gateway = Gateway(store, writer, deadline_s=DEADLINE_S, readers=2)
    yield gateway
    gateway.close()
    writer.close()


def _stuck(gate: threading.Event) -> None:
    gate.wait(5)


def test_a_read_returns_what_it_found(gateway: Gateway) -> None:
    assert gateway.read(lambda session: session.ledger.counts()["items"]) == 0


def test_a_refusal_of_the_work_arrives_as_it_is(gateway: Gateway) -> None:
    with pytest.raises(UnknownJob):
        gateway.read(lambda session: session.queue.job("nothing"))


def test_a_read_that_takes_too_long_is_given_up(gateway: Gateway) -> None:
    gate = threading.Event()
    began = time.monotonic()
    with pytest.raises(LedgerUnavailable):
        gateway.read(lambda _: _stuck(gate))
    assert time.monotonic() - began < DEADLINE_S + 0.5
    gate.set()


def test_after_a_time_out_nobody_waits_again_for_a_while(gateway: Gateway) -> None:
    gate = threading.Event()
    with pytest.raises(LedgerUnavailable):
        gateway.read(lambda _: _stuck(gate))
    gate.set()
    began = time.monotonic()
    with pytest.raises(LedgerUnavailable):
        gateway.read(lambda _: 1)
    assert time.monotonic() - began < DEADLINE_S / 2


def test_after_the_rest_it_is_tried_again(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REST_S", 0.05)
    gate = threading.Event()
    with pytest.raises(LedgerUnavailable):
        gateway.read(lambda _: _stuck(gate))
    gate.set()
    time.sleep(0.1)
    assert gateway.read(lambda _: 1) == 1


def test_a_write_that_has_not_begun_by_its_deadline_is_never_carried_out(sqlite_store: Store) -> None:
    writer = Writer(sqlite_store)
    gateway = Gateway(sqlite_store, writer, deadline_s=DEADLINE_S)
    ran: list[int] = []
    # As another process would: it holds the database, and lets go after the deadline.
    lock = sqlite3.connect(str(sqlite_store.path), isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    with pytest.raises(LedgerUnavailable):
        gateway.write(lambda _: ran.append(1))
    assert time.monotonic() - began < DEADLINE_S + 0.5
    lock.execute("ROLLBACK")
    lock.close()
    writer.submit(lambda _: None).result(10)
    assert ran == []
    gateway.close()
    writer.close()


def test_several_writes_are_refused_one_by_one(gateway: Gateway) -> None:
    def good(_: Session) -> str:
        return "written"

    def bad(session: Session) -> str:
        return session.queue.job("nothing").job_id

    first, second, third = gateway.write_each([good, bad, good])
    assert (first, third) == ("written", "written")
    assert isinstance(second, UnknownJob)


def test_a_mistake_in_one_of_several_writes_is_raised(gateway: Gateway) -> None:
    def mistaken(_: Session) -> int:
        return 1 // 0

    with pytest.raises(ZeroDivisionError):
        gateway.write_each([mistaken])
