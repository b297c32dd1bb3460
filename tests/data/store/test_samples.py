"""The sample table: every routing of a window with its chance, and only labels the draw called for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.records import Decision, Item, ReviewType, Route, Routing, Score, Verdict
from data.store.store import Session, Store

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
COLUMNS = {
    "id", "item_version", "pi", "draw", "flagged", "violation", "policies", "score", "views", "time", "route",
    "plan", "model", "language", "category", "creator_id", "source", "item_type", "degraded", "queue",
    "flagged_policies", "first", "second", "second_pi", "second_called",
    "first_policies", "second_policies", "reviewer_id",
}  # fmt: skip
LISTS_AND_GAPS = (
    "policies", "violation", "degraded", "flagged_policies", "first", "second", "second_pi", "second_called",
    "first_policies", "second_policies", "reviewer_id",
)  # fmt: skip


@pytest.fixture
def route(
    make_item: Callable[..., Item],
    make_score: Callable[..., Score],
    make_routing: Callable[..., Routing],
    noon: datetime,
) -> Callable[..., None]:
    """Put an item through: received, scored, routed."""

    def put(session: Session, item_id: str, *, item: dict[str, Any] | None = None, **routing: Any) -> None:
        session.ledger.add_items([make_item(item_id, **(item or {}))], received_at=noon)
        given = {"score_id": f"score-{item_id}-1", "model": "m1"} | routing
        session.ledger.record([make_score(item_id)], [make_routing(item_id, **given)])

    return put


@pytest.fixture
def decide(
    route: Callable[..., None], make_decision: Callable[..., Decision], noon: datetime
) -> Callable[..., None]:
    """Put an item through, and record looks at it."""

    def put(session: Session, item_id: str, looks: list[tuple[ReviewType, Verdict]], **routing: Any) -> None:
        route(session, item_id, **routing)
        decisions = [
            make_decision(item_id, verdict, review_type=review_type) for review_type, verdict in looks
        ]
        session.ledger.record_decisions(decisions, recorded_at=noon)

    return put


def sample(store: Store, since: datetime, **more: Any) -> pd.DataFrame:
    with store.read() as session:
        return session.ledger.sample(since=since, until=since + DAY, **more).set_index("id")


def test_a_row_says_what_the_routing_the_score_and_the_item_say(
    store: Store, route: Callable[..., None], noon: datetime
) -> None:
    with store.begin() as session:
        route(session, "v1")
    row = sample(store, noon).loc["v1"]
    assert set(row.index) == COLUMNS - {"id"}
    assert dict(row.drop(list(LISTS_AND_GAPS))) == {
        "item_version": "1", "pi": 0.2, "draw": 0.1, "flagged": False, "score": 0.3, "views": 1000.0,
        "time": noon, "route": "audit", "plan": "p1", "model": "m1", "language": "ko", "category": "health",
        "creator_id": "c1", "source": "api", "item_type": "video", "queue": "ko",
    }  # fmt: skip
    assert (row["policies"], list(row["flagged_policies"])) == ([], [])
    assert pd.isna(row["violation"])
    assert pd.isna(row["degraded"])


def test_an_empty_window_has_the_columns_and_types_of_a_full_one(
    store: Store, route: Callable[..., None], make_decision: Callable[..., Decision], noon: datetime
) -> None:
    with store.begin() as session:
        route(session, "v1")
        session.ledger.record_decision(make_decision("v1"), event_id=None, recorded_at=noon)
    full, empty = sample(store, noon), sample(store, noon + DAY)
    assert len(empty) == 0
    assert dict(full.dtypes) == dict(empty.dtypes)


def test_a_window_begins_with_its_first_moment_and_ends_before_its_last(
    store: Store, route: Callable[..., None], noon: datetime
) -> None:
    moments = {"before": noon - HOUR / 60, "first": noon, "inside": noon + HOUR, "end": noon + DAY}
    with store.begin() as session:
        for name, moment in moments.items():
            route(session, name, routed_at=moment)
    assert list(sample(store, noon).index) == ["first", "inside"]


def test_what_could_not_be_scored_is_in_the_sample_without_a_score(
    store: Store, route: Callable[..., None], noon: datetime
) -> None:
    degraded = {"inclusion_probability": 1.0, "degraded": "no champion", "score_id": None, "model": None}
    with store.begin() as session:
        route(session, "v1", item={"expected_views": None}, **degraded)
    row = sample(store, noon).loc["v1"]
    assert (row["pi"], row["route"], row["degraded"]) == (1.0, "full_review", "no champion")
    assert np.isnan(row["score"])
    assert np.isnan(row["views"])


@pytest.mark.parametrize(
    ("looks", "violation"),
    [
        ([(ReviewType.FIRST_REVIEW, Verdict.VIOLATION)], 1.0),
        ([(ReviewType.AUDIT, Verdict.NO_VIOLATION)], 0.0),
        ([(ReviewType.AUDIT, Verdict.UNSURE)], None),
        ([(ReviewType.AUDIT, Verdict.UNSURE), (ReviewType.ESCALATION, Verdict.VIOLATION)], 1.0),
        ([(ReviewType.APPEAL, Verdict.NO_VIOLATION)], None),
        ([(ReviewType.AUDIT, Verdict.UNSURE), (ReviewType.APPEAL, Verdict.NO_VIOLATION)], None),
        ([(ReviewType.AUDIT, Verdict.VIOLATION), (ReviewType.APPEAL, Verdict.NO_VIOLATION)], 0.0),
        ([(ReviewType.APPEAL, Verdict.NO_VIOLATION), (ReviewType.AUDIT, Verdict.VIOLATION)], 0.0),
        ([(ReviewType.IMPORTED, Verdict.VIOLATION)], None),
        ([(ReviewType.AUDIT, Verdict.NO_VIOLATION), (ReviewType.IMPORTED, Verdict.VIOLATION)], 0.0),
        ([(ReviewType.GOLDEN, Verdict.VIOLATION)], None),
        ([(ReviewType.AUDIT, Verdict.VIOLATION), (ReviewType.AUDIT, Verdict.NO_VIOLATION)], 0.0),
        ([(ReviewType.SECOND_REVIEW, Verdict.VIOLATION), (ReviewType.AUDIT, Verdict.NO_VIOLATION)], 1.0),
        ([(ReviewType.ESCALATION, Verdict.VIOLATION), (ReviewType.SECOND_REVIEW, Verdict.NO_VIOLATION)], 1.0),
    ],
)
def test_a_label_counts_if_the_draw_called_for_a_look_that_settled_it(
    store: Store,
    decide: Callable[..., None],
    noon: datetime,
    looks: list[tuple[ReviewType, Verdict]],
    violation: float | None,
) -> None:
    with store.begin() as session:
        decide(session, "v1", looks)
    row = sample(store, noon).loc["v1"]
    assert (None if np.isnan(row["violation"]) else row["violation"]) == violation
    assert row["policies"] == (["health_claim"] if violation else [])


def test_a_look_at_a_released_item_stays_out(
    store: Store, route: Callable[..., None], make_decision: Callable[..., Decision], noon: datetime
) -> None:
    with store.begin() as session:
        route(session, "v1", draw=0.9)
        session.ledger.record_decision(make_decision("v1"), event_id=None, recorded_at=noon)
    row = sample(store, noon).loc["v1"]
    assert row["route"] == Route.RELEASE
    assert np.isnan(row["violation"])


def test_a_late_decision_is_not_in_an_earlier_sample_whatever_its_own_clock_said(
    store: Store, route: Callable[..., None], make_decision: Callable[..., Decision], noon: datetime
) -> None:
    with store.begin() as session:
        route(session, "v1")
        route(session, "v2", routed_at=noon + 3 * HOUR)
        late = make_decision("v1", decided_at=noon)
        session.ledger.record_decision(late, event_id=None, recorded_at=noon + 2 * HOUR)
    assert sample(store, noon, as_of=noon + HOUR)["violation"].isna().all()
    assert sample(store, noon, as_of=noon + 2 * HOUR).loc["v1", "violation"] == 1.0
    assert list(sample(store, noon, as_of=noon + 2 * HOUR).index) == ["v1"]


days = count(1)
looks_at = st.lists(st.tuples(st.sampled_from(list(ReviewType)), st.sampled_from(list(Verdict))), max_size=4)
CALLED = {ReviewType.FIRST_REVIEW, ReviewType.AUDIT, ReviewType.SECOND_REVIEW, ReviewType.ESCALATION}
FINAL = ({ReviewType.ESCALATION, ReviewType.APPEAL}, {ReviewType.SECOND_REVIEW}, set(ReviewType))
"""Whose verdict counts, the first of these that settled anything."""
SETTLING = {Verdict.VIOLATION, Verdict.NO_VIOLATION}


def expected_violation(drawn: bool, looks: list[tuple[ReviewType, Verdict]]) -> float | None:
    settling = [each for each in looks if each[1] in SETTLING and each[0] in CALLED | {ReviewType.APPEAL}]
    if not drawn or not any(review_type in CALLED for review_type, _ in settling):
        return None
    by_rank = ([verdict for kind, verdict in settling if kind in kinds] for kinds in FINAL)
    return float(next(filter(None, by_rank))[-1] is Verdict.VIOLATION)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(draws=st.lists(st.tuples(st.sampled_from([0.1, 0.9]), looks_at), max_size=6))
def test_the_sample_is_what_reading_the_ledger_by_hand_gives(
    store: Store,
    decide: Callable[..., None],
    noon: datetime,
    draws: list[tuple[float, list[tuple[ReviewType, Verdict]]]],
) -> None:
    day = next(days)
    since = noon + day * DAY
    expected: dict[str, float | None] = {}
    with store.begin() as session:
        for number, (draw, looks) in enumerate(draws):
            item_id = f"{day}-{number}"
            decide(session, item_id, looks, draw=draw, routed_at=since)
            expected[item_id] = expected_violation(draw < 0.2, looks)
    found = sample(store, since)["violation"]
    assert {name: None if np.isnan(value) else value for name, value in found.items()} == expected


def test_audit_rates_are_solved_from_what_was_known_of_scored_items(
    store: Store, route: Callable[..., None], noon: datetime
) -> None:
    with store.begin() as session:
        route(session, "v1", item={"expected_views": None, "data": {"duration_s": 31.5}})
        route(session, "v2", routed_at=noon + HOUR, item={"data": {"duration_s": 10**400}})
        route(session, "flagged", flagged=True, item={"data": {"duration_s": "long"}})
        route(session, "degraded", score_id=None, inclusion_probability=1.0, degraded="no model")
        route(session, "later", routed_at=noon + DAY)
        found, every = session.ledger.scored_history(since=noon, until=noon + DAY, most=10)
        empty, _ = session.ledger.scored_history(since=noon - DAY, until=noon, most=10)
    wanted = {
        "violation_probability": [0.3, 0.3, 0.3],
        "policy_scores": [{"health_claim": 0.3}] * 3,
        "views": [np.nan, 1000.0, 1000.0],
        "duration": [31.5, np.nan, np.nan],
        "routed_at": [noon, noon + HOUR, noon],
    }
    pd.testing.assert_frame_equal(found, pd.DataFrame(wanted), check_dtype=False)
    assert (len(empty), every) == (0, 1)
    assert dict(found.dtypes) == dict(empty.dtypes)


def test_of_many_items_every_nth_is_read(store: Store, route: Callable[..., None], noon: datetime) -> None:
    with store.begin() as session:
        for number in range(10):
            route(session, f"v{number}", routed_at=noon + DAY * 50)
        found, every = session.ledger.scored_history(since=noon + DAY * 50, until=noon + DAY * 51, most=3)
    assert (len(found) in {2, 3}, every) == (True, 4)
