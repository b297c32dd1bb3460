import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.records import ANY, AuditDesign, AuditRates, Plan
from evaluation.rates import (
    PRIOR_PROBABILITY,
    PRIOR_UNFLAGGED_PER_DAY,
    chance,
    chances,
    flagged_chance,
    flagged_chances,
    owed_after,
    solve_rates,
)
from evaluation.sizes import size, sizes

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
PLAN = Plan(
    version="p1",
    thresholds={ANY: 0.5},
    audit=AuditDesign(daily_budget=100),
    author="lead",
    reason="first plan",
    in_force_from=NOON,
)
RATES = AuditRates(rates_id="r1", plan="p1", scale=0.2, uniform=0.05, unflagged_per_day=2000, set_at=NOON)


@given(st.floats(0, 1), st.one_of(st.none(), st.floats(0, 1e300)), st.floats(0, 1e6), st.floats(1e-6, 1))
def test_no_chance_is_0_or_above_1(p: float, seen: float | None, scale: float, share: float) -> None:
    rates = replace(RATES, scale=scale, uniform=share, mean_square_views=1.0, flagged_scale=scale)
    rates, audit = replace(rates, flagged_uniform=share), AuditDesign(daily_budget=1, floor_share=share)
    assert 0 < chance(size(p, rates, views=seen), rates, audit) <= 1
    assert 0 < flagged_chance(p, rates, audit) <= 1


@given(
    st.integers(0, 2**32 - 1),
    st.floats(1, 5000),
    st.floats(0.05, 1),
    st.sampled_from([None, 1.0, 3.0]),
)
def test_the_expected_audits_meet_the_budget(
    seed: int, budget: float, floor_share: float, view_spread: float | None
) -> None:
    rng = np.random.default_rng(seed)
    p = rng.beta(0.3, 10, 3000).clip(1e-6)
    seen = None if view_spread is None else rng.lognormal(5, view_spread, 3000)
    plan = replace(PLAN, audit=AuditDesign(daily_budget=budget, floor_share=floor_share))
    rates = solve_rates(p=p, views=seen, days=2.0, plan=plan, set_at=NOON, rates_id="r")
    expected = chances(sizes(p, seen), rates, plan.audit).sum() / 2
    assert expected == pytest.approx(min(budget, 1500), rel=1e-6)


def test_no_item_is_under_the_floor() -> None:
    p = np.array([0.0] * 999 + [0.4])
    rates = solve_rates(p=p, views=None, days=1.0, plan=PLAN, set_at=NOON, rates_id="r")
    assert chances(sizes(p), rates, PLAN.audit).min() == pytest.approx(
        PLAN.audit.floor(unflagged_per_day=1000)
    )


def test_items_without_any_risk_still_get_the_floor() -> None:
    rates = solve_rates(p=[0.0] * 1000, views=None, days=1.0, plan=PLAN, set_at=NOON, rates_id="r")
    assert chance(0.0, rates, PLAN.audit) == pytest.approx(0.05)


@given(st.floats(1, 900))
def test_a_floor_of_everything_is_a_uniform_sample(budget: float) -> None:
    plan = replace(PLAN, audit=AuditDesign(daily_budget=budget, floor_share=1.0))
    rates = solve_rates(p=[0.01, 0.4] * 500, views=None, days=1.0, plan=plan, set_at=NOON, rates_id="r")
    assert chances(sizes([0.01, 0.4]), rates, plan.audit) == pytest.approx([budget / 1000] * 2)


def test_without_history_a_prior_day_is_assumed() -> None:
    rates = solve_rates(p=[], views=None, days=0.0, plan=PLAN, set_at=NOON, rates_id="r")
    assert rates.unflagged_per_day == PRIOR_UNFLAGGED_PER_DAY
    assert chance(size(PRIOR_PROBABILITY, rates), rates, PLAN.audit) == pytest.approx(
        100 / PRIOR_UNFLAGGED_PER_DAY
    )


def test_a_budget_for_more_than_everything_audits_everything() -> None:
    rates = solve_rates(p=[0.1, 0.2], views=None, days=1.0, plan=PLAN, set_at=NOON, rates_id="r")
    assert chances(sizes([0.1, 0.2]), rates, PLAN.audit).tolist() == [1.0, 1.0]


def test_history_without_a_length_is_refused() -> None:
    with pytest.raises(ValueError, match="days must be above 0"):
        solve_rates(p=[0.1], views=None, days=0.0, plan=PLAN, set_at=NOON, rates_id="r")


@pytest.mark.parametrize("wrong", [math.nan, -0.1, 1.1])
def test_history_of_no_probabilities_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="p must hold probabilities"):
        solve_rates(p=[wrong], views=None, days=1.0, plan=PLAN, set_at=NOON, rates_id="r")


# The budget.


