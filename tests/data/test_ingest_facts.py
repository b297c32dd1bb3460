from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import Invalid
from data.ingest.facts import read_decision, read_item, read_moment
from data.ingest.mapping import Mapping
from data.records import Decision, Item, ItemType, ReviewType, Verdict

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
OUTCOME = {
    "inclusion_probability": {"constant": "1"},
    "verdict": {"column": "verdict", "violation": ["bad"], "no_violation": ["good"]},
}


def mapping(**parts: Any) -> Mapping:
    smallest = {"name": "set", "id": "id", "text": {"title": "title"}, "outcome": OUTCOME}
    return Mapping.model_validate(smallest | parts)


def outcome(**parts: Any) -> Mapping:
    return mapping(outcome=OUTCOME | parts)


def item(how: Mapping | None = None, **cells: Any) -> Item:
    return read_item({"id": "v1", "title": "a", "verdict": "bad"} | cells, how or mapping())


def decision(how: Mapping | None = None, **cells: Any) -> Decision | None:
    how = how or mapping()
    row = {"id": "v1", "title": "a", "verdict": "bad"} | cells
    return read_decision(row, how, read_item(row, how), decided=read_moment(row, how, "decided"), now=NOW)


def decided(how: Mapping | None = None, **cells: Any) -> Decision:
    found = decision(how, **cells)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("cell", "remedy"),
    [
        ("", "id.content"),
        ("a b", "digest: true"),
        ("홍삼", "digest: true"),
        ("x" * 129, "128"),
        ("\ud800", "no characters"),
        ("a\0", "NUL"),
        ({"a": 1}, "must be text"),
        (b"v1", "must be text"),
    ],
)
def test_an_id_that_cannot_travel_is_refused_with_a_remedy(cell: object, remedy: str) -> None:
    with pytest.raises(Invalid, match=remedy) as refusal:
        item(id=cell)
    assert refusal.value.field == "id"


def test_a_number_may_be_an_id() -> None:
    assert [item(id=cell).item_id for cell in (7, 7.0, "7", " 7 ")] == ["7"] * 4


def test_a_prefix_stands_before_the_id() -> None:
    assert item(mapping(id={"column": "id", "prefix": "shop-"})).item_id == "shop-v1"


def test_a_digest_makes_an_id_of_any_name_and_the_same_each_time() -> None:
    how = mapping(creator={"column": "who", "digest": True})
    assert item(how, who="김 가게").creator_id == item(how, who="김 가게").creator_id
    assert item(how, who="김 가게").creator_id != item(how, who="이 가게").creator_id


def test_the_same_content_has_the_same_id() -> None:
    how = mapping(id={"content": ["title", "body"], "prefix": "set-"})
    assert item(how, title="a", body="b").item_id == item(how, title="a", body="b").item_id
    assert item(how, title="a", body="b").item_id.startswith("set-")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.text("ab"), st.text("ab")), unique=True, min_size=2, max_size=6))
def test_different_content_has_different_ids(pairs: list[tuple[str, str]]) -> None:
    how = mapping(id={"content": ["title", "body"]})
    ids = [item(how, title=title, body=body).item_id for title, body in pairs if title or body]
    assert len(ids) == len(set(ids))


def test_a_row_without_content_gets_no_id_from_it() -> None:
    with pytest.raises(Invalid, match="title are empty"):
        item(mapping(id={"content": ["title"]}), title="")


@pytest.mark.parametrize(
    ("cell", "remedy"), [("a" * 20_001, "Cut it"), ("\udc80", "file.encoding"), ("\0", "NUL")]
)
def test_a_text_that_could_not_be_stored_is_refused(cell: str, remedy: str) -> None:
    with pytest.raises(Invalid, match=remedy) as refusal:
        item(title=cell)
    assert refusal.value.field == "text.title"


def test_a_text_of_twenty_thousand_characters_goes_in() -> None:
    assert len(item(title="홍" * 20_000).text("title")) == 20_000


def test_texts_that_mean_no_value_leave_the_field_out() -> None:
    how = mapping(
        null=["", "null"], text={"title": "title", "transcript": {"column": "asr", "null": ["none"]}}
    )
    assert item(how, title="null", asr=" none ").data == {}
    assert item(how, title="none", asr="null").data == {"title": "none"}


def test_hashtags_are_a_list_cut_at_the_mark_or_at_spaces() -> None:
    cut = mapping(text={"hashtags": {"column": "tags", "split": ","}})
    assert item(cut, tags="홍삼 특가, ,세일").data["hashtags"] == ["홍삼 특가", "세일"]
    assert item(mapping(text={"hashtags": "tags"}), tags="a  b").data["hashtags"] == ["a", "b"]
    assert item(cut, tags=["a", None, "b"]).data["hashtags"] == ["a", "b"]


