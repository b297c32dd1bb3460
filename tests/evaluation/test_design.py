import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from data.records import ANY, AuditDesign, AuditRates, Item, Plan, Route, Routing, Score
from evaluation.design import (
    AUDIT,
    PRIOR_PROBABILITY,
    PRIOR_UNFLAGGED_PER_DAY,
    Key,
    assign,
    chance,
    chances,
    draw,
    draws,
    flagged_policies,
    mean_square_views,
    owed_after,
    size,
    sizes,
    solve_rates,
)

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
KEY = Key(key_id="k1", secret=b"a secret of the right length")
PLAN = Plan(
    version="p1",
    thresholds={ANY: 0.5, "counterfeit": 0.3},
    audit=AuditDesign(daily_budget=100),
    author="lead",
    reason="first plan",
    in_force_from=NOON,
)
RATES = AuditRates(
    rates_id="r1",
    plan="p1",
    scale=0.2,
    uniform=0.05,
    unflagged_per_day=2000,
    set_at=NOON,
    mean_square_views=1e6,
)

probabilities = st.floats(0, 1)
views = st.one_of(st.none(), st.floats(0, 1e300))
scales = st.floats(0, 1e6)
shares = st.floats(1e-6, 1)
mean_squares = st.one_of(st.none(), st.floats(1e-6, 1e20))


def make_score(probability: float = 0.1, **policy_scores: float) -> Score:
    return Score(
        score_id="s1",
        item_id="v1",
        item_version="1",
        model="m1",
        violation_probability=probability,
        policy_scores=policy_scores,
        scored_at=NOON,
    )


def route(
    score: Score | None, *, item: Item | None = None, rates: AuditRates = RATES, degraded: str | None = None
) -> Routing:
    return assign(
        item=item or Item(item_id="v1"),
        score=score,
        plan=PLAN,
        rates=rates,
        key=KEY,
        routing_id="x1",
        routed_at=NOON,
        priority=7,
        factors={"likelihood": 7.0},
        degraded=degraded,
    )


def test_draws_are_uniform() -> None:
    numbers = draws(KEY, AUDIT, (f"v{number}" for number in range(20_000)))
    assert stats.kstest(numbers, "uniform").pvalue > 0.01


@given(st.text(min_size=1), st.text(min_size=1, alphabet="abc"))
def test_a_draw_is_in_the_unit_interval(identity: str, purpose: str) -> None:
    assert 0 <= draw(KEY, purpose, identity) < 1


def test_purposes_have_independent_draws() -> None:
    identities = [f"v{number}" for number in range(20_000)]
    one, other = draws(KEY, AUDIT, identities), draws(KEY, "second_review", identities)
    assert abs(float(np.corrcoef(one, other)[0, 1])) < 4 / math.sqrt(len(identities))


def test_another_key_gives_other_draws() -> None:
    other = Key(key_id="k2", secret=b"another secret, also long enough")
    assert draw(KEY, AUDIT, "v1") != draw(other, AUDIT, "v1")


def test_a_draw_never_changes_between_releases() -> None:
    # printf 'audit\0v1' | openssl dgst -sha256 -hmac '...': the first 53 bits, over 2^53
    assert draw(KEY, AUDIT, "v1") == 0.8601159210093865


def test_a_purpose_cannot_be_mistaken_for_the_beginning_of_an_id() -> None:
    assert draw(KEY, "a", "bc") != draw(KEY, "ab", "c")


def test_a_key_does_not_show_its_secret() -> None:
    assert "secret" not in repr(KEY)


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="secret must have 16 bytes"):
        Key(key_id="k1", secret=b"short")


def test_chance_alone_places_an_audit_and_risk_the_others() -> None:
    routings = [
        route(make_score(p), item=Item(item_id=f"v{number}")) for number in range(400) for p in (0.01, 0.9)
    ]
    for routing in routings:
        audit = round(100 * (1 - routing.draw / routing.inclusion_probability), 1)
        factors = {"draw": audit} if routing.route is Route.AUDIT else {"likelihood": 7.0}
        assert routing.priority_factors == factors
        assert routing.priority == (round(audit) if routing.route is Route.AUDIT else 7)
    assert {routing.route for routing in routings} == set(Route)


