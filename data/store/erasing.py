"""Take content out of the ledger for good; what remains still fits its seals."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from data.checks import holds
from data.errors import NotSealed, UnknownItem
from data.seals import FORM, leaf
from data.store.schema import ERASED, decision, erasure, event, item, score
from data.store.sealing import FORMS, Seals, stored
from data.store.transaction import Part

_EMPTY: Final[dict[sa.Table, dict[str, str | None]]] = {
    item: {"creator_id": None, "data": "{}", "fingerprint": None, "digest": ERASED},
    score: {"evidence": "[]"},
    event: {"payload": "{}", "digest": ERASED},
    decision: {"segments": "[]", "reason": "", "digest": ERASED},
}
"""What content becomes, by table and column, as it is stored."""


class Erasures(Part):
    """The part of a session that takes content out."""

    def erase(
        self, item_id: str, *, secret: bytes, actor: str, reason: str, erased_at: datetime
    ) -> dict[str, int]:
        """Empty what is known of all versions of an item; return how many facts that were, by table.

        Gone are its data, creator and fingerprint, the evidence of its scores, the segments and reasons of
        decisions, the bodies of events that name it, and all digests of these. Ids, routes, chances, scores
        and verdicts stay, so that no estimate changes. What was emptied before stays as it is.

        Parameters
        ----------
        secret
            Of the key that facts are sealed with.

        Raises
        ------
        UnknownItem
            If there is no such item.
        NotSealed
            If a fact is not sealed yet: the chain could not tell any more what it had said.
        """
        self._transaction.lock()
        if not self._connection.execute(sa.select(item.c.sequence).where(item.c.item_id == item_id)).first():
            raise UnknownItem(f"Item {item_id!r} was never submitted or imported.", field="item_id")
        newest = Seals(self._transaction).newest()
        records: list[dict[str, Any]] = []
        changes: list[sa.Update] = []
        for table, row in self._facts(item_id):
            if newest is None or row["sequence"] > newest.until:
                raise NotSealed
            after = {name: _EMPTY[table].get(name, value) for name, value in row.items()}
            records.append(
                {
                    "item_id": item_id,
                    "fact": table.name,
                    "fact_sequence": row["sequence"],
                    "leaf_before": leaf(secret, table.name, tuple(row.values())).hex(),
                    "leaf_after": leaf(secret, table.name, tuple(after.values())).hex(),
                    "actor": actor,
                    "reason": reason,
                    "erased_at": erased_at,
                }
            )
            values = {name: sa.literal(value, sa.Text) for name, value in _EMPTY[table].items()}
            changes.append(sa.update(table).where(table.c.sequence == row["sequence"]).values(values))
        # First what is erased, then the erasing: triggers let nothing else change a fact.
        self._transaction.append(erasure, records)
        for change in changes:
            self._connection.execute(change)
        return dict(Counter(record["fact"] for record in records))

    def _facts(self, item_id: str) -> Iterator[tuple[sa.Table, dict[str, Any]]]:
        """Yield the facts with content that is still there, with their columns as leaves read them."""
        erased = sa.select(erasure.c.fact_sequence).where(erasure.c.item_id == item_id)
        done = set(self._connection.execute(erased).scalars())
        # As text it may be part of another name; what was found is read.
        named = sa.type_coerce(event.c.payload, sa.Text).contains(item_id, autoescape=True)
        about = {table: table.c.item_id == item_id for table in (item, score, decision)}
        for table, condition in {**about, event: named}.items():
            columns = [stored(table.c[name]) for name in FORMS[FORM][table.name]]
            chosen = sa.select(*columns).where(condition).order_by(table.c.sequence)
            for row in self._connection.execute(chosen).mappings().all():
                is_about = table is not event or holds(json.loads(row["payload"]), item_id)
                if is_about and row["sequence"] not in done:
                    yield table, dict(row)
