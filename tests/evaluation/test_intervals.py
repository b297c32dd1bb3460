import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from evaluation.intervals import Interval, gamma, logit, share_bounds, sum_bounds, wilson

levels = st.floats(0.5, 0.999)
counts = st.integers(0, 500)


def test_an_interval_knows_what_is_in_it() -> None:
    interval = Interval(0.25, 0.75, 0.95)
    assert [value in interval for value in (0.2, 0.25, 0.5, 0.75, 0.8)] == [False, True, True, True, False]


def test_the_ends_cannot_be_swapped() -> None:
    with pytest.raises(ValueError, match="lower must not be above upper"):
        Interval(0.75, 0.25, 0.95)


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0])
def test_a_level_that_is_no_share_is_refused(level: float) -> None:
    with pytest.raises(ValueError, match="level must be between 0 and 1"):
        Interval(0.0, 1.0, level)


# The golden numbers were made with R's asht 1.0, wspoissonTest.


def test_gamma_gives_the_rates_of_fay_and_feuer() -> None:
    hits = np.array([0, 8, 63, 112, 262, 295])
    births = np.array([327, 30666, 123419, 149919, 104088, 34392])
    standard = np.array([319933, 931318, 786511, 488235, 237863, 61313])
    weights = 1e5 * standard / (births * standard.sum())
    interval = gamma(total=hits @ weights, variance=hits @ weights**2, extra=weights.max())
    assert hits @ weights == pytest.approx(75.5290074453, rel=1e-11)
    assert (interval.lower, interval.upper) == pytest.approx((67.7021204176, 188.3001727278), rel=1e-9)


def test_gamma_gives_the_golden_interval_of_four_hits() -> None:
    weights = np.array([40, 40, 12.5, 8])
    interval = gamma(total=weights.sum(), variance=weights @ weights, extra=40)
    assert (interval.lower, interval.upper) == pytest.approx((20.3698551426, 309.6133374936), rel=1e-9)


def test_gamma_without_a_hit_is_the_weighted_rule_of_three() -> None:
    interval = gamma(total=0, variance=0, extra=40)
    assert interval.lower == 0
    assert interval.upper == pytest.approx(147.5551781646, rel=1e-9)
    assert interval.upper == pytest.approx(-math.log(0.025) * 40)


@given(st.integers(1, 300), st.floats(0.01, 1000), levels)
def test_gamma_with_equal_weights_is_the_exact_poisson_interval(
    hits: int, weight: float, level: float
) -> None:
    interval = gamma(total=hits * weight, variance=hits * weight**2, extra=weight, level=level)
    tail = (1 - level) / 2
    exact = stats.chi2.ppf(tail, 2 * hits) / 2, stats.chi2.ppf(1 - tail, 2 * hits + 2) / 2
    assert (interval.lower / weight, interval.upper / weight) == pytest.approx(exact, rel=1e-9)


def test_gamma_of_a_known_total_is_that_total() -> None:
    assert gamma(total=7, variance=0, extra=0) == Interval(7, 7, 0.95)


