"""Where reviewers cannot see all that is flagged: what was caught, and what was flagged, are covered both."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from data.records import ANY, AuditDesign, Plan
from evaluation.estimators import estimate, threshold_recall
from evaluation.rates import chances, flagged_chances, solve_rates
from evaluation.sizes import sizes

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
ITEMS, SAMPLES = 20_000, 150
PLAN = Plan(
    version="p1",
    thresholds={ANY: 0.2},
    audit=AuditDesign(daily_budget=950),
    author="lead",
    reason="first plan",
    in_force_from=NOON,
    daily_full_reviews=120,
)


def _samples(seed: int, *, undone: float) -> list[tuple[pd.DataFrame, float, float]]:
    """Return samples of new populations, each with the true shares that were caught and flagged."""
    rng, made = np.random.default_rng(seed), []
    for _ in range(SAMPLES):
        score = rng.beta(0.12, 6, ITEMS)
        violation = rng.random(ITEMS) < score
        flagged = score >= PLAN.thresholds[ANY]
        rates = solve_rates(
            p=score[~flagged], flagged=score[flagged], days=1, plan=PLAN, set_at=NOON, rates_id="r"
        )
        pi = np.empty(ITEMS)
        pi[flagged] = flagged_chances(score[flagged], rates, PLAN.audit)
        pi[~flagged] = chances(sizes(score[~flagged]), rates, PLAN.audit)
        drawn = rng.random(ITEMS) < pi
        seen = drawn & (rng.random(ITEMS) >= undone)
        sample = pd.DataFrame(
            {
                "id": np.arange(ITEMS),
                "pi": pi,
                "flagged": flagged,
                "violation": np.where(seen, violation, np.nan),
                "score": score,
                "route": np.where(drawn, np.where(flagged, "full_review", "audit"), "release"),
            }
        )
        total = violation.sum()
        made.append(
            (sample, (violation & flagged & drawn).sum() / total, (violation & flagged).sum() / total)
        )
    return made


@pytest.mark.parametrize("undone", [0.0, 0.3])
def test_caught_and_flagged_are_two_numbers_and_both_are_covered(undone: float) -> None:
    caught, flagged, values = [], [], []
    for sample, share_caught, share_flagged in _samples(20261123, undone=undone):
        recall, of_threshold = estimate(sample)[0], threshold_recall(sample)[0]
        assert recall.value is not None
        assert of_threshold.value is not None
        assert recall.value < of_threshold.value
        caught.append(share_caught in recall.interval)
        flagged.append(share_flagged in of_threshold.interval)
        values.append(recall.value - share_caught)
    assert np.mean(caught) >= 0.94 - 2 * np.sqrt(0.95 * 0.05 / SAMPLES)
    assert np.mean(flagged) >= 0.94 - 2 * np.sqrt(0.95 * 0.05 / SAMPLES)
    assert abs(np.mean(values)) < 4 * np.std(values) / np.sqrt(SAMPLES) + 0.01


def test_without_a_limit_both_are_the_same_number() -> None:
    sample = _samples(7, undone=0.0)[0][0]
    let_go = sample["flagged"] & (sample["route"] == "release")
    sample = sample.assign(
        pi=sample["pi"].where(~sample["flagged"], 1.0),
        route=sample["route"].where(~let_go, "full_review"),
        violation=sample["violation"].where(~let_go, 0.0),
    )
    recall, of_threshold = estimate(sample)[0], threshold_recall(sample)[0]
    assert replace(of_threshold, name="recall") == recall
