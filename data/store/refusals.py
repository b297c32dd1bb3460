"""What a database says, in our words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import sqlalchemy as sa

from data.errors import AlreadyRecorded, DatabaseBehind, LedgerUnavailable, UnknownItem

_MISSING: Final = ("42P01", "42703")  # undefined table, undefined column
_TRANSPORT: Final = (
    sa.exc.OperationalError,
    sa.exc.InterfaceError,
    sa.exc.TimeoutError,
    sa.exc.PendingRollbackError,
)

UNCONFIRMED: Final = (
    "The ledger did not confirm. It may be recorded or not; send the same again, it is recorded once."
)
"""The answer when a commit failed on its way."""


def refusal(error: Exception, *, committing: bool = False) -> Exception:
    """Return the error to raise instead: one of ours where the database is at fault, else the same."""
    if isinstance(error, sa.exc.StatementError) and isinstance(error.orig, (ValueError, TypeError)):
        return error.orig  # a column type refused a value: the caller's mistake, in our own words
    if isinstance(error, sa.exc.DBAPIError) and _is_missing(error):
        return DatabaseBehind()
    if isinstance(error, sa.exc.IntegrityError):
        return _contradiction(error)
    if _is_away(error):
        return LedgerUnavailable(UNCONFIRMED) if committing else LedgerUnavailable()
    return error


@contextmanager
def in_our_words(*, committing: bool = False) -> Iterator[None]:
    """Turn what the database refuses into what we refuse; the cause stays attached."""
    try:
        yield
    except sa.exc.SQLAlchemyError as error:
        other = refusal(error, committing=committing)
        if other is error:
            raise
        raise other from error


def _is_away(error: Exception) -> bool:
    if isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated:
        return True
    # SQLite says "operational" of mistakes in a statement too; those are nobody's outage.
    is_mistake = getattr(getattr(error, "orig", None), "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR
    return isinstance(error, _TRANSPORT) and not is_mistake


def _is_missing(error: sa.exc.DBAPIError) -> bool:
    if getattr(error.orig, "sqlstate", None) in _MISSING:
        return True
    said = str(error.orig)
    return said.startswith(("no such table", "no such column")) or "has no column named" in said


def _contradiction(error: sa.exc.IntegrityError) -> Exception:
    said = str(error.orig).partition("\n")[0]
    state = getattr(error.orig, "sqlstate", None)
    if state == "23505" or said.startswith("UNIQUE constraint failed"):
        return AlreadyRecorded(f"This is recorded already, and facts are written once ({said}).")
    if state == "23503" or said.startswith("FOREIGN KEY constraint failed"):
        return UnknownItem(f"This refers to an item or a score that was never recorded ({said}).")
    return error
