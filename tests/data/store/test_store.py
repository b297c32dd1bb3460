"""Store and Session: what a transaction promises, and what is refused before one begins."""

from __future__ import annotations

import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Protocol

import pytest
import sqlalchemy as sa

from data.errors import DatabaseBehind, LedgerUnavailable, MissingExtra, Unprepared
from data.records import Item
from data.settings import StoreSettings
from data.store import engines
from data.store.store import Session, Store


class Server(Protocol):
    def url(self, database: str) -> str: ...

    def execute(self, *statements: str, database: str = ...) -> None: ...


def connection_of(session: Session) -> sa.Connection:
    return session._transaction.connection


def add(session: Session, item: Item, now: datetime) -> bool:
    return session.ledger.add_items([item], received_at=now)[0]


def test_what_a_block_did_is_there_for_the_next_one(
    store: Store, make_item: Callable[..., Item], noon: datetime
) -> None:
    with store.begin() as session:
        add(session, make_item("v1"), noon)
    with store.read() as session:
        assert session.ledger.item("v1") == make_item("v1")


def test_a_block_that_raises_leaves_nothing(
    store: Store, make_item: Callable[..., Item], noon: datetime
) -> None:
    def fail(session: Session) -> None:
        add(session, make_item("v1"), noon)
        raise KeyError

    with pytest.raises(KeyError), store.begin() as session:
        fail(session)
    with store.read() as session:
        assert session.ledger.item("v1") is None


def test_a_savepoint_takes_back_its_own_work_and_no_other(
    store: Store, make_item: Callable[..., Item], noon: datetime
) -> None:
    def fail(session: Session) -> None:
        add(session, make_item("inside"), noon)
        raise KeyError

    with store.begin() as session:
        add(session, make_item("before"), noon)
        with pytest.raises(KeyError), session.savepoint():
            fail(session)
        add(session, make_item("after"), noon)
    with store.read() as session:
        known = session.ledger.items([(name, "1") for name in ("before", "inside", "after")])
    assert set(known) == {("before", "1"), ("after", "1")}


def test_an_error_of_the_database_inside_a_savepoint_spares_the_rest(
    store: Store, make_item: Callable[..., Item], noon: datetime
) -> None:
    with store.begin() as session:
        add(session, make_item("before"), noon)
        with pytest.raises(DatabaseBehind), session.savepoint():
            connection_of(session).exec_driver_sql("SELECT * FROM nothing_of_that_name")
        add(session, make_item("after"), noon)
    with store.read() as session:
        assert session.ledger.counts()["items"] == 2


def test_a_session_that_reads_refuses_to_write(
    store: Store, make_item: Callable[..., Item], noon: datetime
) -> None:
    with store.read() as session, pytest.raises(RuntimeError, match="only reads"):
        add(session, make_item(), noon)


def test_the_database_itself_refuses_to_write_for_a_reader(store: Store) -> None:
    with pytest.raises((LedgerUnavailable, sa.exc.DBAPIError)), store.read() as session:
        connection_of(session).exec_driver_sql("DELETE FROM job")


def test_a_reader_sees_one_moment(
    store: Store, url: str, make_item: Callable[..., Item], noon: datetime
) -> None:
    with store.read() as reader:
        assert reader.ledger.counts()["items"] == 0
        with Store(url) as other, other.begin() as writer:
            add(writer, make_item(), noon)
        assert reader.ledger.counts()["items"] == 0


def test_the_numbering_is_the_order_of_commits(
    store: Store, url: str, make_item: Callable[..., Item], noon: datetime
) -> None:
    order: list[str] = []
    with Store(url) as other:

        def second() -> None:
            with other.begin() as session:
                add(session, make_item("second"), noon)
                order.append("second")

        thread = threading.Thread(target=second)
        with store.begin() as session:
            add(session, make_item("first"), noon)
            thread.start()
            thread.join(timeout=0.2)
            order.append("first")
        thread.join()
    with store.read() as session:
        numbers = [session.ledger.timeline(name)[0]["sequence"] for name in ("first", "second")]
    assert order == ["first", "second"]
    assert numbers == [1, 2]


def test_others_wait_on_after_a_savepoint_was_taken_back(
    store: Store, url: str, make_item: Callable[..., Item], noon: datetime
) -> None:
    added = threading.Event()

    def second() -> None:
        with Store(url) as other, other.begin() as session:
            add(session, make_item("second"), noon)
        added.set()

    def fail(session: Session) -> None:
        add(session, make_item("lost"), noon)
        raise KeyError

    thread = threading.Thread(target=second)
    with store.begin() as session:
        with pytest.raises(KeyError), session.savepoint():
            fail(session)
        thread.start()
        assert not added.wait(timeout=0.3)
        add(session, make_item("first"), noon)
    thread.join()
    with store.read() as session:
        assert session.ledger.counts()["items"] == 2


