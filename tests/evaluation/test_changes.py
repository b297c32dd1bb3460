import math
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.changes import SHARES, Change, changes
from evaluation.estimators import NAMES, Estimate, estimate
from evaluation.intervals import Interval

shares = st.lists(st.floats(0.0, 1.0), min_size=3, max_size=3).map(sorted)


def make_estimate(value: float | None, lower: float, upper: float, **fields: Any) -> Estimate:
    level = fields.pop("level", 0.95)
    settings: dict[str, Any] = {
        "name": "recall",
        "reviewed": 100,
        "outstanding": 0,
        "hits": 10,
        "effective_hits": 8.0,
        "method": "gamma_report",
        "se": 0.1,
    }
    return Estimate(value=value, interval=Interval(lower, upper, level), **settings | fields)


def find(before: Estimate, after: Estimate) -> Change:
    (change,) = changes([before], [after])
    return change


def make_sample(**columns: Any) -> pd.DataFrame:
    sample = pd.DataFrame(
        {
            "id": range(8),
            "pi": [1.0] * 4 + [0.5] * 4,
            "flagged": [True] * 4 + [False] * 4,
            "violation": [1, 1, 1, 0, 1, 0, None, None],
            "views": [10.0, 20, 30, 40, 50, 60, 70, 80],
            "language": ["ko", "en"] * 4,
        }
    )
    return sample.assign(**columns)


def test_the_difference_of_two_wilson_intervals_is_that_of_newcombe() -> None:
    # Newcombe (1998), table II: 56/70 against 48/80, method 10, gives .2 [.0524, .3339].
    after = make_estimate(56 / 70, 0.69178, 0.87698)
    before = make_estimate(48 / 80, 0.49050, 0.70037)
    change = find(before, after)
    assert change.difference == pytest.approx(0.2)
    assert (change.interval.lower, change.interval.upper) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_the_log_odds_are_those_worked_out_by_hand() -> None:
    # Odds go from 1/4 [1/9, 1] to 1 [1/4, 9].
    change = find(make_estimate(0.2, 0.1, 0.5), make_estimate(0.5, 0.2, 0.9))
    assert change.log_odds == pytest.approx(math.log(4))
    assert change.log_odds_interval is not None
    assert (change.log_odds_interval.lower, change.log_odds_interval.upper) == pytest.approx(
        (
            math.log(4) - math.sqrt(math.log(4) ** 2 + math.log(4) ** 2),
            math.log(4) + math.sqrt(math.log(9) ** 2 + math.log(9 / 4) ** 2),
        )
    )


@given(shares, shares)
def test_the_difference_is_inside_and_the_interval_within_what_is_possible(
    one: list[float], other: list[float]
) -> None:
    change = find(make_estimate(one[1], one[0], one[2]), make_estimate(other[1], other[0], other[2]))
    assert change.difference is not None
    assert change.difference in change.interval
    possible = other[0] - one[2], other[2] - one[0]
    assert possible[0] - 1e-12 <= change.interval.lower
    assert change.interval.upper <= possible[1] + 1e-12


@given(shares, shares)
def test_swapping_the_windows_turns_the_change_around(one: list[float], other: list[float]) -> None:
    before, after = make_estimate(one[1], one[0], one[2]), make_estimate(other[1], other[0], other[2])
    there, back = find(before, after), find(after, before)
    assert there.difference == pytest.approx(-(back.difference or 0))
    assert there.interval.lower == pytest.approx(-back.interval.upper)
    if there.log_odds_interval is not None and back.log_odds_interval is not None:
        assert there.log_odds_interval.lower == pytest.approx(-back.log_odds_interval.upper)


@pytest.mark.parametrize(("value", "lower", "upper"), [(0.3, 0.2, 0.4), (0.5, 0.5, 0.5), (0.0, 0.0, 0.2)])
def test_nothing_has_changed_between_a_window_and_its_like(value: float, lower: float, upper: float) -> None:
    change = find(make_estimate(value, lower, upper), make_estimate(value, lower, upper))
    assert change.difference == 0
    assert not change.changed


def test_two_counts_differ_for_certain() -> None:
    change = find(make_estimate(0.5, 0.5, 0.5), make_estimate(0.75, 0.75, 0.75))
    assert (change.interval.lower, change.interval.upper) == (0.25, 0.25)
    assert change.changed


@pytest.mark.parametrize("undefined", ["before", "after", "both"])
def test_undefined_is_none_and_its_interval_all_that_is_possible(undefined: str) -> None:
    before = make_estimate(None if undefined != "after" else 0.2, 0.1, 0.6)
    after = make_estimate(None if undefined != "before" else 0.5, 0.4, 0.9)
    change = find(before, after)
    assert (change.difference, change.log_odds, change.log_odds_interval) == (None, None, None)
    assert (change.interval.lower, change.interval.upper) == pytest.approx((-0.2, 0.8))


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_share_of_all_or_nothing_has_a_difference_but_no_log_odds(value: float) -> None:
    change = find(make_estimate(value, 0, 1), make_estimate(0.5, 0.25, 0.75))
    assert change.difference == 0.5 - value
    assert (change.log_odds, change.log_odds_interval) == (None, None)


def test_an_interval_that_reaches_all_or_nothing_has_infinite_log_odds() -> None:
    change = find(make_estimate(0.5, 0.25, 0.75), make_estimate(0.5, 0.25, 1))
    assert change.log_odds_interval is not None
    assert change.log_odds_interval.upper == math.inf
    assert change.log_odds_interval.lower > -math.inf


def test_a_number_has_no_odds() -> None:
    change = find(make_estimate(0.5, 0, 1, name="missed"), make_estimate(0.75, 0.5, 4, name="missed"))
    assert (change.name, change.difference, change.log_odds) == ("missed", 0.25, None)
    assert set(NAMES) - set(SHARES) == {"missed"}


def test_every_estimate_of_two_windows_is_matched_by_name_and_slice() -> None:
    before = estimate(make_sample(), by=["language"])
    after = estimate(make_sample(violation=[1, 1, 1, 1, 1, 0, None, None]), by=["language"])
    found = changes(list(reversed(before)), after)
    assert [(change.name, change.slice) for change in found] == [(one.name, one.slice) for one in after]
    assert [change.after for change in found] == after
    assert all(change.before.slice == change.slice for change in found)


def test_the_order_in_which_a_slice_names_its_columns_does_not_matter() -> None:
    before = make_estimate(0.2, 0.1, 0.3, slice={"language": "ko", "category": None})
    after = make_estimate(0.3, 0.2, 0.4, slice={"category": None, "language": "ko"})
    assert find(before, after).difference == pytest.approx(0.1)


def test_slices_that_only_one_window_has_are_left_out() -> None:
    here, gone = make_estimate(0.2, 0.1, 0.3), make_estimate(0.2, 0.1, 0.3, slice={"language": "ko"})
    assert [change.slice for change in changes([here, gone], [here])] == [{}]
    assert changes([gone], [here]) == changes([], []) == []


def test_an_estimate_given_twice_is_refused() -> None:
    one = make_estimate(0.2, 0.1, 0.3)
    with pytest.raises(ValueError, match="after must hold every estimate once; got 'recall'"):
        changes([one], [one, one])


def test_intervals_of_two_levels_are_refused() -> None:
    with pytest.raises(ValueError, match=r"level must be the same in before and after; got \[0.9, 0.95\]"):
        find(make_estimate(0.2, 0.1, 0.3), make_estimate(0.2, 0.1, 0.3, level=0.9))
