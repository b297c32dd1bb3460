"""
Audit rates say by how many audits the plan was behind its budget.

Revision 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("audit_rates", sa.Column("owed", sa.Double(), nullable=False, server_default=sa.text("0")))
