"""
What a column of a sample table may hold: cells become checked numbers, or a refusal that names the row.

Rows are counted from 1, without the header. An empty cell becomes NaN where it is allowed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data.errors import Invalid

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The numbers that a column may hold, how to say that, and what to do about others."""

    must: str
    remedy: str
    low: float = 0.0
    high: float = 1.0
    may_be_empty: bool = False


NUMBERS: Final = {
    "pi": Rule(
        must="in (0, 1]",
        low=math.ulp(0.0),
        remedy="It is the chance the item had of being reviewed; what had none cannot be spoken for.",
    ),
    "score": Rule(
        must="in [0, 1], or empty",
        may_be_empty=True,
        remedy="It is a probability. Empty it where it is not known.",
    ),
    "views": Rule(
        must="a number of 0 or more, or empty",
        high=math.nextafter(math.inf, 0),
        may_be_empty=True,
        remedy="Empty it where it is not known.",
    ),
    "draw": Rule(
        must="in [0, 1)",
        high=math.nextafter(1, 0),
        remedy="An item is drawn if this is below its pi. Leave the column out where draws are not known.",
    ),
}
"""The columns that hold numbers."""

TRUTHS: Final = {
    "flagged": Rule(
        must="true or false (or 1 or 0)",
        remedy="It says whether the item was at or above a threshold.",
    ),
    "violation": Rule(
        must="true or false (or 1 or 0), or empty",
        may_be_empty=True,
        remedy="Empty it where there is no verdict.",
    ),
    "drawn": Rule(
        must="true or false (or 1 or 0)",
        remedy="It says whether the draw called for a review. Leave the column out where that is not known.",
    ),
}
"""The columns that hold truths."""

_WORDS: Final = {"1": 1.0, "1.0": 1.0, "true": 1.0, "0": 0.0, "0.0": 0.0, "false": 0.0}
_WAYS: Final = (pa.float64(), pa.timestamp("us"), pa.timestamp("us", tz="UTC"))
_TIME: Final = Rule(
    must="a number, or a moment in ISO 8601, and written like the first one",
    remedy="Write all times like 2026-01-31T09:00:00+09:00, for example, and leave none empty.",
)


def numbers(name: str, column: pa.Array, *, first_row: int) -> Floats:
    """Return the numbers of one of `NUMBERS`.

    Raises
    ------
    Invalid
        If a cell breaks the rule of its column.
    """
    rule, column = NUMBERS[name], _plain(column)
    try:
        found = _floats(column)
    except pa.ArrowException:
        _refuse(name, rule, column, _first_failing(column, pa.float64()), first_row)
    # Almost always all is well, and two numbers say so. With a NaN neither is inside.
    if found.min(initial=rule.high) >= rule.low and found.max(initial=rule.low) <= rule.high:
        return found
    inside = (found >= rule.low) & (found <= rule.high)  # NaN is outside
    if rule.may_be_empty and column.null_count:
        inside |= is_null(column)
    if not inside.all():
        _refuse(name, rule, column, int(inside.argmin()), first_row)
    return found


def truths(name: str, column: pa.Array, *, first_row: int) -> Floats:
    """Return one of `TRUTHS` as 1 and 0.

    Raises
    ------
    Invalid
        If a cell breaks the rule of its column.
    """
    rule, column = TRUTHS[name], _plain(column)
    if pa.types.is_boolean(column.type) and (rule.may_be_empty or not column.null_count):
        return _floats(column)
    try:
        found = _words(column) if is_text(column.type) else _floats(column)
    except pa.ArrowException:  # dates, lists
        _refuse(name, rule, column, 0, first_row)
    inside = (found == 0) | (found == 1)
    if rule.may_be_empty and column.null_count:
        inside |= is_null(column)
    if not inside.all():
        _refuse(name, rule, column, int(inside.argmin()), first_row)
    return found


