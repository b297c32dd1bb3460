from __future__ import annotations

import numpy as np
import pytest

from evaluation.comparison import Comparison, compare
from evaluation.intervals import Interval
from training.measures import Measure
from training.promotion import may_promote


def _measures(*, lower: float = 0.7, ratio: float = 1.0) -> list[Measure]:
    def one(name: str, value: float, low: float, high: float) -> Measure:
        return Measure(
            name=name, policy="any", value=value, interval=Interval(low, high, 0.95), items=500, hits=40
        )

    return [
        one("roc_auc", max(lower, 0.6), lower, 0.95),
        one("predicted_to_true", ratio, ratio * 0.9, ratio * 1.1),
    ]


def _comparison(*, gain: float, count: int = 2_000) -> Comparison:
    generator = np.random.default_rng(0)
    y = (generator.random(count) < 0.1).astype(float)
    noise = generator.normal(size=count)
    return compare(
        y=y, champion=y + noise, challenger=y * (1 + gain) + noise, workload=0.05, seed=0, repeats=100
    )


def test_a_first_model_that_beats_chance_may_serve() -> None:
    assert may_promote(_measures(), None).allowed


@pytest.mark.parametrize("lower", [0.3, 0.5])
def test_a_model_that_may_be_no_better_than_chance_may_not(lower: float) -> None:
    verdict = may_promote(_measures(lower=lower), None)
    assert [condition.name for condition in verdict.conditions if not condition.met] == ["better_than_chance"]


@pytest.mark.parametrize("ratio", [0.3, 3.0])
def test_probabilities_that_are_far_off_on_average_may_not(ratio: float) -> None:
    verdict = may_promote(_measures(ratio=ratio), None)
    assert [condition.name for condition in verdict.conditions if not condition.met] == ["true_on_average"]


def test_without_measures_nothing_may_serve() -> None:
    assert not may_promote([], None).allowed


def test_a_better_challenger_may_replace_the_champion() -> None:
    assert may_promote(_measures(), _comparison(gain=2.0)).allowed


def test_a_worse_challenger_may_not() -> None:
    failed = [one.name for one in may_promote(_measures(), _comparison(gain=-0.9)).conditions if not one.met]
    assert set(failed) == {"recall_not_lost", "recall_not_worse"}


def test_too_few_violations_decide_nothing() -> None:
    failed = [
        one.name
        for one in may_promote(_measures(), _comparison(gain=2.0, count=60)).conditions
        if not one.met
    ]
    assert "enough_violations" in failed


def test_every_condition_says_its_number_and_what_was_asked() -> None:
    for condition in may_promote(_measures(), _comparison(gain=0.0)).conditions:
        assert condition.value is not None
        assert condition.required
