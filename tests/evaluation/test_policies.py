import numpy as np
import pandas as pd
import pytest

from evaluation.estimators import Estimate, estimate, threshold_recall
from evaluation.policies import estimate_policies
from evaluation.totals import Grade

# Two policies. "scam" has a threshold; "hate" is only ever seen because something else sent it to review.
SAMPLE = pd.DataFrame(
    {
        "id": list("abcdefgh"),
        "pi": [1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5],
        "flagged": [True, True, True, False, False, False, False, False],
        "flagged_policies": [["any", "scam"], ["scam"], ["any"], [], [], [], [], []],
        "degraded": [None, None, None, "timeout", None, None, None, None],
        "violation": [1, 0, 1, 1, 1, 0, np.nan, np.nan],
        "policies": [["scam"], [], ["scam", "hate"], ["scam"], ["scam"], [], [], []],
    }
)


def found(sample: pd.DataFrame = SAMPLE) -> dict[tuple[str | None, str], float | None]:
    return {(one.slice["policy"], one.name): one.value for one in estimate_policies(sample)}


def test_the_process_catches_what_anything_sent_to_review() -> None:
    values = found()
    # Full review saw three scams of an estimated five: one was flagged for it, one for any, one had no score.
    assert values["scam", "recall"] == pytest.approx(3 / 5)
    assert values["hate", "recall"] == 1.0
    assert values["scam", "missed"] == pytest.approx(2)


def test_the_threshold_catches_what_was_flagged_for_that_policy() -> None:
    values = found()
    assert values["scam", "threshold_recall"] == pytest.approx(1 / 5)
    assert values["scam", "precision"] == 0.5


def test_a_policy_without_a_threshold_has_no_numbers_about_one() -> None:
    assert {name for policy, name in found() if policy == "hate"} == {
        "recall",
        "prevalence",
        "view_prevalence",
        "view_recall",
        "missed",
    }


def test_a_policy_that_was_flagged_and_never_found_is_told() -> None:
    sample = SAMPLE.assign(flagged_policies=pd.Series([["minors"], *[[]] * 7]))
    values = found(sample)
    assert (values["minors", "precision"], values["minors", "threshold_recall"]) == (0.0, None)


def test_without_any_policy_there_is_nothing_to_say() -> None:
    nothing = SAMPLE.assign(policies=pd.Series([[]] * 8), flagged_policies=pd.Series([["any"], *[[]] * 7]))
    assert estimate_policies(nothing) == []


def test_of_a_queue_that_names_nothing_no_item_counts() -> None:
    # A violation without a named policy is known to violate, and counts for no policy.
    sample = SAMPLE.assign(policies=pd.Series([["scam"], *[[]] * 7]))
    assert found(sample)["scam", "prevalence"] == pytest.approx(1 / 8)


def _random(seed: int, *, size: int = 3000, limited: bool = False) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    score = np.where(rng.random(size) < 0.02, np.nan, rng.beta(0.3, 5, size))
    scam, hate = np.nan_to_num(score) >= 0.3, rng.random(size) < 0.05
    flagged, degraded = scam | hate, np.isnan(score) & (rng.random(size) < 0.5)
    pi = np.where(degraded, 1.0, np.where(flagged, 0.6 if limited else 1.0, rng.uniform(0.02, 0.3, size)))
    draw = rng.random(size)
    draw[: size // 10] = draw[size // 10 : 2 * (size // 10)]
    drawn = draw < pi
    settled = drawn & (rng.random(size) < 0.9)
    violation = rng.random(size) < np.nan_to_num(score, nan=0.1)
    return pd.DataFrame(
        {
            "id": np.arange(size),
            "pi": pi,
            "draw": draw,
            "flagged": flagged & ~degraded,
            "degraded": ["timeout" if one else None for one in degraded],
            "route": np.where(drawn, np.where(flagged | degraded, "full_review", "audit"), "release"),
            "score": score,
            "views": np.where(rng.random(size) < 0.1, np.nan, rng.lognormal(4, 1, size)),
            "violation": np.where(settled, violation, np.nan),
            "policies": [
                [
                    name
                    for name, share in (("scam", 0.7), ("hate", 0.5), ("fake", 0.2))
                    if rng.random() < share
                ]
                if one
                else []
                for one in settled & violation
            ],
            "flagged_policies": [
                [name for name, there in (("scam", one), ("hate", other)) if there]
                for one, other in zip(scam, hate, strict=True)
            ],
        }
    )


def _plain(sample: pd.DataFrame, policy: str, name: str, *, grade: Grade) -> Estimate:
    # With every row, and one policy at a time.
    settled = sample["violation"].notna()
    violates = np.array([policy in names for names in sample["policies"]]) & (sample["violation"] == 1)
    labelled = sample.assign(violation=np.where(settled, violates.astype(float), np.nan))
    if name in {"threshold_recall", "precision"}:
        flagged = [policy in names for names in sample["flagged_policies"]]
        own = labelled.drop(columns="degraded").assign(flagged=flagged)
        if name == "threshold_recall":
            return threshold_recall(own, grade=grade)[0]
        return next(one for one in estimate(own, grade=grade) if one.name == name)
    return next(one for one in estimate(labelled, grade=grade) if one.name == name)


@pytest.mark.parametrize("grade", ["report", "guarantee"])
@pytest.mark.parametrize("limited", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_items_nobody_drew_or_flagged_count_as_sums_and_change_nothing(
    seed: int, limited: bool, grade: Grade
) -> None:
    sample = _random(seed, limited=limited)
    found = estimate_policies(sample, grade=grade)
    assert {one.slice["policy"] for one in found} == {"scam", "hate", "fake"}
    for one in found:
        wanted = _plain(sample, str(one.slice["policy"]), one.name, grade=grade)
        assert (one.reviewed, one.hits, one.method) == (wanted.reviewed, wanted.hits, wanted.method)
        numbers = (one.value, one.interval.lower, one.interval.upper, one.effective_hits)
        assert numbers == pytest.approx(
            (wanted.value, wanted.interval.lower, wanted.interval.upper, wanted.effective_hits), rel=1e-9
        )
