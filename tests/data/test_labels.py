from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.labels import COLUMNS, mature, settle
from data.records import ReviewType, Verdict

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def look(
    sequence: int,
    verdict: str = "violation",
    review_type: str = "first_review",
    *,
    item_id: str = "v1",
    version: str = "1",
    policies: tuple[str, ...] = (),
) -> dict[str, object]:
    return {
        "item_id": item_id,
        "item_version": version,
        "sequence": sequence,
        "verdict": verdict,
        "policies": list(policies),
        "review_type": review_type,
        "recorded_at": NOON + timedelta(hours=sequence),
    }


def settled(*looks: dict[str, object]) -> list[dict[str, object]]:
    columns = list(look(0))
    labels = settle(pd.DataFrame(list(looks), columns=columns))
    return [{str(name): value for name, value in row.items()} for row in labels.to_dict("records")]


def test_one_decision_settles_its_item() -> None:
    (label,) = settled(look(1, policies=("counterfeit",)))
    assert label["violation"] is True
    assert label["policies"] == ["counterfeit"]
    assert label["settled_at"] == NOON + timedelta(hours=1)


def test_no_violation_is_a_label_too() -> None:
    (label,) = settled(look(1, "no_violation"))
    assert label["violation"] is False


@pytest.mark.parametrize("verdict", ["unsure", "unreviewable"])
def test_unsure_and_unreviewable_settle_nothing(verdict: str) -> None:
    assert settled(look(1, verdict)) == []


@pytest.mark.parametrize("verdict", ["unsure", "unreviewable"])
def test_a_second_reviewer_who_is_unsure_leaves_the_first_verdict_standing(verdict: str) -> None:
    (label,) = settled(look(1, "violation"), look(2, verdict, "second_review"))
    assert label["violation"] is True


@pytest.mark.parametrize("later", ["appeal", "escalation", "second_review"])
@pytest.mark.parametrize("earlier", ["first_review", "audit", "imported"])
def test_a_second_look_overrides_a_first_one_even_if_the_first_is_recorded_later(
    later: str, earlier: str
) -> None:
    (label,) = settled(look(1, "no_violation", later), look(2, "violation", earlier))
    assert label["violation"] is False
    assert label["sequence"] == 1


def test_of_two_equal_looks_the_latest_in_ledger_order_wins() -> None:
    (label,) = settled(look(2, "violation", "appeal"), look(1, "no_violation", "escalation"))
    assert label["violation"] is True


def test_a_golden_item_teaches_nothing_about_the_item() -> None:
    assert settled(look(1, "violation", "golden")) == []


def test_versions_of_an_item_are_settled_apart() -> None:
    labels = settled(look(1, "violation", version="1"), look(2, "no_violation", version="2"))
    assert [label["violation"] for label in labels] == [True, False]


def test_no_decisions_give_an_empty_table_with_all_columns() -> None:
    labels = settle(pd.DataFrame(columns=list(look(0))))
    assert list(labels.columns) == list(COLUMNS)
    assert labels["violation"].dtype == bool


looks = st.lists(
    st.tuples(
        st.sampled_from(list(Verdict)), st.sampled_from(list(ReviewType)), st.sampled_from(["v1", "v2", "v3"])
    ),
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(looks, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_handed_in_does_not_matter(drawn: list[tuple[str, str, str]], random) -> None:  # type: ignore[no-untyped-def]
    rows = [look(place, *each[:2], item_id=each[2]) for place, each in enumerate(drawn)]
    shuffled = random.sample(rows, len(rows))
    assert settled(*rows) == settled(*shuffled)


@settings(max_examples=40, deadline=None)
@given(looks)
def test_a_later_decision_never_unsettles_an_item(drawn: list[tuple[str, str, str]]) -> None:
    rows = [look(place, *each[:2], item_id=each[2]) for place, each in enumerate(drawn)]
    before = {label["item_id"] for label in settled(*rows[:-1])}
    assert before <= {label["item_id"] for label in settled(*rows)}


def test_a_label_is_mature_once_it_has_stood_for_the_whole_window() -> None:
    labels = settle(pd.DataFrame([look(1, item_id="old"), look(2, item_id="new")]))
    kept = mature(labels, as_of=NOON + timedelta(hours=11), after=timedelta(hours=10))
    assert kept["item_id"].tolist() == ["old"]
