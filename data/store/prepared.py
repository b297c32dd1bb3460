"""
Statements that are compiled once and run on the driver's cursor.

SQLAlchemy spends several times what the database does on finding out, at each execution, how a statement
is to be run. For the few statements that every routing and every decision needs, that is found out once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

Convert = Callable[[Any], Any] | None


@dataclass(frozen=True, slots=True)
class _Compiled:
    sql: str
    positional: bool
    constants: Mapping[str, Any]
    binds: tuple[tuple[str, Convert], ...]
    results: tuple[tuple[str, Convert], ...]

    def values(self, row: Mapping[str, Any]) -> Any:
        if self.constants:
            row = {**self.constants, **row}
        if self.positional:
            return [row[name] if bind is None else bind(row[name]) for name, bind in self.binds]
        return {name: row[name] if bind is None else bind(row[name]) for name, bind in self.binds}

    def read(self, row: Sequence[Any]) -> dict[str, Any]:
        return {
            name: value if convert is None else convert(value)
            for (name, convert), value in zip(self.results, row, strict=True)
        }


class Prepared:
    """A selection with parameters, or an insertion of all columns of a table."""

    def __init__(self, statement: sa.Select[Any] | sa.Insert) -> None:
        self._statement = statement
        self._by_dialect: dict[str, _Compiled] = {}

    def select(self, connection: sa.Connection, **values: Any) -> list[dict[str, Any]]:
        """Return the rows that the selection finds, by name of the column."""
        compiled = self._for(connection.dialect)
        found = _run(connection, compiled.sql, compiled.values(values))
        return [compiled.read(row) for row in found]

    def insert(self, connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows, in order."""
        compiled = self._for(connection.dialect)
        values = [compiled.values(row) for row in rows]
        if len(values) == 1:
            _run(connection, compiled.sql, values[0])
        else:
            _run(connection, compiled.sql, values, many=True)

    def _for(self, dialect: Dialect) -> _Compiled:
        if dialect.name not in self._by_dialect:
            self._by_dialect[dialect.name] = _compile(self._statement, dialect)
        return self._by_dialect[dialect.name]


def execute(connection: sa.Connection, sql: str) -> None:
    """Run a statement without parameters."""
    _run(connection, sql, ())


def _compile(statement: sa.Select[Any] | sa.Insert, dialect: Dialect) -> _Compiled:
    compiled = statement.compile(dialect=dialect)
    names = compiled.positiontup or list(compiled.params)
    results = statement.selected_columns if isinstance(statement, sa.Select) else ()
    return _Compiled(
        sql=compiled.string,
        positional=compiled.positional,
        constants={name: value for name, value in compiled.params.items() if value is not None},
        binds=tuple((name, _bind(compiled.binds[name].type, dialect)) for name in names),
        results=tuple((column.name, _result(column.type, dialect)) for column in results),
    )


def _bind(kind: sa.types.TypeEngine[Any], dialect: Dialect) -> Convert:
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _result(kind: sa.types.TypeEngine[Any], dialect: Dialect) -> Convert:
    return kind.dialect_impl(dialect).result_processor(dialect, None)


def _run(connection: sa.Connection, sql: str, values: Any, *, many: bool = False) -> list[Any]:
    driver = connection.connection
    cursor = driver.cursor()
    dialect = connection.dialect
    failure = dialect.loaded_dbapi.Error
    try:
        if many:
            cursor.executemany(sql, values)
        else:
            cursor.execute(sql, values)
        return list(cursor.fetchall()) if cursor.description else []
    except failure as error:
        lost = dialect.is_disconnect(error, driver, cursor)
        if lost:
            connection.invalidate(error)
        # What SQLAlchemy would have raised, without the values: they may be somebody's words.
        raise sa.exc.DBAPIError.instance(
            sql, None, error, failure, connection_invalidated=lost, dialect=dialect
        ) from error
    finally:
        cursor.close()
