"""Creators' histories: what was known before a moment, then and in hindsight."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.records import CreatorHistory, Decision, Item, ReviewType, Verdict
from data.store.store import Store

HOUR = timedelta(hours=1)
TYPES = [each for each in ReviewType if each is not ReviewType.IMPORTED]

events = st.lists(
    st.one_of(
        st.tuples(st.just("item"), st.integers(0, 2)),
        st.tuples(
            st.just("decision"), st.integers(0, 5), st.sampled_from(TYPES), st.sampled_from(list(Verdict))
        ),
    ),
    max_size=8,
)


def test_only_what_was_recorded_before_the_moment_counts(
    store: Store, make_item: Callable[..., Item], make_decision: Callable[..., Decision], noon: datetime
) -> None:
    with store.begin() as session:
        session.ledger.add_items([make_item("v1"), make_item("v2", creator_id=None)], received_at=noon)
        session.ledger.record_decision(make_decision("v1"), event_id=None, recorded_at=noon + HOUR)
        found = [
            session.ledger.creator_histories(["c1", "c9"], before=noon + after)
            for after in (timedelta(0), HOUR, 2 * HOUR)
        ]
    assert found == [
        {},
        {"c1": CreatorHistory(items=1)},
        {"c1": CreatorHistory(items=1, reviewed=1, violations=1)},
    ]


def test_an_item_that_was_cleared_on_appeal_is_no_violation_any_more(
    store: Store, make_item: Callable[..., Item], make_decision: Callable[..., Decision], noon: datetime
) -> None:
    cleared = make_decision("v1", Verdict.NO_VIOLATION, review_type=ReviewType.APPEAL)
    with store.begin() as session:
        session.ledger.add_items([make_item("v1")], received_at=noon)
        session.ledger.record_decisions([make_decision("v1"), cleared], recorded_at=noon)
        found = session.ledger.creator_histories(["c1"], before=noon + HOUR)
    assert found == {"c1": CreatorHistory(items=1, reviewed=1, violations=0)}


def test_any_number_of_creators_may_be_asked_for(
    store: Store, make_item: Callable[..., Item], noon: datetime
) -> None:
    creators = [f"c{number}" for number in range(1_100)]
    with store.begin() as session:
        items = [make_item(f"v-{creator}", creator_id=creator) for creator in creators]
        session.ledger.add_items(items, received_at=noon)
        later = noon + HOUR
        now = session.ledger.creator_histories(creators, before=later)
        then = session.ledger.histories_at([(creator, later) for creator in creators], as_of=later)
    assert now == dict.fromkeys(creators, CreatorHistory(items=1))
    assert then == [CreatorHistory(items=1)] * len(creators)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=events)
def test_hindsight_agrees_with_what_was_known_then(
    store: Store,
    make_item: Callable[..., Item],
    make_decision: Callable[..., Decision],
    noon: datetime,
    told: list[tuple[object, ...]],
) -> None:
    run = uuid4().hex
    creators = [f"{run}-{number}" for number in range(3)]
    items: list[Item] = []
    hours = count()
    with store.begin() as session:
        for event in told:
            now = noon + next(hours) * HOUR
            if event[0] == "item":
                items.append(make_item(f"{run}-{len(items)}", creator_id=creators[int(str(event[1]))]))
                session.ledger.add_items([items[-1]], received_at=now)
            elif items:
                _, number, review_type, verdict = event
                item = items[int(str(number)) % len(items)]
                decision = make_decision(item.item_id, verdict, review_type=review_type)
                session.ledger.record_decision(decision, event_id=None, recorded_at=now)
    moments = [noon + hour * HOUR for hour in range(len(told) + 1)]
    asked = [(creator, moment) for moment in moments for creator in creators]
    with store.read() as session:
        then = [
            session.ledger.creator_histories(creators, before=moment).get(creator, CreatorHistory())
            for moment in moments
            for creator in creators
        ]
        assert session.ledger.histories_at(asked, as_of=moments[-1]) == then


def test_what_was_imported_counts_from_when_it_happened_as_soon_as_it_is_known(
    store: Store, make_item: Callable[..., Item], make_decision: Callable[..., Decision], noon: datetime
) -> None:
    year_ago = noon - timedelta(days=365)
    outcome = make_decision("v1", review_type=ReviewType.IMPORTED, decided_at=year_ago + HOUR)
    asked = [("c1", year_ago + timedelta(minutes=30)), ("c1", year_ago + 2 * HOUR), ("c1", year_ago)]
    with store.begin() as session:
        session.ledger.add_items(
            [make_item("v1", source="import:old", submitted_at=year_ago)], received_at=noon
        )
        session.ledger.record_decision(outcome, event_id=None, recorded_at=noon)
        known = session.ledger.histories_at(asked, as_of=noon)
        unknown = session.ledger.histories_at(asked, as_of=noon - HOUR)
    assert known == [
        CreatorHistory(items=1),
        CreatorHistory(items=1, reviewed=1, violations=1),
        CreatorHistory(),
    ]
    assert unknown == [CreatorHistory()] * 3


def test_nobody_asked_for_is_nobody_found(store: Store, noon: datetime) -> None:
    with store.read() as session:
        assert session.ledger.creator_histories([], before=noon) == {}
        assert session.ledger.histories_at([], as_of=noon) == []
        assert session.ledger.histories_at([("c1", noon)], as_of=noon) == [CreatorHistory()]
