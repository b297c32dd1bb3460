"""Sealing and verifying a ledger on both databases, and what a stranger with a connection can hide."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from data.errors import InvalidSettings
from data.records import Item
from data.seals import SealKey, next_seal
from data.store import engines
from data.store.schema import FACTS
from data.store.sealing import FORMS
from data.store.store import Store
from serving import sealing
from serving.sealing import Sealer
from serving.wiring import seal_key

Tamper = Callable[..., None]


@pytest.fixture
def bench_store(store: Store) -> Store:
    return store


@pytest.fixture
def bench(make_bench: Any) -> Any:
    bench = make_bench()
    bench.deploy()
    bench.plan()
    return bench


@pytest.fixture
def tamper(store: Store, url: str) -> Iterator[Tamper]:
    """Change the ledger as its owner could: without the triggers."""
    engine = engines.create_for_migration(engines.parse_url(url))

    def change(statement: str, *tables: str) -> None:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            else:
                connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
                for table, name in product(tables, ("update", "delete")):
                    connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {table}_refuses_{name}")
            assert connection.exec_driver_sql(statement).rowcount > 0

    yield change
    engine.dispose()


def _submit(bench: Any, *names: str) -> None:
    bench.application.triage.submit([Item(item_id=name, language="ko", data={"p": 0.9}) for name in names])


def test_everything_recorded_is_sealed_and_holds(bench: Any) -> None:
    sealer = bench.application.sealer
    _submit(bench, "v1", "v2")
    first = sealer.run()
    assert sealer.run() == first, "nothing new, no new seal"
    _submit(bench, "v3")
    second = sealer.run()
    assert (second.number, second.after) == (2, first.until)
    found = sealer.verify()
    with bench.store.read() as session:
        counts = session.ledger.counts()
    assert found.facts == sum(counts.values()) - counts["jobs"]
    assert (found.holds, found.unsealed, found.head) == (True, False, second.head)


def test_what_came_in_since_is_told_to_be_unsealed(bench: Any) -> None:
    bench.application.sealer.run()
    _submit(bench, "v1")
    assert bench.application.sealer.verify().unsealed


def test_a_long_backlog_is_sealed_in_parts(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "_NUMBERS_AT_ONCE", 3)
    _submit(bench, *(f"v{number}" for number in range(10)))
    bench.application.sealer.run()
    found = bench.application.sealer.verify()
    assert found.seals >= 7
    assert found.holds
    monkeypatch.undo()
    assert bench.application.sealer.verify() == found, "read in one piece"


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE routing SET priority = 0 WHERE item_id = 'v1'", "a fact was changed"),
        ("UPDATE item SET data = '{\"p\":0}' WHERE item_id = 'v2'", "a fact was changed"),
        ("DELETE FROM routing WHERE item_id = 'v1'", "facts were sealed"),
        ("UPDATE routing SET sequence = 1000 WHERE item_id = 'v1'", "facts were sealed"),
        ("UPDATE plan SET thresholds = '{\"any\":0.99}'", "a fact was changed"),
    ],
)
def test_a_fact_that_was_changed_is_found(bench: Any, tamper: Tamper, statement: str, what: str) -> None:
    _submit(bench, "v1")
    bench.application.sealer.run()
    _submit(bench, "v2")
    bench.application.sealer.run()
    table = statement.replace("DELETE FROM", "UPDATE").split()[1]
    tamper(statement, table, "routing", "item")
    found = bench.application.sealer.verify()
    assert not found.holds
    [breach] = found.breaches
    assert what in breach.what
    assert breach.seal == (2 if "'v2'" in statement else 1)


def test_a_seal_made_to_fit_is_found(bench: Any, tamper: Tamper) -> None:
    _submit(bench, "v1")
    bench.application.sealer.run()
    tamper("UPDATE seal SET facts = facts - 1", "seal")
    [breach] = bench.application.sealer.verify().breaches
    assert breach.what == "the seal itself was changed"


def test_a_chain_cut_at_its_end_is_missed_by_who_kept_a_head(bench: Any, tamper: Tamper) -> None:
    bench.application.sealer.run()
    before = bench.application.sealer.verify().head
    _submit(bench, "v1")
    kept = bench.application.sealer.run().head
    assert bench.application.sealer.verify(head=before).holds
    tamper("DELETE FROM seal WHERE number = 2", "seal")
    for table in ("routing", "score", "job", "item"):
        tamper(f"DELETE FROM {table}", "routing", "score", "item")
    assert bench.application.sealer.verify().holds, "without a head it looks whole"
    assert not bench.application.sealer.verify(head=kept).holds


def test_a_trigger_that_an_erasure_opened_hides_nothing(bench: Any, tamper: Tamper) -> None:
    _submit(bench, "v1")
    bench.application.eraser.erase("v1", actor="admin", reason="they asked")
    bench.application.sealer.run()
    assert bench.application.sealer.verify().holds
    tamper("UPDATE item SET category = 'other'")
    assert [one.what for one in bench.application.sealer.verify().breaches] == ["a fact was changed"]


def test_of_two_that_seal_the_same_one_does(bench: Any) -> None:
    application = bench.application
    key = seal_key(application.settings.seal_key)
    other = Sealer(store=bench.store, key=key, clock=lambda: bench.clock() + timedelta(seconds=1))
    _submit(bench, "v1")
    with bench.store.read() as session:
        leaves = session.seals.leaves(key.secret, after=0, until=session.seals.newest_fact(), form=1)
    made = next_seal(None, [one for _, one in leaves], until=9, key=key, sealed_at=bench.clock())
    other.run()
    with bench.store.begin() as session:
        assert not session.seals.append(made)
    assert application.sealer.verify().holds


def test_another_key_is_refused(bench: Any) -> None:
    bench.application.sealer.run()
    other = Sealer(store=bench.store, key=SealKey(key_id="new", secret=b"n" * 32), clock=bench.clock)
    _submit(bench, "v1")
    for refused in (other.run, other.verify, other.newest):
        with pytest.raises(InvalidSettings, match="Restore the key"):
            refused()


def test_every_column_of_every_fact_is_sealed() -> None:
    newest = FORMS[max(FORMS)]
    assert {table.name: set(table.columns.keys()) for table in FACTS} == {
        name: set(columns) for name, columns in newest.items()
    }, "a migration that adds a column makes a new form"


def test_the_chain_is_the_same_on_both_databases(bench: Any, noon: Any, make_item: Any) -> None:
    """A ledger that moves to the other database takes its chain along."""
    with bench.store.begin() as session:
        before = session.seals.newest_fact()
        session.ledger.add_items([make_item("v9")], received_at=noon)
    with bench.store.read() as session:
        [(number, leaf)] = session.seals.leaves(b"s" * 32, after=before, until=before + 9, form=1)
    assert number == before + 1
    assert leaf.hex() == FIXED


FIXED = "cf2833df4686d96ef318d28247941556c73afc6c8cd6e407c95c2f1b17bcf12e"
"""The leaf of the item of that test, which must never change."""
