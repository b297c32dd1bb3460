"""Outcomes: settled items to learn from, each with the chance that it came to be observed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from data.records import Decision, Item, ReviewType, Routing, Verdict
from data.store.store import Store

HOUR = timedelta(hours=1)
IMPORTED = {"review_type": ReviewType.IMPORTED, "inclusion_probability": 0.25}
Put = Callable[..., Item]


@pytest.fixture
def put(
    store: Store,
    make_item: Callable[..., Item],
    make_routing: Callable[..., Routing],
    make_decision: Callable[..., Decision],
    noon: datetime,
) -> Put:
    """Record an item, its routing (None: it has none) and decisions."""

    def record(
        *decisions: dict[str, Any],
        routing: dict[str, Any] | None,
        recorded_at: datetime = noon,
        version: str = "1",
        **changes: Any,
    ) -> Item:
        key = {"item_id": "v1", "item_version": version}
        item = make_item(**key, **changes)
        with store.begin() as session:
            session.ledger.add_items([item], received_at=noon)
            session.ledger.record([], [] if routing is None else [make_routing(**key, **routing)])
            made = [make_decision(**key, **decision) for decision in decisions]
            session.ledger.record_decisions(made, recorded_at=recorded_at)
        return item

    return record


def outcomes(store: Store, as_of: datetime) -> pd.DataFrame:
    with store.read() as session:
        return session.ledger.outcomes(as_of=as_of).set_index("item_id")


def test_an_item_whose_draw_called_for_a_look_has_the_chance_of_its_routing(
    store: Store, put: Put, noon: datetime
) -> None:
    item = put({}, routing={}, recorded_at=noon + HOUR)
    row = outcomes(store, noon + HOUR).loc["v1"]
    assert row["item"] == item
    assert (row["chance"], row["violation"], row["policies"]) == (0.2, True, ["health_claim"])
    assert (row["settled_at"], row["received_at"], row["time"]) == (noon + HOUR, noon, item.submitted_at)
    assert (row["creator_id"], row["source"], row["expected_views"]) == ("c1", "api", 1000.0)


def test_what_was_recorded_later_is_not_there_yet(store: Store, put: Put, noon: datetime) -> None:
    put({"decided_at": noon - HOUR}, routing={}, recorded_at=noon + HOUR)
    before, after = outcomes(store, noon), outcomes(store, noon + HOUR)
    assert (len(before), len(after)) == (0, 1)
    assert dict(before.dtypes) == dict(after.dtypes)


def test_an_imported_outcome_brings_its_own_chance(store: Store, put: Put, noon: datetime) -> None:
    put({"verdict": Verdict.NO_VIOLATION, **IMPORTED}, routing=None, submitted_at=None)
    row = outcomes(store, noon).loc["v1"]
    assert (row["chance"], row["violation"], row["policies"], row["time"]) == (0.25, False, [], noon)


def test_an_imported_item_that_waits_for_its_look_keeps_the_chance_it_was_observed_with(
    store: Store, put: Put, noon: datetime
) -> None:
    put(IMPORTED, routing={"flagged": True})
    assert outcomes(store, noon).loc["v1", "chance"] == 0.25


@pytest.mark.parametrize("review_type", [ReviewType.APPEAL, ReviewType.FIRST_REVIEW])
def test_a_released_item_that_somebody_complained_about_is_left_out(
    store: Store, put: Put, noon: datetime, review_type: ReviewType
) -> None:
    put({"review_type": review_type}, routing={"draw": 0.9})
    assert outcomes(store, noon).empty


def test_an_item_that_nobody_could_settle_is_left_out(store: Store, put: Put, noon: datetime) -> None:
    put({"verdict": Verdict.UNSURE}, {"verdict": Verdict.UNREVIEWABLE}, routing={})
    assert outcomes(store, noon).empty


def test_an_appeal_corrects_the_label_and_leaves_the_chance(store: Store, put: Put, noon: datetime) -> None:
    put({}, {"verdict": Verdict.NO_VIOLATION, "review_type": ReviewType.APPEAL}, routing={})
    row = outcomes(store, noon).loc["v1"]
    assert (row["chance"], row["violation"]) == (0.2, False)


def test_versions_of_an_item_are_told_apart(store: Store, put: Put, noon: datetime) -> None:
    put({}, routing={})
    put({"verdict": Verdict.NO_VIOLATION}, routing={"inclusion_probability": 0.5}, version="2")
    found = outcomes(store, noon)
    assert list(found["item_version"]) == ["1", "2"]
    assert list(found["chance"]) == [0.2, 0.5]
    assert list(found["violation"]) == [True, False]


def test_blind_looks_are_those_that_were_recorded_by_then(store: Store, put: Put, noon: datetime) -> None:
    put({"reviewer_id": "kim"}, routing={}, recorded_at=noon + HOUR)
    second = {"decision_id": "d2", "reviewer_id": "lee", "review_type": ReviewType.SECOND_REVIEW}
    put(second | {"verdict": Verdict.NO_VIOLATION, "policies": ()}, routing=None, recorded_at=noon + 2 * HOUR)
    told = []
    for hours in (0, 1, 2):
        with store.read() as session:
            found = session.ledger.blind_looks(as_of=noon + hours * HOUR)
        told.append(found[["item_id", "reviewer_id", "label", "informed"]].to_numpy().tolist())
    kim, lee = ["v1", "kim", True, False], ["v1", "lee", False, False]
    assert told == [[], [kim], [kim, lee]]
