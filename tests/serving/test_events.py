from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from data.records import ReviewType, Segment, Verdict
from serving.events import Event, Outcome

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def _event(at: datetime = NOON, **said: Any) -> Event:
    values = {"item_id": "v1", "reviewer_id": "mina", "verdict": Verdict.VIOLATION, **said}
    return Event(event_id="e1", occurred_at=at, outcome=Outcome(**values))


@pytest.mark.parametrize(
    "change",
    [
        {"item_id": "v2"},
        {"item_version": "2"},
        {"reviewer_id": "jun"},
        {"verdict": Verdict.UNSURE},
        {"policies": ["minors"]},
        {"segments": [Segment(start_ms=0, end_ms=1, policy_id="minors")]},
        {"reason": "why"},
        {"job_id": "j1"},
        {"review_type": ReviewType.APPEAL},
        {"decision_id": "d1"},
        {"started_at": NOON},
        {"score_visible": True},
    ],
)
def test_whatever_is_said_otherwise_is_another_digest(change: dict[str, Any]) -> None:
    assert _event(**change).digest() != _event().digest()


def test_the_same_moment_in_another_zone_is_the_same_digest() -> None:
    korean = NOON.astimezone(timezone(timedelta(hours=9)))
    assert _event(korean, started_at=korean).digest() == _event(NOON, started_at=NOON).digest()


def test_a_decision_without_a_name_gets_one_from_its_event() -> None:
    names = set()
    for event in (_event(), _event(reason="other")):
        assert event.outcome is not None
        names.add(event.outcome.decision(event, review_type=ReviewType.AUDIT).decision_id)
    assert len(names) == 1


@pytest.mark.parametrize("wrong", [{"event_id": "a b"}, {"occurred_at": datetime(2026, 6, 1)}])
def test_an_event_needs_a_name_and_a_moment_with_a_zone(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"event_id|occurred_at"):
        Event(**{"event_id": "e1", "occurred_at": NOON, **wrong})
