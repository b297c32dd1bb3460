"""
Second looks: which settled items somebody else looks at again, and with which chance.

Revision 0003. It stands by itself, as every revision does.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.Text().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    op.add_column("job", sa.Column("not_for", WORDS, nullable=True))
    op.create_table(
        "second_look",
        sa.Column("sequence", NUMBER, autoincrement=False, nullable=False),
        sa.Column("item_id", WORDS, nullable=False),
        sa.Column("item_version", WORDS, nullable=False),
        sa.Column("decision_id", WORDS, nullable=False),
        sa.Column("chance", sa.Double(), nullable=False),
        sa.Column("draw", sa.Double(), nullable=False),
        sa.Column("key_id", WORDS, nullable=False),
        sa.Column("drawn_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_second_look"),
        sa.ForeignKeyConstraint(
            ("item_id", "item_version"),
            ("item.item_id", "item.item_version"),
            name="fk_second_look_item_id_item_version",
        ),
        sa.ForeignKeyConstraint(
            ("decision_id",), ("decision.decision_id",), name="fk_second_look_decision_id"
        ),
        sa.UniqueConstraint("item_id", "item_version", name="uq_second_look_item_id_item_version"),
        sa.CheckConstraint("chance > 0 AND chance <= 1", name=op.f("ck_second_look_chance")),
        sa.CheckConstraint("draw >= 0 AND draw < 1", name=op.f("ck_second_look_draw")),
    )
    refused = "A fact is never changed: second_look is append-only."
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER second_look_refuses_{change.lower()} BEFORE {change} ON second_look "
                f"BEGIN SELECT RAISE(ABORT, '{refused}'); END"
            )
        return
    op.execute(
        "CREATE TRIGGER second_look_refuses_change BEFORE UPDATE OR DELETE OR TRUNCATE ON second_look "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
