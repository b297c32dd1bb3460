"""
Audit rates say in which units sizes are made; plans may limit the full reviews of a day.

Revision 0004.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number, zero, one = sa.Double(), sa.text("0"), sa.text("1")
    op.add_column("plan", sa.Column("daily_full_reviews", number, nullable=True))
    for column in (
        sa.Column("mean_duration", number, nullable=True),
        sa.Column("policy_means", sa.Text(), nullable=False, server_default=sa.text("'{}'")),
        sa.Column("flagged_scale", number, nullable=True),
        sa.Column("flagged_uniform", number, nullable=False, server_default=one),
        sa.Column("flagged_owed", number, nullable=False, server_default=zero),
    ):
        op.add_column("audit_rates", column)
