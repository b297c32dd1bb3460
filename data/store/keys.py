"""
Rows of one or many items, creators or decisions.

Many keys travel as one parameter, a list of JSON. The statement is then the same however many there are:
it is compiled once, and neither database's limit on the number of parameters is met.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from data.store.columns import Json
from data.store.prepared import Prepared

Key = tuple[str, str]
"""Id and version of an item."""

_KEYS: Final = sa.bindparam("keys", type_=Json(write=list))


class _Each(FunctionElement[Any]):
    """The members of a list, as rows with one column, ``value``."""

    inherit_cache = True


class _Part(FunctionElement[str]):
    """The member of a list at a place, as text."""

    inherit_cache = True


class Lookup:
    """A selection of what belongs to keys, each the values of the same columns.

    One key is looked up by equality. PostgreSQL expects a list to be long, and would read a whole table
    of some thousand rows for one of them.
    """

    def __init__(
        self, make: Callable[[sa.ColumnElement[bool]], sa.Select[Any]], *columns: sa.ColumnElement[str]
    ) -> None:
        places = enumerate(columns)
        self._one = Prepared(make(sa.and_(*(column == sa.bindparam(f"key_{at}") for at, column in places))))
        self._many = Prepared(make(_is_one_of(columns)))

    def select(
        self, connection: sa.Connection, keys: Sequence[tuple[str, ...]], **values: Any
    ) -> list[dict[str, Any]]:
        """Return the rows that belong to one of the keys, by name of the column."""
        if not keys:
            return []
        if len(keys) == 1:
            parts = {f"key_{at}": part for at, part in enumerate(keys[0])}
            return self._one.select(connection, **parts, **values)
        return self._many.select(connection, keys=keys, **values)


def of_items(chosen: sa.Select[Any], table: sa.Table) -> Lookup:
    """Return the lookup of a selection by the `Key` of the items that the table's rows are about."""
    return Lookup(chosen.where, table.c.item_id, table.c.item_version)


def plain(names: Iterable[str]) -> list[tuple[str]]:
    """Return names as keys of one column."""
    return [(name,) for name in names]


def _is_one_of(columns: Sequence[sa.ColumnElement[str]]) -> sa.ColumnElement[bool]:
    each = _Each(_KEYS).table_valued("value")
    wanted = sa.select(*(_Part(each.c.value, sa.literal_column(str(at))) for at in range(len(columns))))
    return columns[0].in_(wanted) if len(columns) == 1 else sa.tuple_(*columns).in_(wanted)


@compiles(_Each, "sqlite")
def _each_on_sqlite(element: _Each, compiler: SQLCompiler, **more: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **more)})"


@compiles(_Each, "postgresql")
def _each_on_postgresql(element: _Each, compiler: SQLCompiler, **more: Any) -> str:
    return f"json_array_elements(CAST({compiler.process(element.clauses, **more)} AS json))"


@compiles(_Part, "sqlite")
def _part_on_sqlite(element: _Part, compiler: SQLCompiler, **more: Any) -> str:
    value, place = (compiler.process(clause, **more) for clause in element.clauses)
    return f"json_extract({value}, '$[{place}]')"


@compiles(_Part, "postgresql")
def _part_on_postgresql(element: _Part, compiler: SQLCompiler, **more: Any) -> str:
    value, place = (compiler.process(clause, **more) for clause in element.clauses)
    return f"{value} ->> {place}"
