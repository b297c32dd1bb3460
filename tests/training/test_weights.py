from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training import weights

CHANCES = st.lists(st.floats(min_value=1e-4, max_value=1.0), min_size=1, max_size=30)


def test_an_item_stands_for_as_many_as_its_chance_says() -> None:
    assert weights.design([0.5, 0.01]).tolist() == [2.0, 100.0]


@pytest.mark.parametrize("chance", [0.0, -0.1, 1.1, float("nan")])
def test_a_chance_that_is_no_chance_is_refused(chance: float) -> None:
    with pytest.raises(ValueError, match="chances"):
        weights.design([chance])


@given(CHANCES, st.sampled_from(["none", "sqrt", "full"]))
def test_learning_weights_are_one_on_average(chances: list[float], tempering: weights.Tempering) -> None:
    assert weights.learning(chances, tempering).mean() == pytest.approx(1.0)


@given(CHANCES)
def test_no_item_outvotes_another_by_more_than_the_largest_weight(chances: list[float]) -> None:
    learned = weights.learning(chances, "full")
    assert learned.max() <= learned.min() * weights.LARGEST * (1 + 1e-9)


def test_tempering_none_weighs_all_alike() -> None:
    assert np.ptp(weights.learning([1.0, 0.01], "none")) == 0
