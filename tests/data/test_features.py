from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.features import CATEGORICAL, COLUMNS, NUMERIC, rows, rows_with
from data.records import TEXT_FIELDS, CreatorHistory, Item

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def row_of(item: Item, histories: dict[str, CreatorHistory] | None = None) -> dict[str, Any]:
    return {str(name): value for name, value in rows([item], histories or {}).iloc[0].items()}


def test_every_promised_column_is_there_in_order() -> None:
    table = rows([Item(item_id="v1")], {})
    assert list(table.columns) == list(COLUMNS)
    assert {*CATEGORICAL, *NUMERIC, *TEXT_FIELDS} < set(table.columns)


def test_no_items_give_an_empty_table_with_the_same_columns_and_types() -> None:
    pd.testing.assert_series_equal(rows([], {}).dtypes, rows([Item(item_id="v1")], {}).dtypes)


def test_what_is_unknown_is_nan_among_numbers_and_empty_among_names() -> None:
    row = row_of(Item(item_id="v1"))
    assert all(math.isnan(row[name]) for name in NUMERIC if not name.endswith("_length"))
    assert [row["language"], row["category"], row["title"]] == ["", "", ""]


def test_hashtags_are_text_and_counted() -> None:
    row = row_of(Item(item_id="v1", data={"hashtags": ["홍삼", "특가"]}))
    assert row["hashtags"] == "홍삼 특가"
    assert row["hashtag_count"] == 2


def test_lengths_are_counted_in_characters() -> None:
    assert row_of(Item(item_id="v1", data={"title": "홍삼 특가"}))["title_length"] == 5


def test_a_language_is_its_primary_subtag() -> None:
    assert row_of(Item(item_id="v1", language="ko-KR"))["language"] == "ko"


def test_the_hour_does_not_depend_on_the_zone_it_is_written_in() -> None:
    seoul = NOON.astimezone(timezone(timedelta(hours=9)))
    here = row_of(Item(item_id="v1", submitted_at=NOON))
    there = row_of(Item(item_id="v1", submitted_at=seoul))
    assert here["submitted_hour"] == there["submitted_hour"] == 12
    assert here["submitted_weekday"] == there["submitted_weekday"] == 0


@pytest.mark.parametrize(
    "value", [True, "12", -1, math.nan, math.inf, pytest.param(10**400, id="huge"), [3], None]
)
def test_a_duration_that_is_no_length_of_time_is_unknown(value: object) -> None:
    assert math.isnan(row_of(Item(item_id="v1", data={"duration_s": value}))["duration_s"])


def test_a_creator_without_history_is_new_not_unknown() -> None:
    assert row_of(Item(item_id="v1", creator_id="c1"))["creator_items"] == 0


def test_each_item_gets_the_history_of_its_creator() -> None:
    histories = {"c1": CreatorHistory(items=5, reviewed=3, violations=2), "c2": CreatorHistory(items=1)}
    table = rows([Item(item_id="a", creator_id="c2"), Item(item_id="b", creator_id="c1")], histories)
    assert table["creator_items"].tolist() == [1, 5]
    assert table["creator_violations"].tolist() == [0, 2]


def test_two_items_of_one_creator_may_have_met_different_pasts() -> None:
    items = [Item(item_id="a", creator_id="c1"), Item(item_id="b", creator_id="c1")]
    table = rows_with(items, [CreatorHistory(), CreatorHistory(items=1)])
    assert table["creator_items"].tolist() == [0, 1]


json_values = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(st.characters(codec="utf-8"), max_size=20),
    st.lists(st.text(st.characters(codec="utf-8"), max_size=5), max_size=3),
)  # fmt: skip
items = st.builds(
    Item,
    item_id=st.from_regex(r"[a-z0-9]{1,8}", fullmatch=True),
    creator_id=st.sampled_from([None, "c1", "c2"]),
    language=st.sampled_from([None, "ko", "en-US", ""]),
    submitted_at=st.none() | st.datetimes(min_value=datetime(2020, 1, 1), timezones=st.just(UTC)),
    data=st.dictionaries(st.sampled_from([*TEXT_FIELDS, "duration_s", "other"]), json_values),
    expected_views=st.none() | st.floats(min_value=0, allow_infinity=False),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(items, max_size=5))
def test_a_row_is_the_same_alone_and_in_a_batch(batch: list[Item]) -> None:
    histories = {"c1": CreatorHistory(items=2, reviewed=1, violations=1)}
    alone = [rows([item], histories) for item in batch]
    together = rows(batch, histories)
    for place, single in enumerate(alone):
        pd.testing.assert_frame_equal(single, together.iloc[[place]].reset_index(drop=True))


def test_numbers_are_never_infinite_whatever_an_item_holds() -> None:
    table = rows([Item(item_id="v1", data={"duration_s": 1e308 * 10}, expected_views=1e308)], {})
    assert not table[list(NUMERIC)].isin([math.inf, -math.inf]).any(axis=None)