def test_a_closed_store_opens_again(store: Store) -> None:
    store.close()
    store.check()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_sqlite_acknowledges_only_what_a_power_cut_leaves(store: Store) -> None:
    with store.begin() as session:
        found = {
            name: connection_of(session).exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "recursive_triggers": 1}


def test_a_writer_that_waits_too_long_is_told_so(
    migrated_file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(engines, "LOCK_WAIT_S", 0.05)
    path = tmp_path / "ledger.db"
    path.write_bytes(migrated_file.read_bytes())
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        with Store(f"sqlite:///{path}") as store, pytest.raises(LedgerUnavailable), store.begin():
            pass
    finally:
        holder.close()


def test_a_full_disk_acknowledges_nothing(
    sqlite_store: Store, make_item: Callable[..., Item], noon: datetime
) -> None:
    large = {"title": "x" * 100_000}

    def fill(session: Session) -> None:
        add(session, make_item("first"), noon)
        connection_of(session).exec_driver_sql("PRAGMA max_page_count = 60")
        for number in range(3):
            with pytest.raises(LedgerUnavailable), session.savepoint():
                add(session, make_item(f"large-{number}", data=large), noon)

    with pytest.raises(LedgerUnavailable), sqlite_store.begin() as session:
        fill(session)
    sqlite_store.close()
    with sqlite_store.read() as session:
        assert session.ledger.counts()["items"] == 0


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_lost_connection_is_the_ledger_being_away_and_is_got_over(
    store: Store, url: str, make_item: Callable[..., Item], noon: datetime
) -> None:
    def lose(session: Session) -> None:
        backend = connection_of(session).exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        with Store(url) as other, other.begin() as killer:
            connection_of(killer).exec_driver_sql(f"SELECT pg_terminate_backend({backend})")
        add(session, make_item(), noon)

    with pytest.raises(LedgerUnavailable), store.begin() as session:
        lose(session)
    with store.begin() as session:
        assert add(session, make_item(), noon)


def test_a_server_that_is_not_there_is_the_ledger_being_away() -> None:
    with (
        Store("postgresql://nobody@127.0.0.1:1/none") as store,
        pytest.raises(LedgerUnavailable),
        store.begin(),
    ):
        pass


def test_a_value_that_no_database_could_hold_is_refused_by_its_own_name(
    store: Store, make_item: Callable[..., Item], noon: datetime
) -> None:
    with store.begin() as session, pytest.raises(ValueError, match="NUL"):
        add(session, make_item(category="a\0b"), noon)


def test_no_tables_yet_is_the_ledger_being_behind(empty_url: str) -> None:
    with Store(empty_url) as store, pytest.raises(DatabaseBehind), store.read() as session:
        session.ledger.counts()


@pytest.mark.parametrize("name", ["fsync", "full_page_writes"])
def test_a_server_that_acknowledges_before_it_writes_is_refused(postgresql: Server, name: str) -> None:
    with Store(postgresql.url("migrated")) as store:
        postgresql.execute(f"ALTER SYSTEM SET {name} = off", "SELECT pg_reload_conf()")
        try:
            assert raises_in_time(store.check, Unprepared) == (
                f"PostgreSQL runs with {name} = off; what it has acknowledged could be lost. "
                f"Set {name} = on in its configuration and start it again."
            )
        finally:
            postgresql.execute(f"ALTER SYSTEM RESET {name}", "SELECT pg_reload_conf()")


def raises_in_time(action: Callable[[], None], kind: type[Exception]) -> str | None:
    # A server reads its configuration again when it gets to it.
    for _ in range(100):
        try:
            action()
        except kind as error:
            return str(error)
        time.sleep(0.05)
    return None


@pytest.mark.parametrize(
    "url", ["mysql://host/name", "sqlite://", "sqlite:///:memory:", "nothing", "sqlite+aiosqlite:///x.db"]
)
def test_an_address_that_no_ledger_can_live_at_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="url must"):
        Store(url)


def test_a_refused_address_never_shows_its_password() -> None:
    address = "mysql://user:secret@host/name"
    with pytest.raises(ValueError, match="url must") as store_refusal:
        Store(address)
    with pytest.raises(ValueError, match="url must") as settings_refusal:
        StoreSettings(url=address)
    assert "secret" not in str(store_refusal.value) + str(settings_refusal.value)


def test_without_the_driver_postgresql_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtra, match=r"pip install 'tamis\[postgres\]'"):
        Store("postgresql://user@host/name")
