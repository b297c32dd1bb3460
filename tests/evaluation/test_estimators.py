import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.estimators import NAMES, Estimate, estimate
from evaluation.intervals import Interval, gamma, logit, wilson


def make_sample(**columns: Any) -> pd.DataFrame:
    # Four flagged, all reviewed, three violating; six below, chance 1/2, of which three were drawn.
    sample = pd.DataFrame(
        {
            "id": list("abcdefghij"),
            "pi": [1.0] * 4 + [0.5] * 6,
            "flagged": [True] * 4 + [False] * 6,
            "violation": [1, 1, 1, 0, 1, 0, 0, None, None, None],
            "score": [0.9] * 4 + [0.1] * 6,
            "views": [100.0, 10, 20, 30, 40, 50, 60, 70, 80, 90],
            "route": ["full_review"] * 4 + ["audit"] * 3 + ["release"] * 3,
        }
    )
    return sample.assign(**columns)


def find(sample: pd.DataFrame, name: str, **settings: Any) -> Estimate:
    return next(one for one in estimate(sample, **settings) if one.name == name)


def test_every_slice_has_every_estimate_in_order() -> None:
    sample = make_sample(language=["ko", "en"] * 5)
    assert [one.name for one in estimate(sample, by=["language"])] == list(NAMES) * 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("recall", 3 / 5),
        ("precision", 3 / 4),
        ("prevalence", 5 / 10),
        ("missed", 2.0),
        ("view_prevalence", (130 + 80) / 550),
        ("view_recall", 130 / (130 + 80)),
    ],
)
def test_the_values_are_those_worked_out_by_hand(name: str, value: float) -> None:
    assert find(make_sample(), name).value == pytest.approx(value)


def test_the_interval_of_missed_is_the_gamma_interval_within_what_is_possible() -> None:
    # One hit of weight 2 and design variance 2; scores and the hit agree that another weighs 1.
    sample = pd.concat(
        [
            make_sample(),
            *(
                make_sample(
                    id=f"n{number}", violation=None, route="release", flagged=False, pi=0.5, score=0.1
                )
                for number in range(9)
            ),
        ]
    )
    sample["id"] = range(len(sample))
    interval = find(sample, "missed").interval
    expected = gamma(total=2, variance=2, extra=1)
    assert interval.lower == pytest.approx(1)
    assert interval.upper == pytest.approx(expected.upper)
    guarantee = find(sample, "missed", grade="guarantee").interval
    assert guarantee.upper == pytest.approx(gamma(total=2, variance=2, extra=2).upper)


def test_with_a_census_above_recall_is_the_mirror_of_missed() -> None:
    sample = make_sample()
    recall, missed = find(sample, "recall").interval, find(sample, "missed").interval
    assert (recall.lower, recall.upper) == pytest.approx((3 / (3 + missed.upper), 3 / (3 + missed.lower)))


def test_with_a_census_above_prevalence_is_missed_moved() -> None:
    sample = make_sample()
    prevalence, missed = find(sample, "prevalence").interval, find(sample, "missed").interval
    assert (prevalence.lower, prevalence.upper) == pytest.approx(
        ((3 + missed.lower) / 10, (3 + missed.upper) / 10)
    )


def test_precision_of_a_queue_reviewed_to_the_end_is_a_census() -> None:
    precision = find(make_sample(), "precision")
    assert (precision.method, precision.interval, precision.se) == ("census", Interval(0.75, 0.75, 0.95), 0.0)
    assert not precision.few_hits


def test_precision_of_a_queue_reviewed_in_part_is_the_logit_interval() -> None:
    sample = pd.DataFrame(
        {
            "id": range(400),
            "pi": 1.0,
            "flagged": True,
            "violation": [1.0] * 60 + [0.0] * 40 + [None] * 300,
        }
    )
    precision = find(sample, "precision")
    se = math.sqrt((1 - 0.25) * 0.6 * 0.4 / 100)
    assert (precision.value, precision.outstanding, precision.method) == (0.6, 300, "logit_hajek")
    assert precision.se == pytest.approx(se)
    expected = logit(0.6, se)
    assert (precision.interval.lower, precision.interval.upper) == pytest.approx(
        (expected.lower, expected.upper)
    )


def test_precision_without_a_hit_in_part_of_the_queue_is_wilsons_interval() -> None:
    sample = pd.DataFrame(
        {"id": range(400), "pi": 1.0, "flagged": True, "violation": [0.0] * 100 + [None] * 300}
    )
    precision = find(sample, "precision")
    assert (precision.value, precision.method) == (0.0, "wilson")
    assert precision.interval.upper == pytest.approx(wilson(0, 100).upper)


