import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from data.records import ANY, AuditDesign, AuditRates, Item, Plan, Route, Routing, Score
from evaluation.design import AUDIT, Key, assign, draw, draws, flagged_policies
from evaluation.rates import chance
from evaluation.sizes import size

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
scales = st.floats(0, 1e6)


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
    assert routing.inclusion_probability == chance(size(0.1, RATES, views=500), RATES, PLAN.audit)


def test_a_certain_audit_is_no_full_review() -> None:
    routing = route(make_score(0.1), rates=replace(RATES, scale=100.0))
    assert (routing.route, routing.flagged, routing.inclusion_probability) == (Route.AUDIT, False, 1.0)


LIMITED = replace(RATES, flagged_scale=0.5, flagged_uniform=0.4)
"""Reviewers see less than half of what is flagged."""


def test_where_full_reviews_are_limited_a_flagged_item_is_drawn_by_its_probability() -> None:
    routings = [
        route(make_score(0.8), item=Item(item_id=f"v{number}"), rates=LIMITED) for number in range(2000)
    ]
    assert {one.inclusion_probability for one in routings} == {0.4}
    assert all(one.flagged for one in routings)
    assert {one.route for one in routings} == {Route.FULL_REVIEW, Route.RELEASE}
    seen = np.mean([one.route is Route.FULL_REVIEW for one in routings])
    assert seen == pytest.approx(0.4, abs=0.04)


def test_what_could_not_be_scored_is_seen_however_few_can_be() -> None:
    routing = route(None, degraded="no model", rates=LIMITED)
    assert (routing.route, routing.inclusion_probability) == (Route.FULL_REVIEW, 1.0)


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
