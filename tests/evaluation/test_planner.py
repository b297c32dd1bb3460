import math
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from data.records import AuditDesign, Plan
from evaluation.budgets import (
    audits_needed,
    budgets,
    effective_hits_needed,
    expected_effective_hits,
    planning_recall,
    recall_half_width,
)
from evaluation.estimators import estimate
from evaluation.planner import Outlook, outlook

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def make_plan(*, daily_budget: float = 100, floor_share: float = 0.5, **thresholds: float) -> Plan:
    return Plan(
        version="p",
        thresholds=thresholds or {"any": 0.5},
        audit=AuditDesign(daily_budget=daily_budget, floor_share=floor_share),
        author="test",
        reason="a test",
        in_force_from=NOON,
        review_minutes=3.0,
    )


def make_sample(seed: int = 1, *, size: int = 4000, **columns: Any) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    score = rng.beta(0.5, 4, size)
    pi = np.where(score >= 0.5, 1.0, 0.25)
    violation = np.where(rng.random(size) < pi, rng.random(size) < score, np.nan)
    columns = {
        "id": np.arange(size),
        "pi": pi,
        "flagged": pi == 1,
        "score": score,
        "violation": violation,
    } | columns
    return pd.DataFrame(columns)


def of(sample: pd.DataFrame, *, days: float = 2, **plan: Any) -> Outlook:
    return outlook(sample, make_plan(**plan), days=days)


def test_the_work_is_counted_by_the_day() -> None:
    sample = make_sample()
    found = of(sample, any=0.3)
    flagged = (sample["score"] >= 0.3).sum() / 2
    assert (found.items_per_day, found.flagged_per_day) == (2000, flagged)
    assert found.audits_per_day == pytest.approx(100, rel=1e-6)
    assert found.hours_per_day == pytest.approx((flagged + 100) * 3 / 60)


def test_the_plan_in_force_is_judged_as_the_report_judges_it() -> None:
    sample = make_sample()
    found, report = of(sample, any=0.5), {one.name: one for one in estimate(sample)}
    assert found.recall.value == pytest.approx(report["recall"].value)
    assert found.precision.value == pytest.approx(report["precision"].value)
    missed = report["missed"].value
    assert missed is not None
    assert found.missed_per_day.value == pytest.approx(missed / 2)
    assert found.recall.hits == report["recall"].hits
    # Another window differs in what is found as well, so this is wider.
    assert found.recall.interval.width > report["recall"].interval.width


@pytest.mark.parametrize("threshold", [0.2, 0.4, 0.7])
def test_another_threshold_is_judged_by_the_weights(threshold: float) -> None:
    sample = make_sample()
    found = of(sample, any=threshold)
    weight, above = (1 / sample["pi"]).where(sample["violation"].notna(), 0), sample["score"] >= threshold
    hits = weight * sample["violation"].fillna(0)
    assert found.recall.value == pytest.approx(hits[above].sum() / hits.sum())
    assert found.precision.value == pytest.approx(hits[above].sum() / weight[above].sum())
    assert found.missed_per_day.value == pytest.approx(hits[~above].sum() / 2)
    for one in (found.recall, found.precision, found.missed_per_day):
        assert one.value is not None
        assert one.value in one.interval


def test_the_interval_of_missed_is_the_gamma_interval_without_the_finite_factor() -> None:
    sample = make_sample()
    interval = of(sample, any=0.5).missed_per_day.interval
    below = sample[sample["score"] < 0.5]
    hits = int((below["violation"] == 1).sum())
    # All weights are 4, also that of the hit nobody saw: a count of Poisson.
    assert interval.lower == pytest.approx(4 * stats.chi2.ppf(0.025, 2 * hits) / 2 / 2)
    assert interval.upper == pytest.approx(4 * stats.chi2.ppf(0.975, 2 * (hits + 1)) / 2 / 2)


def test_thresholds_of_several_policies_flag_what_reaches_any() -> None:
    rng = np.random.default_rng(2)
    sample = make_sample(scam=rng.random(4000), hate=rng.random(4000))
    found = of(sample, scam=0.9, hate=0.95)
    assert found.flagged_per_day == ((sample["scam"] >= 0.9) | (sample["hate"] >= 0.95)).sum() / 2


def test_what_cannot_be_scored_goes_to_full_review_and_not_into_precision() -> None:
    some = np.arange(4000) < 100
    sample = make_sample(degraded=["timeout" if one else None for one in some])
    sample.loc[some, ["pi", "violation", "score"]] = [1.0, 1.0, np.nan]
    found, without = of(sample), of(sample[~some])
    assert found.flagged_per_day == without.flagged_per_day + 50
    assert found.precision.value == without.precision.value
    assert (found.recall.value or 0) > (without.recall.value or 1)


def test_with_nothing_reviewed_below_nothing_is_known() -> None:
    sample = make_sample()
    sample.loc[sample["score"] < 0.5, "violation"] = np.nan
    found = of(sample)
    assert (found.recall.value, found.missed_per_day.value, found.buys) == (None, None, None)
    assert (found.recall.interval.lower, found.recall.interval.upper) == (0.0, 1.0)
    assert found.missed_per_day.interval.upper == (sample["score"] < 0.5).sum() / 2
    assert found.recall.method == "undefined"


