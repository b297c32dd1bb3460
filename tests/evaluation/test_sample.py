import numpy as np
import pandas as pd
import pytest

from evaluation.sample import read_sample

SAMPLE = pd.DataFrame(
    {
        "id": ["a", "b", "c", "d", "e", "f"],
        "pi": [1.0, 1.0, 1.0, 0.5, 0.5, 0.25],
        "flagged": [True, True, False, False, False, False],
        "violation": [1.0, np.nan, 0.0, 0.0, np.nan, np.nan],
        "score": [0.9, 0.8, np.nan, 0.1, 0.1, 0.1],
        "views": [10.0, np.nan, 5.0, 1.0, 2.0, 3.0],
        "route": ["full_review", "full_review", "full_review", "audit", "audit", "release"],
        "degraded": [None, None, "timeout", None, None, None],
        "language": ["ko", "en", "ko", None, "ko", "ko"],
    }
)


@pytest.mark.parametrize("name", ["id", "pi", "flagged", "violation"])
def test_a_sample_without_a_needed_column_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"must have the columns {name}"):
        read_sample(SAMPLE.drop(columns=name))


def test_an_unknown_column_to_slice_by_is_refused() -> None:
    with pytest.raises(ValueError, match="must have the columns mood"):
        read_sample(SAMPLE, by=["mood"])


@pytest.mark.parametrize("wrong", [0.0, -0.1, 1.1, np.nan])
def test_an_item_without_a_chance_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="pi must be in"):
        read_sample(SAMPLE.assign(pi=wrong))


def test_a_verdict_that_is_no_verdict_is_refused() -> None:
    with pytest.raises(ValueError, match="violation must be 0, 1, or NaN"):
        read_sample(SAMPLE.assign(violation=0.5))


@pytest.mark.parametrize("wrong", [-1.0, np.inf])
def test_impossible_views_are_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="views must be 0 or more"):
        read_sample(SAMPLE.assign(views=wrong))


def test_a_verdict_the_draw_did_not_call_for_is_refused() -> None:
    with pytest.raises(ValueError, match="the draw did not call for it"):
        read_sample(SAMPLE.assign(violation=[1, 0, 0, 0, 0, 1]))


def test_chances_shrink_by_the_share_that_is_settled_part_by_part() -> None:
    # Settled is the likelier of two flagged items, one of two audits, the one without a score.
    chance = read_sample(SAMPLE).chance.tolist()
    assert chance == pytest.approx([0.9 / 1.7, 0.1 / 0.3, 1.0, 0.25, 0.25, 0.125])


def test_chances_shrink_slice_by_slice() -> None:
    chance = read_sample(SAMPLE, by=["language"]).chance
    # Of the Korean ones: the flagged is settled, and no audit is, so their share stays unknown.
    assert chance.tolist() == [1.0, 1.0, 1.0, 0.5, 0.5, 0.25]


def test_settled_flagged_items_stand_for_what_their_scores_expect() -> None:
    # Settled: scores .8 (hit) and .6 (clean) of .8 + .6 + .4 + .2, so 7/10 of the hits and 6/20 of the rest.
    sample = pd.DataFrame(
        {
            "id": range(4),
            "pi": 1.0,
            "flagged": True,
            "score": [0.8, 0.6, 0.4, 0.2],
            "violation": [1.0, 0.0, None, None],
        }
    )
    assert read_sample(sample).chance[:2].tolist() == pytest.approx([1.4 / 2.0, 0.6 / 2.0])


def test_without_a_route_what_was_certain_counts_as_drawn() -> None:
    rows = read_sample(SAMPLE.drop(columns="route"))
    assert rows.drawn.tolist() == [True, True, True, True, False, False]


def test_what_had_no_score_is_in_full_review_but_not_flagged() -> None:
    rows = read_sample(SAMPLE.assign(flagged=[True, True, True, False, False, False]))
    assert rows.degraded.tolist() == [False, False, True, False, False, False]
    assert rows.flagged.tolist() == [True, True, False, False, False, False]
    assert rows.full_review.tolist() == [True, True, True, False, False, False]


@pytest.mark.parametrize("column", [[False] * 6, [None] * 6, [""] * 6, [np.nan] * 6, [0] * 6])
def test_degraded_may_be_empty_in_any_way(column: list[object]) -> None:
    assert not read_sample(SAMPLE.assign(degraded=pd.Series(column))).degraded.any()


def test_slices_are_the_values_that_occur() -> None:
    rows = read_sample(SAMPLE, by=["language"])
    assert rows.slice_values == [{"language": "en"}, {"language": "ko"}, {"language": None}]
    assert rows.group.tolist() == [1, 0, 1, 2, 1, 1]


def test_slices_of_two_columns_are_their_combinations() -> None:
    rows = read_sample(SAMPLE, by=["language", "route"])
    assert {"language": "ko", "route": "audit"} in rows.slice_values
    assert {"language": "en", "route": "audit"} not in rows.slice_values


def test_a_draw_that_is_shared_is_recognised_by_its_number() -> None:
    rows = read_sample(SAMPLE.assign(draw=[0.1, 0.2, 0.1, 0.3, 0.4, 0.4]))
    assert rows.identity[0] == rows.identity[2] != rows.identity[4] == rows.identity[5]
    assert rows.identity[[1, 3]].tolist() == [-1, -1]


def test_rows_of_one_id_share_a_draw() -> None:
    rows = read_sample(SAMPLE.assign(id=["a", "a", "c", "d", "e", "f"]))
    assert (rows.identity >= 0).tolist() == [True, True, False, False, False, False]


def test_columns_of_any_nullable_kind_are_read() -> None:
    sample = SAMPLE.assign(
        violation=pd.array([1, None, 0, 0, None, None], dtype="Int64"),
        views=pd.Series([10, None, 5, 1, 2, 3], dtype=object),
        flagged=pd.array([True, True, False, False, False, False], dtype="boolean"),
    )
    one, other = read_sample(sample), read_sample(SAMPLE)
    assert one.chance.tolist() == other.chance.tolist()
    assert np.array_equal(one.views, other.views, equal_nan=True)


def test_an_empty_sample_has_one_slice_of_nothing() -> None:
    assert read_sample(SAMPLE.iloc[:0]).slices == 1
    assert read_sample(SAMPLE.iloc[:0], by=["language"]).slices == 0
