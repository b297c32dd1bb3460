from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from evaluation.estimators import estimate
from evaluation.trends import (
    TrendPoint,
    estimate_lasting,
    estimate_policies_lasting,
    first_of_draws,
    settled_until,
    trend,
)

BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
DAYS, A_DAY, FLOOR = 14, 200, 0.05
LOOKS = [BEGIN + timedelta(days=day + 1) for day in range(DAYS)]


def make(seed: int, *, late: float = 0.0, full_chance: float = 1.0) -> tuple[pd.DataFrame, pd.Series]:
    """Return a sample in which the last day is late, and the truth of every item."""
    rng, size = np.random.default_rng(seed), DAYS * A_DAY
    score = rng.beta(0.3, 4, size)
    truth = rng.random(size) < score
    flagged = score >= 0.3
    pi = np.where(flagged, full_chance, np.clip(score, FLOOR, 1))
    draw = rng.random(size)
    drawn = draw < pi
    day = np.repeat(np.arange(DAYS), A_DAY)
    waits = drawn & ((day == DAYS - 1) | (rng.random(size) < late))
    sample = pd.DataFrame(
        {
            "id": np.arange(size),
            "pi": pi,
            "draw": draw,
            "flagged": flagged,
            "degraded": None,
            "score": score,
            "route": np.where(drawn, np.where(flagged, "full_review", "audit"), "release"),
            "violation": np.where(drawn & ~waits, truth, np.nan),
            "time": pd.to_datetime([BEGIN + timedelta(days=int(one), hours=3) for one in day]),
            "language": np.where(np.arange(size) % 3 == 0, "en", "ko"),
            "policies": [["fake"] if one else [] for one in truth & drawn & ~waits],
            "flagged_policies": [["fake"] if one else [] for one in flagged],
        }
    )
    return sample, pd.Series(truth)


def true_share(sample: pd.DataFrame, truth: pd.Series, point: TrendPoint) -> float:
    there = (sample["time"] < point.until).to_numpy() & truth.to_numpy()
    if point.name == "prevalence":
        return float(there.sum() / (sample["time"] < point.until).sum())
    if point.name == "missed":
        return float((there & ~sample["flagged"]).sum())
    return float((there & (sample["route"] == "full_review")).sum() / there.sum())


@pytest.mark.parametrize(("late", "full_chance"), [(0.0, 1.0), (0.01, 1.0), (0.0, 0.5)])
def test_no_end_is_ever_wrong_on_any_day(late: float, full_chance: float) -> None:
    runs, wrong = 60, dict.fromkeys(("recall", "prevalence", "missed"), 0)
    for seed in range(runs):
        sample, truth = make(seed, late=late, full_chance=full_chance)
        points = trend(sample, looks=LOOKS, floor=FLOOR)
        outside = {
            point.name
            for point in points
            if not point.lower - 1e-9 <= true_share(sample, truth, point) <= point.upper + 1e-9
        }
        for name in outside:
            wrong[name] += 1
    assert max(wrong.values()) <= stats.binom.ppf(0.999, runs, 0.05)


def test_what_is_late_widens_the_last_day_and_is_not_reported() -> None:
    sample, _ = make(1)
    points = trend(sample, looks=LOOKS, floor=FLOOR)
    prevalence = [point for point in points if point.name == "prevalence"]
    assert prevalence[-1].open > 10
    assert prevalence[-1].upper - prevalence[-1].lower > prevalence[-2].upper - prevalence[-2].lower
    assert settled_until(points) == LOOKS[-2]


def test_where_nothing_is_settled_there_is_no_day_to_report() -> None:
    sample, _ = make(1)
    points = trend(sample.assign(violation=np.nan), looks=LOOKS, floor=FLOOR)
    assert settled_until(points) is None
    assert {point.value for point in points if point.name == "missed"} == {None}


def test_a_look_sees_what_came_before_it() -> None:
    sample, _ = make(1)
    some = sample[sample["time"] < LOOKS[4]]
    assert trend(sample, looks=LOOKS[:5], floor=FLOOR) == trend(some, looks=LOOKS[:5], floor=FLOOR)


def test_the_same_clip_again_is_followed_once() -> None:
    sample, _ = make(1)
    again = pd.concat([sample, sample.assign(time=sample["time"] + timedelta(hours=1))])
    assert len(first_of_draws(again)) == len(sample)
    assert trend(again, looks=LOOKS, floor=FLOOR) == trend(sample, looks=LOOKS, floor=FLOOR)


def test_values_are_those_of_one_look_and_ends_are_wider() -> None:
    sample, _ = make(2)
    settled = sample[sample["time"] < LOOKS[-2]]
    for one, lasting in zip(
        estimate(settled, by=["language"]),
        estimate_lasting(settled, by=["language"], looks=[LOOKS[-2]], floor=FLOOR),
        strict=True,
    ):
        assert (lasting.name, lasting.slice, lasting.value) == (one.name, one.slice, one.value)
        if one.name in {"recall", "prevalence", "missed"}:
            assert lasting.method == "martingale"
            assert lasting.interval.lower <= one.interval.lower
            assert lasting.interval.upper >= one.interval.upper
        else:
            assert lasting == one


def test_policies_have_ends_that_hold_as_well() -> None:
    sample, _ = make(2)
    settled = sample[sample["time"] < LOOKS[-2]]
    found = estimate_policies_lasting(settled, looks=[LOOKS[-2]], floor=FLOOR)
    methods = {one.name: one.method for one in found}
    assert methods["recall"] == methods["missed"] == "martingale"
    assert methods["threshold_recall"] != "martingale"