def _sixty_days(seed: int, *, feedback: bool) -> float:
    # Busy weekdays, thin weekends, growth, scores that wander: what yesterday cost is no forecast.
    rng = np.random.default_rng(seed)
    budget, spent, past, last = PLAN.audit.daily_budget, [], np.array([]), None
    for day in range(60):
        now = NOON + timedelta(days=day)
        week = 0.6 if day % 7 > 4 else 1.15
        size = rng.poisson(2000 * (1 + 0.01 * day) * week * rng.lognormal(0, 0.1))
        p = rng.beta(0.3 * (1 + 0.3 * np.sin(day / 9)), 12, size)
        owed = 0.0
        if last and feedback:
            owed = owed_after(last.owed, since=last.set_at, spent=spent[-1], budget=budget, until=now)
        last = solve_rates(p=past, views=None, days=1.0, plan=PLAN, set_at=now, rates_id="r", owed=owed)
        spent.append(float(chances(sizes(p), last, PLAN.audit).sum()))
        past = p
    return sum(spent) / (60 * budget)


@pytest.mark.parametrize("seed", range(5))
def test_feedback_spends_the_budget_of_sixty_days_to_one_in_a_hundred(seed: int) -> None:
    assert _sixty_days(seed, feedback=True) == pytest.approx(1, abs=0.01)
    assert _sixty_days(seed, feedback=False) > 1.05


def test_what_stood_still_owes_nothing() -> None:
    def after(time: timedelta, spent: float) -> float:
        return owed_after(10.0, since=NOON, spent=spent, budget=100, until=NOON + time)

    a_day = after(timedelta(days=1), 80)
    assert a_day == pytest.approx(30)
    assert after(timedelta(days=30), 80) == a_day
    assert after(timedelta(hours=6), 0) == pytest.approx(35)


@pytest.mark.parametrize("owed", [-1e6, 1e6])
def test_no_more_than_a_week_is_remembered_and_no_more_than_four_days_are_spent_at_once(owed: float) -> None:
    rest = owed_after(owed, since=NOON, spent=100, budget=100, until=NOON + timedelta(days=1))
    assert rest == math.copysign(700, owed)
    p = np.full(5000, 0.02)
    solved = solve_rates(p=p, days=1.0, plan=PLAN, set_at=NOON, rates_id="r", owed=rest)
    spent = chances(sizes(p), solved, PLAN.audit).sum()
    # The floor stays where it was: half of the budget, whatever is owed.
    assert spent == pytest.approx(400 if owed > 0 else 50)


# Full reviews, where reviewers cannot see all that is flagged.


def _limited(full_reviews: float) -> Plan:
    return replace(PLAN, daily_full_reviews=full_reviews)


@given(st.integers(0, 2**32 - 1), st.floats(1, 290))
def test_full_reviews_meet_their_number(seed: int, full_reviews: float) -> None:
    flagged = np.random.default_rng(seed).uniform(0.5, 1, 600)
    plan = _limited(full_reviews)
    rates = solve_rates(p=[0.02], flagged=flagged, days=2.0, plan=plan, set_at=NOON, rates_id="r")
    found = flagged_chances(flagged, rates, plan.audit)
    assert found.sum() / 2 == pytest.approx(full_reviews, rel=1e-6)
    assert found.min() >= 0.5 * full_reviews / 300
    assert np.all(np.diff(found[np.argsort(flagged)]) >= 0)


@pytest.mark.parametrize("flagged", [[], [0.9] * 50])
def test_what_reviewers_can_see_is_seen_for_certain(flagged: list[float]) -> None:
    rates = solve_rates(p=[0.02], flagged=flagged, days=1.0, plan=_limited(50), set_at=NOON, rates_id="r")
    assert flagged_chance(0.5, rates, PLAN.audit) == 1.0


def test_without_a_limit_every_flagged_item_is_seen() -> None:
    rates = solve_rates(p=[0.02], flagged=[0.9] * 5000, days=1.0, plan=PLAN, set_at=NOON, rates_id="r")
    assert rates.flagged_scale is None


def test_feedback_keeps_the_number_of_full_reviews_too() -> None:
    rng, plan, spent, past = np.random.default_rng(5), _limited(40), [], np.array([])
    last = None
    for day in range(60):
        now = NOON + timedelta(days=day)
        flagged = rng.uniform(0.5, 1, rng.poisson(100 * (0.6 if day % 7 > 4 else 1.15)))
        owed = 0.0
        if last:
            owed = owed_after(last.flagged_owed, since=last.set_at, spent=spent[-1], budget=40, until=now)
        last = solve_rates(
            p=[0.02], flagged=past, days=1.0, plan=plan, set_at=now, rates_id="r", flagged_owed=owed
        )
        spent.append(float(flagged_chances(flagged, last, plan.audit).sum()))
        past = flagged
    assert sum(spent) == pytest.approx(60 * 40, rel=0.01)
