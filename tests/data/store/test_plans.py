"""Plans: set one after the other, never past somebody else's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from data.errors import AlreadyRecorded, PlanChanged, UnknownPlan
from data.records import AuditDesign, Plan
from data.store.store import Store

Make = Callable[..., Plan]


def test_a_plan_comes_out_as_it_went_in(store: Store, make_plan: Make) -> None:
    plan = make_plan(
        thresholds={"any": 0.8, "counterfeit": 0.6},
        audit=AuditDesign(daily_budget=120, floor_share=0.25),
        queues={"ko": "한국어", "*": "general"},
        review_minutes=2.5,
        due_hours=12,
    )
    with store.begin() as session:
        session.plans.append(plan, expected=None)
    with store.read() as session:
        assert session.plans.get("p1") == plan


def test_without_a_plan_none_is_in_force(store: Store, noon: datetime) -> None:
    with store.read() as session:
        assert session.plans.in_force(noon) is None
        assert session.plans.history() == []


def test_the_plan_set_last_is_in_force(store: Store, make_plan: Make, noon: datetime) -> None:
    # The second was set by a server whose clock is behind. It was set later all the same.
    first = make_plan("p1", in_force_from=noon)
    second = make_plan("p2", in_force_from=noon - timedelta(seconds=5))
    with store.begin() as session:
        session.plans.append(first, expected=None)
        session.plans.append(second, expected="p1")
        assert session.plans.in_force(noon) == second
        assert session.plans.history() == [second, first]
        assert session.plans.history(limit=1) == [second]


def test_a_plan_for_later_waits_for_its_moment(store: Store, make_plan: Make, noon: datetime) -> None:
    tomorrow = noon + timedelta(days=1)
    with store.begin() as session:
        session.plans.append(make_plan("p1", in_force_from=noon), expected=None)
        session.plans.append(make_plan("p2", in_force_from=tomorrow), expected="p1")
        versions = [
            plan.version if (plan := session.plans.in_force(moment)) else None
            for moment in (noon - timedelta(seconds=1), noon, tomorrow - timedelta(seconds=1), tomorrow)
        ]
    assert versions == [None, "p1", "p1", "p2"]


@pytest.mark.parametrize("expected", [None, "p1"])
def test_a_plan_that_overlooks_another_is_refused(
    store: Store, make_plan: Make, expected: str | None
) -> None:
    with store.begin() as session:
        session.plans.append(make_plan("p1"), expected=None)
        session.plans.append(make_plan("p2", author="Jiwoo", reason="fewer audits"), expected="p1")
        with pytest.raises(PlanChanged, match="p2, set by Jiwoo: fewer audits") as refusal:
            session.plans.append(make_plan("p3"), expected=expected)
    assert refusal.value.field == "expected"


def test_a_first_plan_that_expects_another_is_refused(store: Store, make_plan: Make) -> None:
    with store.begin() as session, pytest.raises(PlanChanged, match="No plan is set yet"):
        session.plans.append(make_plan(), expected="p0")


def test_a_version_is_given_once(store: Store, make_plan: Make) -> None:
    with store.begin() as session:
        session.plans.append(make_plan("p1"), expected=None)
        with pytest.raises(AlreadyRecorded, match="another version"):
            session.plans.append(make_plan("p1"), expected="p1")


def test_an_unknown_plan_is_named(store: Store) -> None:
    with store.read() as session, pytest.raises(UnknownPlan, match="'p9'"):
        session.plans.get("p9")
