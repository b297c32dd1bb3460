"""Which form the tables have, and how they get the newest one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from data.errors import DatabaseAhead, DatabaseBehind, Unprepared
from data.store.transaction import LEDGER_LOCK

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER: Final = Path(__file__).with_name("migrations")
"""Where the migrations lie, in a checkout and in an installed package alike."""


def configuration() -> Config:
    """Return what alembic must be told. There is no alembic.ini."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def upgrade(connection: sa.Connection) -> None:
    """Run the migrations that are missing, within the transaction of the connection."""
    from alembic import command

    if connection.dialect.name == "postgresql":
        connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({LEDGER_LOCK})"))
    current, known, _ = _state(connection)
    if current is not None and current not in known:
        raise DatabaseAhead
    config = configuration()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def check(connection: sa.Connection) -> None:
    """Refuse tables that are not those of this version."""
    current, known, head = _state(connection)
    if current is None:
        raise DatabaseBehind("The database holds no ledger yet. Run `tamis migrate`.")
    if current not in known:
        raise DatabaseAhead
    if current != head:
        raise DatabaseBehind


def check_file(path: Path | None) -> None:
    """Refuse a file that is not there, before SQLite makes an empty one."""
    if path is not None and not path.is_file():
        raise DatabaseBehind(f"There is no ledger at {path} yet. Run `tamis migrate`.")


def check_durability(connection: sa.Connection) -> None:
    """Refuse a PostgreSQL that says "committed" before it has written."""
    if connection.dialect.name != "postgresql":
        return
    for name, wanted in (("fsync", "on"), ("full_page_writes", "on"), ("data_sync_retry", "off")):
        found = connection.execute(sa.select(sa.func.current_setting(name))).scalar_one()
        if found != wanted:
            raise Unprepared(
                f"PostgreSQL runs with {name} = {found}; what it has acknowledged could be lost. "
                f"Set {name} = {wanted} in its configuration and start it again."
            )


def _state(connection: sa.Connection) -> tuple[str | None, frozenset[str], str | None]:
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    script = ScriptDirectory.from_config(configuration())
    known = frozenset(each.revision for each in script.walk_revisions())
    return MigrationContext.configure(connection).get_current_revision(), known, script.get_current_head()
