"""Rows of many items at once, by id and version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

import sqlalchemy as sa

Key = tuple[str, str]
"""Id and version of an item."""

_PART: Final = 500


def rows_of(
    connection: sa.Connection, chosen: sa.Select[Any], table: sa.Table, keys: Iterable[Key]
) -> Iterator[sa.Row[Any]]:
    """Yield the rows of a selection that belong to the items, in the order of the selection for each part.

    The keys go in parts, because both databases limit how many values a statement may carry.
    """
    left = iter(dict.fromkeys(keys))
    while part := list(islice(left, _PART)):
        yield from connection.execute(chosen.where(_is_one_of(table, part)))


def _is_one_of(table: sa.Table, keys: list[Key]) -> sa.ColumnElement[bool]:
    item_id, item_version = table.c.item_id, table.c.item_version
    if len(keys) == 1:
        return sa.and_(item_id == keys[0][0], item_version == keys[0][1])
    # SQLite finds pairs by scanning the whole table; the ids alone it looks up in the index.
    return sa.and_(item_id.in_([each for each, _ in keys]), sa.tuple_(item_id, item_version).in_(keys))
