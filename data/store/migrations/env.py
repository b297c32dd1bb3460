"""What alembic runs: the migrations, on the connection that `data.store.revisions` hands over."""

from __future__ import annotations

from alembic import context

from data.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite can roll back changes of tables, as long as the driver does not interfere; ours does not.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