@pytest.mark.parametrize(
    ("hits", "reviewed", "lower", "upper"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_the_numbers_of_newcombe(hits: int, reviewed: int, lower: float, upper: float) -> None:
    interval = wilson(hits, reviewed)
    assert (interval.lower, interval.upper) == pytest.approx((lower, upper), abs=5e-5)


@given(counts, counts, levels)
def test_wilson_is_the_score_test_of_scipy(hits: int, others: int, level: float) -> None:
    reviewed = hits + others
    if reviewed:
        peer = stats.binomtest(hits, reviewed).proportion_ci(level, method="wilson")
        interval = wilson(hits, reviewed, level=level)
        assert (interval.lower, interval.upper) == pytest.approx((peer.low, peer.high), abs=1e-12)
        assert hits / reviewed in interval


def test_wilson_of_nothing_is_everything() -> None:
    assert wilson(0, 0) == Interval(0.0, 1.0, 0.95)


def test_more_hits_than_reviews_are_refused() -> None:
    with pytest.raises(ValueError, match="hits must be between 0 and reviewed"):
        wilson(3, 2)


@given(st.floats(0.001, 0.999), st.floats(0, 0.5))
def test_logit_is_symmetric_in_violations_and_their_absence(share: float, se: float) -> None:
    one, other = logit(share, se), logit(1 - share, se)
    assert (one.lower, one.upper) == pytest.approx((1 - other.upper, 1 - other.lower), abs=1e-9)
    assert 0 <= one.lower <= share + 1e-12
    assert share - 1e-12 <= one.upper <= 1


def test_logit_gives_the_numbers_worked_out_by_hand() -> None:
    # 1.96 * 0.05 / (0.2 * 0.8) = 0.612 on either side of log(0.2 / 0.8).
    interval = logit(0.2, 0.05)
    assert (interval.lower, interval.upper) == pytest.approx((0.119331, 0.315656), abs=1e-6)


@pytest.mark.parametrize("share", [0.0, 1.0, math.nan])
def test_logit_refuses_a_share_where_it_would_collapse(share: float) -> None:
    with pytest.raises(ValueError, match="share must be between 0 and 1"):
        logit(share, 0.1)


def arrays(*values: float) -> tuple[np.ndarray, ...]:
    return tuple(np.array([value], dtype=float) for value in values)


def test_adding_a_known_number_shifts_the_ends() -> None:
    known, estimated, lower, upper = arrays(10, 5, 2, 11)
    ends = sum_bounds(known, (known, known), estimated, (lower, upper))
    assert (ends[0][0], ends[1][0]) == (12, 21)


def test_with_everything_found_counted_recall_runs_over_what_was_missed() -> None:
    found, missed, lower, upper = arrays(10, 5, 2, 11)
    ends = share_bounds(found, (found, found), missed, (lower, upper))
    assert (ends[0][0], ends[1][0]) == pytest.approx((10 / 21, 10 / 12))


def test_the_ratio_of_two_normal_sums_has_the_ends_of_fieller() -> None:
    # With ends that are symmetric around both estimates MOVER-R and Fieller are the same equation.
    found, missed, z = 50.0, 20.0, 1.959963984540054
    one, other = 5.0 * z, 4.0 * z
    f, m, fl, fu, ml, mu = arrays(found, missed, found - one, found + one, missed - other, missed + other)
    ends = share_bounds(f, (fl, fu), m, (ml, mu))
    roots = np.roots([found**2 - one**2, -2 * found * missed, missed**2 - other**2])
    assert (ends[0][0], ends[1][0]) == pytest.approx(tuple(sorted(1 / (1 + roots))))


@given(counts, st.floats(0, 1), st.floats(0, 5), counts, st.floats(0, 1), st.floats(0, 5))
def test_recall_stays_between_the_worst_and_the_best_of_both_ends(  # noqa: PLR0917
    found: int, found_down: float, found_up: float, missed: int, missed_down: float, missed_up: float
) -> None:
    f, fl, fu = arrays(found, found * found_down, found * (1 + found_up))
    m, ml, mu = arrays(missed, missed * missed_down, missed * (1 + missed_up) + 3.7)
    lower, upper = (float(end[0]) for end in share_bounds(f, (fl, fu), m, (ml, mu)))
    assert 0 <= lower <= upper <= 1
    assert lower >= fl[0] / (fl[0] + mu[0]) - 1e-9
    if fu[0] + ml[0] > 0:
        assert upper <= fu[0] / (fu[0] + ml[0]) + 1e-9
    if found:
        assert lower - 1e-9 <= found / (found + missed) <= upper + 1e-9


def test_nothing_found_and_nothing_missed_says_nothing_about_recall() -> None:
    (zero,) = arrays(0)
    lower, upper = share_bounds(zero, (zero, zero), zero, (zero, zero))
    assert (lower[0], upper[0]) == (0, 1)


def test_nothing_found_and_something_certainly_missed_is_a_recall_of_0() -> None:
    zero, missed, upper = arrays(0, 5, 9)
    ends = share_bounds(zero, (zero, zero), missed, (missed, upper))
    assert (ends[0][0], ends[1][0]) == (0, 0)
