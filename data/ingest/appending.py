"""Rows go into the ledger: what is known is left alone, what contradicts it is refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from data.errors import AlreadyRecorded, AlreadySubmitted
from data.ingest.rows import Reject, Row
from data.records import Decision, Item
from data.store.store import Session

_OTHER_OUTCOME: Final = (
    "This look at this item is known with another outcome. If it is another look, map outcome.reviewer, "
    "times.decided or outcome.id, so that it can be told apart."
)


def append(session: Session, rows: Sequence[Row], *, now: datetime) -> tuple[Counter[str], list[Reject]]:
    """Append the items and outcomes of some rows; return how many were new, and what was refused."""
    counts: Counter[str] = Counter()
    refused: list[Reject] = []
    kept: list[Row] = []
    for row, is_new in zip(rows, _add_items(session, rows, now=now), strict=True):
        if is_new is None:
            reason = "is known with other content. Correct the row, or map version."
            refused.append(row.reject("id", f"{row.item.item_id} {reason}"))
        else:
            counts["new_items" if is_new else "known_items"] += 1
            kept.append(row)
    decisions = _decisions(session, kept)
    for row, is_new in zip(
        (row for row in kept if row.decision), _record(session, decisions, now=now), strict=True
    ):
        if is_new is None:
            refused.append(row.reject("outcome", _OTHER_OUTCOME))
        else:
            counts["new_outcomes" if is_new else "known_outcomes"] += 1
    return counts, refused


def _add_items(session: Session, rows: Sequence[Row], *, now: datetime) -> Sequence[bool | None]:
    items = [row.item for row in rows]
    try:
        return session.ledger.add_items(items, received_at=now)
    except AlreadySubmitted:  # then none was added; find out which
        return [_add_item(session, item, now=now) for item in items]


def _add_item(session: Session, item: Item, *, now: datetime) -> bool | None:
    try:
        return session.ledger.add_items([item], received_at=now)[0]
    except AlreadySubmitted:
        return None


def _record(session: Session, decisions: Sequence[Decision], *, now: datetime) -> Sequence[bool | None]:
    try:
        return session.ledger.record_decisions(decisions, recorded_at=now)
    except AlreadyRecorded:  # then none was recorded; find out which
        return [_record_one(session, decision, now=now) for decision in decisions]


def _record_one(session: Session, decision: Decision, *, now: datetime) -> bool | None:
    try:
        return session.ledger.record_decision(decision, event_id=None, recorded_at=now)
    except AlreadyRecorded:
        return None


def _decisions(session: Session, rows: Sequence[Row]) -> list[Decision]:
    # An outcome without a moment got that of its first import; it is the same outcome still.
    undated = [row.item.key for row in rows if not row.is_dated]
    known = session.ledger.decisions(undated) if undated else {}
    moments = {each.decision_id: each.decided_at for of_item in known.values() for each in of_item}
    return [
        row.decision
        if row.is_dated
        else replace(row.decision, decided_at=moments.get(row.decision.decision_id, row.decision.decided_at))
        for row in rows
        if row.decision
    ]
