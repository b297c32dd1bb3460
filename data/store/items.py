"""Items in the ledger: received once, read by their keys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from data.errors import AlreadySubmitted, Invalid
from data.records import Item
from data.store.fields import row_of, select_records
from data.store.keys import Key, of_items
from data.store.schema import ERASED, item
from data.store.transaction import Part

_ITEM: Final = select_records(item, Item)
_ITEMS: Final = of_items(_ITEM, item)
_DIGESTS: Final = of_items(sa.select(item.c.item_id, item.c.item_version, item.c.digest), item)


class Items(Part):
    """The part of the ledger that holds what was submitted and imported."""

    def add_items(self, items: Sequence[Item], *, received_at: datetime) -> list[bool]:
        """Record items, each once, and tell for each whether it is new.

        The same item again changes nothing. With other content it is refused, and then none of the items
        of this call is recorded.

        Raises
        ------
        AlreadySubmitted
            If an item is known with other content; ``field`` says which, as in ``items/3/item_id``.
        Invalid
            If the content of an item is no JSON.
        """
        self._transaction.lock()  # what is looked up next stays true until it is committed
        known = self._digests([each.key for each in items])
        rows: list[dict[str, Any]] = []
        is_new = []
        for place, each in enumerate(items):
            digest = _digest(each, place)
            is_new.append(each.key not in known)
            if (before := known.setdefault(each.key, digest)) != digest:
                what = "erased" if before == ERASED else "submitted with other content"
                raise AlreadySubmitted(
                    f"Item {each.item_id!r}, version {each.item_version!r}, was {what}. "
                    "Send a new item_version.",
                    field=f"items/{place}/item_id",
                )
            if is_new[-1]:
                rows.append({**row_of(each, item), "digest": digest, "received_at": received_at})
        self._transaction.append(item, rows)
        return is_new

    def item(self, item_id: str, item_version: str | None = None) -> Item | None:
        """Return one version of an item, the newest where none is named; None if there is none."""
        chosen = _ITEM.where(item.c.item_id == item_id)
        if item_version is not None:
            chosen = chosen.where(item.c.item_version == item_version)
        found = self._connection.execute(chosen.order_by(item.c.sequence.desc()).limit(1)).one_or_none()
        return None if found is None else Item(**found._mapping)

    def versions(self, item_id: str) -> list[Item]:
        """Return all versions of an item, oldest first."""
        chosen = _ITEM.where(item.c.item_id == item_id).order_by(item.c.sequence)
        return [Item(**row._mapping) for row in self._connection.execute(chosen)]

    def items(self, keys: Sequence[Key]) -> dict[Key, Item]:
        """Return the items that are known, by key."""
        rows = _ITEMS.select(self._connection, keys)
        return {each.key: each for each in (Item(**row) for row in rows)}

    def _digests(self, keys: Sequence[Key]) -> dict[Key, str]:
        rows = _DIGESTS.select(self._connection, keys)
        return {(row["item_id"], row["item_version"]): row["digest"] for row in rows}


def _digest(item: Item, place: int) -> str:
    try:
        return item.digest()
    except (ValueError, TypeError, RecursionError) as error:
        raise Invalid(
            f"data of item {item.item_id!r} must be JSON, without NaN, infinity or half characters: {error}",
            field=f"items/{place}/data",
        ) from error
