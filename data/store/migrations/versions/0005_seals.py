"""
Seals over all facts; erasures, after which the content of a fact, and only that, may be emptied.

Revision 0005. It stands by itself, as every revision does.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.Text().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")

WITH_CONTENT = ("item", "score", "event", "decision")
REFUSED = "A fact is never changed: {} is append-only."


def upgrade() -> None:
    op.create_table(
        "seal",
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("after", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("facts", sa.BigInteger(), nullable=False),
        sa.Column("root", WORDS, nullable=False),
        sa.Column("previous", WORDS, nullable=False),
        sa.Column("key_id", WORDS, nullable=False),
        sa.Column("form", sa.Integer(), nullable=False),
        sa.Column("sealed_at", MOMENT, nullable=False),
        sa.Column("code", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_seal"),
    )
    op.create_table(
        "erasure",
        sa.Column("sequence", NUMBER, autoincrement=False, nullable=False),
        sa.Column("item_id", WORDS, nullable=False),
        sa.Column("fact", WORDS, nullable=False),
        sa.Column("fact_sequence", sa.BigInteger(), nullable=False),
        sa.Column("leaf_before", WORDS, nullable=False),
        sa.Column("leaf_after", WORDS, nullable=False),
        sa.Column("actor", WORDS, nullable=False),
        sa.Column("reason", WORDS, nullable=False),
        sa.Column("erased_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_erasure"),
        sa.UniqueConstraint("fact_sequence", "fact", name="uq_erasure_fact_sequence_fact"),
    )
    if op.get_bind().dialect.name == "sqlite":
        on_sqlite()
    else:
        on_postgresql()


def on_sqlite() -> None:
    for table in ("seal", "erasure"):
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuses_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{REFUSED.format(table)}'); END"
            )
    for table in WITH_CONTENT:
        op.execute(f"DROP TRIGGER {table}_refuses_update")
        op.execute(
            f"CREATE TRIGGER {table}_refuses_update BEFORE UPDATE ON {table} WHEN NOT EXISTS "
            f"(SELECT 1 FROM erasure WHERE fact = '{table}' AND fact_sequence = OLD.sequence) "
            f"BEGIN SELECT RAISE(ABORT, '{REFUSED.format(table)}'); END"
        )


def on_postgresql() -> None:
    for table in ("seal", "erasure"):
        op.execute(
            f"CREATE TRIGGER {table}_refuses_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    op.execute(
        "CREATE FUNCTION refuse_change_unless_erased() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF EXISTS (SELECT 1 FROM erasure WHERE fact = TG_TABLE_NAME AND fact_sequence = OLD.sequence) "
        "THEN RETURN NEW; END IF; "
        f"RAISE EXCEPTION '{REFUSED.format('%')}', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$"
    )
    for table in WITH_CONTENT:
        op.execute(f"DROP TRIGGER {table}_refuses_change ON {table}")
        op.execute(
            f"CREATE TRIGGER {table}_refuses_change BEFORE DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_refuses_update BEFORE UPDATE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change_unless_erased()"
        )
