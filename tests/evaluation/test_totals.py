"""The totals against every sample that could have been drawn, and against the textbook's double sum."""

import itertools
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from evaluation.intervals import gamma
from evaluation.sample import read_sample
from evaluation.totals import Totals, totals

Floats = NDArray[np.float64]

CHANCES = np.array([0.15, 0.2, 0.3, 0.3, 0.4, 0.5, 0.6, 0.7, 0.9, 1.0])
VIOLATES = np.array([1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0])
VIEWS = np.array([3.0, 10.0, 1.0, 20.0, 5.0, 8.0, 0.0, 2.0, 7.0, 4.0])
SCORES = np.array([0.1, 0.3, 0.2, 0.2, 0.05, 0.4, 0.1, 0.3, 0.2, 0.5])
ALONE = np.arange(10)
TWINS = np.array([0, 1, 2, 2, 4, 0, 6, 7, 8, 8])


def make_sample(drawn: NDArray[np.bool_], identity: NDArray[np.int64]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": identity,
            "pi": CHANCES,
            "flagged": False,
            "violation": np.where(drawn, VIOLATES, np.nan),
            "score": SCORES,
            "views": VIEWS,
        }
    )


def of(sample: pd.DataFrame, *, values: Floats | None = None) -> Totals:
    rows = read_sample(sample)
    return totals(rows, ~rows.full_review, np.ones(len(sample)) if values is None else values)


def every_sample(identity: NDArray[np.int64]) -> Iterator[tuple[float, NDArray[np.bool_]]]:
    # A draw falls between two neighbouring chances of the items that share it.
    options = []
    for shared in np.unique(identity):
        ends = np.unique([0.0, *CHANCES[identity == shared], 1.0])
        options.append([(shared, low, high - low) for low, high in itertools.pairwise(ends)])
    for outcome in itertools.product(*options):
        number = {shared: low for shared, low, _ in outcome}
        drawn = np.array([number[shared] for shared in identity]) < CHANCES
        yield float(np.prod([share for _, _, share in outcome])), drawn


@pytest.mark.parametrize("identity", [ALONE, TWINS], ids=["every item its own draw", "some share a draw"])
@pytest.mark.parametrize("values", [np.ones(10), VIEWS], ids=["items", "views"])
def test_total_and_variance_are_right_on_average_over_every_sample(
    identity: NDArray[np.int64], values: Floats
) -> None:
    shares, drawn = zip(*every_sample(identity), strict=True)
    outcomes = len(drawn)
    sample = pd.DataFrame(
        {
            "id": np.tile(identity, outcomes),
            "pi": np.tile(CHANCES, outcomes),
            "flagged": False,
            "violation": np.where(drawn, VIOLATES, np.nan).ravel(),
            "outcome": np.repeat(np.arange(outcomes), 10),
        }
    )
    rows = read_sample(sample, by=["outcome"])
    result = totals(rows, ~rows.full_review, np.tile(values, outcomes))
    share, total, variance = np.array(shares), result.total, result.variance
    truth = VIOLATES @ values
    assert share.sum() == pytest.approx(1, rel=1e-12)
    assert share @ total == pytest.approx(truth, rel=1e-12)
    assert share @ variance == pytest.approx(share @ (total - truth) ** 2, rel=1e-12)


@pytest.mark.parametrize("identity", [ALONE, TWINS], ids=["every item its own draw", "some share a draw"])
def test_the_expected_extra_is_expected_variance_over_expected_total(identity: NDArray[np.int64]) -> None:
    # Over the open items; with labels drawn from the scores, alike where a draw is shared.
    open_ = CHANCES < 1
    both = np.sqrt(np.outer(SCORES, SCORES)) * np.outer(VIEWS, VIEWS) * np.outer(open_, open_)
    excess = 1 / np.maximum.outer(CHANCES, CHANCES) - 1
    variance = (both * excess * (identity[:, None] == identity)).sum()
    extra = of(make_sample(np.zeros(10, dtype=bool), identity), values=VIEWS).expected_extra[0]
    assert extra == pytest.approx(variance / (SCORES * VIEWS)[open_].sum(), rel=1e-12)


@given(st.integers(0, 2**32 - 1), st.booleans())
def test_the_variance_is_the_double_sum_of_horvitz_and_thompson(seed: int, shared: bool) -> None:
    rng = np.random.default_rng(seed)
    size = 60
    identity = rng.integers(0, 20 if shared else 10**9, size)
    chance = rng.uniform(0.05, 1, size)
    drawn = dict(zip(identity.tolist(), rng.random(size), strict=True))
    reviewed = np.array([drawn[one] for one in identity.tolist()]) < chance
    violation = (rng.random(size) < 0.5).astype(float)
    sample = pd.DataFrame(
        {
            "id": identity,
            "pi": chance,
            "flagged": False,
            "violation": np.where(reviewed, violation, np.nan),
            "slice": rng.choice(["a", "b"], size),
        }
    )
    rows = read_sample(sample, by=["slice"])
    result = totals(rows, np.ones(size, dtype=bool), np.ones(size))
    for place, values in enumerate(rows.slice_values):
        at = np.flatnonzero(reviewed & (sample["slice"] == values["slice"]).to_numpy() & (violation == 1))
        total = 0.0
        for i, j in itertools.product(at, at):
            together = min(chance[i], chance[j]) if identity[i] == identity[j] else chance[i] * chance[j]
            total += (together - chance[i] * chance[j]) / together / (chance[i] * chance[j])
        assert result.variance[place] == pytest.approx(total, rel=1e-9, abs=1e-9)