def test_a_plan_that_reviews_everything_misses_nothing() -> None:
    found = of(make_sample(), any=0.0)
    assert (found.recall.value, found.missed_per_day.value, found.audits_per_day) == (1.0, 0.0, 0.0)
    assert found.recall.interval.lower == 1.0


def test_a_plan_that_flags_nothing_finds_nothing() -> None:
    found = of(make_sample(), any=1.0)
    assert (found.recall.value, found.precision.value) == (0.0, None)
    assert (found.recall.interval.lower, found.recall.interval.upper) == (0.0, 1.0)


def test_the_outlook_says_what_its_audits_buy() -> None:
    sample = make_sample()
    found = of(sample, daily_budget=150)
    p = sample["score"][sample["score"] < 0.5]
    assert found.buys is not None
    again = budgets(
        p,
        audits_per_day=[150],
        recall=planning_recall(found.recall.interval),
        days=2,
        plan=make_plan(daily_budget=1),
    )
    assert again[0].effective_hits == pytest.approx(found.buys.effective_hits)
    assert again[0].half_width == pytest.approx(found.buys.half_width)


def test_expected_effective_hits_are_those_of_many_samples() -> None:
    rng = np.random.default_rng(4)
    p, chance = rng.beta(1, 9, 5000), rng.uniform(0.05, 0.6, 5000)
    total, variance = [], []
    for _ in range(200):
        weight = ((rng.random(5000) < chance) & (rng.random(5000) < p)) / chance
        total.append(weight.sum())
        variance.append(((1 - chance) * weight**2).sum())
    measured = np.mean(total) ** 2 / np.mean(variance)
    assert expected_effective_hits(p, chance) == pytest.approx(measured, rel=0.03)


def test_a_census_tells_everything_and_no_violations_tell_nothing() -> None:
    assert expected_effective_hits([0.1, 0.2], [1.0, 1.0]) == math.inf
    assert recall_half_width(0.8, math.inf) == 0.0
    assert recall_half_width(0.8, 0.0) == 1.0


@pytest.mark.parametrize(("recall", "width", "hits"), [(0.55, 0.05, 94), (0.8, 0.05, 40), (0.9, 0.05, 12.5)])
def test_the_hits_needed_are_those_of_the_design_study(recall: float, width: float, hits: float) -> None:
    assert effective_hits_needed(recall, half_width=width) == pytest.approx(hits, rel=0.02)


@given(st.floats(0.01, 0.99), st.floats(0.005, 0.2), st.floats(0.6, 0.99))
def test_hits_needed_and_half_width_are_inverse(recall: float, width: float, level: float) -> None:
    hits = effective_hits_needed(recall, half_width=width, level=level)
    assert recall_half_width(recall, hits, level=level) == pytest.approx(width)


def test_more_audits_tell_more() -> None:
    p = np.random.default_rng(5).beta(0.5, 20, 3000)
    found = budgets(p, audits_per_day=[20, 100, 500, 3000], recall=0.7, days=1, plan=make_plan())
    widths = [one.half_width for one in found]
    assert widths == sorted(widths, reverse=True)
    assert [one.audits_per_day for one in found] == pytest.approx([20, 100, 500, 3000], rel=1e-6)
    assert widths[-1] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("half_width", [0.02, 0.05, 0.1])
def test_the_audits_needed_give_the_half_width_and_fewer_do_not(half_width: float) -> None:
    p = np.random.default_rng(6).beta(0.5, 20, 3000)
    plan = make_plan()
    needed = audits_needed(p, half_width=half_width, recall=0.7, days=1, plan=plan)
    enough, fewer = budgets(p, audits_per_day=[needed, 0.99 * needed], recall=0.7, days=1, plan=plan)
    assert enough.half_width == pytest.approx(half_width, rel=1e-4)
    assert fewer.half_width > half_width


def test_with_nothing_unflagged_no_audits_are_needed() -> None:
    assert audits_needed([], half_width=0.05, recall=0.7, days=1, plan=make_plan()) == 0.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: of(make_sample(), days=0), "days must be above 0"),
        (lambda: outlook(make_sample(), make_plan(), days=1, level=95), "level must be between"),
        (lambda: of(make_sample(), scam=0.5), "sample must have the columns scam"),
        (lambda: expected_effective_hits([0.1], [0.0]), "chance must be in"),
        (lambda: expected_effective_hits([1.1], [0.5]), "p must hold probabilities"),
        (lambda: recall_half_width(1.2, 10), "recall must be in"),
        (lambda: recall_half_width(0.5, -1), "effective_hits must be 0 or more"),
        (lambda: effective_hits_needed(0.5, half_width=0), "half_width must be between"),
        (
            lambda: budgets([0.1], audits_per_day=[0], recall=0.5, days=1, plan=make_plan()),
            "daily_budget must be above 0",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
