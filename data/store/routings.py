"""Scores, routings and audit rates in the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from data.records import AuditRates, Routing, Score
from data.store.fields import row_of, select_records
from data.store.keys import Key, of_items
from data.store.prepared import Prepared
from data.store.schema import audit_rates, routing, score
from data.store.transaction import Part

_ROUTINGS: Final = of_items(select_records(routing, Routing), routing)
_USED_SCORES: Final = of_items(
    select_records(score, Score).join(routing, routing.c.score_id == score.c.score_id), routing
)
_RATES: Final = Prepared(
    select_records(audit_rates, AuditRates)
    .where(audit_rates.c.plan == sa.bindparam("plan"))
    .order_by(audit_rates.c.sequence.desc())
    .limit(1)
)


class Routings(Part):
    """The part of the ledger that holds what the model said and where items were sent."""

    def record(self, scores: Sequence[Score], routings: Sequence[Routing]) -> None:
        """Record scores and the routings that rest on them, each once.

        Raises
        ------
        UnknownItem
            If an item was not added before.
        AlreadyRecorded
            If an item was routed before. Look with `routings` first, in the same transaction.
        """
        self._transaction.append(score, [row_of(each, score) for each in scores])
        self._transaction.append(routing, [row_of(each, routing) for each in routings])

    def routings(self, keys: Sequence[Key]) -> dict[Key, Routing]:
        """Return the routings of those items that have one, by key."""
        found = (Routing(**row) for row in _ROUTINGS.select(self._connection, keys))
        return {(each.item_id, each.item_version): each for each in found}

    def scores(self, keys: Sequence[Key]) -> dict[Key, Score]:
        """Return, by key, the scores that routings were made from. Degraded items have none."""
        found = (Score(**row) for row in _USED_SCORES.select(self._connection, keys))
        return {(each.item_id, each.item_version): each for each in found}

    def add_rates(self, rates: AuditRates) -> None:
        """Record the audit rates that come into force."""
        self._transaction.append(audit_rates, [row_of(rates, audit_rates)])

    def rates(self, plan_version: str) -> AuditRates | None:
        """Return the newest audit rates of a plan, None where none were set."""
        found = _RATES.select(self._connection, plan=plan_version)
        return AuditRates(**found[0]) if found else None
