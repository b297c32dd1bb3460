from __future__ import annotations

import numpy as np
import pytest

from evaluation.reliability import BINS, reliability


def test_true_probabilities_lie_within_their_intervals() -> None:
    rng, inside, count = np.random.default_rng(1), 0, 0
    for _ in range(60):
        p = rng.beta(0.5, 5, 800)
        for one in reliability(rng.random(800) < p, p):
            inside += one.expected in one.interval
            count += 1
    assert count == 60 * BINS
    assert inside / count >= 0.93


def test_chances_are_undone() -> None:
    # Violations were drawn for certain, clean ones with chance 1/4.
    rng = np.random.default_rng(2)
    p = rng.beta(2, 6, 60_000)
    y = rng.random(p.size) < p
    chance = np.where(y, 1.0, 0.25)
    drawn = rng.random(p.size) < chance
    found = reliability(y[drawn], p[drawn], 1 / chance[drawn])
    assert [one.observed for one in found] == pytest.approx([one.expected for one in found], abs=0.03)
    plain = reliability(y[drawn], p[drawn])
    assert all(one.observed > one.expected for one in plain)


def test_items_of_one_probability_stay_together_and_parts_are_alike() -> None:
    found = reliability([0, 1] * 50, [0.5] * 100)
    assert [(one.reviewed, one.observed) for one in found] == [(100, 0.5)]
    sizes = [one.reviewed for one in reliability(np.zeros(800), np.linspace(0, 0.1, 800))]
    assert sizes == [100] * BINS
    assert reliability([], []) == []
