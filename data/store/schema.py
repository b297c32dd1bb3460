"""
The tables.

Facts (`FACTS`) are appended and never changed: triggers refuse it on both databases, but for content that
an ``erasure`` names. Their ``sequence``
is one numbering through all tables, handed out under the ledger's lock, so that it is the order in which
transactions were committed. Jobs and credentials are working state and may change.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, Table, UniqueConstraint

from data.records import Evidence, ItemType, ReviewType, Role, Route, Segment, Verdict
from data.store.columns import Json, Moment, Number, Words

NAMES: Final = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
}
"""How constraints and indexes are called, the same on both databases."""
metadata = sa.MetaData(naming_convention=NAMES)


def _sequence() -> Column[int]:
    # SQLite makes "INTEGER", and only that, the row's own number instead of an index beside it.
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return Column("sequence", number, primary_key=True, autoincrement=False)


def _of_item() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["item_id", "item_version"], ["item.item_id", "item.item_version"])


def _records(kind: type[Any]) -> Json:
    return Json(
        read=lambda rows: tuple(kind(**row) for row in rows),
        write=lambda records: [asdict(record) for record in records],
    )


_NAMES, _NUMBERS = Json(read=tuple, write=list), Json(write=dict)

ERASED: Final = "erased"
"""The digest of what was erased."""

item = Table(
    "item",
    metadata,
    _sequence(),
    Column("item_id", Words, nullable=False),
    Column("item_version", Words, nullable=False),
    Column("item_type", Words(ItemType), nullable=False),
    Column("creator_id", Words),
    Column("language", Words),
    Column("category", Words),
    Column("submitted_at", Moment),
    Column("data", Json(write=dict), nullable=False),
    Column("expected_views", Number),
    Column("fingerprint", Words),
    Column("source", Words, nullable=False),
    Column("digest", Words, nullable=False),
    Column("received_at", Moment, nullable=False),
    UniqueConstraint("item_id", "item_version"),
    Index(None, "creator_id", "received_at"),
)

score = Table(
    "score",
    metadata,
    _sequence(),
    Column("score_id", Words, nullable=False, unique=True),
    Column("item_id", Words, nullable=False),
    Column("item_version", Words, nullable=False),
    Column("model", Words, nullable=False),
    Column("violation_probability", Number, nullable=False),
    Column("policy_scores", _NUMBERS, nullable=False),
    Column("scored_at", Moment, nullable=False),
    Column("uncertainty", Number),
    Column("evidence", _records(Evidence), nullable=False),
    _of_item(),
    Index(None, "item_id", "item_version"),
    CheckConstraint("violation_probability >= 0 AND violation_probability <= 1", name="probability"),
)

routing = Table(
    "routing",
    metadata,
    _sequence(),
    Column("routing_id", Words, nullable=False, unique=True),
    Column("item_id", Words, nullable=False),
    Column("item_version", Words, nullable=False),
    Column("plan", Words, nullable=False),
    Column("route", Words(Route), nullable=False),
    Column("flagged", sa.Boolean, nullable=False),
    Column("inclusion_probability", Number, nullable=False),
    Column("draw", Number, nullable=False),
    Column("priority", sa.Integer, nullable=False),
    Column("queue", Words, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("routed_at", Moment, nullable=False),
    Column("key_id", Words, nullable=False),
    Column("score_id", Words, sa.ForeignKey("score.score_id")),
    Column("model", Words),
    Column("rates_id", Words),
    Column("flagged_policies", _NAMES, nullable=False),
    Column("priority_factors", _NUMBERS, nullable=False),
    Column("degraded", Words),
    _of_item(),
    UniqueConstraint("item_id", "item_version"),
    Index(None, "routed_at"),
    CheckConstraint("inclusion_probability > 0 AND inclusion_probability <= 1", name="chance"),
    CheckConstraint("draw >= 0 AND draw < 1", name="draw"),
    CheckConstraint("(draw < inclusion_probability) = (route <> 'release')", name="route"),
)

audit_rates = Table(
    "audit_rates",
    metadata,
    _sequence(),
    Column("rates_id", Words, nullable=False, unique=True),
    Column("plan", Words, nullable=False),
    Column("scale", Number, nullable=False),
    Column("uniform", Number, nullable=False),
    Column("unflagged_per_day", Number, nullable=False),
    Column("set_at", Moment, nullable=False),
    Column("mean_square_views", Number),
    Column("owed", Number, nullable=False, server_default=sa.text("0")),
    Column("mean_duration", Number),
    Column("policy_means", _NUMBERS, nullable=False, server_default=sa.text("'{}'")),
    Column("flagged_scale", Number),
    Column("flagged_uniform", Number, nullable=False, server_default=sa.text("1")),
    Column("flagged_owed", Number, nullable=False, server_default=sa.text("0")),
    Index(None, "plan", "sequence"),
)

event = Table(
    "event",
    metadata,
    _sequence(),
    Column("event_id", Words, nullable=False, unique=True),
    Column("digest", Words, nullable=False),
    Column("event", Words, nullable=False),
    Column("payload", Json(write=dict), nullable=False),
    Column("handled", sa.Boolean, nullable=False),
    Column("note", Words),
    Column("actor", Words, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Index(None, "handled", "sequence"),
)

decision = Table(
    "decision",
    metadata,
    _sequence(),
    Column("decision_id", Words, nullable=False, unique=True),
    Column("item_id", Words, nullable=False),
    Column("item_version", Words, nullable=False),
    Column("reviewer_id", Words, nullable=False),
    Column("review_type", Words(ReviewType), nullable=False),
    Column("verdict", Words(Verdict), nullable=False),
    Column("decided_at", Moment, nullable=False),
    Column("policies", _NAMES, nullable=False),
    Column("segments", _records(Segment), nullable=False),
    Column("reason", Words, nullable=False),
    Column("job_id", Words),
    Column("started_at", Moment),
    Column("score_visible", sa.Boolean, nullable=False),
    Column("inclusion_probability", Number),
    Column("event_id", Words),
    Column("digest", Words, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    _of_item(),
    Index(None, "item_id", "item_version", "sequence"),
    Index(None, "recorded_at"),
    CheckConstraint("inclusion_probability > 0 AND inclusion_probability <= 1", name="chance"),
)

plan = Table(
    "plan",
    metadata,
    _sequence(),
    Column("version", Words, nullable=False, unique=True),
    Column("thresholds", _NUMBERS, nullable=False),
    Column("daily_budget", Number, nullable=False),
    Column("floor_share", Number, nullable=False),
    Column("author", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("in_force_from", Moment, nullable=False),
    Column("queues", Json(write=dict), nullable=False),
    Column("review_minutes", Number, nullable=False),
    Column("due_hours", Number, nullable=False),
    Column("daily_full_reviews", Number),
    CheckConstraint("length(trim(reason)) >= 5", name="reason"),
)

deployment = Table(
    "deployment",
    metadata,
    _sequence(),
    Column("generation", sa.BigInteger, nullable=False, unique=True),
    Column("model", Words, nullable=False),
    Column("bundle", Words, nullable=False),
    Column("digest", Words, nullable=False),
    Column("actor", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("deployed_at", Moment, nullable=False),
)

second_look = Table(
    "second_look",
    metadata,
    _sequence(),
    Column("item_id", Words, nullable=False),
    Column("item_version", Words, nullable=False),
    Column("decision_id", Words, sa.ForeignKey("decision.decision_id"), nullable=False),
    Column("chance", Number, nullable=False),
    Column("draw", Number, nullable=False),
    Column("key_id", Words, nullable=False),
    Column("drawn_at", Moment, nullable=False),
    _of_item(),
    UniqueConstraint("item_id", "item_version"),
    CheckConstraint("chance > 0 AND chance <= 1", name="chance"),
    CheckConstraint("draw >= 0 AND draw < 1", name="draw"),
)

erasure = Table(
    "erasure",
    metadata,
    _sequence(),
    Column("item_id", Words, nullable=False),
    Column("fact", Words, nullable=False),
    Column("fact_sequence", sa.BigInteger, nullable=False),
    Column("leaf_before", Words, nullable=False),
    Column("leaf_after", Words, nullable=False),
    Column("actor", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("erased_at", Moment, nullable=False),
    UniqueConstraint("fact_sequence", "fact"),
)

seal = Table(
    "seal",
    metadata,
    Column("number", _sequence().type, primary_key=True, autoincrement=False),
    Column("after", sa.BigInteger, nullable=False),
    Column("until", sa.BigInteger, nullable=False),
    Column("facts", sa.BigInteger, nullable=False),
    Column("root", Words, nullable=False),
    Column("previous", Words, nullable=False),
    Column("key_id", Words, nullable=False),
    Column("form", sa.Integer, nullable=False),
    Column("sealed_at", Moment, nullable=False),
    Column("code", Words, nullable=False),
)

_OPEN: Final = sa.text("finished_at IS NULL")

job = Table(
    "job",
    metadata,
    _sequence(),
    Column("job_id", Words, nullable=False, unique=True),
    Column("item_id", Words, nullable=False),
    Column("item_version", Words, nullable=False),
    Column("routing_id", Words, nullable=False),
    Column("review_type", Words(ReviewType), nullable=False),
    Column("queue", Words, nullable=False),
    Column("priority", sa.Integer, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("not_for", Words),
    Column("claimed_by", Words),
    Column("claimed_until", Moment),
    Column("finished_at", Moment),
    _of_item(),
    Index(None, "item_id"),
    CheckConstraint("(claimed_by IS NULL) = (claimed_until IS NULL)", name="claim"),
)
for _name, _queue in (("open", []), ("open_queue", [job.c.queue])):
    _order = [*_queue, job.c.priority.desc(), job.c.due_at, job.c.sequence]
    Index(f"ix_job_{_name}", *_order, sqlite_where=_OPEN, postgresql_where=_OPEN)

credential = Table(
    "credential",
    metadata,
    Column("credential_id", Words, primary_key=True),
    Column("kind", Words, nullable=False),
    Column("digest", Words, nullable=False, unique=True),
    Column("role", Words(Role), nullable=False),
    Column("name", Words, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("used_at", Moment),
    Column("revoked_at", Moment),
    CheckConstraint("kind IN ('token', 'link', 'session')", name="kind"),
)

FACTS: Final[tuple[Table, ...]] = (
    item,
    score,
    routing,
    audit_rates,
    event,
    decision,
    second_look,
    plan,
    deployment,
    erasure,
)
"""The tables to which rows are only ever added. Seals are, too, and stand beside the numbering."""
NUMBERED: Final[tuple[Table, ...]] = (*FACTS, job)
"""The tables whose rows share one numbering."""
