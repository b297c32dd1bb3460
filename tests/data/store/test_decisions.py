"""Events and decisions: told twice, recorded once; contradicted, refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from data.errors import AlreadyRecorded, Invalid, UnknownItem
from data.records import Decision, Item, Segment, Verdict
from data.store.store import Session, Store

Make = Callable[..., Decision]


@pytest.fixture
def known(store: Store, make_item: Callable[..., Item], noon: datetime) -> Store:
    with store.begin() as session:
        session.ledger.add_items([make_item("v1"), make_item("v2")], received_at=noon)
    return store


def tell(session: Session, now: datetime, event_id: str = "e1", **changes: Any) -> bool:
    said: dict[str, Any] = {
        "digest": "d1",
        "event": "decision.created",
        "payload": {"verdict": "violation"},
        "handled": True,
        "note": None,
        "actor": "queue",
    }
    return session.ledger.record_event(event_id, recorded_at=now, **said | changes)


def test_a_decision_comes_out_as_it_went_in(known: Store, make_decision: Make, noon: datetime) -> None:
    decision = make_decision(
        segments=(Segment(start_ms=0, end_ms=900, policy_id="health_claim"),),
        reason="혈당을 낮춘다고 말함",
        job_id="job-v1",
        started_at=noon,
        score_visible=True,
        inclusion_probability=0.25,
    )
    with known.begin() as session:
        assert session.ledger.record_decision(decision, event_id="e1", recorded_at=noon)
    with known.read() as session:
        assert session.ledger.decisions([("v1", "1"), ("v2", "1")]) == {("v1", "1"): [decision]}


def test_the_same_decision_again_changes_nothing(known: Store, make_decision: Make, noon: datetime) -> None:
    decision = make_decision()
    with known.begin() as session:
        assert session.ledger.record_decision(decision, event_id="e1", recorded_at=noon)
        assert not session.ledger.record_decision(decision, event_id="e2", recorded_at=noon)
        assert session.ledger.counts()["decisions"] == 1


def test_the_same_moment_told_in_another_zone_is_the_same_decision(
    known: Store, make_decision: Make, noon: datetime
) -> None:
    seoul = timezone(timedelta(hours=9))
    with known.begin() as session:
        for moment in (noon, noon.astimezone(seoul)):
            decision = make_decision(decision_id="d1", decided_at=moment)
            session.ledger.record_decision(decision, event_id=None, recorded_at=noon)
        assert session.ledger.counts()["decisions"] == 1


def test_another_decision_under_a_known_id_is_refused(
    known: Store, make_decision: Make, noon: datetime
) -> None:
    with known.begin() as session:
        session.ledger.record_decision(make_decision(decision_id="d1"), event_id=None, recorded_at=noon)
        changed = make_decision("v1", Verdict.NO_VIOLATION, decision_id="d1")
        with pytest.raises(AlreadyRecorded, match="Send a new decision_id") as refusal:
            session.ledger.record_decision(changed, event_id=None, recorded_at=noon)
    assert refusal.value.field == "decision_id"


def test_contradicting_decisions_on_one_item_are_both_kept_in_order(
    known: Store, make_decision: Make, noon: datetime
) -> None:
    # The second was decided earlier by the reviewer's clock; the ledger's order is that of recording.
    first = make_decision("v1", Verdict.VIOLATION, decided_at=noon)
    second = make_decision("v1", Verdict.NO_VIOLATION, decided_at=noon - timedelta(days=1))
    with known.begin() as session:
        for decision in (first, second):
            session.ledger.record_decision(decision, event_id=None, recorded_at=noon)
        assert session.ledger.decisions([("v1", "1")]) == {("v1", "1"): [first, second]}


@pytest.mark.parametrize("key", [("unknown", "1"), ("v1", "2")])
def test_a_decision_on_an_unknown_item_is_refused(
    known: Store, make_decision: Make, noon: datetime, key: tuple[str, str]
) -> None:
    decision = make_decision(key[0], item_version=key[1])
    with known.begin() as session, pytest.raises(UnknownItem) as refusal:
        session.ledger.record_decision(decision, event_id=None, recorded_at=noon)
    assert refusal.value.field == "item_id"


def test_many_decisions_go_in_together(known: Store, make_decision: Make, noon: datetime) -> None:
    decisions = [make_decision(item) for item in ("v1", "v2", "v1")]
    with known.begin() as session:
        told = session.ledger.record_decisions([*decisions, decisions[0]], recorded_at=noon)
        assert told == [True, True, True, False]
        assert session.ledger.record_decisions(decisions, recorded_at=noon) == [False] * 3
        assert session.ledger.record_decisions([], recorded_at=noon) == []


def test_many_decisions_go_in_together_or_not_at_all(
    known: Store, make_decision: Make, noon: datetime
) -> None:
    with known.begin() as session, pytest.raises(UnknownItem):
        session.ledger.record_decisions([make_decision("v1"), make_decision("unknown")], recorded_at=noon)
    with known.read() as session:
        assert session.ledger.counts()["decisions"] == 0


def test_a_reason_of_half_characters_is_refused(known: Store, make_decision: Make, noon: datetime) -> None:
    with known.begin() as session, pytest.raises(Invalid, match="plain text"):
        session.ledger.record_decision(make_decision(reason="\ud83d"), event_id=None, recorded_at=noon)


def test_an_event_told_twice_is_recorded_once(store: Store, noon: datetime) -> None:
    with store.begin() as session:
        assert tell(session, noon)
        assert not tell(session, noon)
        assert session.ledger.counts()["events"] == 1


def test_another_body_under_a_known_event_id_is_refused(store: Store, noon: datetime) -> None:
    with store.begin() as session:
        tell(session, noon)
        with pytest.raises(AlreadyRecorded, match="Send a new event_id") as refusal:
            tell(session, noon, digest="d2")
    assert refusal.value.field == "event_id"


def test_events_without_effect_are_found_newest_first(store: Store, noon: datetime) -> None:
    with store.begin() as session:
        tell(session, noon, "e1", handled=False, note="unknown kind", payload={"제목": "영상"})
        tell(session, noon, "e2")
        tell(session, noon, "e3", handled=False, digest="d3")
        found = session.ledger.unhandled_events(limit=10)
        assert len(session.ledger.unhandled_events(limit=1)) == 1
    assert [event["event_id"] for event in found] == ["e3", "e1"]
    assert found[1]["payload"] == {"제목": "영상"}
    assert found[1]["note"] == "unknown kind"
