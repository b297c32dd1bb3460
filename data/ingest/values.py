"""
What a cell says becomes a value of ours, or a refusal that names the field and the remedy.

A value that means "nothing" is None everywhere. Every refusal is `Invalid`, with the field's path.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping as Values
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from data.checks import check_identifier
from data.errors import Invalid
from data.ingest.sources import Moment, Name, Source

TEXT_LIMIT: Final = 20_000
"""Characters in one text."""

SPACES: Final = " "
"""Cuts at any run of white space."""

_EARLIEST: Final = datetime(1990, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)
_PER_SECOND: Final = {"s": 1.0, "ms": 1000.0}


def has(values: Values[str, Any], column: str) -> bool:
    """Return whether a row has a column, by its name or by a path with dots into nested objects."""
    if column in values:
        return True
    outer, dot, inner = column.partition(".")
    return bool(dot) and isinstance(nested := values.get(outer), dict) and has(nested, inner)


def cell(values: Values[str, Any], column: str) -> Any:
    """Return what a row has in a column, None where it has no such column."""
    if column in values:
        return values[column]
    outer, dot, inner = column.partition(".")
    nested = values.get(outer) if dot else None
    return cell(nested, inner) if isinstance(nested, dict) else None


def given(values: Values[str, Any], source: Source, null: tuple[str, ...]) -> Any:
    """Return what a source says for a row, None where that means "no value"."""
    value = source.constant if source.column is None else cell(values, source.column)
    return unless_null(value, (*null, *source.null) if source.null else null)


def unless_null(value: Any, null: tuple[str, ...]) -> Any:
    """Return a value, None where it is one of the texts that mean "no value"."""
    return None if isinstance(value, str) and value.strip() in null else value


def plain(value: Any, *, field: str, limit: int = TEXT_LIMIT) -> str:
    """Return a value as the text that could be stored on any database."""
    match value:
        case str():
            text = value
        case bool():
            text = "true" if value else "false"
        case float() if value.is_integer():
            text = str(int(value))
        case int() | float() | Decimal() | date() | time():
            text = str(value)
        case list() | tuple():
            text = " ".join(plain(part, field=field) for part in value if part is not None)
        case _:
            raise Invalid(f"{field} must be text; got {type(value).__name__}.", field=field)
    if len(text) > limit:
        raise Invalid(f"{field} has {len(text):,} characters; {limit:,} are allowed. Cut it.", field=field)
    if "\0" in text:
        raise Invalid(f"{field} holds a NUL character. Remove it.", field=field)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Invalid(
            f"{field} holds bytes or escapes that are no characters. See file.encoding.", field=field
        ) from error
    return text


def parts(value: Any, split: str | None, *, field: str) -> list[str]:
    """Return a list of texts: a list as it stands, or a text cut at ``split``; None does not cut."""
    if isinstance(value, (list, tuple)):
        texts = [plain(part, field=field) for part in value if part is not None]
    else:
        text = plain(value, field=field)
        texts = [text] if split is None else text.split(None if split == SPACES else split)
    return [stripped for text in texts if (stripped := text.strip())]


def number(value: Any, *, field: str) -> float:
    """Return a finite number."""
    try:
        if isinstance(value, bool) or (isinstance(value, str) and "_" in value):
            raise ValueError("no number")
        result = float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise Invalid(f"{field} must be a number like 1234.5; got {_short(value)}.", field=field) from error
    if not math.isfinite(result):
        raise Invalid(f"{field} must be finite; got {_short(value)}. Leave it empty if unknown.", field=field)
    return result


def amount(value: Any, *, field: str) -> float:
    """Return a finite number of 0 or more."""
    result = number(value, field=field)
    if result < 0:
        raise Invalid(f"{field} must be 0 or more; got {_short(value)}.", field=field)
    return result


def identifier(value: Any, source: Name, *, field: str) -> str:
    """Return an id that travels: as it stands behind the prefix, or digested where the mapping says so."""
    text = plain(value, field=field)
    result = source.prefix + (short_digest(text) if source.digest else text.strip())
    try:
        check_identifier(field, result)
    except ValueError as error:
        raise Invalid(f"{error} Or set {field}.digest: true in the mapping.", field=field) from error
    return result


def short_digest(text: str) -> str:
    """Return the first 24 hex digits of the SHA-256 of a text: 96 bits, no chance of a collision."""
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def moment(value: Any, source: Moment, *, field: str) -> datetime:
    """Return a moment in UTC, so that the same file is the same content whatever zone it is written in."""
    try:
        result = _read_moment(value, source)
    except (TypeError, ValueError, OverflowError, OSError, Invalid) as error:
        how = source.format or (f"a Unix time in {source.unit}" if source.unit else "ISO 8601")
        raise Invalid(
            f"{field} is not {how}: {_short(value)}. See {field}.format and {field}.unit.", field=field
        ) from error
    if result.tzinfo is None:
        if source.zone is None:
            raise Invalid(
                f"{field} has no time zone: {_short(value)}. Set {field}.zone, like Asia/Seoul.", field=field
            )
        result = result.replace(tzinfo=ZoneInfo(source.zone))
    if not _EARLIEST <= result <= _LATEST:
        raise Invalid(f"{field} lies outside 1990 to 2100: {_short(value)}. See {field}.unit.", field=field)
    return result.astimezone(UTC)


def _read_moment(value: Any, source: Moment) -> datetime:
    if isinstance(value, datetime):
        # Parquet may hand over a subclass with nanoseconds, which other code need not know.
        return datetime.fromisoformat(value.isoformat(timespec="microseconds"))
    if isinstance(value, date):
        return datetime.combine(value, time())
    if source.unit is not None:
        seconds = number(value, field="moment") / _PER_SECOND[source.unit]
        return datetime.fromtimestamp(seconds, tz=UTC)
    if not isinstance(value, str):
        raise TypeError("a moment is text unless unit is set")
    if source.format is not None:
        return datetime.strptime(value.strip(), source.format)
    return datetime.fromisoformat(value.strip())


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
