"""Events and decisions in the ledger: what happened outside, and what reviewers concluded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa

from data.checks import content_digest
from data.errors import AlreadyRecorded, Invalid, UnknownItem
from data.records import Decision, SecondLook
from data.store.fields import row_of, select_records
from data.store.keys import Key, Lookup, of_items, plain
from data.store.prepared import Prepared
from data.store.schema import decision as table
from data.store.schema import event as events
from data.store.schema import item, second_look
from data.store.transaction import Part

_DECISIONS: Final = of_items(select_records(table, Decision).order_by(table.c.sequence), table)
_SECOND_LOOKS: Final = of_items(select_records(second_look, SecondLook), second_look)
_DIGESTS: Final = Lookup(sa.select(table.c.decision_id, table.c.digest).where, table.c.decision_id)
_ITEMS: Final = of_items(sa.select(item.c.item_id, item.c.item_version), item)
_EVENT: Final = Prepared(sa.select(events.c.digest).where(events.c.event_id == sa.bindparam("id")))


class Decisions(Part):
    """The part of the ledger that holds events and decisions."""

    def record_event(
        self,
        event_id: str,
        *,
        digest: str,
        event: str,
        payload: Mapping[str, Any],
        handled: bool,
        note: str | None,
        actor: str,
        recorded_at: datetime,
    ) -> bool:
        """Record what another system told; False if the same was told before.

        Parameters
        ----------
        digest
            Of the body, as `data.checks.content_digest` gives it.
        handled, note
            Whether it had an effect, and if not why. An event of an unknown kind is recorded, unhandled.

        Raises
        ------
        AlreadyRecorded
            If an event of that id is known with another digest.
        """
        self._transaction.lock()
        if known := _EVENT.select(self._connection, id=event_id):
            if known[0]["digest"] != digest:
                raise AlreadyRecorded(field="event_id")
            return False
        row = {
            "event_id": event_id,
            "digest": digest,
            "event": event,
            "payload": payload,
            "handled": handled,
            "note": note,
            "actor": actor,
            "recorded_at": recorded_at,
        }
        self._transaction.append(events, [row])
        return True

    def unhandled_events(self, limit: int = 100) -> list[dict[str, Any]]:
        """Return the events that had no effect, newest first."""
        chosen = sa.select(events).where(events.c.handled.is_(False)).order_by(events.c.sequence.desc())
        return [dict(row._mapping) for row in self._connection.execute(chosen.limit(limit))]

    def record_decision(self, decision: Decision, *, event_id: str | None, recorded_at: datetime) -> bool:
        """Record what a reviewer concluded; False if the same decision is there already.

        Raises
        ------
        UnknownItem
            If no such version of the item was submitted or imported.
        AlreadyRecorded
            If a decision of that id is known with other content.
        """
        return self.record_decisions([decision], event_id=event_id, recorded_at=recorded_at)[0]

    def record_decisions(
        self, decisions: Sequence[Decision], *, event_id: str | None = None, recorded_at: datetime
    ) -> list[bool]:
        """Record many decisions, or none if one of them is refused; see `record_decision`."""
        self._transaction.lock()
        known = self._decision_digests([each.decision_id for each in decisions])
        rows = []
        is_new = []
        for each in decisions:
            digest = _digest(each)
            is_new.append(each.decision_id not in known)
            if known.setdefault(each.decision_id, digest) != digest:
                raise AlreadyRecorded(
                    f"Decision {each.decision_id!r} was recorded with other content. Send a new decision_id.",
                    field="decision_id",
                )
            if is_new[-1]:
                row = row_of(each, table)
                rows.append({**row, "event_id": event_id, "digest": digest, "recorded_at": recorded_at})
        self._refuse_unknown_items([(row["item_id"], row["item_version"]) for row in rows])
        self._transaction.append(table, rows)
        return is_new

    def second_looks(self, keys: Sequence[Key]) -> dict[Key, SecondLook]:
        """Return the second looks at those items for which one was drawn, or drawn not to be, by key."""
        found = (SecondLook(**row) for row in _SECOND_LOOKS.select(self._connection, keys))
        return {(each.item_id, each.item_version): each for each in found}

    def add_second_look(self, look: SecondLook) -> None:
        """Record whether somebody else looks at an item again."""
        self._transaction.append(second_look, [row_of(look, second_look)])

    def decisions(self, keys: Sequence[Key]) -> dict[Key, list[Decision]]:
        """Return the decisions on those items that have any, by key, in ledger order."""
        found: defaultdict[Key, list[Decision]] = defaultdict(list)
        for each in (Decision(**row) for row in _DECISIONS.select(self._connection, keys)):
            found[each.item_id, each.item_version].append(each)
        return dict(found)

    def _decision_digests(self, decision_ids: Sequence[str]) -> dict[str, str]:
        rows = _DIGESTS.select(self._connection, plain(decision_ids))
        return {row["decision_id"]: row["digest"] for row in rows}

    def _refuse_unknown_items(self, keys: Sequence[Key]) -> None:
        rows = _ITEMS.select(self._connection, keys)
        known = {(row["item_id"], row["item_version"]) for row in rows}
        for item_id, item_version in keys:
            if (item_id, item_version) not in known:
                raise UnknownItem(
                    f"Item {item_id!r}, version {item_version!r}, was never submitted or imported.",
                    field="item_id",
                )


def _digest(decision: Decision) -> str:
    said = asdict(decision)
    for name, value in said.items():
        if isinstance(value, datetime):
            said[name] = value.astimezone(UTC).isoformat()  # the same moment, told in another zone
    try:
        return content_digest(said)
    except ValueError as error:
        raise Invalid(f"A decision must be plain text and numbers: {error}") from error
