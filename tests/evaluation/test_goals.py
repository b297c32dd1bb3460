import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.capacity import Split, split_capacity
from evaluation.goals import FORMS, Goal, parse, solve
from evaluation.thresholds import certify


def make_sample(seed: int = 1, *, size: int = 3000) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    score = np.round(rng.beta(0.5, 2, size), 4)
    pi = np.where(score >= 0.3, 1.0, 0.3)
    violation = np.where(rng.random(size) < pi, rng.random(size) < score, np.nan)
    columns = {"id": np.arange(size), "pi": pi, "flagged": pi == 1, "score": score, "violation": violation}
    return pd.DataFrame(columns)


@pytest.mark.parametrize("text", FORMS)
def test_every_form_that_is_shown_is_understood(text: str) -> None:
    assert str(parse(text)) == f"{text} confidence 0.9"


@pytest.mark.parametrize(
    ("text", "bound", "confidence"),
    [
        ("minimum workload @ recall >= 0.95 confidence 0.99", 0.95, 0.99),
        ("minimum workload @ recall >= 95 % (80 % sure)", 0.95, 0.8),
        ("  minimum   workload@recall>=.95(97.5% sure) ", 0.95, 0.975),
        ("maximum recall @ hours <= 7.5 (95 % sure)", 7.5, 0.95),
        ("maximum recall @ precision >= 90%", 0.9, 0.9),
    ],
)
def test_shares_confidence_and_spaces_may_be_written_in_several_ways(
    text: str, bound: float, confidence: float
) -> None:
    goal = parse(text)
    assert [goal.bound, goal.confidence] == pytest.approx([bound, confidence])


@given(
    st.sampled_from(
        [("minimum workload", "recall"), ("maximum recall", "precision"), ("maximum recall", "hours")]
    ),
    st.integers(1, 999),
    st.integers(501, 999),
)
def test_what_is_written_down_is_read_again(kind: Any, bound: int, confidence: int) -> None:
    goal = Goal(objective=kind[0], condition=kind[1], bound=bound / 1000, confidence=confidence / 1000)
    assert parse(str(goal)) == goal


@pytest.mark.parametrize(
    "text",
    [
        "",
        "recall >= 0.95",
        "minimum workload",
        "minimum workload @ recall > 0.95",
        "minimum workload @ recall <= 0.95",
        "minimum workload @ hours <= 40",
        "maximum recall @ recall >= 0.9",
        "maximum recall @ hours <= 40 %",
        "maximum precision @ recall >= 0.9",
        "maximum recall @ precision >= 0.9 please",
        "maximum recall @ precision >= 0.9 confidence 0.9 (90 % sure)",
        "maximum recall @ precision >= -0.9",
        "maximum recall @ precision >= 1e-1",
        "maximum recall @ precision >= ٠.٩",
        "Minimum workload @ recall >= 0.95",
    ],
)
def test_anything_else_is_refused_and_the_forms_are_shown(text: str) -> None:
    with pytest.raises(ValueError, match="goal must be like") as refusal:
        parse(text)
    assert all(form in str(refusal.value) for form in FORMS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("minimum workload @ recall >= 1", "bound must be a share"),
        ("minimum workload @ recall >= 95", "bound must be a share"),
        ("maximum recall @ hours <= 0", "bound must be above 0 hours"),
        ("minimum workload @ recall >= 0.9 confidence 0.5", "confidence must be between"),
        ("minimum workload @ recall >= 0.9 (100 % sure)", "confidence must be between"),
    ],
)
def test_numbers_that_cannot_be_meant_are_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse(text)


def test_a_goal_of_no_known_kind_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="objective must fit the condition"):
        Goal(objective="minimum workload", condition="hours", bound=40)


def test_a_recall_goal_is_solved_by_the_certified_threshold_and_costed() -> None:
    sample = make_sample()
    found = solve(
        parse("minimum workload @ recall >= 0.8 (95 % sure)"),
        sample,
        days=3,
        review_minutes=2,
        audits_per_day=30,
    )
    certified = certify(sample, statistic="recall", target=0.8, confidence=0.95)
    assert (found.threshold, found.share, found.lower) == (
        certified.threshold,
        certified.share,
        certified.lower,
    )
    flagged_per_day = (sample["score"] >= found.threshold).sum() / 3
    assert found.hours_per_day == pytest.approx((flagged_per_day + 30) * 2 / 60)


def test_a_precision_goal_is_solved_by_the_certified_threshold() -> None:
    sample = make_sample()
    found = solve(parse("maximum recall @ precision >= 0.5"), sample, days=3)
    certified = certify(sample, statistic="precision", target=0.5)
    assert (found.threshold, found.lower) == (certified.threshold, certified.lower)
    assert found.recall == certified.recall


def test_a_goal_out_of_reach_says_what_it_would_take() -> None:
    found = solve(parse("minimum workload @ recall >= 0.99"), make_sample(size=200), days=1)
    assert (found.threshold, found.hours_per_day) == (None, None)
    assert found.audits_needed is not None
    assert str(found.audits_needed) in found.reason


@pytest.mark.parametrize("hours", [2.0, 7.5, 40.0])
def test_hours_are_used_up_and_not_exceeded(hours: float) -> None:
    sample = make_sample()
    found = solve(
        parse(f"maximum recall @ hours <= {hours}"), sample, days=3, review_minutes=2, audits_per_day=30
    )
    assert found.threshold is not None
    assert found.hours_per_day is not None
    assert found.recall is not None
    assert found.lower is not None
    assert found.hours_per_day <= hours
    # One distinct score lower would take more than there is, unless everything is flagged.
    lower = sample["score"][sample["score"] < found.threshold]
    if len(lower):
        more = (sample["score"] >= lower.max()).sum() / 3
        assert (more + 30) * 2 / 60 > hours
    weight = np.where(sample["violation"] == 1, 1 / sample["pi"], 0.0)
    assert found.recall == pytest.approx(weight[sample["score"] >= found.threshold].sum() / weight.sum())
    assert 0 < found.lower <= found.recall


