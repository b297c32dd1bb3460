"""Scores, routings and audit rates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from data.errors import AlreadyRecorded, UnknownItem
from data.records import AuditRates, Evidence, Item, Routing, Score
from data.store.store import Store


@pytest.fixture
def known(store: Store, make_item: Callable[..., Item], noon: datetime) -> Store:
    with store.begin() as session:
        session.ledger.add_items([make_item("v1"), make_item("v2")], received_at=noon)
    return store


def test_scores_and_routings_come_out_as_they_went_in(
    known: Store, make_score: Callable[..., Score], make_routing: Callable[..., Routing]
) -> None:
    evidence = (Evidence(signal="title", excerpt="홍삼", weight=0.4), Evidence(signal="video", start_ms=5))
    scores = [make_score("v1", evidence=evidence, uncertainty=0.1), make_score("v2", 0.9)]
    routings = [
        make_routing("v1", score_id="score-v1-1", priority_factors={"likelihood": 30.0}, model="m1"),
        make_routing("v2", flagged=True, flagged_policies=("any", "health_claim"), degraded="no model"),
    ]
    with known.begin() as session:
        session.ledger.record(scores, routings)
    with known.read() as session:
        keys = [("v1", "1"), ("v2", "1"), ("v3", "1")]
        assert session.ledger.routings(keys) == dict(zip(keys, routings, strict=False))
        assert session.ledger.scores(keys) == {("v1", "1"): scores[0]}


def test_an_item_is_routed_once(known: Store, make_routing: Callable[..., Routing]) -> None:
    again = make_routing(routing_id="another", draw=0.15)
    with known.begin() as session:
        session.ledger.record([], [make_routing()])
        with pytest.raises(AlreadyRecorded), session.savepoint():
            session.ledger.record([], [again])
        assert session.ledger.routings([("v1", "1")]) == {("v1", "1"): make_routing()}


def test_an_item_that_was_never_added_cannot_be_routed(
    store: Store, make_routing: Callable[..., Routing]
) -> None:
    with store.begin() as session, pytest.raises(UnknownItem), session.savepoint():
        session.ledger.record([], [make_routing("unknown")])


def test_a_routing_cannot_rest_on_a_score_that_is_not_there(
    known: Store, make_routing: Callable[..., Routing]
) -> None:
    with known.begin() as session, pytest.raises(UnknownItem, match="never recorded"), session.savepoint():
        session.ledger.record([], [make_routing(score_id="unknown")])


def test_the_newest_rates_of_a_plan_are_the_ones_that_count(store: Store, noon: datetime) -> None:
    first = AuditRates(rates_id="r1", plan="p1", scale=1.5, uniform=0.1, unflagged_per_day=9.0, set_at=noon)
    # Set by a server whose clock is behind: what was recorded last counts.
    second = replace(first, rates_id="r2", scale=2.5, set_at=noon - timedelta(hours=1), mean_square_views=4.0)
    other = replace(first, rates_id="r3", plan="p2")
    with store.begin() as session:
        for rates in (first, second, other):
            session.ledger.add_rates(rates)
        assert session.ledger.rates("p1") == second
        assert session.ledger.rates("p3") is None
