import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn import metrics as sklearn_metrics

from evaluation.metrics import (
    average_precision,
    best_cut,
    bootstrap,
    expected_calibration_error,
    log_loss,
    macro_f1,
    roc_auc,
)

Floats = NDArray[np.float64]
seeds = st.integers(0, 2**32 - 1)


def make_rows(seed: int, size: int = 200) -> tuple[Floats, Floats, Floats]:
    # One decimal makes ties; a few rows weigh nothing.
    rng = np.random.default_rng(seed)
    p = rng.random(size).round(1)
    y = (rng.random(size) < 0.05 + 0.5 * p).astype(float)
    weights = rng.lognormal(0, 1, size) * (rng.random(size) > 0.05)
    y[:2], weights[:2] = (0, 1), 1
    return y, p, weights


@settings(max_examples=40)
@given(seeds)
def test_roc_auc_is_that_of_scikit_learn(seed: int) -> None:
    y, p, weights = make_rows(seed)
    assert roc_auc(y, p, weights) == pytest.approx(sklearn_metrics.roc_auc_score(y, p, sample_weight=weights))


@settings(max_examples=40)
@given(seeds)
def test_average_precision_is_that_of_scikit_learn(seed: int) -> None:
    y, p, weights = make_rows(seed)
    peer = sklearn_metrics.average_precision_score(y, p, sample_weight=weights)
    assert average_precision(y, p, weights) == pytest.approx(peer)


@settings(max_examples=40)
@given(seeds, st.sampled_from([0.1, 0.3, 0.5, 0.7]))
def test_macro_f1_is_that_of_scikit_learn(seed: int, cut: float) -> None:
    y, p, weights = make_rows(seed)
    peer = sklearn_metrics.f1_score(y, p >= cut, average="macro", sample_weight=weights, zero_division=0)
    assert macro_f1(y, p, weights, cut=cut) == pytest.approx(peer)


@settings(max_examples=40)
@given(seeds)
def test_log_loss_is_that_of_scikit_learn(seed: int) -> None:
    y, p, weights = make_rows(seed)
    peer = sklearn_metrics.log_loss(y, p, sample_weight=weights)
    assert log_loss(y, p, weights) == pytest.approx(peer)


@settings(max_examples=40)
@given(seeds)
def test_no_cut_beats_the_best_one(seed: int) -> None:
    y, p, weights = make_rows(seed)
    cut = best_cut(y, p, weights)
    assert cut is not None
    at_cuts = [macro_f1(y, p, weights, cut=other) for other in np.unique(p)]
    assert macro_f1(y, p, weights, cut=cut) == pytest.approx(max(filter(None, at_cuts)))


def test_equal_weights_are_no_weights() -> None:
    y, p, _ = make_rows(1)
    for metric in (roc_auc, average_precision, log_loss, expected_calibration_error, best_cut):
        assert metric(y, p) == pytest.approx(metric(y, p, np.full(y.size, 3.0)))


def test_a_weight_of_two_is_a_row_twice() -> None:
    y, p, _ = make_rows(2)
    weights = np.where(np.arange(y.size) < 50, 2.0, 1.0)
    twice_y, twice_p = np.append(y, y[:50]), np.append(p, p[:50])
    for metric in (roc_auc, average_precision, log_loss, expected_calibration_error, best_cut):
        assert metric(y, p, weights) == pytest.approx(metric(twice_y, twice_p))


def test_calibration_error_of_true_shares_is_0() -> None:
    assert expected_calibration_error([0, 1, 0, 0, 0, 1], [0.5, 0.5, 0.25, 0.25, 0.25, 0.25], bins=2) == 0


def test_calibration_error_is_the_mean_gap_over_bins_of_equal_weight() -> None:
    y, p = [0, 0, 1, 1], [0.1, 0.2, 0.6, 0.7]
    assert expected_calibration_error(y, p, bins=2) == pytest.approx((0.15 + 0.35) / 2)


