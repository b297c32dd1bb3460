from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.labels import COLUMNS, blind_looks, mature, settle, story
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


V, N, U, X = "violation", "no_violation", "unsure", "unreviewable"
FIRST, AUDIT, SECOND, GOLDEN = "first_review", "audit", "second_review", "golden"
ESCALATION, APPEAL, IMPORTED = "escalation", "appeal", "imported"

# Decisions in ledger order; then the label, what settled it, how many looks settled something, and
# whether they were contested and the first one overturned. None: the item is not settled.
STORIES = [
    ([(V, FIRST)], (True, FIRST, 1, False, False)),
    ([(N, AUDIT)], (False, AUDIT, 1, False, False)),
    ([(V, IMPORTED)], (True, IMPORTED, 1, False, False)),
    ([(U, FIRST)], None),
    ([(X, FIRST), (U, SECOND)], None),
    ([(V, GOLDEN)], None),
    ([], None),
    ([(U, FIRST), (V, ESCALATION)], (True, ESCALATION, 1, False, False)),
    ([(V, FIRST), (V, SECOND)], (True, SECOND, 2, False, False)),
    ([(V, FIRST), (N, SECOND)], (False, SECOND, 2, True, True)),
    ([(N, AUDIT), (V, SECOND)], (True, SECOND, 2, True, True)),
    ([(V, FIRST), (U, SECOND)], (True, FIRST, 1, False, False)),
    ([(V, FIRST), (N, SECOND), (V, SECOND)], (True, SECOND, 3, True, False)),
    ([(V, FIRST), (N, APPEAL)], (False, APPEAL, 2, True, True)),
    ([(V, FIRST), (V, APPEAL)], (True, APPEAL, 2, False, False)),
    ([(V, FIRST), (U, APPEAL)], (True, FIRST, 1, False, False)),
    ([(V, FIRST), (V, SECOND), (N, APPEAL)], (False, APPEAL, 3, True, True)),
    ([(V, FIRST), (N, APPEAL), (V, APPEAL)], (True, APPEAL, 3, True, False)),
    ([(V, FIRST), (N, APPEAL), (V, ESCALATION)], (True, ESCALATION, 3, True, False)),
    ([(V, FIRST), (N, ESCALATION), (V, APPEAL)], (True, APPEAL, 3, True, False)),
    # A blind second look that comes late does not turn what somebody decided who knew of the doubt.
    ([(V, FIRST), (N, APPEAL), (V, SECOND)], (False, APPEAL, 3, True, True)),
    ([(V, FIRST), (N, ESCALATION), (V, SECOND), (V, AUDIT)], (False, ESCALATION, 4, True, True)),
    ([(V, FIRST), (N, FIRST)], (False, FIRST, 2, True, True)),
    ([(V, IMPORTED), (N, AUDIT)], (False, AUDIT, 2, True, True)),
    ([(V, GOLDEN), (N, FIRST), (V, GOLDEN)], (False, FIRST, 1, False, False)),
]


@pytest.mark.parametrize(("decisions", "expected"), STORIES)
def test_many_decisions_become_one_label(
    decisions: list[tuple[str, str]], expected: tuple[bool, str, int, bool, bool] | None
) -> None:
    rows = [look(place, *each) for place, each in enumerate(decisions)]
    table = pd.DataFrame(rows, columns=list(look(0)))
    told = story(table)
    if expected is None:
        assert told.empty
        assert settled(*rows) == []
        return
    columns = ["violation", "settled_by", "looks", "contested", "overturned"]
    assert told[columns].to_numpy().tolist() == [list(expected)]
    assert [label["violation"] for label in settled(*rows)] == [expected[0]]


@settings(max_examples=40, deadline=None)
@given(looks)
def test_the_story_tells_of_the_items_that_are_settled(drawn: list[tuple[str, str, str]]) -> None:
    rows = [look(place, *each[:2], item_id=each[2]) for place, each in enumerate(drawn)]
    told = story(pd.DataFrame(rows, columns=list(look(0))))
    assert told[["item_id", "violation"]].to_dict("records") == [
        {"item_id": label["item_id"], "violation": label["violation"]} for label in settled(*rows)
    ]
    assert not (told["overturned"] & ~told["contested"]).any()


# Days at which decisions were recorded, the day of the question, the window, and whether it is mature.
@pytest.mark.parametrize(
    ("days", "today", "window", "is_mature"),
    [
        ([0], 6, 7, False),
        ([0], 7, 7, True),
        ([0], 0, 0, True),
        ([0, 5], 7, 7, False),  # settled again on day 5
        ([0, 5], 12, 7, True),
        ([0, 20], 22, 7, False),
    ],
)
def test_the_window_starts_anew_with_each_decision_that_settles(
    days: list[int], today: int, window: int, is_mature: bool
) -> None:
    rows = [
        look(place, review_type=APPEAL if place else FIRST) | {"recorded_at": NOON + timedelta(days=day)}
        for place, day in enumerate(days)
    ]
    kept = mature(
        settle(pd.DataFrame(rows)), as_of=NOON + timedelta(days=today), after=timedelta(days=window)
    )
    assert len(kept) == int(is_mature)


def test_an_unsure_appeal_does_not_start_the_window_anew() -> None:
    rows = [look(0), look(100, U, APPEAL)]
    kept = mature(settle(pd.DataFrame(rows)), as_of=NOON + timedelta(hours=101), after=timedelta(hours=100))
    assert len(kept) == 1


def test_blind_looks_are_the_independent_opinions() -> None:
    rows = [
        look(1, V, FIRST) | {"reviewer_id": "kim"},
        look(2, N, SECOND) | {"reviewer_id": "lee"},
        look(3, N, FIRST) | {"reviewer_id": "kim"},  # looks again: no new opinion
        look(4, U, SECOND) | {"reviewer_id": "park"},
        look(5, N, APPEAL) | {"reviewer_id": "choi"},
        look(6, V, AUDIT, item_id="v2") | {"reviewer_id": "kim"},
        look(7, V, IMPORTED, item_id="v3") | {"reviewer_id": "kim"},
        look(8, V, GOLDEN, item_id="v4") | {"reviewer_id": "kim"},
    ]
    found = blind_looks(pd.DataFrame(rows))
    assert found.drop(columns="item_version").to_numpy().tolist() == [
        ["v1", "kim", True, True],
        ["v1", "lee", False, True],
        ["v2", "kim", True, False],
    ]


def test_no_decisions_give_no_blind_looks() -> None:
    found = blind_looks(pd.DataFrame(columns=[*look(0), "reviewer_id"]))
    assert list(found.columns) == ["item_id", "item_version", "reviewer_id", "label", "informed"]
    assert found.empty
