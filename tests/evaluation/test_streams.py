"""A table in parts gives the estimates of the whole table."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import Invalid
from evaluation.condensed import Condensed
from evaluation.estimators import Estimate, estimate, parts_of
from evaluation.streams import Stream

GRADES = ["report", "guarantee"]
BY = ("language", "week")


def make_table(seed: int, *, size: int = 400, **columns: Any) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    flagged = rng.random(size) < 0.1
    pi = np.where(flagged | (rng.random(size) < 0.05), 1.0, rng.uniform(0.02, 0.6, size))
    draw = rng.random(size)
    settled = (draw < pi) & (rng.random(size) < rng.choice([0.6, 1.0]))
    table = pd.DataFrame(
        {
            "id": range(size),
            "pi": pi,
            "flagged": flagged,
            "violation": np.where(settled, rng.random(size) < 0.2, np.nan),
            "score": np.where(rng.random(size) < rng.choice([0.7, 1.0]), rng.random(size), np.nan),
            "views": np.where(rng.random(size) < 0.9, rng.lognormal(3, 2, size), np.nan),
            "draw": draw,
            "drawn": draw < pi,
            "language": np.array(["ko", "en", None], dtype=object)[rng.integers(3, size=size)],
            "week": np.array(["w1", "w2"])[rng.integers(2, size=size)],
        }
    )
    return table.assign(**columns)


def whole(table: pd.DataFrame) -> pd.DataFrame:
    """The same table for `estimate`, which reads off the route what was drawn."""
    return table.assign(route=np.where(table["drawn"], "audit", "release")) if "drawn" in table else table


def read(
    table: pd.DataFrame, *, by: tuple[str, ...] = (), population: int | None = None, parts: int = 3
) -> Condensed:
    def fill(stream: Stream) -> Stream:
        for places in np.array_split(np.arange(len(table)), parts):
            add(stream, table.iloc[places], by, first_row=int(places[0]) + 1)
        return stream

    stream = fill(Stream(by=by, population=population))
    if stream.shared.size:
        stream = fill(Stream(by=by, population=population, shared=stream.shared))
    return stream.condense()


def add(stream: Stream, rows: pd.DataFrame, by: tuple[str, ...], *, first_row: int) -> None:
    slices = []
    for name in by:
        codes, values = pd.factorize(rows[name])
        slices.append((np.where(codes < 0, len(values), codes), [*values, None]))
    there = [name for name in ("score", "views", "draw", "drawn", "time") if name in rows]
    columns = {name: rows[name].to_numpy() for name in ("pi", "flagged", *there)}
    violation = rows["violation"].to_numpy(dtype=np.float64)
    stream.add(first_row=first_row, slices=slices, violation=violation, **columns)


def assert_same(ours: list[Estimate], theirs: list[Estimate]) -> None:
    assert [(one.name, one.slice) for one in ours] == [(one.name, one.slice) for one in theirs]
    for one, other in zip(ours, theirs, strict=True):
        assert (one.reviewed, one.outstanding, one.hits) == (other.reviewed, other.outstanding, other.hits)
        assert (one.method, one.few_hits) == (other.method, other.few_hits)
        assert numbers(one) == pytest.approx(numbers(other), rel=1e-9, abs=1e-12, nan_ok=True), one
        # The ends of recall are roots of a difference that vanishes where an end is the value itself.
        rel = 1e-7 if one.name.endswith("recall") else 1e-9
        assert ends(one) == pytest.approx(ends(other), rel=rel, abs=1e-12), one


def numbers(one: Estimate) -> list[float]:
    defined = [math.nan if number is None else number for number in (one.value, one.se)]
    return [*defined, one.effective_hits]


def ends(one: Estimate) -> tuple[float, float]:
    return one.interval.lower, one.interval.upper


def find(estimates: list[Estimate], name: str) -> Estimate:
    return next(one for one in estimates if one.name == name)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.sampled_from(GRADES), st.sampled_from([(), BY[:1], BY]))
def test_the_estimates_are_those_of_the_whole_table(seed: int, grade: Any, by: tuple[str, ...]) -> None:
    table = make_table(seed, size=60 if seed % 2 else 400)
    assert_same(read(table, by=by).estimate(grade=grade), estimate(whole(table), by=by, grade=grade))


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["drawn", "draw", "score", "views"]))
def test_columns_may_be_absent(seed: int, absent: str) -> None:
    table = make_table(seed).drop(columns=["draw", absent] if absent == "drawn" else absent)
    assert_same(read(table, by=BY).estimate(), estimate(whole(table), by=BY))


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.sampled_from(GRADES))
def test_rows_that_share_a_draw_count_together(seed: int, grade: Any) -> None:
    table = make_table(seed)
    table["draw"] = np.floor(table["draw"] * 100) / 100
    table["drawn"] = table["draw"] < table["pi"]
    table["violation"] = table["violation"].where(table["drawn"])
    sample = read(table, by=BY)
    assert sample.sharing > 0
    assert_same(sample.estimate(grade=grade), estimate(whole(table), by=BY, grade=grade))


def test_how_the_table_is_cut_into_parts_changes_nothing() -> None:
    table = make_table(1)
    one, many = read(table, by=BY, parts=1), read(table, by=BY, parts=100)
    assert_same(one.estimate(), many.estimate())
    assert (one.floor, one.view_floor) == (many.floor, many.view_floor)


def test_rows_that_were_not_drawn_are_not_kept() -> None:
    table = make_table(1)
    assert read(table).pi.size == table["drawn"].sum() < len(table)


def test_a_verdict_that_the_draw_did_not_call_for_is_left_out_and_counted() -> None:
    table = make_table(2)
    wild = table.assign(violation=table["violation"].where(table["drawn"], 1.0))
    stream = Stream()
    add(stream, wild, (), first_row=1)
    assert stream.not_called_for == (~table["drawn"]).sum() > 0
    assert_same(stream.condense().estimate(), estimate(whole(table)))


def test_a_verdict_that_was_not_called_for_counts_for_no_copy_either() -> None:
    table = make_table(2)
    table.loc[[0, 1], ["pi", "draw", "drawn", "flagged", "violation"]] = [0.1, 0.5, False, False, np.nan]
    wild = table.assign(violation=table["violation"].where(table.index > 0, 1.0))
    assert read(wild).pi.size == table["drawn"].sum() + 2
    assert_same(read(wild).estimate(), estimate(whole(table)))


def test_slices_of_many_values_are_told_apart() -> None:
    table = make_table(3, language=[f"l{number}" for number in range(400)], week=range(400))
    assert_same(read(table, by=BY).estimate(), estimate(whole(table), by=BY))


def test_the_smallest_chances_are_those_of_the_items_below_every_threshold() -> None:
    table = make_table(4)
    below = table[~table["flagged"] & (table["pi"] < 1)]
    sample = read(table, by=BY)
    assert sample.floor == pytest.approx(below["pi"].min())
    assert sample.view_floor == pytest.approx((below["pi"] / below["views"]).min())


def make_drawn(seed: int, *, chance: float | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    table = make_table(seed, size=4000).drop(columns=["draw", "drawn"])
    rng = np.random.default_rng([seed, 1])
    if chance is not None:
        table["pi"] = np.where(table["flagged"], 1.0, chance)
    drawn = rng.random(4000) < table["pi"]
    table["violation"] = np.where(drawn, rng.random(4000) < 0.2, np.nan)
    return table, table[drawn]


@pytest.mark.parametrize("grade", GRADES)
def test_a_population_stands_for_the_rows_that_are_absent(grade: Any) -> None:
    # With one chance for all, what is expected of the absent is known exactly too.
    table, drawn = make_drawn(5, chance=0.3)
    there = estimate(table.drop(columns="views"), grade=grade)
    assert_same(read(drawn, population=4000).estimate(grade=grade), there)


def test_with_a_population_values_are_those_of_the_whole_table() -> None:
    table, drawn = make_drawn(6)
    there = estimate(table.drop(columns="views"))
    for one, other in zip(read(drawn, population=4000).estimate(), there, strict=True):
        assert one.value == pytest.approx(other.value)
        assert one.se == pytest.approx(other.se)


def expected_extra(sample: Condensed) -> float:
    return float(parts_of(sample.rows, sample.undrawn).missed.expected_extra[0])


def test_what_scores_expect_of_the_absent_is_estimated_without_bias() -> None:
    # What is there has larger chances than what is absent; taken for all, an unseen hit would be too light.
    whole_, drawn, unweighted = [], [], []
    for seed in range(30):
        table, there = make_drawn(seed)
        whole_.append(expected_extra(read(table)))
        drawn.append(expected_extra(read(there, population=4000)))
        unweighted.append(((1 / there["pi"] - 1) * there["score"]).sum() / there["score"].sum())
    assert np.mean(drawn) == pytest.approx(np.mean(whole_), rel=0.05)
    assert np.mean(unweighted) < 0.5 * np.mean(whole_)


def test_where_no_row_speaks_for_the_absent_all_of_them_may_violate() -> None:
    _, drawn = make_drawn(8)
    flagged = drawn[drawn["flagged"]]
    for grade in GRADES:
        missed = find(read(flagged, population=4000).estimate(grade=grade), "missed")  # type: ignore[arg-type]
        assert missed.value is None
        assert (missed.interval.lower, missed.interval.upper) == (0, 4000 - len(flagged))


def test_a_population_of_as_many_as_there_are_rows_has_nobody_absent() -> None:
    _, drawn = make_drawn(9)
    drawn = drawn.assign(pi=1.0)
    there = estimate(drawn.drop(columns="views"))
    assert_same(read(drawn, population=len(drawn)).estimate(), there)


def test_with_a_population_an_empty_verdict_is_outstanding() -> None:
    _, drawn = make_drawn(10)
    late = drawn.assign(violation=drawn["violation"].where(np.arange(len(drawn)) % 3 > 0))
    missed = find(read(late, population=4000).estimate(), "missed")
    assert missed.outstanding == (late["violation"].isna() & ~late["flagged"]).sum() > 0


def test_with_a_population_numbers_about_views_are_undefined() -> None:
    _, drawn = make_drawn(11)
    assert find(read(drawn, population=4000).estimate(), "view_recall").value is None


def test_a_population_smaller_than_the_table_is_refused() -> None:
    _, drawn = make_drawn(12)
    with pytest.raises(Invalid, match="--population must be at least"):
        read(drawn, population=len(drawn) - 1)


def test_a_flagged_item_that_could_have_been_absent_is_refused_in_a_population() -> None:
    _, drawn = make_drawn(13)
    drawn = drawn.reset_index(drop=True)
    drawn.loc[7, ["pi", "flagged"]] = [0.5, True]
    with pytest.raises(Invalid, match=r"pi must be 1 for flagged items .* row 8 has less"):
        read(drawn, population=4000)


def test_a_population_has_no_slices() -> None:
    with pytest.raises(ValueError, match="population must be None"):
        Stream(by=["week"], population=10)
