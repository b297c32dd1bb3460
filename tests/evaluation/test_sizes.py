import math
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.records import ANY, AuditDesign, Plan, SizeUnits
from evaluation.intervals import Floats
from evaluation.rates import chances, solve_rates
from evaluation.sizes import size, sizes, units_of

UNITS = SizeUnits(
    mean_square_views=100.0, mean_duration=60.0, policy_means={ANY: 0.1, "fake": 0.05, "minors": 0.01}
)
NAN = math.nan
amounts = st.one_of(st.just(NAN), st.floats(0, 1e300))
probabilities = st.floats(0, 1)


@given(probabilities, amounts, amounts, probabilities, probabilities)
def test_the_size_of_one_item_is_that_of_many(
    p: float, views: float, duration: float, fake: float, minors: float
) -> None:
    one = size(
        p,
        UNITS,
        views=None if math.isnan(views) else views,
        duration=None if math.isnan(duration) else duration,
        policies={"fake": fake, "minors": minors},
    )
    many = sizes(
        [p], [views], durations=[duration], policies={"fake": [fake], "minors": [minors]}, units=UNITS
    )
    assert many[0] == pytest.approx(one, rel=1e-12)


def test_what_is_unknown_counts_as_usual() -> None:
    assert size(0.1, UNITS) == pytest.approx(size(0.1, UNITS, views=10.0, duration=60.0))


def test_views_raise_the_size_as_the_formula_says() -> None:
    grown = sizes([0.1, 0.1], [0.0, 30.0], units=UNITS)
    assert grown[1] / grown[0] == pytest.approx(math.sqrt(10))


def test_what_takes_long_to_look_at_is_smaller() -> None:
    short, usual, long = sizes([0.1] * 3, durations=[0.0, 60.0, 420.0], units=UNITS)
    assert (short / usual, long / usual) == pytest.approx((math.sqrt(2), 0.5))


def test_a_policy_has_the_same_part_however_rare_it_is() -> None:
    means = {"fake": 0.05, "minors": 0.01}
    grown = {name: size(0.1, UNITS, policies={name: mean}) for name, mean in means.items()}
    alone = size(0.1, UNITS, policies={"fake": 0.0})
    # Both are at their mean, so both add the same, but for a little that is held back for the rarest.
    added = [grown[name] ** 2 - alone**2 for name in means]
    assert added[1] / added[0] == pytest.approx(1, abs=0.05)


def test_a_policy_of_which_scores_see_nothing_takes_no_audits_from_the_others() -> None:
    rng = np.random.default_rng(3)
    p, seen = rng.beta(0.4, 12, 5000), rng.beta(0.4, 20, 5000)
    without = sizes(p, policies={"fake": seen})
    with_blind = sizes(p, policies={"fake": seen, "blind": np.full(5000, 1e-9)})
    assert np.corrcoef(without, with_blind)[0, 1] > 0.95


def test_an_absurd_number_of_views_does_not_crash() -> None:
    assert size(0.0, UNITS, views=1e300) == 0.0


def test_units_leave_out_what_is_unknown() -> None:
    units = units_of([0.5, 0.5], views=[10.0, NAN], durations=[NAN, 30.0])
    assert (units.mean_square_views, units.mean_duration) == pytest.approx((100.0, 30.0))


@pytest.mark.parametrize("known", [[NAN, NAN], [0.0, 0.0]])
def test_there_is_no_unit_where_nobody_watches(known: list[float]) -> None:
    assert units_of([0.5, 0.5], views=known).mean_square_views is None


def test_without_any_probability_there_is_no_unit_for_policies() -> None:
    assert units_of([0.0, 0.0], policies={"fake": [0.0, 0.0]}).policy_means == {}


# What joint sizes buy, in closed form; the table is in docs/statistics.md.

_RNG = np.random.default_rng(1)
_DURATIONS = _RNG.lognormal(4, 1, 100_000)


def _scores(mean: float) -> Floats:
    raw = np.exp(1.6 * _RNG.normal(size=100_000))
    scores: Floats = (raw / raw.mean() * mean).clip(0, 0.5)
    return scores


POLICIES = {
    "common": _scores(0.006),
    "usual": _scores(0.003),
    "rare": _scores(0.0006),
    "rarest": _scores(0.0002),
}
P: Floats = 1 - np.prod([1 - scores for scores in POLICIES.values()], axis=0)


def _chances(**known: Any) -> Floats:
    noon = datetime(2026, 11, 2, 12, tzinfo=UTC)
    plan = Plan(
        version="p1", thresholds={ANY: 1.0}, audit=AuditDesign(daily_budget=2000), author="lead",
        reason="first plan", in_force_from=noon,
    )  # fmt: skip
    rates = solve_rates(p=P, **known, days=1, plan=plan, set_at=noon, rates_id="r")
    return chances(sizes(P, **known, units=rates), rates, plan.audit)


def _error(p: Floats, chance: Floats) -> float:
    return math.sqrt((p * (1 - chance) / chance).sum()) / float(p.sum())


def test_scores_by_policy_tell_more_of_rare_policies_at_a_small_price() -> None:
    alone, joint = _chances(), _chances(policies=POLICIES)
    assert joint.sum() == pytest.approx(alone.sum())
    assert _error(POLICIES["rarest"], joint) < 0.92 * _error(POLICIES["rarest"], alone)
    assert _error(POLICIES["rare"], joint) < 0.95 * _error(POLICIES["rare"], alone)
    assert _error(P, joint) < 1.02 * _error(P, alone)


def test_lengths_save_hours_at_a_small_price() -> None:
    alone, joint = _chances(), _chances(durations=_DURATIONS)
    assert joint @ _DURATIONS < 0.85 * (alone @ _DURATIONS)
    assert _error(P, joint) < 1.03 * _error(P, alone)
