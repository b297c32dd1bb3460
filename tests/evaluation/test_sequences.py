import itertools
import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize

from evaluation.bets import LOWER_GRID, TAIL, TAIL_SHARE, UPPER_GRID
from evaluation.sequences import total_sequence

FLOOR = 0.1
chances = st.lists(st.floats(FLOOR, 1.0), min_size=1, max_size=15)
levels = st.sampled_from([0.5, 0.9, 0.95, 0.999])


def make_items(**columns: Any) -> dict[str, Any]:
    # Three days of four items; five were drawn, of which three violate.
    items = {
        "pi": [0.1, 0.2, 0.4, 1.0] * 3,
        "violation": [None, 1, 0, 0, None, None, 1, 0, 1, None, None, 0],
        "day": np.repeat([1, 2, 3], 4),
        "floor": FLOOR,
    }
    return items | columns


def product(total: float, weights: list[float], theta: float, *, per_view: bool = False) -> float:
    # The martingale itself: no logarithms, no grid of looks.
    hits = math.prod(1 + theta * weight for weight in weights)
    return hits * math.exp(-total * (theta if per_view else math.log(1 + theta)))


def wealth(total: float, weights: list[float], sign: int, *, floor: float, per_view: bool = False) -> float:
    def mean(sizes: Iterable[float]) -> float:
        thetas = [sign * size * floor for size in sizes]
        return float(np.mean([product(total, weights, theta, per_view=per_view) for theta in thetas]))

    main = mean(LOWER_GRID if sign > 0 else UPPER_GRID)
    return (1 - TAIL_SHARE) * main + TAIL_SHARE * mean(TAIL)


def found_by_hand(weights: list[float], *, floor: float, level: float, per_view: bool = False) -> Any:
    limit = 2 / (1 - level)

    def end(sign: int, low: float, high: float) -> float:
        def over(total: float) -> float:
            return math.log(wealth(total, weights, sign, floor=floor, per_view=per_view) / limit)

        return float(optimize.brentq(over, low, high, xtol=1e-9))

    estimate = sum(weights)
    lowest = 0.0
    if wealth(0.0, weights, 1, floor=floor, per_view=per_view) > limit:
        lowest = end(1, 0.0, estimate)
    return lowest, end(-1, estimate, estimate + 100 / floor)


