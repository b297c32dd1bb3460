from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from training.models.calibration import Calibration, calibrate
from training.models.mixing import Mixing


def _world(count: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    # The score is twice too sure and off by one; below 0 only a tenth of the items is reviewed.
    generator = np.random.default_rng(seed)
    truth = generator.normal(-2.0, 1.5, size=count)
    hits = generator.random(count) < expit(truth)
    logits = 2 * truth + 1
    chances = np.where(logits > 0, 1.0, 0.1)
    reviewed = generator.random(count) < chances
    return logits[reviewed], hits[reviewed], 1 / chances[reviewed], generator.integers(5, size=reviewed.sum())


@pytest.mark.parametrize("kind", ["sigmoid", "isotonic", "auto"])
def test_probabilities_add_up_to_the_violations_of_the_population(kind: str) -> None:
    logits, hits, weights, parts = _world(20_000, 1)
    said = calibrate(logits, hits, weights, parts=parts, kind=kind).apply(logits)  # type: ignore[arg-type]
    assert weights @ said == pytest.approx(weights @ hits, rel=0.02)


def test_without_weights_they_would_not() -> None:
    logits, hits, weights, parts = _world(20_000, 1)
    rows = np.random.default_rng(0).permutation(len(logits))
    flat = calibrate(logits, hits[rows], np.ones_like(weights), parts=parts, kind="isotonic").apply(logits)
    assert abs(weights @ flat - weights @ hits) > 0.2 * (weights @ hits)


def test_a_sigmoid_finds_the_true_line() -> None:
    logits, hits, weights, parts = _world(60_000, 2)
    found = calibrate(logits, hits, weights, parts=parts, kind="sigmoid")
    assert found.slope == pytest.approx(0.5, abs=0.03)
    assert found.intercept == pytest.approx(-0.5, abs=0.08)


@pytest.mark.parametrize("kind", ["sigmoid", "isotonic"])
def test_a_higher_score_is_never_less_probable(kind: str) -> None:
    logits, hits, weights, parts = _world(3_000, 3)
    said = calibrate(logits, hits, weights, parts=parts, kind=kind).apply(np.linspace(-30, 30, 500))  # type: ignore[arg-type]
    assert (np.diff(said) > -1e-15).all()
    assert ((said > 0) & (said < 1)).all()


def test_few_violations_get_a_sigmoid() -> None:
    logits, hits, weights, parts = _world(600, 4)
    assert hits.sum() < 100
    assert calibrate(logits, hits, weights, parts=parts, kind="auto").kind == "sigmoid"


def test_scores_that_point_the_wrong_way_say_nothing() -> None:
    logits, hits, weights, parts = _world(4_000, 5)
    said = calibrate(-logits, hits, weights, parts=parts, kind="sigmoid").apply(-logits)
    assert np.ptp(said) == 0
    assert said[0] == pytest.approx(weights @ hits / weights.sum(), rel=0.05)


def test_what_is_not_a_number_stays_so() -> None:
    stepped = Calibration(slope=1.0, intercept=0.0, knots=(0.0, 1.0), heights=(0.1, 0.9))
    assert np.isnan(stepped.apply(np.array([np.nan]))).all()


def test_a_member_that_knows_nothing_gets_no_weight() -> None:
    generator = np.random.default_rng(0)
    good = generator.normal(size=2_000)
    hits = generator.random(2_000) < expit(good)
    mixing = Mixing.fit(np.column_stack([good, *generator.normal(size=(2, 2_000))]), hits, np.ones(2_000))
    assert mixing.weights[0] == pytest.approx(1.0, abs=0.2)
    assert max(mixing.weights[1:]) < 0.1


def test_weights_are_never_negative() -> None:
    generator = np.random.default_rng(0)
    good = generator.normal(size=500)
    hits = generator.random(500) < expit(good)
    assert min(Mixing.fit(np.column_stack([good, -good]), hits, np.ones(500)).weights) >= 0