def test_hours_that_the_audits_use_up_serve_no_threshold() -> None:
    found = solve(parse("maximum recall @ hours <= 1"), make_sample(), days=1, audits_per_day=120)
    assert found.threshold is None
    assert "take 2.0" in found.reason


@pytest.mark.parametrize(
    "wrong", [{"days": 0.0}, {"review_minutes": -1.0}, {"review_minutes": 0.0}, {"audits_per_day": -1.0}]
)
def test_costs_that_cannot_be_meant_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} must be"):
        solve(parse(FORMS[0]), make_sample(size=50), **(dict[str, Any](days=1.0) | wrong))


POLICIES = {"scam": [0.9, 0.1, 0.5, 0.2, 0.0], "hate": [0.0, 0.4, 0.1, 0.3, 0.05]}
HARMS = {"scam": 1.0, "hate": 3.0}
MINUTES = [1.0, 2.0, 4.0, 1.0, 1.0]


def split(hours: float, **settings: Any) -> Split:
    return split_capacity(POLICIES, harms=HARMS, hours=hours, minutes=MINUTES, **settings)


def worths() -> Any:
    return np.array(POLICIES["scam"]) + 3 * np.array(POLICIES["hate"])


def test_no_other_choice_of_items_catches_more_but_for_one_item() -> None:
    worth, minutes = worths(), np.array(MINUTES)
    for limit in range(1, 10):
        chosen = split(limit / 60)
        best = max(
            worth[list(some)].sum()
            for count in range(6)
            for some in itertools.combinations(range(5), count)
            if minutes[list(some)].sum() <= limit
        )
        assert chosen.hours <= limit / 60 + 1e-12
        assert chosen.caught <= best + 1e-12
        assert best <= chosen.caught + chosen.price * (limit / 60 - chosen.hours) + 1e-12
        if chosen.hours == pytest.approx(limit / 60):
            assert chosen.caught == pytest.approx(best)


def test_the_price_is_what_an_hour_of_the_next_item_is_worth() -> None:
    chosen = split(2 / 60)
    assert chosen.reviewed.tolist() == [True, False, False, True, False]
    assert chosen.price == pytest.approx(60 * (0.1 + 3 * 0.4) / 2)
    assert chosen.next_hour_finds == pytest.approx(60 * (1 - 0.9 * 0.6) / 2)
    assert chosen.items == {"scam": 1, "hate": 1}
    assert chosen.share_caught == pytest.approx((0.9 + 1.1) / worths().sum())


def test_with_time_for_all_an_hour_more_catches_nothing() -> None:
    chosen = split(9 / 60)
    assert chosen.reviewed.all()
    assert (chosen.price, chosen.next_hour_finds) == (0.0, 0.0)
    assert chosen.share_caught == pytest.approx(1)
    assert set(chosen.thresholds.values()) == {0.0}


def test_thresholds_at_one_price_choose_the_same_items() -> None:
    rng = np.random.default_rng(3)
    rare = np.where(rng.random((2, 400)) < 0.5, rng.random((2, 400)), 0.0)
    rare[1] *= rare[0] == 0
    chosen = split_capacity(
        {"a": rare[0], "b": rare[1]}, harms={"a": 1.0, "b": 4.0}, hours=2, minutes=1.5, views=7.0
    )
    above = (rare[0] > chosen.thresholds["a"] + 1e-12) | (rare[1] > chosen.thresholds["b"] + 1e-12)
    assert (above == chosen.reviewed).all()
    assert chosen.thresholds["a"] == pytest.approx(4 * chosen.thresholds["b"])


def test_what_is_certified_comes_first_whatever_it_is_worth() -> None:
    chosen = split(1 / 60, certified={"hate": 0.05})
    assert chosen.reviewed.tolist() == [False, True, True, True, True]
    assert chosen.hours > 1 / 60
    assert chosen.thresholds["hate"] == 0.05


def test_unknown_views_count_as_the_mean() -> None:
    known = split(3 / 60, views=[1.0, 2.0, 3.0, 2.0, 2.0])
    assert known.caught == split(3 / 60, views=[1.0, np.nan, 3.0, np.nan, np.nan]).caught


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"probabilities": {}}, "probabilities must name"),
        ({"probabilities": {"scam": [0.1, 2.0], "hate": [0.1, 0.2]}}, "probabilities must be in"),
        ({"probabilities": {"scam": [0.1], "hate": [0.1, 0.2]}}, "probabilities must have one number"),
        ({"harms": {"scam": 1.0}}, "harms must be above 0"),
        ({"harms": {"scam": 1.0, "hate": 0.0}}, "harms must be above 0"),
        ({"hours": -1.0}, "hours must be 0 or more"),
        ({"minutes": 0.0}, "minutes must be above 0"),
        ({"minutes": [1.0, 2.0]}, "minutes must be one number"),
        ({"views": -1.0}, "views must be 0 or more"),
        ({"certified": {"spam": 0.5}}, "certified must name policies"),
    ],
)
def test_capacity_that_cannot_be_split_is_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        split_capacity(**(dict[str, Any](probabilities=POLICIES, harms=HARMS, hours=1.0) | wrong))
