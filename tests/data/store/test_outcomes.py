"""Outcomes: settled items to learn from, each with the chance that it came to be observed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pandas as pd
import pytest

from data.records import Decision, Item, ReviewType, Routing, Verdict
from data.store.store import Store

HOUR = timedelta(hours=1)
DecisionMake = Callable[..., Decision]


@pytest.fixture
def put(
    store: Store, make_item: Callable[..., Item], make_routing: Callable[..., Routing], noon: datetime
) -> Callable[..., None]:
    """Record an item, its routing (None: it has none) and decisions."""

    def record(
        item: Item, routing: Routing | None, *decisions: Decision, recorded_at: datetime = noon
    ) -> None:
        with store.begin() as session:
            session.ledger.add_items([item], received_at=noon)
            session.ledger.record([], [routing] if routing else [])
            session.ledger.record_decisions(decisions, recorded_at=recorded_at)

    return record


def outcomes(store: Store, as_of: datetime) -> pd.DataFrame:
    with store.read() as session:
        return session.ledger.outcomes(as_of=as_of).set_index("item_id")


def test_an_item_whose_draw_called_for_a_look_has_the_chance_of_its_routing(
    store: Store,
    put: Callable[..., None],
    make_item: Callable[..., Item],
    make_routing: Callable[..., Routing],
    make_decision: DecisionMake,
    noon: datetime,
) -> None:
    item = make_item("v1")
    put(item, make_routing("v1"), make_decision("v1"), recorded_at=noon + HOUR)
    row = outcomes(store, noon + HOUR).loc["v1"]
    assert row["item"] == item
    assert (row["chance"], row["violation"], row["policies"]) == (0.2, True, ["health_claim"])
    assert (row["settled_at"], row["received_at"], row["time"]) == (noon + HOUR, noon, item.submitted_at)
    assert (row["creator_id"], row["source"], row["expected_views"]) == ("c1", "api", 1000.0)


def test_what_was_settled_later_is_not_there_yet(
    store: Store,
    put: Callable[..., None],
    make_item: Callable[..., Item],
    make_routing: Callable[..., Routing],
    make_decision: DecisionMake,
    noon: datetime,
) -> None:
    decided_early = make_decision("v1", decided_at=noon - HOUR)
    put(make_item("v1"), make_routing("v1"), decided_early, recorded_at=noon + HOUR)
    before, after = outcomes(store, noon), outcomes(store, noon + HOUR)
    assert (len(before), len(after)) == (0, 1)
    assert dict(before.dtypes) == dict(after.dtypes)


def test_an_imported_outcome_brings_its_own_chance(
    store: Store,
    put: Callable[..., None],
    make_item: Callable[..., Item],
    make_decision: DecisionMake,
    noon: datetime,
) -> None:
    imported = {"review_type": ReviewType.IMPORTED, "inclusion_probability": 0.25}
    put(make_item("v1", submitted_at=None), None, make_decision("v1", Verdict.NO_VIOLATION, **imported))
    row = outcomes(store, noon).loc["v1"]
    assert (row["chance"], row["violation"], row["policies"], row["time"]) == (0.25, False, [], noon)


def test_an_imported_item_that_is_routed_but_not_yet_looked_at_keeps_the_chance_it_was_observed_with(
    store: Store,
    put: Callable[..., None],
    make_item: Callable[..., Item],
    make_routing: Callable[..., Routing],
    make_decision: DecisionMake,
    noon: datetime,
) -> None:
    imported = {"review_type": ReviewType.IMPORTED, "inclusion_probability": 0.25}
    put(make_item("v1"), make_routing("v1", flagged=True), make_decision("v1", **imported))
    assert outcomes(store, noon).loc["v1", "chance"] == 0.25


@pytest.mark.parametrize("review_type", [ReviewType.APPEAL, ReviewType.FIRST_REVIEW])
def test_a_released_item_that_somebody_complained_about_is_left_out(
    store: Store,
    put: Callable[..., None],
    make_item: Callable[..., Item],
    make_routing: Callable[..., Routing],
    make_decision: DecisionMake,
    noon: datetime,
    review_type: ReviewType,
) -> None:
    put(make_item("v1"), make_routing("v1", draw=0.9), make_decision("v1", review_type=review_type))
    assert outcomes(store, noon).empty


def test_an_appeal_corrects_the_label_and_leaves_the_chance(
    store: Store,
    put: Callable[..., None],
    make_item: Callable[..., Item],
    make_routing: Callable[..., Routing],
    make_decision: DecisionMake,
    noon: datetime,
) -> None:
    cleared = make_decision("v1", Verdict.NO_VIOLATION, review_type=ReviewType.APPEAL)
    put(make_item("v1"), make_routing("v1"), make_decision("v1"), cleared)
    row = outcomes(store, noon).loc["v1"]
    assert (row["chance"], row["violation"]) == (0.2, False)


def test_versions_of_an_item_are_told_apart(
    store: Store,
    put: Callable[..., None],
    make_item: Callable[..., Item],
    make_routing: Callable[..., Routing],
    make_decision: DecisionMake,
    noon: datetime,
) -> None:
    second = {"item_version": "2"}
    put(make_item("v1"), make_routing("v1"), make_decision("v1"))
    put(
        make_item("v1", **second),
        make_routing("v1", inclusion_probability=0.5, **second),
        make_decision("v1", Verdict.NO_VIOLATION, **second),
    )
    found = outcomes(store, noon)
    assert list(found["item_version"]) == ["1", "2"]
    assert list(found["chance"]) == [0.2, 0.5]
    assert list(found["violation"]) == [True, False]
