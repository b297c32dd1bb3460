"""By policy, corrected for reviewers who overlook violations and see some that are none."""

import numpy as np
import pandas as pd
import pytest

from evaluation.confirmed_policies import checked, estimate_confirmed_policies
from evaluation.estimators import Estimate
from evaluation.policies import estimate_policies

POLICIES = ("fake", "minors")


def _named(fake: bool, minors: bool) -> list[str]:
    return [name for name, one in zip(POLICIES, (fake, minors), strict=True) if one]


def _sample(seed: int, *, second_chance: float, overlooked: float) -> tuple[pd.DataFrame, dict[str, float]]:
    rng, size = np.random.default_rng(seed), 8000
    score = rng.beta(0.3, 4, size)
    truth = {name: rng.random(size) < score * share for name, share in zip(POLICIES, (0.7, 0.3), strict=True)}
    flagged = score >= 0.3
    pi = np.where(flagged, 1.0, np.clip(score, 0.05, 1))
    drawn = rng.random(size) < pi
    said = {name: one & (rng.random(size) >= overlooked) for name, one in truth.items()}
    first_any, truth_any = said["fake"] | said["minors"], truth["fake"] | truth["minors"]
    second_pi = np.where(first_any, 1.0, second_chance)
    called = drawn & (rng.random(size) < second_pi)
    first = [_named(*pair) for pair in zip(said["fake"], said["minors"], strict=True)]
    second = [_named(*pair) for pair in zip(truth["fake"], truth["minors"], strict=True)]
    settled = np.where(called, truth_any, first_any)
    sample = pd.DataFrame(
        {
            "id": np.arange(size),
            "pi": pi,
            "flagged": flagged,
            "score": score,
            "route": np.where(drawn, np.where(flagged, "full_review", "audit"), "release"),
            "violation": np.where(drawn, settled, np.nan),
            "first": np.where(drawn, first_any, np.nan),
            "second": np.where(called, truth_any, np.nan),
            "second_pi": np.where(drawn, second_pi, np.nan),
            "second_called": called,
            "first_policies": [names if one else [] for names, one in zip(first, drawn, strict=True)],
            "second_policies": [names if one else [] for names, one in zip(second, called, strict=True)],
            "policies": [
                (one if again else other) if seen else []
                for one, other, again, seen in zip(second, first, called, drawn, strict=True)
            ],
            "flagged_policies": [["fake"] if one else [] for one in flagged],
        }
    )
    return sample, {name: float(one.mean()) for name, one in truth.items()}


def _prevalence(estimates: list[Estimate], policy: str) -> Estimate:
    return next(one for one in estimates if one.name == "prevalence" and one.slice == {"policy": policy})


@pytest.mark.parametrize("policy", POLICIES)
def test_what_first_looks_overlook_is_made_good_for(policy: str) -> None:
    corrected, plain, covered = [], [], []
    for seed in range(20):
        sample, truth = _sample(seed, second_chance=0.3, overlooked=0.25)
        found = _prevalence(estimate_confirmed_policies(sample), policy)
        assert found.value is not None
        corrected.append(found.value / truth[policy])
        covered.append(truth[policy] in found.interval)
        uncorrected = sample.assign(violation=sample["first"], policies=sample["first_policies"])
        raw = _prevalence(estimate_policies(uncorrected), policy)
        assert raw.value is not None
        plain.append(raw.value / truth[policy])
    assert np.mean(plain) == pytest.approx(0.75, abs=4 * np.std(plain) / np.sqrt(20))
    assert np.mean(plain) < 0.9
    assert np.mean(corrected) == pytest.approx(1, abs=4 * np.std(corrected) / np.sqrt(20))
    assert np.mean(covered) >= 0.85


def test_where_every_look_is_checked_the_second_one_decides_alone() -> None:
    sample, _ = _sample(3, second_chance=1.0, overlooked=0.25)
    confirmed = {(one.name, one.slice["policy"]): one for one in estimate_confirmed_policies(sample)}
    for one in estimate_policies(sample):
        again = confirmed[one.name, one.slice["policy"]]
        assert again.value == pytest.approx(one.value)
        assert again.interval.upper == pytest.approx(one.interval.upper)


def test_a_policy_that_only_second_looks_name_is_estimated_too() -> None:
    sample, _ = _sample(3, second_chance=1.0, overlooked=0.0)
    only_fake = [[name for name in names if name == "fake"] for names in sample["first_policies"]]
    blind = sample.assign(first_policies=pd.Series(only_fake, dtype=object))
    found = _prevalence(estimate_confirmed_policies(blind), "minors")
    assert found.value is not None
    assert found.value > 0


def test_without_second_looks_there_is_nothing_to_check() -> None:
    sample, _ = _sample(3, second_chance=1.0, overlooked=0.0)
    assert checked(sample.drop(columns="second_pi")) is None
    assert checked(sample.assign(second_pi=np.nan)) is None
    with pytest.raises(ValueError, match="second looks"):
        estimate_confirmed_policies(sample.assign(second_pi=np.nan))
