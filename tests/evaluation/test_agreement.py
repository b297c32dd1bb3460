from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from evaluation.agreement import ErrorRates, alpha, error_rates
from evaluation.intervals import Interval, gamma, share_bounds

NAN = float("nan")


def make_sample(**columns: Any) -> pd.DataFrame:
    # One reviewer called four items violations, all checked, one false; and passed six, four of them
    # checked with chance 1/2, one overlooked. Two items nobody saw.
    sample = pd.DataFrame(
        {
            "id": range(12),
            "pi": [1.0] * 8 + [0.5] * 4,
            "flagged": [True] * 8 + [False] * 4,
            "violation": [1.0] * 4 + [0.0] * 6 + [None] * 2,
            "score": 0.5,
            "second_pi": [1.0] * 4 + [0.5] * 6 + [None] * 2,
            "second": [1.0, 1, 1, 0, 1, 0, 0, None, 0, None, None, None],
            "reviewer_id": ["kim"] * 10 + [None] * 2,
        }
    )
    return sample.assign(**columns)


def test_rates_are_those_worked_out_by_hand() -> None:
    [kim] = error_rates(make_sample())
    assert kim.slice == {"reviewer_id": "kim"}
    assert (kim.first_looks, kim.second_looks) == (10, 8)
    assert (kim.false_alarms, kim.overlooked) == (1, 1)
    # The overlooked one stands for 2; of the clean ones two stand for 2 and the audit for 4.
    assert kim.sensitivity.value == pytest.approx(3 / 5)
    assert kim.specificity.value == pytest.approx(8 / 9)
    assert kim.overturned.value == pytest.approx(3 / 14)


def test_about_looks_the_chance_of_the_first_phase_does_not_matter() -> None:
    [kim] = error_rates(make_sample(), about="looks")
    assert kim.specificity.value == pytest.approx(6 / 7)
    assert kim.overturned.value == pytest.approx(3 / 12)


def test_nothing_false_among_few_cases_is_no_proof() -> None:
    # Four violations recognised; none overlooked among two of the six passed, each of which stood for 3.
    sample = make_sample(
        pi=1.0,
        flagged=True,
        second_pi=[1.0] * 4 + [1 / 3] * 6 + [NAN] * 2,
        second=[1.0] * 4 + [0.0] * 2 + [NAN] * 6,
    )
    [kim] = error_rates(sample)
    assert kim.sensitivity.value == 1
    assert kim.sensitivity.interval.upper == 1
    worst = gamma(total=0, variance=0, extra=3).upper
    assert 0 < kim.sensitivity.interval.lower < 4 / (4 + worst)
    # With nothing overlooked anywhere all that matters is what one would weigh: 4 / 3 cases.
    assert kim.sensitivity.effective == pytest.approx(4 / 3)


def test_a_rate_is_uncertain_even_where_every_look_was_checked() -> None:
    share = make_team({"kim": (16, 4)})[0].sensitivity
    hits, misses = (gamma(total=count, variance=count, extra=1) for count in (16, 4))
    lower, upper = share_bounds(
        np.array([16.0]),
        (np.array([hits.lower]), np.array([hits.upper])),
        np.array([4.0]),
        (np.array([misses.lower]), np.array([misses.upper])),
    )
    assert (share.interval.lower, share.interval.upper) == pytest.approx((lower[0], upper[0]))


def test_who_never_called_a_violation_may_do_so_where_it_weighs_most() -> None:
    sample = pd.DataFrame(
        {"id": range(50), "pi": 0.1, "flagged": False, "violation": 0.0, "second_pi": 1.0, "second": 0.0}
    )
    [kim] = error_rates(sample.assign(reviewer_id="kim"))
    clean, unseen = gamma(total=500, variance=5000, extra=10), gamma(total=0, variance=0, extra=10)
    assert kim.specificity.value == 1
    assert clean.lower / (clean.lower + unseen.upper) <= kim.specificity.interval.lower
    assert kim.specificity.interval.lower <= 500 / (500 + unseen.upper)


def test_what_was_not_checked_is_unknown() -> None:
    [kim] = error_rates(make_sample(second=[1.0] * 4 + [NAN] * 8))
    assert kim.sensitivity.value is None
    assert kim.sensitivity.interval == Interval(0, 1, 0.95)
    assert kim.sensitivity.expected is None
    assert kim.specificity.effective == 0