def test_the_ends_are_where_the_martingale_reaches_its_limit() -> None:
    # A hit on each of fifty days, of weight 10 and 2.5 by turns, among a hundred items not drawn.
    pi = np.tile(np.concatenate([[0.1], np.full(100, 0.5), [0.4], np.full(100, 0.5)]), 25)
    violation = np.tile([1.0, *[np.nan] * 100], 50)
    day = np.repeat(np.arange(1, 51), 101)
    found = total_sequence(pi=pi, violation=violation, day=day, floor=FLOOR, looks=[1, 2, 10, 40])
    for place, hits in enumerate([1, 2, 10, 40]):
        lower, upper = found_by_hand([10.0, 2.5] * (hits // 2) + [10.0] * (hits % 2), floor=FLOOR, level=0.95)
        assert found.lower[place] == pytest.approx(max(lower, hits), rel=1e-6)
        assert found.upper[place] == pytest.approx(upper, rel=1e-6)


def test_the_ends_for_views_are_where_the_supermartingale_reaches_its_limit() -> None:
    views = np.tile([10.0, 3.0, 40.0, 1000.0], 50)
    pi = np.tile([0.2, 0.1, 0.5, 0.9], 50)
    violation = np.where(np.arange(200) % 20 == 2, 1.0, np.nan)
    found = total_sequence(
        pi=pi, violation=violation, day=np.arange(200), floor=0.0009, views=views, looks=[30, 199]
    )
    for place, hits in enumerate([2, 10]):
        lower, upper = found_by_hand([80.0] * hits, floor=0.0009, level=0.95, per_view=True)
        assert found.lower[place] == pytest.approx(max(lower, 40.0 * hits), rel=1e-6)
        assert found.upper[place] == pytest.approx(upper, rel=1e-6)


@pytest.mark.parametrize("per_view", [False, True])
@pytest.mark.parametrize("theta", [-0.098, -0.02, 0.05, 0.6])
def test_the_martingale_is_one_on_average_over_all_samples(theta: float, per_view: bool) -> None:
    # Every sample of five violations, by enumeration; the last chance depends on what was drawn before.
    expected = 0.0
    for drawn in itertools.product([False, True], repeat=5):
        chance, weights = 1.0, []
        for place, taken in enumerate(drawn):
            pi = [0.1, 0.3, 0.5, 0.9, 0.2 if drawn[0] else 0.7][place]
            chance *= pi if taken else 1 - pi
            weights += [1 / pi] * taken
        expected += chance * product(5, weights, theta, per_view=per_view)
    assert expected <= 1 + 1e-12
    assert per_view or expected == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("sign", [-1, 1])
def test_bets_that_skip_small_chances_earn_nothing_on_average(sign: int) -> None:
    # Every sample of six violations, by enumeration; two chances are far below the floor, so most of the bets
    # against a total skip those items.
    pi = [0.3, 0.004, 0.5, 0.9, 0.02, 0.7]
    expected = 0.0
    for drawn in itertools.product([False, True], repeat=6):
        chance = math.prod(one if taken else 1 - one for one, taken in zip(pi, drawn, strict=True))
        earned = 0.0
        for sizes, part in ((UPPER_GRID if sign < 0 else LOWER_GRID, 1 - TAIL_SHARE), (TAIL, TAIL_SHARE)):
            for size in sizes:
                theta = sign * size * FLOOR
                placed = [one for one in pi if sign > 0 or -theta / one <= 0.98]
                weights = [1 / one for one, taken in zip(pi, drawn, strict=True) if taken and one in placed]
                earned += part / len(sizes) * product(len(placed), weights, theta)
        expected += chance * earned
    assert expected == pytest.approx(1, abs=1e-12)


def test_a_chance_below_the_floor_costs_no_more_than_its_item() -> None:
    pi, day = np.full(2000, FLOOR), np.arange(2000)
    violation = np.where(day % 400 == 0, 1.0, np.nan)
    usual = total_sequence(pi=pi, violation=violation, day=day, floor=FLOOR, looks=[1999])
    pi[7] = FLOOR / 100
    wider = total_sequence(pi=pi, violation=violation, day=day, floor=FLOOR, looks=[1999])
    assert usual.upper[0] < wider.upper[0] <= usual.upper[0] + 1 + 1e-9
    assert wider.lower[0] == pytest.approx(usual.lower[0])


def test_what_waits_is_a_hit_above_and_clean_below() -> None:
    waiting = np.zeros(12, dtype=bool)
    waiting[0] = True
    open_ = total_sequence(**make_items(outstanding=waiting))
    as_hit = total_sequence(**make_items(violation=[1, 1, 0, 0, None, None, 1, 0, 1, None, None, 0]))
    as_clean = total_sequence(**make_items(violation=[0, 1, 0, 0, None, None, 1, 0, 1, None, None, 0]))
    assert open_.upper == pytest.approx(as_hit.upper)
    assert open_.lower == pytest.approx(as_clean.lower)


@given(chances, levels)
def test_the_estimate_is_always_inside(pi: list[float], level: float) -> None:
    # Items nobody drew come first, so that what is logically possible does not decide.
    found = total_sequence(
        pi=[0.5] * 500 + pi,
        violation=[np.nan] * 500 + [1.0] * len(pi),
        day=[0] * 500 + list(range(len(pi))),
        floor=FLOOR,
        level=level,
    )
    assert (found.lower <= found.total * (1 + 1e-12)).all()
    assert (found.total <= found.upper * (1 + 1e-12)).all()


@given(chances, st.data())
def test_a_look_sees_its_past_only(pi: list[float], data: st.DataObject) -> None:
    hit = data.draw(st.lists(st.sampled_from([0.0, 1.0, np.nan]), min_size=len(pi), max_size=len(pi)))
    violation = np.where((np.array(pi) == 1) & np.isnan(hit), 0.0, hit)
    until = data.draw(st.integers(1, len(pi)))
    every = total_sequence(pi=pi, violation=violation, day=range(len(pi)), floor=FLOOR)
    some = total_sequence(pi=pi[:until], violation=violation[:until], day=range(until), floor=FLOOR)
    assert every.lower[:until] == pytest.approx(some.lower)
    assert every.upper[:until] == pytest.approx(some.upper)


@given(chances, st.data())
def test_both_ends_only_ever_rise(pi: list[float], data: st.DataObject) -> None:
    hit = data.draw(st.lists(st.sampled_from([1.0, np.nan]), min_size=len(pi), max_size=len(pi)))
    violation = np.where(np.array(pi) == 1, 1.0, hit)
    found = total_sequence(pi=pi, violation=violation, day=range(len(pi)), floor=FLOOR)
    assert (np.diff(found.lower) >= -1e-9).all()
    assert (np.diff(found.upper) >= -1e-9).all()


def test_without_a_hit_the_upper_end_lies_between_two_closed_forms() -> None:
    # The best single theta, and the same after a tenth of the mixture.
    pi, violation = np.full(9000, 0.02), np.full(9000, np.nan)
    found = total_sequence(pi=pi, violation=violation, day=np.arange(9000), floor=0.02, looks=[8999])
    slope = -math.log(1 - 0.98 * 0.02)
    assert math.log(40) / slope < found.upper[0] < math.log(400) / slope
    assert found.upper[0] == pytest.approx(4.62 / 0.02, rel=0.01)
    assert (found.lower[0], found.total[0], found.hits[0]) == (0, 0, 0)


def test_where_every_chance_is_1_the_total_is_known() -> None:
    found = total_sequence(pi=[1, 1, 1], violation=[1, 0, 1], day=[1, 2, 3], floor=1)
    for values in (found.total, found.lower, found.upper):
        assert values.tolist() == [1, 1, 2]


def test_found_in_certain_items_is_added_and_not_estimated() -> None:
    items = make_items(pi=[0.1] * 400, violation=[1, *[None] * 399], day=[1] * 400)
    more = {"pi": [0.1] * 400 + [1] * 50, "violation": [1, *[None] * 399, *[1] * 50], "day": [1] * 450}
    one, other = total_sequence(**items), total_sequence(**items | more)
    assert other.upper - one.upper == pytest.approx([50])
    assert other.total - one.total == pytest.approx([50])


def test_ends_stay_within_what_is_logically_possible() -> None:
    found = total_sequence(**make_items(looks=[3]))
    assert (found.lower[0], found.upper[0], found.hits[0]) == (3, 3 + 5, 3)


def test_several_looks_a_day_and_looks_before_the_first_item_are_allowed() -> None:
    found = total_sequence(**make_items(looks=[0, 0, 2, 2, 9]))
    assert found.hits.tolist() == [0, 0, 2, 2, 3]
    assert found.upper[:2].tolist() == [0, 0]


def test_no_items_and_no_looks_are_allowed() -> None:
    found = total_sequence(pi=[], violation=[], day=[], floor=0.5)
    assert found.look.size == found.upper.size == 0
    assert total_sequence(pi=[], violation=[], day=[], floor=0.5, looks=[1]).upper.tolist() == [0]


def test_views_of_equal_number_only_change_the_unit_and_cost_little() -> None:
    items = make_items(pi=[0.05] * 4000, violation=[1, *[None] * 399] * 10, day=[1] * 4000)
    counts = total_sequence(**items | {"floor": 0.05})
    views = total_sequence(**items | {"floor": 0.005, "views": [10.0] * 4000})
    assert (views.upper / counts.upper).item() == pytest.approx(10, rel=0.05)
    assert views.upper[0] >= 10 * counts.upper[0]
    assert views.lower[0] <= 10 * counts.lower[0]


@pytest.mark.parametrize("level", [1e-9, 1 - 1e-12])
def test_extreme_levels_give_finite_ends_in_order(level: float) -> None:
    found = total_sequence(**make_items(pi=[0.5] * 12, violation=[1, *[None] * 11], level=level))
    assert np.isfinite(found.upper).all()
    assert (found.lower <= found.upper).all()


def test_a_higher_level_is_wider() -> None:
    items = make_items(pi=[0.1] * 4000, violation=[1, *[None] * 99] * 40, day=[1] * 4000)
    low, high = total_sequence(**items, level=0.9), total_sequence(**items, level=0.99)
    assert high.lower[0] < low.lower[0] < low.upper[0] < high.upper[0]


def test_recall_turns_the_ends_around() -> None:
    found = total_sequence(**make_items(looks=[0, 3]))
    lower, upper = found.recall([0, 6])
    assert (lower.tolist(), upper.tolist()) == ([0, 6 / 14], [1, 6 / 9])


@pytest.mark.parametrize("found", [[1], [1, -1], [1, math.nan]])
def test_what_was_found_is_a_number_for_each_look(found: list[float]) -> None:
    with pytest.raises(ValueError, match="found must hold a number of 0 or more"):
        total_sequence(**make_items(looks=[0, 3])).recall(found)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"pi": [0.1]}, "pi, violation and day must have one length"),
        ({"pi": [0.0] + [0.5] * 11}, r"pi must be in \(0, 1\]"),
        ({"pi": [math.nan] * 12}, r"pi must be in \(0, 1\]"),
        ({"violation": [2] * 12}, "violation must be 0 or 1"),
        ({"violation": [None] * 12}, "violation must be 0 or 1, or NaN where pi is below 1"),
        ({"day": range(12, 0, -1)}, "day must be in order of time"),
        ({"day": [math.nan] * 12}, "day must be in order of time"),
        ({"floor": 0.0}, "floor must be above 0"),
        ({"floor": 1.5}, "floor must be above 0, and at most 1"),
        ({"floor": math.inf, "views": [1] * 12}, "floor must be above 0"),
        ({"views": [-1.0] * 12}, "views must hold a finite number"),
        ({"views": [1.0]}, "views must hold a finite number"),
        ({"outstanding": [True] * 12}, "outstanding must hold one truth for each item, and violation NaN"),
        ({"looks": [2, 1]}, "looks must be in order of time"),
        ({"level": 1.0}, "level must be between 0 and 1"),
    ],
)
def test_wrong_arguments_are_refused_by_name(columns: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        total_sequence(**make_items(**columns))