@given(st.integers(0, 10_000), scales, scales)
def test_raising_a_chance_keeps_every_earlier_draw(number: int, one: float, other: float) -> None:
    item = Item(item_id=f"v{number}")
    low, high = (
        route(make_score(), item=item, rates=replace(RATES, scale=scale)) for scale in sorted([one, other])
    )
    assert low.inclusion_probability <= high.inclusion_probability
    assert low.route is Route.RELEASE or high.route is not Route.RELEASE


@given(probabilities, views, mean_squares, scales, shares)
def test_no_chance_is_0_or_above_1(
    p: float, seen: float | None, mean_square: float | None, scale: float, share: float
) -> None:
    rates, audit = replace(RATES, scale=scale, uniform=share), AuditDesign(daily_budget=1, floor_share=share)
    assert 0 < chance(size(p, seen, mean_square), rates, audit) <= 1


@given(probabilities, st.one_of(st.just(math.nan), st.floats(0, 1e300)), scales, st.floats(1e-6, 1e20))
def test_the_chance_of_one_item_is_that_of_many(
    p: float, seen: float, scale: float, mean_square: float
) -> None:
    rates = replace(RATES, scale=scale)
    one = chance(size(p, seen, mean_square), rates, PLAN.audit)
    many = chances(sizes([p], [seen], mean_square=mean_square), rates, PLAN.audit)
    assert many[0] == pytest.approx(one, rel=1e-12)


def test_unknown_views_count_as_the_mean() -> None:
    assert size(0.1, None, 400.0) == pytest.approx(size(0.1, 20.0, 400.0))


def test_views_raise_the_size_as_the_formula_says() -> None:
    grown = sizes([0.1, 0.1], [0.0, 30.0], mean_square=100.0)
    assert grown[1] / grown[0] == pytest.approx(math.sqrt(10))


def test_an_absurd_number_of_views_does_not_crash() -> None:
    assert size(0.0, 1e300, 1.0) == 0.0


def test_mean_square_views_leaves_out_what_is_unknown() -> None:
    assert mean_square_views([0.5, 0.5], [10.0, math.nan]) == pytest.approx(100.0)


