from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.records import Item, Policy, Score
from evaluation.priority import place_audit, rank

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
WORDS = {"ko": "-", "en": "-"}
POLICIES = {
    name: Policy(policy_id=name, version="1", title=WORDS, guidance=WORDS, severity=severity)
    for name, severity in (("low_quality", 1), ("health_claim", 3), ("minors", 5))
}
PLAIN = Score(
    score_id="s1",
    item_id="v1",
    item_version="1",
    model="m1",
    violation_probability=0.1,
    policy_scores={"health_claim": 0.1},
    scored_at=NOON,
)

probabilities = st.floats(0, 1)
reaches = st.one_of(st.none(), st.floats(0, 1e300))
policy_scores = st.dictionaries(st.sampled_from([*POLICIES, "unheard_of"]), probabilities)


def place(*, score: Score | None = PLAIN, views: float | None = 1000.0) -> int:
    return rank(item=Item(item_id="v1", expected_views=views), score=score, policies=POLICIES)[0]


@given(probabilities, policy_scores, reaches, st.booleans())
def test_the_factors_add_up_to_a_priority_from_0_to_100(
    p: float, scores: dict[str, float], views: float | None, scored: bool
) -> None:
    score = replace(PLAIN, violation_probability=p, policy_scores=scores) if scored else None
    priority, factors = rank(item=Item(item_id="v1", expected_views=views), score=score, policies=POLICIES)
    assert 0 <= priority <= 100
    assert priority == round(sum(factors.values()))
    assert list(factors) == ["likelihood", "severity", "reach", "unknown"]
    assert min(factors.values()) >= 0


@given(probabilities, probabilities)
def test_a_likelier_item_is_never_later(one: float, other: float) -> None:
    low, high = (place(score=replace(PLAIN, violation_probability=p)) for p in sorted([one, other]))
    assert low <= high


@given(st.floats(0, 1e9), st.floats(0, 1e9))
def test_an_item_that_more_people_see_is_never_later(one: float, other: float) -> None:
    low, high = (place(views=views) for views in sorted([one, other]))
    assert low <= high


def test_a_graver_policy_comes_first() -> None:
    places = [place(score=replace(PLAIN, policy_scores={name: 0.1})) for name in POLICIES]
    assert places == sorted(places)
    assert len(set(places)) == 3


def test_severity_leans_to_the_likelier_policy() -> None:
    grave = replace(PLAIN, policy_scores={"minors": 0.9, "low_quality": 0.1})
    mild = replace(PLAIN, policy_scores={"minors": 0.1, "low_quality": 0.9})
    assert place(score=grave) > place(score=mild)


def test_an_item_without_a_score_ranks_with_the_likely_and_grave() -> None:
    likely = replace(PLAIN, violation_probability=0.5)
    assert place(score=None) >= place(score=likely)


def test_unknown_views_count_for_something() -> None:
    assert place(views=0.0) < place(views=None) < place(views=1e6)


def test_the_worst_item_has_priority_100() -> None:
    worst = replace(PLAIN, violation_probability=1.0, policy_scores={"minors": 1.0})
    assert place(score=worst, views=1e8) == 100


def test_an_ordinary_audit_is_not_recognisable_by_a_priority_of_0() -> None:
    assert place(score=replace(PLAIN, violation_probability=0.01)) > 0


@pytest.mark.parametrize("scores", [{}, {"health_claim": 0.0}])
def test_without_policy_scores_severity_is_the_usual_one(scores: dict[str, float]) -> None:
    assert place(score=replace(PLAIN, policy_scores=scores)) == place()


@given(st.floats(1e-9, 1), st.floats(0, 1, exclude_max=True))
def test_an_audit_may_stand_anywhere(chance: float, share: float) -> None:
    place, factors = place_audit(share * chance, chance)
    assert 0 <= place <= 100
    assert factors == {"draw": pytest.approx(100 * (1 - share), abs=0.06)}
