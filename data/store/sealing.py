"""Seals in the ledger, and the leaves of the facts they cover."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from data.seals import Seal, leaf
from data.store.columns import Number
from data.store.fields import row_of, select_records
from data.store.prepared import Prepared
from data.store.schema import FACTS, erasure, seal
from data.store.transaction import Part

Place = tuple[int, bytes]
"""A fact's sequence number and its leaf."""

FORMS: Final[dict[int, dict[str, tuple[str, ...]]]] = {
    1: {
        "item": (
            *("sequence", "item_id", "item_version", "item_type", "creator_id", "language", "category"),
            *("submitted_at", "data", "expected_views", "fingerprint", "source", "digest", "received_at"),
        ),
        "score": (
            *("sequence", "score_id", "item_id", "item_version", "model", "violation_probability"),
            *("policy_scores", "scored_at", "uncertainty", "evidence"),
        ),
        "routing": (
            *("sequence", "routing_id", "item_id", "item_version", "plan", "route", "flagged"),
            *("inclusion_probability", "draw", "priority", "queue", "due_at", "routed_at", "key_id"),
            *("score_id", "model", "rates_id", "flagged_policies", "priority_factors", "degraded"),
        ),
        "audit_rates": (
            *("sequence", "rates_id", "plan", "scale", "uniform", "unflagged_per_day", "set_at"),
            *("mean_square_views", "owed", "mean_duration", "policy_means", "flagged_scale"),
            *("flagged_uniform", "flagged_owed"),
        ),
        "event": (
            *("sequence", "event_id", "digest", "event", "payload", "handled", "note", "actor"),
            "recorded_at",
        ),
        "decision": (
            *("sequence", "decision_id", "item_id", "item_version", "reviewer_id", "review_type", "verdict"),
            *("decided_at", "policies", "segments", "reason", "job_id", "started_at", "score_visible"),
            *("inclusion_probability", "event_id", "digest", "recorded_at"),
        ),
        "second_look": (
            *("sequence", "item_id", "item_version", "decision_id", "chance", "draw", "key_id", "drawn_at"),
        ),
        "plan": (
            *("sequence", "version", "thresholds", "daily_budget", "floor_share", "author", "reason"),
            *("in_force_from", "queues", "review_minutes", "due_hours", "daily_full_reviews"),
        ),
        "deployment": (
            *("sequence", "generation", "model", "bundle", "digest", "actor", "reason", "deployed_at"),
        ),
        "erasure": (
            *("sequence", "item_id", "fact", "fact_sequence", "leaf_before", "leaf_after", "actor"),
            *("reason", "erased_at"),
        ),
    }
}
"""The columns that leaves read, by form and table: a chain stays what it is when a table gets a column."""

_NEWEST: Final = Prepared(select_records(seal, Seal).order_by(seal.c.number.desc()).limit(1))
_NEWEST_FACT: Final = sa.select(
    *(sa.select(sa.func.max(table.c.sequence)).scalar_subquery() for table in FACTS)
)


class Seals(Part):
    """The chain of seals."""

    def newest(self) -> Seal | None:
        """Return the last seal, None where nothing was sealed."""
        found = _NEWEST.select(self._connection)
        return Seal(**found[0]) if found else None

    def chain(self, *, after: int, limit: int) -> list[Seal]:
        """Return the seals that follow a number, in order."""
        chosen = select_records(seal, Seal).where(seal.c.number > after).order_by(seal.c.number)
        return [Seal(**row._mapping) for row in self._connection.execute(chosen.limit(limit))]

    def newest_fact(self) -> int:
        """Return the sequence number of the last fact, 0 where there is none."""
        return max(number or 0 for number in self._connection.execute(_NEWEST_FACT).one())

    def append(self, made: Seal) -> bool:
        """Add a seal; False if another process was quicker to add one of that number."""
        self._transaction.lock()
        newest = self.newest()
        if made.number != (1 if newest is None else newest.number + 1):
            return False
        self._connection.execute(sa.insert(seal), row_of(made, seal))
        return True

    def leaves(self, secret: bytes, *, after: int, until: int, form: int) -> list[Place]:
        """Return the leaves of the facts with ``after < sequence <= until``, in order.

        A fact whose content was erased has the leaf from before, as long as it is what it was after.
        """
        erased = self._erased(after=after, until=until)
        found: list[Place] = []
        for table in FACTS:
            columns = [stored(table.c[name]) for name in FORMS[form][table.name]]
            chosen = sa.select(*columns).where(table.c.sequence > after, table.c.sequence <= until)
            for row in self._connection.execute(chosen):
                own = leaf(secret, table.name, row)
                before, now = erased.get((table.name, row[0]), (own, own))
                found.append((row[0], before if own == now else own))
        return sorted(found)

    def _erased(self, *, after: int, until: int) -> dict[tuple[str, int], tuple[bytes, bytes]]:
        about = erasure.c.fact_sequence
        chosen = sa.select(erasure.c.fact, about, erasure.c.leaf_before, erasure.c.leaf_after)
        return {
            (fact, number): (bytes.fromhex(before), bytes.fromhex(now))
            for fact, number, before, now in self._connection.execute(
                chosen.where(about > after, about <= until)
            )
        }


def stored(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    """Return a column as leaves read it: as it is stored, whatever is made of it elsewhere."""
    if isinstance(column.type, (sa.Boolean, sa.Integer, Number)):
        return column
    return sa.type_coerce(column, sa.Text).label(column.name)
