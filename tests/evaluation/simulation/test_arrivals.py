from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.simulation.arrivals import KST, hours_to, moments, served_in_order
from evaluation.simulation.dice import Dice, uniform

END = datetime(2026, 11, 22, 15, tzinfo=UTC)
NOON = datetime(2026, 11, 2, 12, tzinfo=KST)
HOURS = st.lists(st.floats(0, 50), max_size=40)


def after(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


def test_moments_are_in_order_and_within_the_window() -> None:
    found = moments(5000, end=END, days=28, generator=Dice("m").generator)
    assert found == sorted(found)
    assert END - timedelta(days=28) <= found[0]
    assert found[-1] < END


def test_days_and_hours_have_their_rhythm() -> None:
    found = [at.astimezone(KST) for at in moments(40_000, end=END, days=28, generator=Dice("m").generator)]
    by_hour = np.bincount([at.hour for at in found], minlength=24)
    assert by_hour.argmax() in {20, 21}
    assert by_hour.argmin() in {3, 4, 5}
    by_day = np.bincount([at.weekday() for at in found], minlength=7)
    assert by_day[4] > 1.1 * by_day[0]


def test_a_window_without_days_is_refused() -> None:
    with pytest.raises(ValueError, match="days"):
        moments(1, end=END, days=0, generator=Dice("m").generator)


@given(HOURS, HOURS)
def test_nothing_is_looked_at_before_it_came(created: list[float], free: list[float]) -> None:
    looked = served_in_order([after(hours) for hours in created], [after(hours) for hours in free])
    assert all(at is None or at >= after(hours) for at, hours in zip(looked, created, strict=True))


@given(HOURS, HOURS)
def test_who_came_first_is_looked_at_first(created: list[float], free: list[float]) -> None:
    came = [after(hours) for hours in sorted(created)]
    looked = served_in_order(came, [after(hours) for hours in free])
    reached = [at for at in looked if at is not None]
    assert reached == sorted(reached)
    assert looked[: len(reached)] == reached


@given(HOURS, HOURS)
def test_each_free_moment_serves_one_job_at_most(created: list[float], free: list[float]) -> None:
    looked = served_in_order([after(hours) for hours in created], [after(hours) for hours in free])
    assert sum(at is not None for at in looked) <= min(len(created), len(free))


@given(HOURS)
def test_with_enough_free_moments_everything_is_looked_at(created: list[float]) -> None:
    looked = served_in_order(
        [after(hours) for hours in created], [after(60 + n) for n in range(len(created))]
    )
    assert all(at is not None for at in looked)


def test_what_nobody_got_to_counts_until_the_end() -> None:
    hours = hours_to([NOON, NOON], [after(2), None], end=after(10))
    assert hours.tolist() == [2, 10]


@given(st.integers(0, 10**6), st.text(max_size=5))
def test_a_name_has_one_number(seed: int, name: str) -> None:
    assert 0 <= uniform(seed, name) < 1
    assert uniform(seed, name) == uniform(seed, name)


def test_dice_are_even() -> None:
    dice = Dice("even")
    counts = np.bincount([dice.between(0, 4) for _ in range(20_000)], minlength=5)
    assert abs(counts / 4000 - 1).max() < 0.06
    assert np.mean([dice.happens(0.3) for _ in range(20_000)]) == pytest.approx(0.3, abs=0.015)


def test_weights_are_kept() -> None:
    dice = Dice("weights")
    picks = [dice.weighted("ab", (1, 3)) for _ in range(20_000)]
    assert picks.count("b") / 20_000 == pytest.approx(0.75, abs=0.015)


def test_some_of_many_are_all_different() -> None:
    assert sorted(Dice("some").some("aabbc", 9)) == ["a", "b", "c"]
