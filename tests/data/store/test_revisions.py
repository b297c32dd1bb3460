"""Migrations: which form the tables have, and how they get the newest one."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.types import TypeEngine

from data.errors import DatabaseAhead, DatabaseBehind
from data.store import engines
from data.store.schema import FACTS, metadata
from data.store.store import Store


def run(url: str, *statements: str) -> None:
    engine = engines.create_for_migration(engines.parse_url(url))
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def test_migrating_makes_a_ledger_that_can_be_used(empty_url: str) -> None:
    with Store(empty_url) as store:
        store.migrate()
        store.check()


def test_migrating_twice_changes_nothing(empty_url: str) -> None:
    with Store(empty_url) as store:
        store.migrate()
        store.migrate()
        store.check()


def test_two_that_migrate_at_once_both_succeed(empty_url: str) -> None:
    failures: list[Exception] = []
    start = threading.Barrier(2)

    def migrate() -> None:
        with Store(empty_url) as store:
            start.wait()
            try:
                store.migrate()
                store.check()
            except Exception as error:  # noqa: BLE001 - whatever it is, the test wants to see it
                failures.append(error)

    threads = [threading.Thread(target=migrate) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_migrating_makes_the_folder_and_works_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with Store(f"sqlite:///{tmp_path / 'new' / 'folder' / 'ledger.db'}") as store:
        store.migrate()
        store.check()
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_a_database_without_tables_is_behind(empty_url: str) -> None:
    with Store(empty_url) as store, pytest.raises(DatabaseBehind, match="tamis migrate"):
        store.check()


def test_looking_for_a_file_that_is_not_there_makes_none(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with (
        Store(f"sqlite:///{path}") as store,
        pytest.raises(DatabaseBehind, match=r"no ledger at .*ledger\.db"),
    ):
        store.check()
    assert not path.exists()


def test_a_ledger_of_a_newer_version_is_left_alone(empty_url: str) -> None:
    with Store(empty_url) as store:
        store.migrate()
        run(empty_url, "UPDATE alembic_version SET version_num = '9999'")
        with pytest.raises(DatabaseAhead):
            store.check()
        with pytest.raises(DatabaseAhead):
            store.migrate()


def differs(
    context: MigrationContext,
    _found_column: sa.Column[Any],
    _column: sa.Column[Any],
    found: TypeEngine[Any],
    wanted: TypeEngine[Any],
) -> bool:
    return found.compile(context.dialect) != wanted.compile(context.dialect)


def test_migrations_and_tables_in_code_say_the_same(empty_url: str) -> None:
    with Store(empty_url) as store:
        store.migrate()
    engine = engines.create_for_migration(engines.parse_url(empty_url))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": differs})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_checks_in_code_stand_in_the_database_too(empty_url: str) -> None:
    with Store(empty_url) as store:
        store.migrate()
    engine = engines.create_for_migration(engines.parse_url(empty_url))
    found = {
        (table.name, check["name"])
        for table in metadata.tables.values()
        for check in sa.inspect(engine).get_check_constraints(table.name)
    }
    engine.dispose()
    assert found == {
        (table.name, str(constraint.name))
        for table in metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, sa.CheckConstraint)
    }


def test_a_migration_that_breaks_leaves_no_half_of_it(empty_url: str) -> None:
    run(empty_url, "CREATE TABLE job (in_the_way INTEGER)")
    with Store(empty_url) as store, pytest.raises(Exception, match="already exists"):
        store.migrate()
    engine = engines.create_for_migration(engines.parse_url(empty_url))
    assert sa.inspect(engine).get_table_names() == ["job"]
    engine.dispose()


def test_every_table_of_facts_is_named_as_one() -> None:
    others = {"job", "credential", "seal"}
    assert {table.name for table in FACTS} == set(metadata.tables) - others
