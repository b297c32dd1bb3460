"""Column types: what goes in comes out, the same on both databases, or is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.errors import Invalid
from data.records import Item
from data.store.store import Store

on_one_database = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
characters = st.characters(exclude_categories=["Cs"])
names = st.text(characters, max_size=8)
words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
zones = st.builds(lambda minutes: timezone(timedelta(minutes=minutes)), st.integers(-12 * 60, 14 * 60))
moments = st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1), timezones=zones)
numbers = st.floats(min_value=0, allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(characters, max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=8,
)  # fmt: skip


items = st.builds(
    Item,
    item_id=st.builds(lambda: uuid4().hex),
    data=st.dictionaries(names, json_values, max_size=4),
    submitted_at=st.none() | moments,
    expected_views=st.none() | numbers,
    category=st.none() | words,
)


@on_one_database
@given(item=items)
def test_an_item_comes_out_as_it_went_in(store: Store, noon: datetime, item: Item) -> None:
    with store.begin() as session:
        session.ledger.add_items([item], received_at=noon)
    with store.read() as session:
        found = session.ledger.item(item.item_id)
    assert found == item
    assert json.dumps(found.data) == json.dumps(item.data)


def test_a_moment_comes_out_in_utc(store: Store, make_item: Callable[..., Item], noon: datetime) -> None:
    seoul = timezone(timedelta(hours=9))
    with store.begin() as session:
        session.ledger.add_items([make_item(submitted_at=noon.astimezone(seoul))], received_at=noon)
        found = session.ledger.item("v1")
    assert found is not None
    assert found.submitted_at == noon
    assert found.submitted_at.tzinfo is UTC


def test_a_moment_without_a_zone_is_refused(store: Store, make_item: Callable[..., Item]) -> None:
    with store.begin() as session, pytest.raises(ValueError, match="time zone"):
        session.ledger.add_items([make_item()], received_at=datetime(2026, 6, 1))


@pytest.mark.parametrize("text", ["a\0b", "half \ud83d a character"])
def test_text_that_one_database_could_not_hold_is_refused_by_both(
    store: Store, make_item: Callable[..., Item], noon: datetime, text: str
) -> None:
    item = make_item()
    object.__setattr__(item, "source", text)  # a field that is not part of the digest
    with store.begin() as session, pytest.raises(ValueError, match="Text may not hold"):
        session.ledger.add_items([item], received_at=noon)


def test_the_character_nul_may_stand_in_json(
    store: Store, make_item: Callable[..., Item], noon: datetime
) -> None:
    with store.begin() as session:
        session.ledger.add_items([make_item(data={"title": "a\0b"})], received_at=noon)
        found = session.ledger.item("v1")
    assert found is not None
    assert found.data == {"title": "a\0b"}


@pytest.mark.parametrize("content", [{"title": float("nan")}, {"title": "\ud83d"}, {"title": object()}])
def test_content_that_is_no_json_is_refused_with_its_place(
    store: Store, make_item: Callable[..., Item], noon: datetime, content: dict[str, Any]
) -> None:
    items = [make_item("v1"), make_item("v2", data=content)]
    with store.begin() as session, pytest.raises(Invalid) as refusal:
        session.ledger.add_items(items, received_at=noon)
    assert refusal.value.field == "items/1/data"


def test_both_databases_sort_text_by_code_point(
    store: Store, make_item: Callable[..., Item], noon: datetime
) -> None:
    from data.store.schema import item as table

    with store.begin() as session:
        names = ["b", "a", "B", "_", "A"]
        session.ledger.add_items([make_item(name) for name in names], received_at=noon)
        ordered = table.select().with_only_columns(table.c.item_id).order_by(table.c.item_id)
        found = session._transaction.connection.execute(ordered).scalars().all()
    assert found == sorted(names)


def test_a_number_that_is_none_is_refused(
    store: Store, make_item: Callable[..., Item], make_score: Callable[..., Any], noon: datetime
) -> None:
    with store.begin() as session:
        session.ledger.add_items([make_item()], received_at=noon)
        with pytest.raises(ValueError, match="finite"):
            session.ledger.record([make_score(uncertainty=float("nan"))], [])
