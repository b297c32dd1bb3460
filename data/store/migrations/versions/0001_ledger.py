"""
The ledger: facts, jobs, credentials.

Revision 0001, the first. It stands by itself: what `data.store.schema` becomes later is none of its business.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

FACTS = ("item", "score", "routing", "audit_rates", "event", "decision", "plan", "deployment")

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
JSON = sa.Text()
MOMENT = sa.Text().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    item()
    score()
    routing()
    audit_rates()
    event()
    decision()
    plan()
    deployment()
    job()
    credential()
    for table in FACTS:
        append_only(table)


def downgrade() -> None:
    raise NotImplementedError("A ledger does not go back. Restore a backup.")


def column(name, kind, *, null=False):
    return sa.Column(name, kind, nullable=null)


def table(name, *parts):
    sequence = sa.Column("sequence", NUMBER, autoincrement=False, nullable=False)
    op.create_table(name, sequence, *parts, sa.PrimaryKeyConstraint("sequence", name=f"pk_{name}"))


def unique(name, *columns):
    return sa.UniqueConstraint(*columns, name=f"uq_{name}_{'_'.join(columns)}")


def check(name, what, rule):
    return sa.CheckConstraint(rule, name=op.f(f"ck_{name}_{what}"))


def of_item(name):
    keys = ("item_id", "item_version")
    return sa.ForeignKeyConstraint(
        keys, [f"item.{key}" for key in keys], name=f"fk_{name}_item_id_item_version"
    )


def index(name, *columns):
    op.create_index(f"ix_{name}_{'_'.join(columns)}", name, list(columns))


def item():
    table(
        "item",
        column("item_id", WORDS),
        column("item_version", WORDS),
        column("item_type", WORDS),
        column("creator_id", WORDS, null=True),
        column("language", WORDS, null=True),
        column("category", WORDS, null=True),
        column("submitted_at", MOMENT, null=True),
        column("data", JSON),
        column("expected_views", sa.Double(), null=True),
        column("fingerprint", WORDS, null=True),
        column("source", WORDS),
        column("digest", WORDS),
        column("received_at", MOMENT),
        unique("item", "item_id", "item_version"),
    )
    index("item", "creator_id", "received_at")


def score():
    table(
        "score",
        column("score_id", WORDS),
        column("item_id", WORDS),
        column("item_version", WORDS),
        column("model", WORDS),
        column("violation_probability", sa.Double()),
        column("policy_scores", JSON),
        column("scored_at", MOMENT),
        column("uncertainty", sa.Double(), null=True),
        column("evidence", JSON),
        of_item("score"),
        unique("score", "score_id"),
        check("score", "probability", "violation_probability >= 0 AND violation_probability <= 1"),
    )
    index("score", "item_id", "item_version")


def routing():
    table(
        "routing",
        column("routing_id", WORDS),
        column("item_id", WORDS),
        column("item_version", WORDS),
        column("plan", WORDS),
        column("route", WORDS),
        column("flagged", sa.Boolean()),
        column("inclusion_probability", sa.Double()),
        column("draw", sa.Double()),
        column("priority", sa.Integer()),
        column("queue", WORDS),
        column("due_at", MOMENT),
        column("routed_at", MOMENT),
        column("key_id", WORDS),
        column("score_id", WORDS, null=True),
        column("model", WORDS, null=True),
        column("rates_id", WORDS, null=True),
        column("flagged_policies", JSON),
        column("priority_factors", JSON),
        column("degraded", WORDS, null=True),
        of_item("routing"),
        sa.ForeignKeyConstraint(["score_id"], ["score.score_id"], name="fk_routing_score_id"),
        unique("routing", "routing_id"),
        unique("routing", "item_id", "item_version"),
        check("routing", "chance", "inclusion_probability > 0 AND inclusion_probability <= 1"),
        check("routing", "draw", "draw >= 0 AND draw < 1"),
        check("routing", "route", "(draw < inclusion_probability) = (route <> 'release')"),
    )
    index("routing", "routed_at")


def audit_rates():
    table(
        "audit_rates",
        column("rates_id", WORDS),
        column("plan", WORDS),
        column("scale", sa.Double()),
        column("uniform", sa.Double()),
        column("unflagged_per_day", sa.Double()),
        column("set_at", MOMENT),
        column("mean_square_views", sa.Double(), null=True),
        unique("audit_rates", "rates_id"),
    )
    index("audit_rates", "plan", "sequence")


def event():
    table(
        "event",
        column("event_id", WORDS),
        column("digest", WORDS),
        column("event", WORDS),
        column("payload", JSON),
        column("handled", sa.Boolean()),
        column("note", WORDS, null=True),
        column("actor", WORDS),
        column("recorded_at", MOMENT),
        unique("event", "event_id"),
    )
    index("event", "handled", "sequence")


def decision():
    table(
        "decision",
        column("decision_id", WORDS),
        column("item_id", WORDS),
        column("item_version", WORDS),
        column("reviewer_id", WORDS),
        column("review_type", WORDS),
        column("verdict", WORDS),
        column("decided_at", MOMENT),
        column("policies", JSON),
        column("segments", JSON),
        column("reason", WORDS),
        column("job_id", WORDS, null=True),
        column("started_at", MOMENT, null=True),
        column("score_visible", sa.Boolean()),
        column("inclusion_probability", sa.Double(), null=True),
        column("event_id", WORDS, null=True),
        column("digest", WORDS),
        column("recorded_at", MOMENT),
        of_item("decision"),
        unique("decision", "decision_id"),
        check("decision", "chance", "inclusion_probability > 0 AND inclusion_probability <= 1"),
    )
    index("decision", "item_id", "item_version", "sequence")
    index("decision", "recorded_at")


def plan():
    table(
        "plan",
        column("version", WORDS),
        column("thresholds", JSON),
        column("daily_budget", sa.Double()),
        column("floor_share", sa.Double()),
        column("author", WORDS),
        column("reason", WORDS),
        column("in_force_from", MOMENT),
        column("queues", JSON),
        column("review_minutes", sa.Double()),
        column("due_hours", sa.Double()),
        unique("plan", "version"),
        check("plan", "reason", "length(trim(reason)) >= 5"),
    )


def deployment():
    table(
        "deployment",
        column("generation", sa.BigInteger()),
        column("model", WORDS),
        column("bundle", WORDS),
        column("digest", WORDS),
        column("actor", WORDS),
        column("reason", WORDS),
        column("deployed_at", MOMENT),
        unique("deployment", "generation"),
    )


def job():
    table(
        "job",
        column("job_id", WORDS),
        column("item_id", WORDS),
        column("item_version", WORDS),
        column("routing_id", WORDS),
        column("review_type", WORDS),
        column("queue", WORDS),
        column("priority", sa.Integer()),
        column("due_at", MOMENT),
        column("created_at", MOMENT),
        column("claimed_by", WORDS, null=True),
        column("claimed_until", MOMENT, null=True),
        column("finished_at", MOMENT, null=True),
        of_item("job"),
        unique("job", "job_id"),
        check("job", "claim", "(claimed_by IS NULL) = (claimed_until IS NULL)"),
    )
    index("job", "item_id")
    order = [sa.text("priority DESC"), "due_at", "sequence"]
    unfinished = sa.text("finished_at IS NULL")
    for name, columns in (("ix_job_open", order), ("ix_job_open_queue", ["queue", *order])):
        op.create_index(name, "job", columns, sqlite_where=unfinished, postgresql_where=unfinished)


def credential():
    op.create_table(
        "credential",
        column("credential_id", WORDS),
        column("kind", WORDS),
        column("digest", WORDS),
        column("role", WORDS),
        column("name", WORDS),
        column("created_at", MOMENT),
        column("expires_at", MOMENT, null=True),
        column("used_at", MOMENT, null=True),
        column("revoked_at", MOMENT, null=True),
        sa.PrimaryKeyConstraint("credential_id", name="pk_credential"),
        unique("credential", "digest"),
        check("credential", "kind", "kind IN ('token', 'link', 'session')"),
    )


def append_only(name):
    """Let the database itself refuse to change or delete facts."""
    refused = "A fact is never changed: {} is append-only."
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {name}_refuses_{change.lower()} BEFORE {change} ON {name} "
                f"BEGIN SELECT RAISE(ABORT, '{refused.format(name)}'); END"
            )
        return
    op.execute(
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"RAISE EXCEPTION '{refused.format('%')}', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; "
        "END $$"
    )
    op.execute(
        f"CREATE TRIGGER {name}_refuses_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {name} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
