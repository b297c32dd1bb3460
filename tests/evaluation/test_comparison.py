import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from evaluation.comparison import compare, recall_at_workload
from evaluation.metrics import average_precision

Floats = NDArray[np.float64]


def make_rows(seed: int, *, size: int = 1000, gain: float = 0.0) -> tuple[Floats, Floats, Floats, Floats]:
    rng = np.random.default_rng(seed)
    y = (rng.random(size) < 0.1).astype(float)
    signal, noise = y + rng.normal(0, 1, size), rng.normal(0, 1, size)
    return y, signal, signal + gain * y + 0.2 * noise, rng.lognormal(0, 0.5, size)


@given(st.integers(0, 2**32 - 1), st.floats(0.01, 1))
def test_recall_at_a_workload_is_that_of_the_highest_ranked(seed: int, workload: float) -> None:
    y, p, _, _ = make_rows(seed, size=100)
    y[0] = 1
    taken = y[np.argsort(-p)][: int(workload * 100)].sum() / y.sum()
    following = y[np.argsort(-p)][: int(workload * 100) + 1].sum() / y.sum()
    recall = recall_at_workload(y, p, np.ones(100), workload=workload)
    assert recall is not None
    assert taken - 1e-9 <= recall <= following + 1e-9


def test_ties_are_taken_in_proportion() -> None:
    assert recall_at_workload([1, 0, 0, 0], [0.5] * 4, [1] * 4, workload=0.25) == pytest.approx(0.25)


def test_weights_count_the_items_that_a_row_stands_for() -> None:
    assert recall_at_workload([1, 1], [0.9, 0.1], [1, 3], workload=0.25) == pytest.approx(0.25)


def test_recall_without_a_violation_is_none() -> None:
    assert recall_at_workload([0, 0], [0.9, 0.1], [1, 1], workload=0.5) is None


def test_a_model_does_not_differ_from_itself() -> None:
    y, p, _, weights = make_rows(1)
    same = compare(y=y, champion=p, challenger=p, weights=weights, workload=0.1, seed=1, repeats=50)
    for one in (same.recall, same.average_precision):
        assert (one.difference, one.interval.lower, one.interval.upper) == (0.0, 0.0, 0.0)


def test_a_better_model_is_seen_to_be_better() -> None:
    y, champion, challenger, weights = make_rows(2, gain=1.0)
    result = compare(
        y=y, champion=champion, challenger=challenger, weights=weights, workload=0.1, seed=1, repeats=100
    )
    for one in (result.recall, result.average_precision):
        assert one.difference is not None
        assert one.interval.lower > 0
        assert one.difference in one.interval


def test_swapping_the_models_turns_the_difference_around() -> None:
    y, champion, challenger, weights = make_rows(3, gain=0.3)
    one = compare(
        y=y, champion=champion, challenger=challenger, weights=weights, workload=0.1, seed=1, repeats=100
    )
    other = compare(
        y=y, champion=challenger, challenger=champion, weights=weights, workload=0.1, seed=1, repeats=100
    )
    for ours, theirs in ((one.recall, other.recall), (one.average_precision, other.average_precision)):
        assert ours.difference == pytest.approx(-(theirs.difference or 0))
        assert ours.interval.lower == pytest.approx(-theirs.interval.upper)


def test_the_metrics_of_both_models_are_reported() -> None:
    y, champion, challenger, weights = make_rows(4)
    result = compare(
        y=y, champion=champion, challenger=challenger, weights=weights, workload=0.1, seed=1, repeats=100
    )
    assert result.average_precision.champion == average_precision(y, champion, weights)
    assert result.average_precision.challenger == average_precision(y, challenger, weights)
    assert (result.reviewed, result.hits, result.groups) == (1000, int(y.sum()), 1000)


def test_the_pairing_makes_the_interval_narrower_than_two_apart() -> None:
    y, champion, challenger, weights = make_rows(5)
    rng = np.random.default_rng(0)
    paired = compare(
        y=y, champion=champion, challenger=challenger, weights=weights, workload=0.1, seed=1, repeats=100
    )
    shuffled = y + rng.normal(0, 1, y.size)
    apart = compare(
        y=y, champion=champion, challenger=shuffled, weights=weights, workload=0.1, seed=1, repeats=100
    )
    assert paired.average_precision.interval.width < 0.7 * apart.average_precision.interval.width


def test_copies_of_one_creator_are_no_evidence() -> None:
    y, champion, challenger, _ = make_rows(6, size=300)
    y, champion, challenger = (np.repeat(values, 10) for values in (y, champion, challenger))
    groups = np.repeat(np.arange(300), 10)
    rows = compare(y=y, champion=champion, challenger=challenger, workload=0.1, seed=1, repeats=100)
    by_group = compare(
        y=y, champion=champion, challenger=challenger, groups=groups, workload=0.1, seed=1, repeats=100
    )
    assert by_group.average_precision.interval.width > 2 * rows.average_precision.interval.width


def test_without_violations_nothing_is_said() -> None:
    result = compare(y=[0, 0], champion=[0.1, 0.2], challenger=[0.2, 0.1], workload=0.5, seed=1)
    assert (result.recall.champion, result.recall.difference, result.recall.interval.width) == (
        None,
        None,
        2.0,
    )


def test_one_creator_says_nothing_about_the_next() -> None:
    y, champion, challenger, _ = make_rows(7, size=50)
    y[0] = 1
    result = compare(y=y, champion=champion, challenger=challenger, groups=["a"] * 50, workload=0.5, seed=1)
    assert result.recall.difference is not None
    assert result.recall.interval.width == 2.0


@pytest.mark.parametrize("workload", [0.0, 1.5])
def test_a_workload_that_is_no_share_is_refused(workload: float) -> None:
    with pytest.raises(ValueError, match="workload must be in"):
        compare(y=[0, 1], champion=[0.1, 0.2], challenger=[0.2, 0.1], workload=workload, seed=1)
