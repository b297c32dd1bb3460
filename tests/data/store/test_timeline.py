"""Everything about one item, in the order in which it was recorded."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from data.records import Decision, Evidence, Item, Job, Routing, Score, Segment
from data.store.store import Store


@pytest.fixture
def story(
    store: Store,
    noon: datetime,
    make_item: Callable[..., Item],
    make_score: Callable[..., Score],
    make_decision: Callable[..., Decision],
) -> Store:
    """An item that came, was scored and decided; then a second version; another item in between."""
    segments = (Segment(start_ms=0, end_ms=9, policy_id="health_claim"),)
    with store.begin() as session:
        session.ledger.add_items([make_item("v1"), make_item("v2")], received_at=noon)
        session.ledger.record([make_score("v1", evidence=(Evidence(signal="title"),))], [])
        # The clock of this server is behind; the order is that of the ledger all the same.
        before = noon - timedelta(days=1)
        session.ledger.record_decision(
            make_decision("v1", segments=segments), event_id=None, recorded_at=before
        )
        session.ledger.add_items([make_item("v1", item_version="2")], received_at=noon)
    return store


def test_facts_stand_in_ledger_order_whatever_the_clocks_say(story: Store) -> None:
    with story.read() as session:
        facts = session.ledger.timeline("v1")
    kinds = [(fact["kind"], fact["item_version"]) for fact in facts]
    assert kinds == [("item", "1"), ("score", "1"), ("decision", "1"), ("item", "2")]


def test_routings_and_jobs_are_in_it(
    story: Store, make_routing: Callable[..., Routing], make_job: Callable[..., Job]
) -> None:
    with story.begin() as session:
        session.ledger.record([], [make_routing("v1")])
        session.queue.add([make_job("v1")])
        assert [fact["kind"] for fact in session.ledger.timeline("v1")][-2:] == ["routing", "job"]


def test_all_of_it_is_json(story: Store, noon: datetime) -> None:
    with story.read() as session:
        facts = session.ledger.timeline("v1")
    assert json.loads(json.dumps(facts)) == facts
    assert facts[0]["recorded_at"] == noon.isoformat()
    assert facts[2]["segments"] == [{"start_ms": 0, "end_ms": 9, "policy_id": "health_claim"}]
    assert all(type(fact["item_id"]) is str for fact in facts)


def test_an_unknown_item_has_no_facts(story: Store) -> None:
    with story.read() as session:
        assert session.ledger.timeline("unknown") == []


def test_rows_are_counted_by_kind(story: Store) -> None:
    with story.read() as session:
        assert session.ledger.counts() == {
            "items": 3,
            "scores": 1,
            "routings": 0,
            "audit_rates": 0,
            "events": 0,
            "decisions": 1,
            "second_looks": 0,
            "erasures": 0,
            "plans": 0,
            "deployments": 0,
            "jobs": 0,
        }
