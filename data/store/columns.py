"""Column types that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine


class Moment(TypeDecorator[datetime]):
    """A moment, aware of its time zone going in and in UTC coming out, to the microsecond.

    On SQLite it is text of one fixed width, so that it sorts by time and people can read it.
    """

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the database's own type."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.TIMESTAMP(timezone=True))
        return dialect.type_descriptor(sa.Text())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuse a moment without a zone; turn others into UTC."""
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError(f"A moment must carry a time zone; got {value!r}.")
        moment = value.astimezone(UTC)
        return moment if dialect.name == "postgresql" else moment.isoformat(timespec="microseconds")

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return the moment in UTC."""
        if value is None:
            return None
        return value.astimezone(UTC) if dialect.name == "postgresql" else datetime.fromisoformat(value)


class Words(TypeDecorator[str]):
    """Text that both databases can hold: no NUL, which PostgreSQL refuses, and no half characters.

    Given an enumeration, its members come out again. Both databases sort it by code point, whatever the
    language of the server.
    """

    impl = sa.Text
    cache_ok = True

    def __init__(self, choices: type[StrEnum] | None = None) -> None:
        self.choices = choices
        super().__init__()

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the database's own type."""
        return sa.Text(collation="C" if dialect.name == "postgresql" else None)

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> str | None:
        """Refuse what one of the databases could not hold."""
        if value is None:
            return None
        text = value.value if isinstance(value, StrEnum) else value
        if "\0" in text:
            raise ValueError(f"Text may not hold the character NUL; got {text[:60]!r}.")
        if not text.isascii():
            _check_characters(text)
        return text

    def process_result_value(self, value: Any, _dialect: Dialect) -> Any:
        """Return the member of the enumeration."""
        return value if self.choices is None or value is None else self.choices(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """Leave text as it is: both drivers give it so, and to look at every cell takes seconds a million."""
        return None if self.choices is None else super().result_processor(dialect, coltype)


class Number(TypeDecorator[float]):
    """A finite number. SQLite would turn NaN into "unknown", PostgreSQL would keep it."""

    impl = sa.Double
    cache_ok = True

    def process_bind_param(self, value: float | None, _dialect: Dialect) -> float | None:
        """Refuse NaN and infinity."""
        if value is None:
            return None
        if not math.isfinite(value):
            raise ValueError(f"A number must be finite; got {value!r}.")
        return float(value)

    def result_processor(self, _dialect: Dialect, _coltype: object) -> None:
        """Leave the number as it is: both drivers give a float."""


class Json(TypeDecorator[Any]):
    """JSON, kept as text on both databases.

    Not JSONB: it rewrites numbers, drops the order of names and refuses escaped NULs, and what comes
    out would then no longer have the digest of what went in.

    Parameters
    ----------
    read
        Makes the wanted object of the parsed JSON. Objects without one come out as parsed.
    write
        Makes something that JSON knows of the object.
    """

    impl = sa.Text
    cache_ok = True

    def __init__(
        self, read: Callable[[Any], Any] | None = None, write: Callable[[Any], Any] | None = None
    ) -> None:
        self.read = read
        self.write = write
        super().__init__()

    def process_bind_param(self, value: Any, _dialect: Dialect) -> str | None:
        """Return the text; refuse NaN, infinity and half characters."""
        if value is None:
            return None
        content = value if self.write is None else self.write(value)
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        if not text.isascii():
            _check_characters(text)
        return text

    def process_result_value(self, value: Any, _dialect: Dialect) -> Any:
        """Return the object."""
        if value is None:
            return None
        if self.read is tuple:
            return _names(value)
        content = json.loads(value)
        return content if self.read is None else self.read(content)


@lru_cache(maxsize=4096)
def _names(text: str) -> tuple[Any, ...]:
    # Names of policies, of which a ledger has few combinations and many copies.
    return tuple(json.loads(text))


class NumberWithin(FunctionElement[float]):
    """A number above 0 and below a bound, by its name within a column of `Json`; else null."""

    type = sa.Double()
    inherit_cache = True

    def __init__(self, column: sa.ColumnElement[Any], name: str, *, below: float) -> None:
        super().__init__(column, sa.literal(name, sa.Text), sa.literal(below, sa.Double))


@compiles(NumberWithin, "sqlite")
def _on_sqlite(element: NumberWithin, compiler: SQLCompiler, **options: Any) -> str:
    column, name, below = (compiler.process(each, **options) for each in element.clauses)
    number = f"json_extract({column}, '$.' || {name})"
    kind = f"json_type({column}, '$.' || {name}) IN ('integer', 'real')"
    return f"CASE WHEN {kind} AND {number} > 0 AND {number} < {below} THEN {number} END"


@compiles(NumberWithin, "postgresql")
def _on_postgresql(element: NumberWithin, compiler: SQLCompiler, **options: Any) -> str:
    column, name, below = (compiler.process(each, **options) for each in element.clauses)
    # As NUMERIC first: a number of a thousand digits is JSON, and no double.
    kind, number = f"json_typeof(CAST({column} AS json) -> {name})", f"CAST({column} AS json) ->> {name}"
    inside = f"CAST({number} AS numeric) > 0 AND CAST({number} AS numeric) < CAST({below} AS numeric)"
    return (
        f"CASE WHEN {kind} = 'number' THEN CASE WHEN {inside} THEN CAST({number} AS double precision) END END"
    )


def _check_characters(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as broken:
        near = text[max(0, broken.start - 20) : broken.end]
        raise ValueError(f"Text may not hold half a character (a lone surrogate); got {near!r}.") from broken