def test_calibration_bins_hold_equal_weight_and_not_equal_rows() -> None:
    # The first row carries half the weight, so it is a bin of its own: gaps 0.5 and 0 instead of less.
    y, p = [1, 0, 1], [0.5, 0.6, 0.8]
    assert expected_calibration_error(y, p, [2, 1, 1], bins=2) == pytest.approx(0.5 * 0.5 + 0.5 * 0.2)


@pytest.mark.parametrize("y", [[], [0, 0], [1, 1]])
def test_without_both_kinds_there_is_nothing_to_rank(y: list[float]) -> None:
    assert roc_auc(y, [0.1, 0.2][: len(y)]) is None
    assert best_cut(y, [0.1, 0.2][: len(y)]) is None
    assert macro_f1(y, [0.1, 0.2][: len(y)], cut=0.5) is None


def test_without_weight_there_is_no_metric() -> None:
    y, p, weights = [0, 1], [0.1, 0.2], [0.0, 0.0]
    assert [metric(y, p, weights) for metric in (average_precision, log_loss, roc_auc)] == [None] * 3
    assert expected_calibration_error(y, p, weights) is None


def test_certainty_that_is_wrong_costs_much_but_not_everything() -> None:
    loss = log_loss([0, 1], [1.0, 0.0])
    assert loss is not None
    assert 30 < loss < 37


@pytest.mark.parametrize(
    ("y", "p", "weights", "word"),
    [
        ([0, 2], [0.1, 0.2], None, "y must hold 0 and 1"),
        ([0, math.nan], [0.1, 0.2], None, "y must hold 0 and 1"),
        ([0, 1], [0.1, math.nan], None, "p must hold finite"),
        ([0, 1], [0.1, 0.2], [1, -1], "weights must be finite"),
        ([0, 1], [0.1], None, "one length"),
    ],
)
def test_what_cannot_be_judged_is_refused(
    y: list[float], p: list[float], weights: list[float] | None, word: str
) -> None:
    with pytest.raises(ValueError, match=word):
        roc_auc(y, p, weights)


def test_the_bootstrap_repeats_itself_with_its_seed() -> None:
    y, p, weights = make_rows(3)
    one = bootstrap(roc_auc, y, p, weights, seed=7, repeats=50)
    assert one == bootstrap(roc_auc, y, p, weights, seed=7, repeats=50)
    assert one != bootstrap(roc_auc, y, p, weights, seed=8, repeats=50)


def test_the_bootstrap_is_as_wide_as_theory_for_a_mean() -> None:
    rng = np.random.default_rng(5)
    p = rng.random(2000)
    interval = bootstrap(lambda _, p, weights: float(np.average(p, weights=weights)), p > 0.5, p, seed=1)
    assert interval is not None
    assert interval.width == pytest.approx(2 * 1.96 * p.std() / math.sqrt(p.size), rel=0.15)


def test_the_bootstrap_draws_whole_groups() -> None:
    # Ten copies of every row are no news: by group the interval is that of the rows themselves.
    y, p, weights = make_rows(4)
    copies = [np.tile(values, 10) for values in (y, p, weights)]
    groups = np.tile(np.arange(y.size), 10)
    own = bootstrap(average_precision, y, p, weights, seed=1)
    by_group = bootstrap(average_precision, *copies, groups=groups, seed=1)
    as_rows = bootstrap(average_precision, *copies, seed=1)
    assert own is not None
    assert by_group is not None
    assert as_rows is not None
    assert by_group.width == pytest.approx(own.width, rel=0.3)
    assert as_rows.width < 0.6 * own.width


def test_the_bootstrap_of_one_group_says_nothing() -> None:
    y, p, _ = make_rows(6)
    assert bootstrap(roc_auc, y, p, groups=np.zeros(y.size), seed=1) is None


def test_the_bootstrap_of_an_undefined_metric_is_none() -> None:
    assert bootstrap(partial(macro_f1, cut=0.5), [0, 0], [0.1, 0.2], seed=1) is None


def test_groups_name_every_row() -> None:
    with pytest.raises(ValueError, match="one group a row"):
        bootstrap(roc_auc, [0, 1], [0.1, 0.2], groups=["a"], seed=1)