def test_precision_does_not_go_where_the_counts_cannot() -> None:
    sample = pd.DataFrame({"id": range(4), "pi": 1.0, "flagged": True, "violation": [1.0, 1.0, 0.0, None]})
    interval = find(sample, "precision").interval
    assert interval.lower >= 2 / 4
    assert interval.upper <= 3 / 4


def test_late_audits_count_as_a_second_phase_of_sampling() -> None:
    # Three of four drawn audits are settled: each stands for 1 / (0.5 * 3/4) items.
    sample = make_sample(route=["full_review"] * 4 + ["audit"] * 4 + ["release"] * 2)
    missed = find(sample, "missed")
    assert missed.value == pytest.approx(1 / (0.5 * 0.75))
    assert missed.outstanding == 1


def test_a_late_queue_makes_recall_uncertain_on_both_sides() -> None:
    queue = pd.DataFrame({"id": range(200), "pi": 1.0, "flagged": True, "violation": [1.0, 0.0] * 100})
    audits = pd.DataFrame(
        {
            "id": range(200, 400),
            "pi": 0.5,
            "flagged": False,
            "violation": [1.0] * 10 + [0.0] * 90 + [math.nan] * 100,
        }
    )
    settled = pd.concat([queue, audits])
    late = pd.concat([queue.assign(violation=[1.0, 0.0] * 10 + [math.nan] * 180), audits])
    one, other = find(settled, "recall"), find(late, "recall")
    assert one.value == pytest.approx(other.value)
    assert (one.outstanding, other.outstanding) == (0, 180)
    assert other.interval.lower < one.interval.lower < one.interval.upper < other.interval.upper


def test_with_an_unseen_queue_recall_is_bounded_by_what_was_missed() -> None:
    sample = make_sample(violation=[None] * 4 + [1, 0, 0, None, None, None])
    recall, missed = find(sample, "recall"), find(sample, "missed")
    assert recall.value is None
    assert (recall.interval.lower, recall.interval.upper) == pytest.approx(
        (0, 4 / (4 + missed.interval.lower))
    )


def test_with_unseen_audits_recall_is_bounded_by_what_was_found() -> None:
    # Of the queue, two of three settled ones violate: at least 2 of 4; below, all six may.
    recall = find(make_sample(violation=[1, 1, 0, *[None] * 7]), "recall")
    assert recall.value is None
    assert (recall.interval.lower, recall.interval.upper) == pytest.approx((2 / (2 + 6), 1))


def test_nothing_reviewed_is_undefined_and_as_wide_as_ignorance() -> None:
    for one in estimate(make_sample(violation=None)):
        assert (one.value, one.se, one.method, one.reviewed, one.hits) == (None, None, "undefined", 0, 0)
        assert (one.interval.lower, one.interval.upper) == (0, 6 if one.name == "missed" else 1)


def test_no_item_at_all_is_undefined() -> None:
    estimates = estimate(make_sample().iloc[:0])
    assert [one.value for one in estimates] == [None] * 6
    assert all(one.interval == Interval(0, 1, 0.95) for one in estimates if one.name != "missed")


def test_nothing_flagged_leaves_precision_undefined() -> None:
    precision = find(make_sample(flagged=False), "precision")
    assert (precision.value, precision.interval, precision.method) == (
        None,
        Interval(0, 1, 0.95),
        "undefined",
    )


def test_no_violation_anywhere_leaves_recall_undefined() -> None:
    recall = find(make_sample(violation=[0, 0, 0, 0, 0, 0, 0, None, None, None]), "recall")
    assert (recall.value, recall.interval) == (None, Interval(0, 1, 0.95))


def test_no_missed_hit_does_not_make_recall_certain() -> None:
    recall = find(make_sample(violation=[1, 1, 1, 0, 0, 0, 0, None, None, None]), "recall")
    assert (recall.value, recall.interval.upper, recall.se) == (1.0, 1.0, None)
    assert recall.interval.lower == pytest.approx(3 / (3 + 3))
    assert recall.few_hits


def test_no_audit_drawn_still_bounds_what_was_missed() -> None:
    size = 1000
    sample = pd.DataFrame(
        {"id": range(size), "pi": 0.02, "flagged": False, "violation": None, "route": "release"}
    )
    missed = find(sample, "missed")
    assert missed.value is None
    assert missed.interval.upper == pytest.approx(-math.log(0.025) / 0.02)


def test_everything_reviewed_is_known() -> None:
    sample = make_sample(pi=1.0, violation=[1, 1, 1, 0, 1, 0, 0, 0, 0, 0], route="audit")
    for one in estimate(sample):
        assert one.method == "census"
        assert one.value is not None
        assert (one.interval.lower, one.interval.upper) == pytest.approx((one.value, one.value))


