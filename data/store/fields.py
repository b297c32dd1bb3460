"""Records and rows: what has the same name is the same thing."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Final

import sqlalchemy as sa

_SHARED: Final[dict[tuple[sa.Table, type[Any]], tuple[str, ...]]] = {}


def fields_in(table: sa.Table, kind: type[Any]) -> tuple[str, ...]:
    """Return the names that a record and a table have in common, in the order of the record."""
    if (table, kind) not in _SHARED:
        _SHARED[table, kind] = tuple(each.name for each in fields(kind) if each.name in table.columns)
    return _SHARED[table, kind]


def row_of(record: Any, table: sa.Table) -> dict[str, Any]:
    """Return what the table holds of the record, by column."""
    return {name: getattr(record, name) for name in fields_in(table, type(record))}


def select_records(table: sa.Table, kind: type[Any]) -> sa.Select[Any]:
    """Return a selection whose rows hold the fields of the record, and no more."""
    return sa.select(*(table.columns[name] for name in fields_in(table, kind)))
