"""Everything the ledger knows about one item, in order."""

from __future__ import annotations

from dataclasses import asdict, is_dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa

from data.store.schema import NUMBERED, decision, item, job, routing, score, second_look
from data.store.transaction import Part

_RECORDED: Final = {
    item: "received_at",
    score: "scored_at",
    routing: "routed_at",
    job: "created_at",
    decision: "recorded_at",
    second_look: "drawn_at",
}
_COUNTS: Final = {table: f"{table.name}s".replace("ratess", "rates") for table in NUMBERED}


class Timeline(Part):
    """The part of the ledger that looks across its tables."""

    def timeline(self, item_id: str) -> list[dict[str, Any]]:
        """Return every fact about all versions of an item, and its jobs, in ledger order.

        Each is a dictionary of what JSON knows (moments as ISO 8601 in UTC), with its ``kind`` (item,
        score, routing, job, decision, second_look) and ``recorded_at``. An unknown item has none.
        """
        found = [
            {"kind": table.name, "recorded_at": row[recorded].isoformat(), **_plain(row)}
            for table, recorded in _RECORDED.items()
            for row in self._connection.execute(sa.select(table).where(table.c.item_id == item_id)).mappings()
        ]
        return sorted(found, key=lambda fact: fact["sequence"])

    def counts(self) -> dict[str, int]:
        """Return how many rows there are of each kind: items, routings, decisions, and so on."""
        numbers = (
            sa.select(sa.func.count()).select_from(table).scalar_subquery().label(name)
            for table, name in _COUNTS.items()
        )
        return dict(self._connection.execute(sa.select(*numbers)).one()._mapping)


def _plain(row: sa.RowMapping) -> dict[str, Any]:
    return {name: _json(value) for name, value in row.items()}


def _json(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple):
        return [asdict(each) if is_dataclass(each) and not isinstance(each, type) else each for each in value]
    return value