def test_the_largest_extra_is_that_of_all_items_of_a_draw_together() -> None:
    alone = of(make_sample(np.zeros(10, dtype=bool), ALONE))
    twins = of(make_sample(np.zeros(10, dtype=bool), TWINS))
    assert alone.largest_extra[0] == pytest.approx(1 / 0.15)
    assert twins.largest_extra[0] == pytest.approx(1 / 0.15 + 1 / 0.5)


def test_what_was_certain_to_be_reviewed_leaves_no_doubt() -> None:
    sample = make_sample(np.ones(10, dtype=bool), ALONE).assign(pi=1.0)
    result = of(sample)
    lower, upper = result.ends(level=0.95, grade="report")
    assert (lower[0], result.total[0], upper[0]) == (6, 6, 6)
    assert result.census[0]


def test_hits_that_were_certain_do_not_blur_those_that_were_not() -> None:
    # Nine certain hits and one uncertain: the interval is that of the uncertain one, moved by nine.
    one = pd.DataFrame({"id": [1, 2], "pi": 0.1, "flagged": False, "violation": [1.0, np.nan], "score": 0.1})
    nine = pd.DataFrame({"id": range(3, 12), "pi": 1.0, "flagged": False, "violation": 1.0, "score": 0.9})
    many = [one, *(one.assign(id=one["id"] * 1000 + number, violation=np.nan) for number in range(200))]
    apart = of(pd.concat(many)).ends(level=0.95, grade="report")
    mixed = of(pd.concat([*many, nine])).ends(level=0.95, grade="report")
    assert mixed[0][0] == pytest.approx(apart[0][0] + 9)
    assert mixed[1][0] == pytest.approx(apart[1][0] + 9)


def test_found_hits_are_real() -> None:
    sample = make_sample(CHANCES > 0.25, ALONE)
    result = of(sample)
    assert result.ends(level=0.95, grade="report")[0][0] >= result.found[0] == 5


def test_what_was_seen_to_be_clean_bounds_the_total() -> None:
    result = of(make_sample(CHANCES > 0.25, ALONE))
    assert result.ends(level=0.95, grade="guarantee")[1][0] == 10 - 3


def test_the_guarantee_is_never_narrower_than_the_report() -> None:
    rng = np.random.default_rng(3)
    for _ in range(50):
        result = of(make_sample(rng.random(10) < CHANCES, ALONE).assign(views=1.0))
        report, guarantee = (result.ends(level=0.95, grade=grade) for grade in ("report", "guarantee"))
        assert guarantee[0][0] == report[0][0]
        assert guarantee[1][0] >= report[1][0]


def test_an_unheard_of_grade_is_refused() -> None:
    with pytest.raises(ValueError, match="grade must be report or guarantee"):
        of(make_sample(CHANCES > 0.5, ALONE)).ends(level=0.95, grade="best")  # type: ignore[arg-type]


def test_without_scores_every_item_is_as_likely() -> None:
    bare = make_sample(CHANCES > 0.5, ALONE).drop(columns="score")
    equal = make_sample(CHANCES > 0.5, ALONE).assign(score=0.37)
    assert of(bare).expected_extra[0] == pytest.approx(of(equal).expected_extra[0])


def test_effective_hits_are_hits_where_all_weigh_the_same_and_little() -> None:
    sample = pd.DataFrame(
        {"id": range(10_000), "pi": 0.001, "flagged": False, "violation": [1.0] * 7 + [np.nan] * 9993}
    )
    assert of(sample).effective_hits[0] == pytest.approx(7, rel=0.002)


@pytest.mark.parametrize(("hit", "extra"), [(0, "found"), (1, "expected")])
def test_an_unseen_hit_weighs_what_scores_expect_or_found_hits_weigh_if_more(hit: int, extra: str) -> None:
    # One item of weight 20 and many of weight 2: the scores expect little more than 1.
    chance = np.array([0.05] + [0.5] * 999)
    sample = pd.DataFrame({"id": range(1000), "pi": chance, "flagged": False, "score": 0.1})
    sample["violation"] = np.where(np.arange(1000) == hit, 1.0, np.nan)
    weight = 1 / chance[hit]
    found, expected = (1 - chance[hit]) * weight, ((1 - chance) / chance).mean()
    assert bool(found > expected) is (extra == "found")
    interval = gamma(total=weight, variance=found * weight, extra=max(found, expected))
    assert of(sample).ends(level=0.95, grade="report")[1][0] == pytest.approx(interval.upper)
