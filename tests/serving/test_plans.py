from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import InvalidPlan, InvalidSettings, NoPlan, PlanChanged, UnknownPlan, UnknownPolicy
from data.records import ANY, Item
from evaluation.rates import chances
from evaluation.sizes import sizes
from serving import configs, drafts
from serving.drafts import Draft


@pytest.fixture
def fresh(make_bench: Any) -> Any:
    """An application with a model and no plan."""
    bench = make_bench()
    bench.deploy()
    return bench


def _draft(threshold: float = 0.5, budget: float = 10, **more: Any) -> Draft:
    return Draft(thresholds={ANY: threshold}, daily_budget=budget, **more)


def _set(bench: Any, draft: Draft, expected: str | None = None, reason: str = "for a test") -> Any:
    return bench.application.plans.set(draft, author="lead", reason=reason, expected=expected)


def test_without_a_plan_it_says_what_to_do(fresh: Any) -> None:
    with pytest.raises(NoPlan):
        fresh.application.plans.in_force()
    assert fresh.application.plans.current() is None


def test_a_plan_is_in_force_from_now_with_author_and_reason(fresh: Any) -> None:
    plan = _set(fresh, _draft())
    assert fresh.application.plans.in_force() == plan
    assert (plan.version, plan.author, plan.reason) == ("plan-1", "lead", "for a test")
    assert plan.in_force_from == fresh.clock()


def test_plans_are_kept_newest_first(fresh: Any) -> None:
    _set(fresh, _draft(0.5))
    _set(fresh, _draft(0.4), expected="plan-1")
    assert [plan.version for plan in fresh.application.plans.history()] == ["plan-2", "plan-1"]


@pytest.mark.parametrize("expected", [None, "plan-7"])
def test_whoever_did_not_see_the_newest_plan_cannot_overwrite_it(fresh: Any, expected: str | None) -> None:
    _set(fresh, _draft())
    with pytest.raises(PlanChanged):
        _set(fresh, _draft(0.4), expected=expected)


def test_a_threshold_for_an_unknown_policy_is_refused_by_name(fresh: Any) -> None:
    with pytest.raises(UnknownPolicy, match="helth_claim") as refused:
        _set(fresh, Draft(thresholds={"helth_claim": 0.5}, daily_budget=10))
    assert refused.value.field == "thresholds/helth_claim"


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (_draft(budget=0), "audit/daily_budget"),
        (_draft(floor_share=0), "audit/floor_share"),
        (_draft(budget=float("nan")), "audit/daily_budget"),
        (_draft(threshold=1.5), "thresholds"),
        (_draft(queues={"ko": "ko"}), "queues"),
        (Draft(thresholds={}, daily_budget=1), "thresholds"),
        (_draft(due_hours=0), "due_hours"),
        (_draft(review_minutes=float("inf")), "review_minutes"),
    ],
)
def test_a_plan_that_cannot_be_used_is_refused_by_field(fresh: Any, draft: Draft, field: str) -> None:
    with pytest.raises(InvalidPlan) as refused:
        _set(fresh, draft)
    assert refused.value.field == field
    assert fresh.application.plans.history() == []


def test_a_plan_needs_a_reason(fresh: Any) -> None:
    with pytest.raises(InvalidPlan) as refused:
        _set(fresh, _draft(), reason="  so ")
    assert refused.value.field == "reason"


def test_rolling_back_is_a_new_plan_that_names_the_old_one(fresh: Any) -> None:
    old = _set(fresh, _draft(0.5, budget=7, due_hours=12))
    _set(fresh, _draft(0.4), expected="plan-1")
    back = fresh.application.plans.roll_back(
        "plan-1", author="lead", reason="too much work", expected="plan-2"
    )
    assert back.version == "plan-3"
    assert back.reason == "Roll back to plan-1: too much work"
    assert (back.thresholds, back.audit, back.due_hours) == (old.thresholds, old.audit, old.due_hours)


def test_there_is_no_way_back_to_a_plan_that_never_was(fresh: Any) -> None:
    with pytest.raises(UnknownPlan):
        fresh.application.plans.roll_back("plan-9", author="lead", reason="for a test", expected=None)


# Previews.


def _submit(bench: Any, probabilities: list[float], per_hour: int) -> None:
    for start in range(0, len(probabilities), per_hour):
        bench.application.triage.submit(
            [
                Item(item_id=f"v{start + place}", data={"p": p})
                for place, p in enumerate(probabilities[start : start + per_hour])
            ]
        )
        bench.clock.advance(hours=1)


