"""What the parts of a session share: one connection, and the right to append."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import sqlalchemy as sa

from data.errors import LedgerUnavailable
from data.store.prepared import Prepared, execute
from data.store.refusals import in_our_words
from data.store.schema import NUMBERED

LEDGER_LOCK: Final = 0x7A_4D_15
"""The number of the advisory lock on PostgreSQL. Whoever appends holds it until the transaction ends."""

_TAKE_LOCK: Final = f"SELECT pg_advisory_xact_lock({LEDGER_LOCK})"
_NEWEST: Final = Prepared(
    sa.select(
        *(sa.select(sa.func.max(each.c.sequence)).scalar_subquery().label(each.name) for each in NUMBERED)
    )
)
_INSERT: Final = {table: Prepared(sa.insert(table).inline()) for table in NUMBERED}


class Transaction:
    """One transaction on one connection."""

    def __init__(self, connection: sa.Connection, *, writes: bool) -> None:
        self.connection = connection
        self.writes = writes
        self._is_locked = False
        self._newest = 0
        self._broken = False

    def lock(self) -> None:
        """Keep every other writer of facts waiting until this transaction ends.

        SQLite does so from the start (BEGIN IMMEDIATE). It makes the numbering the order of commits on
        both databases, and what is looked up before an append stays true until it is committed.
        """
        if not self.writes:
            raise RuntimeError("This session only reads. Open it with Store.begin().")
        if self._is_locked:
            return
        if self.connection.dialect.name == "postgresql":
            execute(self.connection, _TAKE_LOCK)
        (newest,) = _NEWEST.select(self.connection)
        self._newest = max(number or 0 for number in newest.values())
        self._is_locked = True

    def append(self, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
        """Insert rows, numbered in their order."""
        if not rows:
            return
        self.lock()
        for number, row in enumerate(rows, start=self._newest + 1):
            row["sequence"] = number
        self._newest += len(rows)
        _INSERT[table].insert(self.connection, rows)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Take back what the block did, and only that, when it raises."""
        # A lock taken inside would be given back with it, while the numbering went on.
        self.lock()
        self._execute("SAVEPOINT work")
        try:
            with in_our_words():
                yield
        except BaseException:
            self._execute("ROLLBACK TO SAVEPOINT work")
            raise
        finally:
            self._execute("RELEASE SAVEPOINT work")

    def check(self) -> None:
        """Refuse to go on in a transaction that the database has given up.

        SQLite rolls everything back by itself when a disk is full or broken. What follows would then be
        committed piece by piece, and what came before acknowledged without being there.
        """
        driver = self.connection.connection.driver_connection
        if self._broken or (isinstance(driver, sqlite3.Connection) and not driver.in_transaction):
            raise LedgerUnavailable

    def _execute(self, statement: str) -> None:
        try:
            with in_our_words():
                self.check()
                execute(self.connection, statement)
        except Exception:
            self._broken = True
            raise


class Part:
    """What a session can do about one subject."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._connection = transaction.connection
