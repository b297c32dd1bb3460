from __future__ import annotations

import math
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.records import ANY, AuditDesign, Plan
from evaluation import spending
from evaluation.budgets import audits_needed
from evaluation.frontier import Frontier, prepare
from evaluation.planner import Outlook, outlook


def make_plan(thresholds: dict[str, float], **changes: Any) -> Plan:
    audit = AuditDesign(
        daily_budget=changes.pop("daily_budget", 100.0), floor_share=changes.pop("floor_share", 0.5)
    )
    return Plan(
        version="p1",
        thresholds=thresholds,
        audit=audit,
        author="lead",
        reason="a plan to look at",
        in_force_from=datetime(2026, 6, 1, tzinfo=UTC),
        review_minutes=3.0,
        **changes,
    )


def make_sample(seed: int = 0, size: int = 4000) -> pd.DataFrame:
    """Everything that happens: unknown views and scores, shared draws, late work, what was let go."""
    rng = np.random.default_rng(seed)
    score = rng.beta(0.5, 4, size).round(3)  # so that scores tie
    flagged = score >= 0.5
    pi = np.where(flagged, 1.0, np.clip(0.05 + 0.5 * score, 0.05, 1))
    pi[flagged & (rng.random(size) < 0.1)] = 0.8
    degraded = rng.random(size) < 0.01
    pi[degraded] = 1.0
    draw = rng.random(size)
    twins = rng.choice(size, size // 20, replace=False)
    draw[twins] = draw[rng.choice(size, twins.size)]
    drawn = draw < pi
    settled = drawn & (rng.random(size) < 0.9)
    return pd.DataFrame(
        {
            "id": np.arange(size),
            "pi": pi,
            "draw": draw,
            "route": np.where(~drawn, "release", np.where(pi == 1, "full_review", "audit")),
            "flagged": flagged,
            "degraded": ["timeout" if one else None for one in degraded],
            "score": np.where(degraded & (rng.random(size) < 0.7), np.nan, score),
            "views": np.where(rng.random(size) < 0.2, np.nan, rng.lognormal(5, 2, size)),
            "violation": np.where(settled, (rng.random(size) < score).astype(float), np.nan),
            "scam": np.where(rng.random(size) < 0.1, np.nan, np.clip(score * rng.random(size) * 2, 0, 1)),
            "hate": rng.random(size) ** 6,
        }
    )


def flat(found: Any, name: str = "") -> dict[str, Any]:
    if isinstance(found, dict):
        return {key: value for part in found for key, value in flat(found[part], f"{name}/{part}").items()}
    # Where all but everything is audited, hits without end and a million million of them are the same.
    endless = isinstance(found, float) and found > 1e12
    return {name: math.inf if endless else found}


def assert_same(found: Outlook, truth: Outlook) -> None:
    ours, theirs = flat(asdict(found)), flat(asdict(truth))
    assert ours.keys() == theirs.keys()
    for name, value in theirs.items():
        if isinstance(value, float):
            assert ours[name] == pytest.approx(value, rel=1e-7, abs=1e-7), name
        else:
            assert ours[name] == value, name


def prepared(sample: pd.DataFrame, *, days: float) -> Frontier:
    frontier = prepare(sample, days=days)
    for name in ("scam", "hate"):
        frontier = frontier.with_policy(name, sample[name].to_numpy(np.float64))
    return frontier


def compare(sample: pd.DataFrame, plan: Plan, *, days: float = 2.0, level: float = 0.95) -> None:
    found = prepared(sample, days=days).outlook(plan, level=level)
    assert_same(found, outlook(sample, plan, days=days, level=level))


SHARE = st.floats(0, 1) | st.sampled_from([0.0, 0.5, 1.0])


PLANS = st.builds(
    make_plan,
    st.dictionaries(st.sampled_from([ANY, "scam", "hate"]), SHARE, min_size=1),
    daily_budget=st.floats(0.5, 3000),
    floor_share=st.floats(0.01, 1),
    daily_full_reviews=st.none() | st.floats(1, 400),
)


@given(seed=st.integers(0, 50), plan=PLANS, level=st.sampled_from([0.8, 0.95]))
@settings(max_examples=60)
def test_what_a_slider_shows_is_what_the_planner_says(seed: int, plan: Plan, level: float) -> None:
    compare(make_sample(seed, size=600), plan, level=level)


@pytest.mark.parametrize("threshold", [0.0, 0.2, 0.5, 0.93, 1.0])
@pytest.mark.parametrize("besides", [{}, {"scam": 0.6}, {"scam": 0.0}, {"scam": 0.4, "hate": 0.9}])
def test_many_items_are_judged_alike(threshold: float, besides: dict[str, float]) -> None:
    compare(make_sample(1, size=40_000), make_plan({ANY: threshold} | besides), days=20)


@pytest.mark.parametrize("thresholds", [{ANY: 0.2}, {ANY: 0.51, "scam": 0.3}, {"hate": 0.1}])
@pytest.mark.parametrize("budget", [5.0, 150.0, 1500.0])
def test_of_very_many_items_only_what_audits_buy_is_rounded(
    monkeypatch: pytest.MonkeyPatch, thresholds: dict[str, float], budget: float
) -> None:
    monkeypatch.setattr(spending, "MOST_ALONE", 1000)
    sample, plan = make_sample(6, size=30_000), make_plan(thresholds, daily_budget=budget)
    found, truth = prepared(sample, days=20).outlook(plan), outlook(sample, plan, days=20)
    assert found.buys is not None
    assert truth.buys is not None
    assert found.buys.effective_hits == pytest.approx(truth.buys.effective_hits, rel=2e-3)
    assert found.buys.half_width == pytest.approx(truth.buys.half_width, rel=1e-3)
    rounded = ("smallest_chance", "audits_per_day", "hours_per_day")
    for name in rounded:
        assert getattr(found, name) == pytest.approx(getattr(truth, name), rel=1e-3)
    exact: Any = {name: getattr(truth, name) for name in ("buys", *rounded)}
    assert_same(replace(found, **exact), truth)


@pytest.mark.parametrize(
    "changes",
    [
        {"violation": np.nan},
        {"score": np.nan},
        {"score": 0.0},
        {"score": 1.0},
        {"views": np.nan},
        {"views": 0.0},
        {"violation": 0.0, "route": "audit"},
        {"degraded": "timeout"},
        {"draw": 0.01, "route": "audit"},
    ],
)
@pytest.mark.parametrize("thresholds", [{ANY: 0.5}, {ANY: 0.5, "hate": 0.2}, {"scam": 0.3}])
def test_samples_at_the_edge_are_judged_alike(changes: dict[str, Any], thresholds: dict[str, float]) -> None:
    compare(make_sample(2, size=500).assign(**changes), make_plan(thresholds))


def test_an_empty_sample_is_judged_alike() -> None:
    compare(make_sample(3, size=500).head(0), make_plan({ANY: 0.5}))


@pytest.mark.parametrize("half_width", [0.02, 0.05, 0.1, 0.4])
@pytest.mark.parametrize("thresholds", [{ANY: 0.3}, {ANY: 0.5, "scam": 0.2}])
def test_the_audits_needed_are_those_of_the_planner(half_width: float, thresholds: dict[str, float]) -> None:
    sample = make_sample(4, size=3000).assign(degraded=None)
    sample = sample[sample["score"].notna()]
    plan = make_plan(thresholds)
    frontier = prepare(sample, days=3).with_policy("scam", sample["scam"].to_numpy(np.float64))
    flagged = np.logical_or.reduce(
        [sample["score" if name == ANY else name] >= least for name, least in thresholds.items()]
    )
    needed = audits_needed(
        sample["score"][~flagged],
        half_width=half_width,
        recall=0.7,
        days=3,
        plan=plan,
        views=sample["views"][~flagged],
    )
    assert frontier.audits_needed(plan, half_width=half_width, recall=0.7) == pytest.approx(needed, rel=1e-4)


def test_a_policy_of_another_sample_is_refused() -> None:
    with pytest.raises(ValueError, match="one an item"):
        prepare(make_sample(0, size=10), days=1).with_policy("scam", np.zeros(9))
