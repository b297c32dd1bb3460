from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from evaluation.calibration import Calibration, calibrate
from evaluation.estimators import estimate
from evaluation.sample import read_sample


def calibrated(sample: pd.DataFrame) -> Sequence[Calibration]:
    found = {one.name: one for one in estimate(sample)}
    return calibrate(read_sample(sample), precision=found["precision"], missed=found["missed"])


def make_sample(rng: np.random.Generator, *, share: float = 0.5) -> pd.DataFrame:
    score = rng.beta(0.5, 8, 2000)
    flagged = score > 0.3
    chance = np.where(flagged, 1.0, share)
    violation = rng.random(2000) < score
    settled = rng.random(2000) < chance
    return pd.DataFrame(
        {
            "id": np.arange(2000),
            "pi": chance,
            "flagged": flagged,
            "score": score,
            "violation": np.where(settled, violation, np.nan),
        }
    )


@pytest.mark.parametrize("share", [0.2, 1.0])
def test_true_scores_are_plausible_as_often_as_the_level_says(share: float) -> None:
    # Also where everything is reviewed: the sample then leaves no doubt, the violations themselves do.
    rng = np.random.default_rng(11)
    plausible = [[one.plausible for one in calibrated(make_sample(rng, share=share))] for _ in range(200)]
    assert (np.mean(plausible, axis=0) >= 0.90).all()
    assert not np.all(plausible)


def test_the_expected_number_is_the_sum_of_the_scores() -> None:
    sample = make_sample(np.random.default_rng(1))
    flagged, below = calibrated(sample)
    assert flagged.expected == pytest.approx(sample.loc[sample["flagged"], "score"].sum())
    assert below.expected == pytest.approx(sample.loc[~sample["flagged"], "score"].sum())


def test_the_estimated_numbers_are_those_of_the_estimates() -> None:
    sample = make_sample(np.random.default_rng(1))
    flagged, below = calibrated(sample)
    found = {one.name: one for one in estimate(sample)}
    assert flagged.estimated == pytest.approx(sample.loc[sample["flagged"], "violation"].sum())
    assert below.estimated == found["missed"].value


def test_scores_that_are_far_off_are_not_plausible() -> None:
    sample = make_sample(np.random.default_rng(2))
    assert [one.plausible for one in calibrated(sample.assign(score=sample["score"] / 4))] == [False, False]


def test_a_few_items_without_a_score_count_as_the_mean_of_the_others() -> None:
    sample = make_sample(np.random.default_rng(3))
    below = sample.index[~sample["flagged"]]
    mean = sample.loc[below[10:], "score"].mean()
    sample.loc[below[:10], "score"] = np.nan
    assert calibrated(sample)[1].expected == pytest.approx(mean * len(below))


def test_a_part_without_scores_or_reviews_is_left_out() -> None:
    sample = make_sample(np.random.default_rng(4))
    assert calibrated(sample.drop(columns="score")) == ()
    unreviewed = sample.assign(violation=sample["violation"].where(sample["flagged"]))
    assert [one.part for one in calibrated(unreviewed)] == ["flagged"]