def test_a_sample_that_nobody_looked_at_has_no_reviewers() -> None:
    assert error_rates(make_sample(violation=NAN, second=NAN)) == []


def make_team(counts: dict[str, tuple[int, int]]) -> list[ErrorRates]:
    # Everybody's violations, all checked: how many were recognised and how many overlooked.
    said = [
        (name, value) for name, (hits, misses) in counts.items() for value in [1.0] * hits + [0.0] * misses
    ]
    sample = pd.DataFrame(said, columns=["reviewer_id", "violation"])
    return error_rates(
        sample.assign(id=range(len(sample)), pi=1.0, flagged=True, second_pi=1.0, second=1.0),
        about="looks",
    )


def test_few_cases_are_drawn_to_the_team_and_many_speak_for_themselves() -> None:
    team = {
        each.slice["reviewer_id"]: each
        for each in make_team({"a": (190, 10), "b": (120, 80), "c": (180, 20), "new": (1, 1)})
    }
    assert team["new"].sensitivity.value == 0.5
    assert team["new"].sensitivity.expected == pytest.approx(0.7, abs=0.05)
    for name in "abc":
        share = team[name].sensitivity
        assert share.effective == pytest.approx(200)
        assert share.expected == pytest.approx(share.value, abs=0.02)


def test_a_team_without_differences_is_one() -> None:
    team = make_team({"a": (9, 1), "b": (18, 2), "c": (27, 3), "new": (1, 0)})
    expected = [each.sensitivity.expected for each in team]
    assert expected == pytest.approx([55 / 61] * 4)


def test_one_reviewer_is_the_team() -> None:
    [kim] = error_rates(make_sample())
    assert kim.sensitivity.expected == pytest.approx(kim.sensitivity.value)


def test_late_first_looks_do_not_change_who_did_what() -> None:
    sample = make_sample(route=["full_review"] * 8 + ["audit"] * 4)
    assert [each.first_looks for each in error_rates(sample)] == [10]


@pytest.mark.parametrize("settings", [{"about": "people"}, {"level": 1.0}, {"by": ["nobody"]}])
def test_what_cannot_be_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must"):
        error_rates(make_sample(), **settings)


# Krippendorff (2011), sections A, B and C: the values are those printed there.
MEG = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0]
OWEN = [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
BEN = [1, 1, 2, 2, 4, 3, 3, 3, 5, 4, 4, 1]
GERRY = [2, 1, 2, 2, 2, 3, 3, 3, 5, 4, 4, 4]
FOUR = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
    [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
]


@pytest.mark.parametrize(("looks", "published"), [([MEG, OWEN], 0.095), ([BEN, GERRY], 0.692), (FOUR, 0.743)])
def test_alpha_is_the_published_value(looks: list[list[float]], published: float) -> None:
    assert alpha(np.array(looks, dtype=float).T) == pytest.approx(published, abs=0.0005)


def large(value: float | None, size: int) -> float:
    # Alpha without its correction for small samples.
    assert value is not None
    return 1 - (1 - value) * size / (size - 1)


def test_a_weight_is_a_number_of_copies() -> None:
    labels: NDArray[np.float64] = np.array([MEG, OWEN], dtype=float).T
    weights = np.arange(1, 11)
    copied = alpha(np.repeat(labels, weights, axis=0))
    assert large(alpha(labels, weights), 20) == pytest.approx(large(copied, 110))
    assert alpha(labels, np.full(10, 7.0)) == pytest.approx(alpha(labels) or 0)


def test_alpha_without_difference_or_pairs_is_undefined() -> None:
    assert alpha(np.zeros((3, 2))) is None
    assert alpha([[1, NAN], [0, NAN]]) is None
    assert alpha(np.empty((0, 2))) is None
    assert alpha([[1, 1], [0, 0]]) == 1


@pytest.mark.parametrize(
    ("labels", "weights"), [([1, 0], None), ([[1, 0]], [0.0]), ([[1, 0]], [1.0, 2.0]), ([[1, 0]], [np.inf])]
)
def test_alpha_refuses_what_cannot_be(labels: Any, weights: Any) -> None:
    with pytest.raises(ValueError, match="must"):
        alpha(labels, weights)