def moments(column: pa.Array, *, first_row: int, how: pa.DataType | None) -> tuple[Floats, pa.DataType]:
    """Return the column ``time`` as numbers that rise with time, and how it is written.

    Parameters
    ----------
    how : DataType, optional
        How the first one of the file is written: as a number, or in ISO 8601 without or with a zone. All
        others must be too.

    Raises
    ------
    Invalid
        If a time is empty, or is written in another way.
    """
    column = _plain(column)
    if column.null_count:
        _refuse("time", _TIME, column, int(is_null(column).argmax()), first_row)
    how = how or next((way for way in _WAYS if _casts(column.slice(0, 1), way)), _WAYS[-1])
    if not _casts(column, how):
        _refuse("time", _TIME, column, _first_failing(column, how), first_row)
    moved = column.cast(how, safe=False)
    found = _floats(moved if how == pa.float64() else moved.cast(pa.int64()))
    if not (finite := np.isfinite(found)).all():
        _refuse("time", _TIME, column, int(finite.argmin()), first_row)
    return found, how


def codes(name: str, column: pa.Array) -> tuple[NDArray[np.intp], Sequence[Any]]:
    """Return a number for every cell, and the value that each number stands for: None for an empty cell.

    Raises
    ------
    Invalid
        If the column holds what cannot be a value of a slice.
    """
    try:
        column = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    except pa.ArrowException as error:
        raise Invalid(f"{name} holds {column.type}, which cannot be sliced by. Slice by texts.") from error
    values = [None if _is_nothing(value) else value for value in column.dictionary.to_pylist()]
    found = _values(column.indices, np.dtype(str(column.indices.type))).astype(np.intp)
    if column.indices.null_count:
        found[is_null(column.indices)] = len(values)
    return found, [*values, None]


def is_text(kind: pa.DataType) -> bool:
    """Return whether a type is one of texts."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def is_null(column: pa.Array) -> Truths:
    """Return which cells of a column are empty."""
    if column.null_count in {0, len(column)}:  # there need be no bits then
        return np.full(len(column), column.null_count > 0)
    return ~_bits(column, 0)


def _values(column: pa.Array, kind: np.dtype[Any]) -> NDArray[Any]:
    # As they lie in memory; anything stands where a cell is empty. Arrow's own `to_numpy` loads pandas,
    # which takes longer than reading most tables.
    begin = column.offset * kind.itemsize
    return np.frombuffer(column.buffers()[1], dtype=kind, count=len(column), offset=begin)


def _bits(column: pa.Array, buffer: int) -> Truths:
    # 0: which cells hold something; 1: the truths of a column of truths.
    packed = np.frombuffer(column.buffers()[buffer], dtype=np.uint8)
    unpacked = np.unpackbits(packed, count=column.offset + len(column), bitorder="little")
    return unpacked[column.offset :].view(bool)


def _floats(column: pa.Array) -> Floats:
    if column.null_count == len(column):
        return np.full(len(column), np.nan)
    if pa.types.is_boolean(column.type):
        found = _bits(column, 1).astype(np.float64)
    else:
        column = column if column.type == pa.float64() else column.cast(pa.float64(), safe=False)
        found = _values(column, np.dtype(np.float64))
    return np.where(is_null(column), np.nan, found) if column.null_count else found


def _is_nothing(value: object) -> bool:
    return value == "" or (isinstance(value, float) and math.isnan(value))


def _words(column: pa.Array) -> Floats:
    encoded = column.dictionary_encode()
    number, words = codes("", encoded)
    meant = [_WORDS.get(str(word).lower(), math.inf) for word in words[:-1]]
    return np.array([*meant, math.nan])[number]


def _plain(column: pa.Array) -> pa.Array:
    # Without dictionary; texts without white space around them, and without those that are empty.
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if not is_text(column.type):
        return column
    import pyarrow.compute as pc

    column = pc.utf8_trim_whitespace(column.cast(pa.string()))
    is_empty = pc.invert(pc.binary_length(column).cast(pa.bool_()))
    return pc.if_else(is_empty, pa.nulls(1, pa.string())[0], column) if pc.any(is_empty).as_py() else column


def _casts(column: pa.Array, kind: pa.DataType) -> bool:
    try:
        column.cast(kind, safe=False)
    except pa.ArrowException:
        return False
    return True


def _first_failing(column: pa.Array, kind: pa.DataType) -> int:
    good, bad = 0, len(column)
    while bad - good > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if _casts(column.slice(0, middle), kind) else (good, middle)
    return good


def _refuse(name: str, rule: Rule, column: pa.Array, at: int, first_row: int) -> NoReturn:
    value = column[at].as_py()
    given = "is empty" if value is None else f"has {value!r}"
    raise Invalid(f"{name} must be {rule.must}; row {first_row + at:,} {given}. {rule.remedy}")
