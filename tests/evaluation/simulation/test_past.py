from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from data.records import Item, Verdict
from evaluation.simulation.month import Month, generate
from evaluation.simulation.past import Outcome, has_word, outcomes
from evaluation.simulation.reviewers import TEAM

END = datetime(2026, 11, 22, 15, tzinfo=UTC)
UNTIL = END - timedelta(days=7)


@pytest.fixture(scope="module")
def month() -> Month:
    return generate(items=6000, seed=11, end=END)


@pytest.fixture(scope="module")
def looked(month: Month) -> list[Outcome]:
    return outcomes(month, team=TEAM, sampled=0.2, seed=11, until=UNTIL)


def test_what_has_a_word_is_always_looked_at_and_the_rest_by_a_known_chance(
    month: Month, looked: list[Outcome]
) -> None:
    assert all(one.inclusion_probability == (1.0 if has_word(one.item) else 0.2) for one in looked)
    early = [
        item for item in month.items if item.submitted_at and item.submitted_at < UNTIL - timedelta(days=1)
    ]
    seen = {one.item.item_id for one in looked}
    assert all(item.item_id in seen for item in early if has_word(item))
    rest = [item for item in early if not has_word(item)]
    assert 0.17 < sum(item.item_id in seen for item in rest) / len(rest) < 0.23


def test_nothing_is_decided_before_it_came_or_after_the_handover(looked: list[Outcome]) -> None:
    for one in looked:
        assert one.item.submitted_at
        assert one.item.submitted_at < one.decided_at < UNTIL


def test_the_old_filter_catches_about_half_of_the_violations_and_much_else(month: Month) -> None:
    hit = [(has_word(item), month.truth[item.item_id].violation) for item in month.items]
    caught = sum(word for word, violation in hit if violation) / sum(violation for _, violation in hit)
    precision = sum(violation for word, violation in hit if word) / sum(word for word, _ in hit)
    assert 0.35 < caught < 0.7
    assert 0.1 < precision < 0.5


def test_outcomes_weighted_by_their_chances_add_up_to_all_items(month: Month, looked: list[Outcome]) -> None:
    total = sum(1 / one.inclusion_probability for one in looked)
    came = sum(
        item.submitted_at is not None and item.submitted_at < UNTIL - timedelta(hours=12)
        for item in month.items
    )
    assert abs(total / came - 1) < 0.06


def test_korean_items_are_read_by_those_who_read_korean(looked: list[Outcome]) -> None:
    readers = {one.reviewer_id for one in looked if one.item.language == "en"}
    assert readers == {"emily.carter"}


def test_outcomes_are_mostly_true(month: Month, looked: list[Outcome]) -> None:
    right = [
        (one.judgement.verdict is Verdict.VIOLATION) is month.truth[one.item.item_id].violation
        for one in looked
    ]
    assert 0.98 < sum(right) / len(right) < 1


@pytest.mark.parametrize(
    ("title", "found"), [("당뇨 완치 홍삼", True), ("CURES everything", True), ("당뇨 완 치 홍삼", False)]
)
def test_the_old_filter_is_fooled_by_a_space(title: str, found: bool) -> None:
    assert has_word(Item(item_id="v", data={"title": title})) is found


def test_a_share_of_nothing_is_refused(month: Month) -> None:
    with pytest.raises(ValueError, match="sampled"):
        outcomes(month, team=TEAM, sampled=0, seed=1, until=UNTIL)
