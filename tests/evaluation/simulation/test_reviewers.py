from __future__ import annotations

from collections import Counter

import pytest

from data.records import Verdict
from evaluation.simulation.reviewers import TEAM, Reviewer, judge

POLICIES = ("health_claim", "counterfeit")


def verdicts(reviewer: Reviewer, *, violating: bool, looks: int = 4000) -> Counter[Verdict]:
    return Counter(
        judge(
            reviewer,
            item_id=f"item-{number}",
            policies=("counterfeit",) if violating else (),
            known_policies=POLICIES,
            seed=1,
        ).verdict
        for number in range(looks)
    )


def test_reviewers_see_violations_as_often_as_they_are_sensitive() -> None:
    found = verdicts(Reviewer(reviewer_id="r", sensitivity=0.9), violating=True)
    assert 0.88 < found[Verdict.VIOLATION] / 4000 < 0.92


def test_reviewers_let_clean_items_pass_as_often_as_they_are_specific() -> None:
    found = verdicts(Reviewer(reviewer_id="r", specificity=0.95), violating=False)
    assert 0.935 < found[Verdict.NO_VIOLATION] / 4000 < 0.965


def test_reviewers_are_unsure_as_often_as_they_say() -> None:
    found = verdicts(Reviewer(reviewer_id="r", unsure=0.2), violating=True)
    assert 0.18 < found[Verdict.UNSURE] / 4000 < 0.22


def test_a_perfect_reviewer_says_what_is_true_and_names_the_policies() -> None:
    perfect = Reviewer(reviewer_id="r", sensitivity=1, specificity=1)
    seen = judge(perfect, item_id="v", policies=("counterfeit",), known_policies=POLICIES, seed=1)
    clean = judge(perfect, item_id="v", policies=(), known_policies=POLICIES, seed=1)
    assert (seen.verdict, seen.policies) == (Verdict.VIOLATION, ("counterfeit",))
    assert (clean.verdict, clean.policies) == (Verdict.NO_VIOLATION, ())


def test_a_violation_without_a_known_policy_is_still_a_violation() -> None:
    perfect = Reviewer(reviewer_id="r", sensitivity=1, specificity=1)
    seen = judge(perfect, item_id="v", violation=True, policies=(), known_policies=POLICIES, seed=1)
    assert (seen.verdict, seen.policies) == (Verdict.VIOLATION, ())


def test_who_sees_a_violation_where_none_is_names_a_policy() -> None:
    blind = Reviewer(reviewer_id="r", sensitivity=0, specificity=0)
    named = {
        judge(blind, item_id=f"v{n}", policies=(), known_policies=POLICIES, seed=1).policies
        for n in range(50)
    }
    assert named == {("health_claim",), ("counterfeit",)}


def test_the_same_look_ends_the_same_whenever_it_comes() -> None:
    def look(number: int) -> object:
        return judge(TEAM[0], item_id=f"v{number}", policies=(), known_policies=POLICIES, seed=3)

    assert [look(n) for n in range(20)] == [look(n) for n in reversed(range(20))][::-1]


def test_reviewers_err_apart_from_each_other() -> None:
    errors = [
        {
            number
            for number in range(3000)
            if judge(
                one, item_id=f"v{number}", policies=("counterfeit",), known_policies=POLICIES, seed=3
            ).verdict
            is Verdict.NO_VIOLATION
        }
        for one in TEAM[:2]
    ]
    assert 0 < len(errors[0] & errors[1]) < 0.3 * min(map(len, errors))


def test_looks_vary_around_the_usual_time_and_not_at_all_without_spread() -> None:
    def minutes(spread: float) -> list[float]:
        reviewer = Reviewer(reviewer_id="r", minutes=2, spread=spread)
        return [
            judge(reviewer, item_id=f"v{n}", policies=(), known_policies=POLICIES, seed=1).minutes
            for n in range(500)
        ]

    assert set(minutes(0)) == {2}
    assert 1 <= min(minutes(1)) < 1.1
    assert 3.8 < max(minutes(1)) <= 4


@pytest.mark.parametrize(
    "wrong", [{"sensitivity": 1.2}, {"specificity": -0.1}, {"unsure": 2}, {"minutes": 0}]
)
def test_impossible_reviewers_are_refused_with_the_field(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Reviewer(reviewer_id="r", **wrong)  # type: ignore[arg-type]