@pytest.mark.parametrize("cell", ["nan", "inf", "-1", "1e999", "many", "1_000", True, float("nan"), [1]])
@pytest.mark.parametrize("field", ["views", "duration_s"])
def test_an_amount_must_be_finite_and_not_negative(cell: object, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        item(mapping(**{field: "n"}), n=cell)
    assert refusal.value.field == field


def test_extra_columns_are_kept_under_their_name() -> None:
    how = mapping(extra={"likes": {"column": "n", "type": "number"}, "shop": "s"})
    assert item(how, n="12", s="김").data == {"title": "a", "likes": 12.0, "shop": "김"}


def test_an_item_type_is_one_of_ours() -> None:
    assert item(mapping(item_type="kind"), kind="creator").item_type is ItemType.CREATOR
    with pytest.raises(Invalid, match="live_segment"):
        item(mapping(item_type="kind"), kind="photo")


@pytest.mark.parametrize(
    ("cell", "how"),
    [
        ("2026-03-02T12:00:00Z", {}),
        ("2026-03-02T21:00:00+09:00", {}),
        ("2026-03-02 21:00:00", {"zone": "Asia/Seoul"}),
        ("02.03.2026 21:00", {"format": "%d.%m.%Y %H:%M", "zone": "Asia/Seoul"}),
        (1772452800, {"unit": "s"}),
        ("1772452800000", {"unit": "ms"}),
        (datetime(2026, 3, 2, 12, tzinfo=UTC), {}),
        (datetime(2026, 3, 2, 21), {"zone": "Asia/Seoul"}),
    ],
)
def test_a_moment_is_read_as_the_mapping_says_and_kept_in_utc(cell: object, how: dict[str, str]) -> None:
    moment = item(mapping(times={"submitted": {"column": "at"} | how}), at=cell).submitted_at
    assert moment == NOW
    assert moment is not None
    assert moment.tzinfo is UTC


@pytest.mark.parametrize(
    ("cell", "how", "remedy"),
    [
        ("2026-03-02 21:00:00", {}, "zone"),
        (date(2026, 3, 2), {}, "zone"),
        ("yesterday", {}, "ISO 8601"),
        ("2026-03-02", {"format": "%d.%m.%Y"}, "format"),
        ("1772452800000", {"unit": "s"}, "unit"),
        ("1772452800", {"unit": "ms"}, "1990"),
        ("nan", {"unit": "s"}, "unit"),
        (1772452800, {}, "unit"),
    ],
)
def test_a_moment_that_cannot_be_right_is_refused_with_a_remedy(
    cell: object, how: dict[str, str], remedy: str
) -> None:
    with pytest.raises(Invalid, match=remedy) as refusal:
        item(mapping(times={"submitted": {"column": "at"} | how}), at=cell)
    assert refusal.value.field == "times.submitted"


@pytest.mark.parametrize("cell", ["bad", " BAD "])
def test_capitals_and_spaces_do_not_matter_in_a_verdict(cell: str) -> None:
    assert decided(verdict=cell).verdict is Verdict.VIOLATION


@pytest.mark.parametrize(("cell", "listed"), [(1, "1"), (1.0, "1"), (True, "true"), ("True", "true")])
def test_a_verdict_may_be_a_number_or_a_switch(cell: object, listed: str) -> None:
    how = outcome(verdict={"column": "verdict", "violation": [listed]})
    assert decided(how, verdict=cell).verdict is Verdict.VIOLATION


@pytest.mark.parametrize("cell", ["", None, "  "])
def test_an_empty_verdict_is_an_item_that_was_not_reviewed(cell: object) -> None:
    assert decision(verdict=cell) is None


def test_a_verdict_that_is_not_listed_is_refused() -> None:
    with pytest.raises(Invalid, match="'strange'") as refusal:
        decision(verdict="strange")
    assert refusal.value.field == "outcome.verdict"


def test_a_default_says_what_every_other_verdict_means() -> None:
    how = outcome(verdict={"column": "verdict", "no_violation": ["good"], "default": "violation"})
    assert decided(how, verdict="strange").verdict is Verdict.VIOLATION
    assert decision(how, verdict="") is None


POLICIES = {"column": "rules", "split": "|", "map": {"가격": "misleading_price", "위조": "counterfeit"}}


def test_violated_policies_are_given_in_our_ids_and_once() -> None:
    how = outcome(policies=POLICIES)
    assert decided(how, rules="가격| 위조 |가격").policies == ("misleading_price", "counterfeit")


def test_policies_are_read_for_violations_only() -> None:
    assert decided(outcome(policies=POLICIES), verdict="good", rules="가격|?").policies == ()


def test_a_policy_that_is_not_mapped_is_refused_or_left_out_as_the_mapping_says() -> None:
    with pytest.raises(Invalid, match="unmapped: ignore"):
        decision(outcome(policies=POLICIES), rules="가격|기타")
    assert decided(outcome(policies=POLICIES | {"unmapped": "ignore"}), rules="가격|기타").policies == (
        "misleading_price",
    )


def test_a_past_outcome_carries_its_chance_and_is_marked_as_imported() -> None:
    found = decided(outcome(inclusion_probability="p"), p="0.25")
    assert found.inclusion_probability == 0.25
    assert found.review_type is ReviewType.IMPORTED


@pytest.mark.parametrize("cell", ["0", "-0.1", "1.1", "nan", ""])
def test_a_chance_must_be_above_nothing_and_not_above_one(cell: str) -> None:
    with pytest.raises(Invalid) as refusal:
        decision(outcome(inclusion_probability="p"), p=cell)
    assert refusal.value.field == "outcome.inclusion_probability"


def test_the_same_look_is_the_same_decision_whenever_it_is_imported() -> None:
    how = outcome(reviewer="who")
    ids = {decided(how, who="r1").decision_id, decided(how, who="r1", verdict="good").decision_id}
    assert len(ids) == 1
    assert decided(how, who="r2").decision_id not in ids


def test_a_decision_may_bring_its_own_id() -> None:
    assert decided(outcome(id={"column": "no", "prefix": "d-"}), no=12).decision_id == "d-12"
