"""
Two connection pools a database: one that writes, one that only reads.

What differs between SQLite and PostgreSQL stands here and in `data.store.transaction`, nowhere else.
"""

from __future__ import annotations

import sqlite3
import time
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import event

from data.errors import MissingExtra

LOCK_WAIT_S: Final = 5.0
"""How long a writer waits for another one on SQLite before it says that the ledger does not answer."""

_MIGRATION_WAIT_S: Final = 3600.0
"""How long one migration waits for another."""

_STATEMENT_MS: Final = 1_500
_REPORT_MS: Final = 300_000
_IDLE_MS: Final = 15_000
_CONNECT_S: Final = 2
_POOL_WAIT_S: Final = 2
_CONNECTIONS: Final = {"pool_size": 8, "max_overflow": 24, "pool_timeout": _POOL_WAIT_S}


def parse_url(url: str) -> sa.URL:
    """Return the address of the database, or refuse one that no ledger can live in."""
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError) as error:
        raise ValueError("url must look like sqlite:///PATH or postgresql://USER@HOST/NAME.") from error
    if parsed.drivername in ("postgresql", "postgresql+psycopg"):
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername != "sqlite":
        raise ValueError(
            f"url must begin with sqlite:/// or postgresql://; it begins with {parsed.drivername!r}."
        )
    if parsed.database in (None, "", ":memory:"):
        raise ValueError(
            "url must name a file, as in sqlite:///var/ledger.db; memory is lost and not shared."
        )
    return parsed


def create(url: sa.URL, *, writes: bool) -> sa.Engine:
    """Return an engine. Nothing is connected yet."""
    return _sqlite(url, writes=writes) if url.drivername == "sqlite" else _postgresql(url, writes=writes)


def create_for_migration(url: sa.URL) -> sa.Engine:
    """Return an engine without time limits: a migration takes as long as it takes."""
    if url.drivername == "sqlite":
        return _sqlite(url, writes=True, wait_s=_MIGRATION_WAIT_S)
    return _postgresql_engine(url, options="-c timezone=UTC", poolclass=sa.NullPool)


def scrub(connection: Any) -> bool:
    """Drop what a database keeps of rows that were changed; False if somebody reads it just now.

    Parameters
    ----------
    connection
        A connection of the driver, outside any transaction.
    """
    if isinstance(connection, sqlite3.Connection):
        [(busy, *_)] = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return not busy
    connection.autocommit = True
    connection.execute("VACUUM")
    return True


def _sqlite(url: sa.URL, *, writes: bool, wait_s: float | None = None) -> sa.Engine:
    wait_s = LOCK_WAIT_S if wait_s is None else wait_s
    engine = sa.create_engine(url, connect_args={"timeout": wait_s}, **_CONNECTIONS)
    begin = "BEGIN IMMEDIATE" if writes else "BEGIN"

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
        # The driver opens transactions by itself, and too late: a reader that turns writer fails when
        # somebody wrote in between. So it is told to keep out, and "begin" says what is meant.
        connection.isolation_level = None
        if writes:
            _write_ahead(connection, wait_s)
        for pragma in _WRITING if writes else _READING:
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _write_ahead(connection: sqlite3.Connection, wait_s: float) -> None:
    # Of two connections that switch a new file at once, SQLite tells one at once that it is locked,
    # whatever time it was given to wait.
    give_up_at = time.monotonic() + wait_s
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").close()
        except sqlite3.OperationalError as locked:
            if locked.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > give_up_at:
                raise
            time.sleep(_LOOK_AGAIN_S)
        else:
            return


_LOOK_AGAIN_S: Final = 0.01
_ALWAYS: Final = ("cache_size=-32768", "temp_store=MEMORY")
_READING: Final = ("query_only=ON", *_ALWAYS)
_WRITING: Final = (
    # Not NORMAL, the usual advice for WAL: it acknowledges what a power cut can still take away (rows lost
    # in 55 of 60 trials). Group commit makes the price of FULL small.
    "synchronous=FULL",
    "foreign_keys=ON",
    # Without it, INSERT OR REPLACE would delete facts past the triggers that refuse deletion.
    "recursive_triggers=ON",
    # What was erased is overwritten, not only unlinked.
    "secure_delete=ON",
    *_ALWAYS,
)


def _postgresql(url: sa.URL, *, writes: bool) -> sa.Engine:
    settings = {"timezone": "UTC", "idle_in_transaction_session_timeout": _IDLE_MS if writes else _REPORT_MS}
    if writes:
        # The time limits bound how long the fate of a commit can be unknown.
        settings |= {"statement_timeout": _STATEMENT_MS, "synchronous_commit": "on"}
        more: dict[str, Any] = {}
    else:
        settings |= {"statement_timeout": _REPORT_MS, "default_transaction_read_only": "on"}
        more = {"isolation_level": "REPEATABLE READ"}  # a report sees one moment, as it does on SQLite
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    # A server that was started again has closed the connections in the pool; a ping finds out.
    return _postgresql_engine(url, options=options, pool_pre_ping=True, **_CONNECTIONS, **more)


def _postgresql_engine(url: sa.URL, *, options: str, **more: Any) -> sa.Engine:
    # A plan that was made for small tables must not outlive them: a lookup would read a table that grew.
    options += " -c plan_cache_mode=force_custom_plan"
    connect = {
        "connect_timeout": _CONNECT_S,
        "tcp_user_timeout": 1_000 * _CONNECT_S,
        "keepalives_idle": 10,
        "application_name": "tamis",
        "options": options,
    }
    try:
        return sa.create_engine(url, connect_args=connect, **more)
    except ImportError as error:
        raise MissingExtra(
            "A ledger on PostgreSQL needs psycopg. Install it with: pip install 'tamis[postgres]'"
        ) from error