@pytest.mark.parametrize("known", [[math.nan, math.nan], [0.0, 0.0]])
def test_mean_square_views_is_none_where_nobody_watches(known: list[float]) -> None:
    assert mean_square_views([0.5, 0.5], known) is None


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
    assert chance(size(PRIOR_PROBABILITY, None, None), rates, PLAN.audit) == pytest.approx(
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


def test_a_probability_at_its_threshold_is_flagged() -> None:
    assert flagged_policies(make_score(0.5, counterfeit=0.3), PLAN.thresholds) == (ANY, "counterfeit")


def test_a_policy_without_a_score_is_not_flagged() -> None:
    assert flagged_policies(make_score(0.1), PLAN.thresholds) == ()


def test_a_flagged_item_goes_to_full_review_for_certain() -> None:
    routing = route(make_score(0.1, counterfeit=0.9))
    assert (routing.route, routing.inclusion_probability, routing.flagged_policies) == (
        Route.FULL_REVIEW,
        1.0,
        ("counterfeit",),
    )


@given(st.integers(0, 10_000), st.floats(0, 0.49))
def test_the_route_agrees_with_the_draw(number: int, p: float) -> None:
    routing = route(make_score(p), item=Item(item_id=f"v{number}"))
    drawn = routing.draw < routing.inclusion_probability
    assert routing.route is (Route.AUDIT if drawn else Route.RELEASE)


def test_the_chance_is_the_one_the_rates_give() -> None:
    routing = route(make_score(0.1), item=Item(item_id="v1", expected_views=500))
    assert routing.inclusion_probability == chance(size(0.1, 500, 1e6), RATES, PLAN.audit)


def test_a_certain_audit_is_no_full_review() -> None:
    routing = route(make_score(0.1), rates=replace(RATES, scale=100.0))
    assert (routing.route, routing.flagged, routing.inclusion_probability) == (Route.AUDIT, False, 1.0)


def test_what_could_not_be_scored_goes_to_full_review() -> None:
    routing = route(None, degraded="model is loading")
    assert (routing.route, routing.inclusion_probability, routing.score_id) == (Route.FULL_REVIEW, 1.0, None)
    assert (routing.flagged, routing.flagged_policies, routing.degraded) == (True, (), "model is loading")


@pytest.mark.parametrize(("score", "degraded"), [(None, None), (make_score(), "why")])
def test_a_reason_is_given_exactly_where_there_is_no_score(score: Score | None, degraded: str | None) -> None:
    with pytest.raises(ValueError, match="degraded must say why"):
        route(score, degraded=degraded)


def test_rates_of_another_plan_are_refused() -> None:
    with pytest.raises(ValueError, match="rates must belong to plan 'p1'"):
        route(make_score(), rates=replace(RATES, plan="p0"))


def test_the_same_content_has_the_same_draw_under_any_id() -> None:
    one = route(make_score(), item=Item(item_id="v1", fingerprint="f"))
    other = route(make_score(), item=Item(item_id="v2", item_version="9", fingerprint="f"))
    assert one.draw == other.draw


@pytest.mark.parametrize(
    ("language", "queue"),
    [("ko", "ko"), ("ko-KR", "ko"), ("en-US", "en"), ("KO", "ko"), ("ja", "general"), (None, "general")],
)
def test_the_queue_is_that_of_the_language(language: str | None, queue: str) -> None:
    assert route(make_score(), item=Item(item_id="v1", language=language)).queue == queue


def test_work_is_due_after_the_hours_of_the_plan() -> None:
    assert route(make_score()).due_at - NOON == timedelta(hours=24)


def test_a_routing_mentions_what_it_was_made_with() -> None:
    routing = route(make_score())
    assert (routing.plan, routing.rates_id, routing.key_id, routing.score_id, routing.model) == (
        "p1",
        "r1",
        "k1",
        "s1",
        "m1",
    )


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
        owed = owed_after(last, spent=spent[-1], daily_budget=budget, until=now) if last and feedback else 0.0
        last = solve_rates(p=past, views=None, days=1.0, plan=PLAN, set_at=now, rates_id="r", owed=owed)
        spent.append(float(chances(sizes(p), last, PLAN.audit).sum()))
        past = p
    return sum(spent) / (60 * budget)


@pytest.mark.parametrize("seed", range(5))
def test_feedback_spends_the_budget_of_sixty_days_to_one_in_a_hundred(seed: int) -> None:
    assert _sixty_days(seed, feedback=True) == pytest.approx(1, abs=0.01)
    assert _sixty_days(seed, feedback=False) > 1.05


def test_what_stood_still_owes_nothing() -> None:
    rates = replace(RATES, owed=10.0)
    a_day = owed_after(rates, spent=80, daily_budget=100, until=NOON + timedelta(days=1))
    assert a_day == pytest.approx(30)
    assert owed_after(rates, spent=80, daily_budget=100, until=NOON + timedelta(days=30)) == a_day
    assert owed_after(rates, spent=0, daily_budget=100, until=NOON + timedelta(hours=6)) == pytest.approx(35)


@pytest.mark.parametrize("owed", [-1e6, 1e6])
def test_no_more_than_a_week_is_remembered_and_no_more_than_four_days_are_spent_at_once(owed: float) -> None:
    rates = replace(RATES, owed=owed)
    rest = owed_after(rates, spent=100, daily_budget=100, until=NOON + timedelta(days=1))
    assert rest == math.copysign(700, owed)
    p = np.full(5000, 0.02)
    solved = solve_rates(p=p, views=None, days=1.0, plan=PLAN, set_at=NOON, rates_id="r", owed=rest)
    spent = chances(sizes(p), solved, PLAN.audit).sum()
    # The floor stays where it was: half of the budget, whatever is owed.
    assert spent == pytest.approx(400 if owed > 0 else 50)
