"""
Whether a name stands in a table twice, without holding all names.

Every name becomes a number of 64 bits. One that is there twice is rare, and need not be of equal names: the
table is then read again, and the names behind it are compared. So a good table is never refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data.errors import Invalid
from data.sample_files.columns import is_null

Numbers = NDArray[np.uint64]

_ODD: Final = np.uint64(0x9E3779B97F4A7C15)
_HALF: Final = np.uint64(32)
_AT_ONCE: Final = 10_000
"""Repeated numbers whose names are compared in one reading, so that memory stays small."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The ids of some rows, and what else must differ for an id to stand there again."""

    ids: pa.Array
    within: NDArray[np.intp]
    """A number for the policy of every row; 0 without policies."""
    first_row: int


def check_ids(names: Names) -> Names:
    """Return names with ids as texts.

    Raises
    ------
    Invalid
        If one is empty, or can be no id.
    """
    try:
        ids = names.ids if pa.types.is_string(names.ids.type) else names.ids.cast(pa.string())
    except pa.ArrowException as error:
        raise Invalid(f"id must be texts or numbers; it holds {names.ids.type}.") from error
    is_empty = is_null(ids) | (np.diff(_offsets(ids)) == 0)
    if is_empty.any():
        row = names.first_row + int(is_empty.argmax())
        raise Invalid(f"id must name the item; row {row:,} is empty. Give every item an id of its own.")
    return Names(ids=ids, within=names.within, first_row=names.first_row)


def numbered(names: Names) -> Numbers:
    """Return a number for every checked name; equal names have equal numbers."""
    offsets = _offsets(names.ids)
    text = np.frombuffer(names.ids.buffers()[2], dtype=np.uint8)[offsets[0] : offsets[-1]]
    padded = np.concatenate([text, np.zeros(8, dtype=np.uint8)])
    # The eight bytes that begin at every byte, as one number each.
    words = np.ndarray((text.size + 1,), dtype="<u8", buffer=padded, strides=(1,))
    begin, length = offsets[:-1] - offsets[0], np.diff(offsets)
    found = _mixed(np.arange(int(names.within.max(initial=0)) + 1, dtype=np.uint64))[names.within]
    sizes = np.flatnonzero(np.bincount(length)).tolist()
    for size in sizes:
        at = slice(None) if len(sizes) == 1 else np.flatnonzero(length == size)
        number = found[at] + np.uint64(size)
        for place in range(0, size, 8):
            # Ids of one length, which most are, lie at equal distances: no need to look each of them up.
            word = words[place::size][: length.size] if len(sizes) == 1 else words[begin[at] + place]
            number ^= word if size - place >= 8 else word & np.uint64((1 << 8 * (size - place)) - 1)
            number = _mixed(number)
        found[at] = number
    return found


def _mixed(numbers: Numbers) -> Numbers:
    # Different numbers stay different, and those that are near each other come to lie far apart.
    numbers *= _ODD
    numbers ^= numbers >> _HALF
    return numbers


def refuse_repeated(numbers: bytearray, read_again: Callable[[], Iterator[Names]]) -> None:
    """Refuse a table in which a name stands twice.

    Parameters
    ----------
    numbers : bytearray
        Those of all rows (`numbered`), one after the other. They are put in order.
    read_again : callable
        Returns the checked names of all rows, in parts.

    Raises
    ------
    Invalid
        Names the first name that is there again.
    """
    ordered = np.frombuffer(numbers, dtype=np.uint64)
    ordered.sort()
    repeated = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    for begin in range(0, repeated.size, _AT_ONCE):
        _compare(repeated[begin : begin + _AT_ONCE], read_again())


def _compare(repeated: Numbers, parts: Iterable[Names]) -> None:
    rows: dict[tuple[str, int], int] = {}
    for names in parts:
        for at in np.flatnonzero(np.isin(numbered(names), repeated)).tolist():
            row, name = names.first_row + at, (names.ids[at].as_py(), int(names.within[at]))
            if (first := rows.setdefault(name, row)) != row:
                raise Invalid(
                    f"id must be there once, or once for each policy; {name[0]!r} is in rows {first:,} and "
                    f"{row:,}. Keep one row, with the largest pi the item ever had."
                )


def _offsets(texts: pa.Array) -> NDArray[np.int32]:
    return np.frombuffer(texts.buffers()[1], dtype=np.int32, count=len(texts) + 1, offset=texts.offset * 4)