def test_a_preview_says_how_many_would_be_flagged_and_audited_a_day(fresh: Any) -> None:
    _set(fresh, _draft(0.9, budget=2))
    # Two days with ten items an hour, of which the tenth is risky and reaches counterfeit at half of that.
    _submit(fresh, [0.02] * 9 * 48 + [0.6] * 48, per_hour=10)
    draft = Draft(thresholds={ANY: 0.5, "counterfeit": 0.25}, daily_budget=24, review_minutes=2)
    preview = fresh.application.plans.preview(draft).draft
    assert preview.items == 480
    assert preview.days == pytest.approx(2)
    assert preview.flagged_per_day == pytest.approx(24)
    assert preview.flagged_share == pytest.approx(0.1)
    assert preview.reached_per_day == {ANY: pytest.approx(24), "counterfeit": pytest.approx(24)}
    assert preview.audits_per_day == pytest.approx(24)
    assert preview.hours_per_day == pytest.approx(48 * 2 / 60)
    assert 0 < preview.smallest_chance < 1


def test_a_preview_stands_beside_the_plan_in_force_in_a_terminal_and_a_notebook(fresh: Any) -> None:
    _set(fresh, _draft(0.9, budget=2))
    _submit(fresh, [0.02] * 9 * 48 + [0.6] * 48, per_hour=10)
    preview = fresh.application.plans.preview(Draft(thresholds={ANY: 0.5}, daily_budget=24))
    heading, _, columns, *lines = str(preview).splitlines()
    assert heading == "Judged by 480 items of 2.0 days; intervals are at 95%"
    assert re.split(r"  +", columns) == ["", "this plan", "in force (plan-1)"]
    assert ["flagged a day", "24.0", "0.0"] in [re.split(r"  +", line) for line in lines]
    html = preview._repr_html_()
    assert "<th scope='row'>flagged a day</th><td>24.0</td><td>0.0</td>" in html
    assert "<td>– [0.0% – 100.0%]" in html, "nothing was reviewed: recall is not known, and says so"
    made_up = replace(preview, synthetic=True)
    assert "synthetic" in str(made_up)
    assert "synthetic" in made_up._repr_html_()


def test_a_preview_writes_nothing(fresh: Any) -> None:
    fresh.application.plans.preview(_draft())
    assert fresh.application.plans.history() == []


def test_without_scores_a_preview_expects_nothing(fresh: Any) -> None:
    assert fresh.application.plans.preview(_draft()) is None


def test_a_preview_of_a_plan_that_cannot_be_used_is_refused(fresh: Any) -> None:
    with pytest.raises(UnknownPolicy):
        fresh.application.plans.preview(Draft(thresholds={"nonsense": 0.5}, daily_budget=1))


# Plans to start from.


@pytest.mark.parametrize("name", configs.plan_names())
def test_a_plan_to_start_from_flags_its_share_and_audits_its_share(fresh: Any, name: str) -> None:
    scores = np.random.default_rng(7).beta(1, 20, 10_000)
    recipe = configs.plan_recipe(name)
    draft = fresh.application.plans.first(name, probabilities=scores, items_per_day=4000)
    flagged = np.mean(scores >= draft.thresholds[ANY])
    assert recipe.flag_share - 0.0002 <= flagged <= recipe.flag_share
    assert draft.daily_budget == pytest.approx(recipe.audit.share * 4000)


def test_starting_records_rates_that_spend_the_budget_from_the_first_day(fresh: Any) -> None:
    scores = np.random.default_rng(7).beta(1, 20, 10_000)
    plan = fresh.application.plans.start(
        "cautious", probabilities=scores, items_per_day=4000, author="lead", reason="to start from"
    )
    with fresh.store.read() as session:
        rates = session.ledger.rates(plan.version)
    rest = scores[scores < plan.thresholds[ANY]]
    audits = chances(sizes(rest), rates, plan.audit).sum() * 4000 / len(scores)
    assert audits == pytest.approx(plan.audit.daily_budget, rel=0.001)
    fresh.application.triage.submit([Item(item_id="v1")])
    with fresh.store.read() as session:
        assert session.ledger.routings([("v1", "1")])["v1", "1"].rates_id == rates.rates_id


@pytest.mark.parametrize("scores", [[], [0.1, float("nan")]])
def test_a_plan_to_start_from_needs_scores(fresh: Any, scores: list[float]) -> None:
    with pytest.raises(InvalidPlan, match="needs scores"):
        fresh.application.plans.first("cautious", probabilities=scores, items_per_day=100)


def test_a_plan_to_start_from_must_exist(fresh: Any) -> None:
    with pytest.raises(InvalidSettings, match=r"Did you mean lean\?"):
        fresh.application.plans.first("leen", probabilities=[0.1], items_per_day=100)


@given(
    st.lists(st.floats(0, 1) | st.sampled_from([0.0, 0.5, 1.0]), min_size=1, max_size=200),
    st.floats(0.001, 0.999),
)
def test_a_threshold_never_flags_more_than_its_share_where_that_is_possible(
    probabilities: list[float], share: float
) -> None:
    scores = np.asarray(probabilities)
    threshold = drafts.threshold(scores, share=share)
    assert 0 <= threshold <= 1
    assert np.mean(scores >= threshold) <= share or scores.max() == 1
