"""Items: the same one twice is one, another one of the same name is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from data.errors import AlreadySubmitted
from data.records import Item
from data.store.store import Store

Make = Callable[..., Item]


def test_a_new_item_is_new_once(store: Store, make_item: Make, noon: datetime) -> None:
    with store.begin() as session:
        assert session.ledger.add_items([make_item()], received_at=noon) == [True]
    with store.begin() as session:
        assert session.ledger.add_items([make_item()], received_at=noon) == [False]
    with store.read() as session:
        assert session.ledger.counts()["items"] == 1


def test_the_same_item_twice_in_one_call_is_one(store: Store, make_item: Make, noon: datetime) -> None:
    with store.begin() as session:
        assert session.ledger.add_items([make_item(), make_item()], received_at=noon) == [True, False]


def test_known_and_new_items_are_told_apart_in_order(store: Store, make_item: Make, noon: datetime) -> None:
    with store.begin() as session:
        session.ledger.add_items([make_item("b")], received_at=noon)
        added = session.ledger.add_items([make_item(name) for name in "abc"], received_at=noon)
    assert added == [True, False, True]


def test_other_content_under_a_known_id_is_refused_with_its_place(
    store: Store, make_item: Make, noon: datetime
) -> None:
    changed = make_item("v2", data={"title": "another"})
    with store.begin() as session:
        session.ledger.add_items([make_item("v2")], received_at=noon)
        with pytest.raises(AlreadySubmitted, match="Send a new item_version") as refusal:
            session.ledger.add_items([make_item("v1"), changed], received_at=noon)
    assert refusal.value.field == "items/1/item_id"


def test_a_refused_call_records_none_of_its_items(store: Store, make_item: Make, noon: datetime) -> None:
    items = [make_item("v1"), make_item("v1", language="en")]
    with store.begin() as session, pytest.raises(AlreadySubmitted):
        session.ledger.add_items(items, received_at=noon)
    with store.read() as session:
        assert session.ledger.counts()["items"] == 0


def test_a_new_version_is_another_item(store: Store, make_item: Make, noon: datetime) -> None:
    changed = make_item(item_version="2", data={"title": "another"})
    with store.begin() as session:
        assert session.ledger.add_items([make_item(), changed], received_at=noon) == [True, True]
    with store.read() as session:
        assert session.ledger.item("v1", "1") == make_item()
        assert session.ledger.item("v1") == changed


def test_an_unknown_item_is_none(store: Store) -> None:
    with store.read() as session:
        assert session.ledger.item("v1") is None
        assert session.ledger.items([("v1", "1")]) == {}
        assert session.ledger.items([]) == {}


def test_any_number_of_items_goes_in_and_comes_out(store: Store, make_item: Make, noon: datetime) -> None:
    items = [make_item(f"v{number}") for number in range(1_203)]
    with store.begin() as session:
        assert session.ledger.add_items(items, received_at=noon) == [True] * len(items)
        assert session.ledger.add_items(items, received_at=noon) == [False] * len(items)
        found = session.ledger.items([each.key for each in items] + [("unknown", "1")])
    assert found == {each.key: each for each in items}
