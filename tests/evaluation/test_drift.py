from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from evaluation.drift import MATTERS, score_drift


def test_the_distance_is_that_of_kolmogorov_and_smirnov() -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        before, after = rng.beta(1, 5, 300).round(2), rng.beta(2, 5, 200).round(2)
        found = score_drift(before, after)
        assert found is not None
        assert found.distance == pytest.approx(stats.ks_2samp(before, after).statistic)
        assert (found.before, found.after) == (300, 200)


def test_the_bound_is_below_the_true_distance_as_often_as_it_says() -> None:
    # Uniform against its power: the true distance is known in closed form.
    power, rng = 1.5, np.random.default_rng(2)
    grid = np.linspace(0, 1, 100_001)
    truth = float(np.abs(grid - grid ** (1 / power)).max())
    wrong = 0
    for _ in range(400):
        found = score_drift(rng.random(500), rng.random(800) ** power, level=0.9)
        assert found is not None
        wrong += found.least > truth
    assert wrong / 400 <= 0.1


def test_nothing_that_matters_seldom_rings_and_a_real_move_does() -> None:
    rng = np.random.default_rng(3)
    quiet = [score_drift(rng.beta(0.4, 6, 3000), rng.beta(0.4, 6, 3000)) for _ in range(200)]
    assert not any(one.moved for one in quiet if one)
    moved = score_drift(rng.beta(0.4, 6, 3000), rng.beta(0.8, 6, 3000))
    assert moved is not None
    assert moved.moved
    assert moved.least > MATTERS


def test_what_has_no_score_is_left_out_and_nothing_is_no_comparison() -> None:
    assert score_drift([0.1, np.nan], [np.nan]) is None
    found = score_drift([0.1, np.nan], [0.2])
    assert found is not None
    assert (found.before, found.distance, found.least) == (1, 1.0, 0.0)
