"""Facts are never changed: the database itself refuses, whoever asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa

from data.records import AuditRates, Decision, Item, Plan, Routing, Score, SecondLook
from data.seals import FORM, SealKey, next_seal
from data.store import engines
from data.store.schema import FACTS, seal
from data.store.store import Store

KEPT = (*FACTS, seal)


@pytest.fixture
def outsider(store: Store, url: str) -> Iterator[sa.Engine]:
    """Somebody with a connection of their own, who knows nothing of our promises."""
    engine = engines.create_for_migration(engines.parse_url(url))
    yield engine
    engine.dispose()


@pytest.fixture
def full(  # noqa: PLR0917 - a fact of every kind needs every builder
    store: Store,
    noon: datetime,
    make_item: Callable[..., Item],
    make_score: Callable[..., Score],
    make_routing: Callable[..., Routing],
    make_decision: Callable[..., Decision],
    make_plan: Callable[..., Plan],
) -> Store:
    """A ledger with one fact of every kind."""
    rates = AuditRates(rates_id="r1", plan="p1", scale=1.0, uniform=0.1, unflagged_per_day=9.0, set_at=noon)
    with store.begin() as session:
        session.ledger.add_items([make_item()], received_at=noon)
        session.ledger.record([make_score()], [make_routing(score_id="score-v1-1")])
        session.ledger.add_rates(rates)
        session.ledger.record_event(
            "e1", digest="d", event="x", payload={}, handled=True, note=None, actor="a", recorded_at=noon
        )
        decision = make_decision()
        session.ledger.record_decision(decision, event_id="e1", recorded_at=noon)
        session.ledger.add_second_look(
            SecondLook(
                item_id="v1",
                item_version="1",
                decision_id=decision.decision_id,
                chance=0.5,
                draw=0.1,
                key_id="k1",
                drawn_at=noon,
            )
        )
        session.plans.append(make_plan(), expected=None)
        session.ledger.add_items([make_item("erased")], received_at=noon)
        session.deployments.append(
            model="m1", bundle="b", digest="d", actor="a", reason="the first", deployed_at=noon
        )
    key = SealKey(key_id="k", secret=b"s" * 32)
    with store.begin() as session:
        until = session.seals.newest_fact()
        leaves = [leaf for _, leaf in session.seals.leaves(key.secret, after=0, until=until, form=FORM)]
        session.seals.append(next_seal(None, leaves, until=until, key=key, sealed_at=noon))
        session.erasures.erase("erased", secret=key.secret, actor="a", reason="asked", erased_at=noon)
    return store


def run(engine: sa.Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)


def refused(engine: sa.Engine, statement: str) -> list[str]:
    """Return the tables of facts that refuse a statement by our own words."""
    tables = []
    for table in KEPT:
        with pytest.raises(sa.exc.DBAPIError) as refusal:
            run(engine, statement.format(table.name, table.primary_key.columns.keys()[0]))
        if f"A fact is never changed: {table.name} is append-only." in str(refusal.value):
            tables.append(table.name)
    return tables


@pytest.mark.parametrize("change", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}"])
def test_a_fact_can_neither_be_changed_nor_deleted(full: Store, outsider: sa.Engine, change: str) -> None:
    before = counts(full)
    assert refused(outsider, change) == [table.name for table in KEPT]
    assert counts(full) == before


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_table_of_facts_cannot_be_emptied(full: Store, outsider: sa.Engine) -> None:
    assert len(refused(outsider, "TRUNCATE {0} CASCADE")) == len(KEPT)


def counts(store: Store) -> dict[str, int]:
    with store.read() as session:
        return session.ledger.counts()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_fact_cannot_be_replaced(full: Store, outsider: sa.Engine) -> None:
    with pytest.raises(sa.exc.DBAPIError, match="append-only"):
        run(outsider, "INSERT OR REPLACE INTO deployment SELECT * FROM deployment")


def test_jobs_and_credentials_may_change(full: Store, outsider: sa.Engine) -> None:
    run(outsider, "UPDATE job SET priority = 1")
    run(outsider, "DELETE FROM credential")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("inclusion_probability", 0.0),
        ("inclusion_probability", 1.5),
        ("draw", 1.0),
        ("draw", -0.1),
        ("route", "release"),
    ],
)
def test_the_database_refuses_a_routing_that_would_make_estimates_lie(
    full: Store, make_item: Callable[..., Item], noon: datetime, name: str, value: Any
) -> None:
    from data.store.schema import routing as table

    with full.begin() as session:
        session.ledger.add_items([make_item("v2")], received_at=noon)
        connection = session._transaction.connection
        row = dict(connection.execute(sa.select(table)).one()._mapping)
        row |= {"sequence": 99, "routing_id": "r2", "item_id": "v2", name: value}
        with pytest.raises(sa.exc.IntegrityError, match="ck_routing"), session.savepoint():
            connection.execute(sa.insert(table), row)


def test_the_database_refuses_a_plan_without_a_reason(full: Store) -> None:
    from data.store.schema import plan as table

    with full.begin() as session:
        connection = session._transaction.connection
        row = dict(connection.execute(sa.select(table)).one()._mapping)
        row |= {"sequence": 99, "version": "p2", "reason": "  why  "}
        with pytest.raises(sa.exc.IntegrityError, match="ck_plan_reason"), session.savepoint():
            connection.execute(sa.insert(table), row)
