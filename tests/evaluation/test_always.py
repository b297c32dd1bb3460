"""Ends that hold at every look are those of `evaluation.sequences`, slice by slice."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import Invalid
from evaluation.always import estimate_always
from evaluation.condensed import Condensed
from evaluation.estimators import Estimate, estimate
from evaluation.sequences import TotalSequence, total_sequence
from evaluation.streams import Stream


def make_table(seed: int = 1, **columns: Any) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    size = 300
    flagged = rng.random(size) < 0.1
    pi = np.where(flagged | (rng.random(size) < 0.05), 1.0, rng.uniform(0.05, 0.6, size))
    drawn = rng.random(size) < pi
    table = pd.DataFrame(
        {
            "id": range(size),
            "pi": pi,
            "flagged": flagged,
            "drawn": drawn,
            "violation": np.where(drawn, rng.random(size) < 0.2, np.nan),
            "score": rng.random(size),
            "views": np.where(rng.random(size) < 0.9, rng.lognormal(3, 1, size), np.nan),
            "time": rng.permutation(size).astype(float),
            "week": np.array(["w1", "w2"])[rng.integers(2, size=size)],
        }
    )
    return table.assign(**columns)


def read(table: pd.DataFrame, *, by: str | None = None, population: int | None = None) -> Condensed:
    stream = Stream(by=() if by is None else [by], population=population)
    slices = []
    if by is not None:
        codes, values = pd.factorize(table[by])
        slices = [(codes, list(values))]
    names = ("pi", "flagged", "violation", "score", "views", "drawn", "draw", "time")
    columns: dict[str, Any] = {name: table[name].to_numpy() for name in names if name in table}
    stream.add(first_row=1, slices=slices, **columns)
    return stream.condense()


def find(estimates: list[Estimate], name: str) -> Estimate:
    return next(one for one in estimates if one.name == name)


def sequence(table: pd.DataFrame, *, floor: float, views: bool = False) -> TotalSequence:
    below = table[~table["flagged"]].sort_values("time")
    below = below[below["views"].notna()] if views else below
    return total_sequence(
        pi=below["pi"],
        violation=below["violation"],
        day=below["time"],
        views=below["views"] if views else None,
        floor=floor,
        looks=[1e9],
    )


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1))
def test_missed_and_recall_have_the_ends_of_the_sequence(seed: int) -> None:
    table = make_table(seed)
    estimates = estimate_always(read(table, by="week"), floor=0.04)
    for week, rows in table.groupby("week"):
        expected = sequence(rows, floor=0.04)
        found = rows.loc[rows["flagged"], "violation"].sum()
        here = [one for one in estimates if one.slice["week"] == week]
        missed, recall = find(here, "missed"), find(here, "recall")
        assert missed.value == pytest.approx(expected.total[0])
        assert (missed.interval.lower, missed.interval.upper) == pytest.approx(
            (expected.lower[0], expected.upper[0])
        )
        lower, upper = expected.recall([found])
        assert (recall.interval.lower, recall.interval.upper) == pytest.approx((lower[0], upper[0]), rel=1e-6)


def test_prevalence_is_what_was_found_and_missed_of_all() -> None:
    table = make_table()
    estimates = estimate_always(read(table))
    missed, prevalence = find(estimates, "missed"), find(estimates, "prevalence")
    found = table.loc[table["flagged"], "violation"].sum()
    assert missed.value is not None
    assert prevalence.value == pytest.approx((found + missed.value) / 300)
    assert prevalence.interval.lower == pytest.approx((found + missed.interval.lower) / 300)
    assert prevalence.interval.upper == pytest.approx((found + missed.interval.upper) / 300)


def test_numbers_about_views_have_a_sequence_of_their_own() -> None:
    table = make_table()
    sample = read(table)
    expected = sequence(table, floor=sample.view_floor, views=True)
    recall = find(estimate_always(sample), "view_recall")
    flagged = table[table["flagged"]]
    lower, upper = expected.recall([(flagged["violation"] * flagged["views"]).sum()])
    assert (recall.interval.lower, recall.interval.upper) == pytest.approx((lower[0], upper[0]), rel=1e-6)


def test_every_estimate_says_how_it_was_made() -> None:
    methods = {one.name: one.method for one in estimate_always(read(make_table()))}
    assert {methods[name] for name in methods if name != "precision"} == {"martingale"}
    assert methods["precision"] == "census"


def test_precision_is_that_of_the_report_grade() -> None:
    table = make_table()
    assert find(estimate_always(read(table)), "precision") == find(estimate(table), "precision")


def test_ends_that_always_hold_are_wider_than_those_of_one_look() -> None:
    sample = read(make_table())
    one_look, always = find(sample.estimate(), "missed"), find(estimate_always(sample), "missed")
    assert always.value == pytest.approx(one_look.value)
    assert always.interval.width > one_look.interval.width


def test_with_an_audit_outstanding_missed_is_undefined_where_it_is() -> None:
    table = make_table()
    late = table.index[table["drawn"] & ~table["flagged"] & (table["week"] == "w1")]
    table.loc[late[:3], "violation"] = np.nan
    sample = read(table, by="week")
    first = table.loc[late[:3], "time"].idxmin()
    assert sample.first_outstanding == first + 1
    there, elsewhere = (one for one in estimate_always(sample) if one.name == "missed")
    assert (there.value, there.method) == (None, "undefined")
    below = table[~table["flagged"] & (table["week"] == "w1")]
    assert there.interval.lower == (below["violation"] == 1).sum()
    assert there.interval.upper == len(below) - (below["violation"] == 0).sum()
    assert elsewhere.value is not None


@pytest.mark.parametrize("change", [{"violation": np.nan}, {"pi": 0.9}])
def test_where_a_flagged_item_is_not_counted_recall_is_undefined_and_missed_is_not(
    change: dict[str, float],
) -> None:
    table = make_table()
    table.loc[table.index[table["flagged"]][0], list(change)] = list(change.values())
    estimates = estimate_always(read(table))
    assert [find(estimates, name).value for name in ("recall", "prevalence", "view_recall")] == [None] * 3
    assert find(estimates, "missed").value is not None
    recall = find(estimates, "recall").interval
    assert 0 < recall.lower < recall.upper <= 1


def test_the_floor_is_the_smallest_chance_where_none_is_given() -> None:
    table = make_table()
    smallest = table.loc[~table["flagged"], "pi"].min()
    told, taken = (find(estimate_always(read(table), floor=floor), "missed") for floor in (smallest, None))
    assert taken.interval.upper == pytest.approx(told.interval.upper, rel=1e-12)


def test_a_lower_floor_is_a_wider_interval() -> None:
    sample = read(make_table())
    low, high = (find(estimate_always(sample, floor=floor), "missed") for floor in (0.001, 0.05))
    assert low.interval.upper > high.interval.upper


def test_a_floor_above_a_chance_is_refused() -> None:
    with pytest.raises(Invalid, match="--floor must not be above any pi below 1"):
        estimate_always(read(make_table()), floor=0.9)


def test_items_below_the_thresholds_that_share_a_draw_are_refused() -> None:
    table = make_table()
    both = table.index[table["drawn"] & ~table["flagged"] & (table["pi"] < 1)][:2]
    table["draw"] = np.arange(300) / 1000
    table.loc[both, "draw"] = 0.001
    with pytest.raises(Invalid, match=f"rows {both[0] + 1} and {both[1] + 1} share one"):
        estimate_always(read(table))


def test_absent_items_of_a_population_could_all_be_missed() -> None:
    table = make_table()
    drawn = table[table["drawn"]].drop(columns="views")
    ours = find(estimate_always(read(drawn, population=300), floor=0.04), "missed")
    expected = sequence(table, floor=0.04)
    assert ours.interval.upper == pytest.approx(expected.upper[0])
    assert ours.value == pytest.approx(expected.total[0])


def test_all_items_flagged_leaves_nothing_to_miss() -> None:
    table = make_table(flagged=True, pi=1.0, drawn=True, violation=[1.0, 0.0] * 150)
    assert [one.method for one in estimate_always(read(table))] == ["census"] * 6