def test_what_could_not_be_scored_counts_for_recall_and_not_for_precision() -> None:
    lost = pd.DataFrame(
        {
            "id": ["x", "y"],
            "pi": 1.0,
            "flagged": True,
            "violation": [1.0, 0.0],
            "degraded": "timeout",
            "route": "full_review",
        }
    )
    sample = pd.concat([make_sample(), lost])
    assert find(sample, "recall").value == pytest.approx(4 / 6)
    assert find(sample, "precision").value == pytest.approx(3 / 4)


def test_items_of_unknown_views_stay_out_of_numbers_about_views() -> None:
    views = [100.0, 10, 20, 30, None, 50, 60, 70, 80, 90]
    assert find(make_sample(views=views), "view_prevalence").value == pytest.approx(130 / 510)
    assert find(make_sample(views=views), "prevalence").value == pytest.approx(0.5)


def test_without_views_numbers_about_views_are_undefined() -> None:
    one = find(make_sample().drop(columns="views"), "view_prevalence")
    assert (one.value, one.interval) == (None, Interval(0, 1, 0.95))


def test_views_of_equal_number_change_nothing() -> None:
    estimates = {one.name: one for one in estimate(make_sample(views=7.0))}
    for name in ("recall", "prevalence"):
        items, views = estimates[name], estimates[f"view_{name}"]
        assert views.value == pytest.approx(items.value)
        assert (views.interval.lower, views.interval.upper) == pytest.approx(
            (items.interval.lower, items.interval.upper)
        )


def test_a_slice_is_what_its_rows_are_by_themselves() -> None:
    sample = make_sample(language=["ko", "en"] * 5, category=["a"] * 5 + ["b"] * 5)
    for by in (["language"], ["language", "category"]):
        slices = estimate(sample, by=by)
        for values in {tuple(one.slice.items()): one.slice for one in slices}.values():
            rows = sample[np.all([sample[name] == value for name, value in values.items()], axis=0)]
            for ours, alone in zip(
                [one for one in slices if one.slice == values], estimate(rows), strict=True
            ):
                assert (ours.name, ours.value, ours.interval) == (alone.name, alone.value, alone.interval)
                assert (ours.reviewed, ours.hits, ours.method) == (alone.reviewed, alone.hits, alone.method)


def test_copies_that_share_a_draw_are_no_evidence() -> None:
    rng = np.random.default_rng(1)
    size = 2000
    sample = pd.DataFrame({"id": range(size), "pi": 0.2, "flagged": False, "draw": rng.random(size)})
    sample["violation"] = np.where(sample["draw"] < 0.2, rng.random(size) < 0.05, np.nan)
    copies = pd.concat([sample.assign(id=range(number * size, (number + 1) * size)) for number in range(10)])
    one, ten = find(sample, "prevalence"), find(copies, "prevalence")
    unaware = find(copies.drop(columns="draw"), "prevalence")
    assert ten.value == pytest.approx(one.value)
    assert ten.se == pytest.approx(one.se)
    assert ten.effective_hits == pytest.approx(one.effective_hits)
    assert ten.interval.upper == pytest.approx(one.interval.upper)
    assert unaware.interval.width < 0.5 * ten.interval.width


def test_a_higher_level_is_a_wider_interval() -> None:
    for wide, narrow in zip(
        estimate(make_sample(), level=0.99), estimate(make_sample(), level=0.8), strict=True
    ):
        assert wide.interval.lower <= narrow.interval.lower
        assert wide.interval.upper >= narrow.interval.upper


@given(st.integers(0, 2**32 - 1), st.sampled_from(["report", "guarantee"]))
def test_a_value_is_always_inside_its_interval_and_its_range(seed: int, grade: str) -> None:
    rng = np.random.default_rng(seed)
    size = int(rng.integers(1, 60))
    draw = rng.random(size).round(2)
    chance = np.where(rng.random(size) < 0.3, 1.0, rng.uniform(0.01, 1, size))
    settled = (draw < chance) & (rng.random(size) < 0.8)
    sample = pd.DataFrame(
        {
            "id": range(size),
            "pi": chance,
            "draw": draw,
            "route": np.where(draw < chance, "audit", "release"),
            "flagged": rng.random(size) < 0.3,
            "violation": np.where(settled, rng.random(size) < 0.3, np.nan),
            "score": np.where(rng.random(size) < 0.9, rng.random(size), np.nan),
            "views": np.where(rng.random(size) < 0.8, rng.lognormal(3, 3, size), np.nan),
            "slice": np.array(["a", "b", None], dtype=object)[rng.integers(3, size=size)],
        }
    )
    for one in estimate(sample, by=["slice"], grade=grade):  # type: ignore[arg-type]
        assert one.interval.lower >= 0
        assert one.name == "missed" or one.interval.upper <= 1 + 1e-12
        assert one.value is None or one.value in one.interval
        assert (one.value is None) == (one.method == "undefined")
