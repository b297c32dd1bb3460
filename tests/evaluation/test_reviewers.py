from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from evaluation.agreement import error_rates
from evaluation.reviewers import ReviewersReport, build, median

UNTIL = datetime(2026, 11, 22, tzinfo=UTC)
SINCE = UNTIL - timedelta(days=28)


def team(
    rng: np.random.Generator, errors: dict[str, float], *, looks: int, chance: float = 0.5
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Decisions of people who err with known chances, of which some are seen again by chance."""
    names = np.repeat(list(errors), looks)
    truth = rng.random(names.size) < 0.3
    wrong = rng.random(names.size) < np.repeat(list(errors.values()), looks)
    first = (truth ^ wrong).astype(float)
    called = rng.random(names.size) < chance
    decisions = pd.DataFrame(
        {
            "reviewer_id": names,
            "verdict": np.where(first == 1, "violation", "no_violation"),
            "seconds": rng.lognormal(4, 0.5, names.size),
        }
    )
    sample = pd.DataFrame(
        {
            "id": np.arange(names.size),
            "pi": 1.0,
            "flagged": True,
            "score": 0.3,
            "first": first,
            "violation": np.where(called, truth, first),
            "second": np.where(called, truth.astype(float), np.nan),
            "second_pi": chance,
            "second_called": called,
            "reviewer_id": names,
        }
    )
    return decisions, sample


def report(decisions: pd.DataFrame, sample: pd.DataFrame, level: float = 0.95) -> ReviewersReport:
    return build(decisions, sample, since=SINCE, until=UNTIL, level=level)


@pytest.mark.parametrize("size", [0, 1, 5, 6, 20, 101])
def test_a_median_lies_between_the_order_statistics_of_the_sign_test(size: int) -> None:
    values = np.random.default_rng(size).lognormal(0, 1, size)
    found = median(values)
    assert found.timed == size
    if size:
        assert found.value == pytest.approx(float(np.median(values)))
    below = [count for count in range(size + 1) if stats.binom.cdf(count, size, 0.5) <= 0.025]
    if not below:
        assert (found.interval.lower, found.interval.upper) == (0.0, np.inf)
    else:
        ordered = np.sort(values)
        assert found.interval.lower == ordered[len(below) - 1]
        assert found.interval.upper == ordered[size - len(below)]


def test_the_interval_of_a_median_covers_whatever_the_distribution() -> None:
    rng, right = np.random.default_rng(1), 0
    for _ in range(600):
        found = median(rng.exponential(size=15))
        right += found.interval.lower <= np.log(2) <= found.interval.upper
    assert right / 600 >= 0.95


def test_rates_are_those_of_second_looks_and_the_team_is_all_of_them() -> None:
    decisions, sample = team(np.random.default_rng(2), {"kim": 0.05, "lee": 0.2}, looks=200)
    found = report(decisions, sample)
    assert [one.name for one in found.reviewers] == ["kim", "lee"]
    looks = sample.assign(violation=sample["first"])
    for one, truth in zip(found.reviewers, error_rates(looks, about="looks"), strict=True):
        assert one.rates == truth
        assert one.decisions == 200
    assert found.team.decisions == 400
    assert found.team.rates is not None
    assert found.team.rates.second_looks == int(sample["second_called"].sum())


def test_a_few_cases_shame_nobody() -> None:
    decisions, sample = team(np.random.default_rng(3), {f"r{n}": 0.05 for n in range(8)}, looks=150)
    few = team(np.random.default_rng(3), {"new": 1.0}, looks=2, chance=1.0)
    found = report(
        pd.concat([decisions, few[0]], ignore_index=True), pd.concat([sample, few[1]], ignore_index=True)
    )
    new = next(one for one in found.reviewers if one.name == "new")
    assert new.rates is not None
    assert new.rates.overturned.value == 1.0
    assert new.rates.overturned.expected is not None
    assert new.rates.overturned.expected < 1.0
    assert new.few
    assert not new.stands_out


def test_nobody_stands_out_of_a_team_of_equals_and_an_outlier_does() -> None:
    rng = np.random.default_rng(4)
    wrongly = sum(report(*team(rng, {f"r{n}": 0.08 for n in range(6)}, looks=100)).differ for _ in range(50))
    assert wrongly <= 2
    found = report(*team(rng, {f"r{n}": 0.03 for n in range(6)} | {"tired": 0.4}, looks=200))
    assert [one.name for one in found.reviewers if one.stands_out] == ["tired"]


def test_agreement_is_that_of_looks_that_were_made_twice() -> None:
    rng = np.random.default_rng(5)
    perfect = report(*team(rng, {"kim": 0.0}, looks=100)).agreement
    assert (perfect.value, perfect.interval.lower, perfect.interval.upper) == (1.0, 1.0, 1.0)
    noisy = report(*team(rng, {"kim": 0.15}, looks=400)).agreement
    assert noisy.value is not None
    assert noisy.interval.lower < noisy.value < noisy.interval.upper < 1
    # Of 30 % violations and errors of 15 %: 1 - observed over expected disagreement.
    share = 0.3 * 0.85 + 0.7 * 0.15
    mean = (0.3 + share) / 2
    assert noisy.interval.lower < 1 - 0.15 / (2 * mean * (1 - mean)) < noisy.interval.upper


def test_without_second_looks_work_is_told_and_no_rate() -> None:
    decisions, sample = team(np.random.default_rng(6), {"kim": 0.1}, looks=30)
    found = report(decisions, sample.assign(second_pi=np.nan, second=np.nan, second_called=False))
    assert found.reviewers[0].rates is None
    assert found.team.rates is None
    assert found.reviewers[0].seconds.value is not None
    assert found.agreement.value is None
    empty = report(decisions.iloc[:0], sample.iloc[:0])
    assert (empty.team.decisions, list(empty.reviewers)) == (0, [])


def test_one_reviewer_sees_the_team_and_nobody_else() -> None:
    found = report(*team(np.random.default_rng(7), {"kim": 0.05, "lee": 0.2}, looks=50))
    mine = found.only("lee")
    assert [one.name for one in mine.reviewers] == ["lee"]
    assert mine.team == found.team
    assert list(found.to_frame()["reviewer"]) == ["kim", "lee", "team"]


def test_where_only_violations_are_checked_nobody_knows_what_clean_verdicts_hide() -> None:
    decisions, sample = team(np.random.default_rng(8), {"kim": 0.1}, looks=200)
    clean = sample["first"] == 0
    gaps = {"first": np.nan, "second": np.nan, "second_pi": np.nan}
    found = report(
        decisions, sample.assign(**{name: sample[name].mask(clean, gap) for name, gap in gaps.items()})
    )
    assert found.one_sided
    assert found.team.rates is not None
    assert found.team.rates.false_alarms > 0
    for share in (found.team.rates.overturned, found.team.rates.sensitivity, found.team.rates.specificity):
        assert (share.value, share.interval.lower, share.interval.upper) == (None, 0.0, 1.0)
