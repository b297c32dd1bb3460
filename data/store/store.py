"""Store and Session: one transaction at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Self

from data.errors import LedgerUnavailable
from data.store import engines, revisions
from data.store.access import Access
from data.store.deployments import Deployments
from data.store.erasing import Erasures
from data.store.ledger import Ledger
from data.store.plans import Plans
from data.store.queue import Queue
from data.store.refusals import in_our_words
from data.store.sealing import Seals
from data.store.transaction import Transaction


class Session:
    """One transaction, by subject. What it did is recorded when its block has ended without an error."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    @cached_property
    def ledger(self) -> Ledger:
        """Facts: items, scores, routings, events, decisions."""
        return Ledger(self._transaction)

    @cached_property
    def queue(self) -> Queue:
        """Work for people."""
        return Queue(self._transaction)

    @cached_property
    def plans(self) -> Plans:
        """The review plans."""
        return Plans(self._transaction)

    @cached_property
    def deployments(self) -> Deployments:
        """Which model serves."""
        return Deployments(self._transaction)

    @cached_property
    def access(self) -> Access:
        """Tokens, sign-in links and browser sessions."""
        return Access(self._transaction)

    @cached_property
    def seals(self) -> Seals:
        """The chain that shows whether a fact was changed."""
        return Seals(self._transaction)

    @cached_property
    def erasures(self) -> Erasures:
        """Taking content out for good."""
        return Erasures(self._transaction)

    def savepoint(self) -> AbstractContextManager[None]:
        """Return a block whose work, and only that, is taken back when it raises."""
        return self._transaction.savepoint()


class Store:
    """The database that holds the ledger and what is derived from it.

    Parameters
    ----------
    url
        ``sqlite:///PATH`` or ``postgresql://USER@HOST/NAME``. Nothing is connected before the first use.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder, Store(f"sqlite:///{folder}/ledger.db") as store:
    ...     store.migrate()
    ...     with store.read() as session:
    ...         session.ledger.counts()["items"]
    0
    """

    def __init__(self, url: str) -> None:
        self._url = engines.parse_url(url)
        self._writing = engines.create(self._url, writes=True)
        self._reading = engines.create(self._url, writes=False)
        # SQLite lets waiting writers poll, which is slow and unfair. In one process a lock queues them.
        self._turn = threading.Lock() if self.path is not None else None

    @property
    def path(self) -> Path | None:
        """The file of the database; None on PostgreSQL."""
        on_sqlite = self._url.drivername == "sqlite" and self._url.database is not None
        return Path(str(self._url.database)) if on_sqlite else None

    def migrate(self) -> None:
        """Bring the tables to the newest form, making them where there are none.

        Raises
        ------
        DatabaseAhead
            If a newer Tamis has been here.
        """
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        engine = engines.create_for_migration(self._url)
        try:
            with in_our_words(), engine.begin() as connection:
                revisions.upgrade(connection)
        finally:
            engine.dispose()

    def check(self) -> None:
        """Make sure that the ledger can be used as it stands.

        Raises
        ------
        DatabaseBehind, DatabaseAhead
            If its tables are not those of this version.
        LedgerUnavailable
            If it does not answer.
        Unprepared
            If PostgreSQL is set up to acknowledge what it has not written.
        """
        revisions.check_file(self.path)
        with in_our_words(), self._reading.begin() as connection:
            revisions.check(connection)
            revisions.check_durability(connection)

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """Open a block that may write. It is committed at its end, rolled back when it raises.

        Keep it short: others wait. Raises `LedgerUnavailable` when the database does not answer in time.
        """
        with self._my_turn():
            with in_our_words():
                connection = self._writing.connect()
            with connection:
                with in_our_words():
                    begun = connection.begin()
                with in_our_words(committing=True), begun:
                    transaction = Transaction(connection, writes=True)
                    with in_our_words():
                        yield Session(transaction)
                        transaction.check()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a block that only reads, and sees the database as it was at its first look."""
        with in_our_words(), self._reading.connect() as connection, connection.begin():
            yield Session(Transaction(connection, writes=False))

    def scrub(self) -> bool:
        """Drop what the database keeps of rows that were changed; False if somebody reads it just now.

        On SQLite the log is taken in and emptied; what was overwritten is zeroed as it happens. On
        PostgreSQL dead rows are vacuumed.
        """
        engine = engines.create_for_migration(self._url)
        try:
            with in_our_words(), engine.connect() as connection:
                driver = connection.connection.driver_connection
                return engines.scrub(driver)
        finally:
            engine.dispose()

    def close(self) -> None:
        """Give all connections back. The store may be used again afterwards."""
        self._writing.dispose()
        self._reading.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    @contextmanager
    def _my_turn(self) -> Iterator[None]:
        if self._turn is None:
            yield
            return
        if not self._turn.acquire(timeout=engines.LOCK_WAIT_S):
            raise LedgerUnavailable
        try:
            yield
        finally:
            self._turn.release()
