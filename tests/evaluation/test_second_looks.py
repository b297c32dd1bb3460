import math
from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from evaluation.estimators import NAMES, Estimate, estimate
from evaluation.intervals import Interval, gamma
from evaluation.second_looks import CONFIRMED_NAMES, estimate_confirmed, second_chances
from evaluation.two_phase import confirmed_totals, read_looks


def make_sample(**columns: Any) -> pd.DataFrame:
    # Six flagged: three called violations, two of them checked (one false); three passed, one checked
    # (overlooked). Six below, chance 1/2: one violation, confirmed; two passed, one checked (clean).
    sample = pd.DataFrame(
        {
            "id": list("abcdefghijkl"),
            "pi": [1.0] * 6 + [0.5] * 6,
            "flagged": [True] * 6 + [False] * 6,
            "violation": [1, 1, 1, 0, 0, 0, 1, 0, 0, None, None, None],
            "score": [0.9] * 6 + [0.1] * 6,
            "views": [10.0, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120],
            "second_pi": [0.5] * 3 + [0.5] * 3 + [1.0, 0.25, 0.25, None, None, None],
            "second": [1, 0, None, 1, None, None, 1, 0, None, None, None, None],
        }
    )
    return sample.assign(**columns)


def find(sample: pd.DataFrame, name: str, **settings: Any) -> Estimate:
    return next(one for one in estimate_confirmed(sample, **settings) if one.name == name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        # Flagged: 3 called violations, less 2 for the false one, plus 2 for the overlooked one.
        ("recall", 3 / 5),
        ("precision", 3 / 6),
        ("prevalence", 5 / 12),
        ("missed", 2.0),
        ("view_prevalence", (60 - 40 + 80 + 140) / 780),
        ("view_recall", (60 - 40 + 80) / (60 - 40 + 80 + 140)),
        ("recognised", (3 - 2) / 5),
    ],
)
def test_the_values_are_those_worked_out_by_hand(name: str, value: float) -> None:
    assert find(make_sample(), name).value == pytest.approx(value)


def test_every_slice_has_every_estimate_in_order() -> None:
    sample = make_sample(language=["ko", "en"] * 6)
    assert [one.name for one in estimate_confirmed(sample, by=["language"])] == list(CONFIRMED_NAMES) * 2


@given(st.integers(0, 2**32 - 1), st.sampled_from(["report", "guarantee"]), st.booleans())
def test_second_looks_that_confirm_everything_change_nothing(seed: int, grade: Any, late: bool) -> None:
    sample = make_random(np.random.default_rng(seed), late=late).assign(second_pi=1.0)
    sample["second"] = sample["violation"]
    plain = estimate(sample, by=["slice"], grade=grade)
    confirmed = estimate_confirmed(
        sample.drop(columns="second_called", errors="ignore"), by=["slice"], grade=grade
    )
    assert [one for one in confirmed if one.name in NAMES] == plain


def test_without_errors_what_is_seen_is_recognised() -> None:
    sample = make_sample(second_pi=1.0, second=make_sample()["violation"])
    recall, recognised = find(sample, "recall"), find(sample, "recognised")
    assert (recognised.value, recognised.interval) == (recall.value, recall.interval)


def test_certain_second_looks_replace_the_first() -> None:
    sample = make_sample(second_pi=1.0, second=[1, 0, 1, 1, 0, 0, 1, 0, 0, None, None, None])
    corrected = sample.assign(violation=sample["second"])
    assert estimate_confirmed(sample)[:6] == estimate(corrected)
    assert find(sample, "recognised").value == pytest.approx(2 / 5)


POPULATION = pd.DataFrame(
    {
        "id": range(5),
        "pi": [1.0, 0.7, 0.4, 0.5, 0.3],
        "violation": [1.0, 1.0, 0.0, 1.0, 0.0],
        "truth": [1.0, 0.0, 1.0, 1.0, 0.0],
        "second_pi": [0.5, 0.6, 0.3, 1.0, 0.2],
        "views": [3.0, 1.0, 2.0, 5.0, 4.0],
        "flagged": False,
        "score": 0.3,
    }
)


def outcomes(population: pd.DataFrame) -> Iterator[tuple[float, pd.DataFrame]]:
    # Every item is not reviewed, reviewed, or reviewed and checked; items of one draw share their fate.
    draws = population.drop_duplicates("draw") if "draw" in population.columns else population
    pi, r = draws["pi"].to_numpy(), draws["second_pi"].to_numpy()
    names = "draw" if "draw" in population.columns else "id"
    chances = np.stack([1 - pi, pi * (1 - r), pi * r])
    for fate in product(range(3), repeat=len(draws)):
        chance = math.prod(chances[each, place] for place, each in enumerate(fate))
        if chance > 0:
            state = population[names].map(dict(zip(draws[names], fate, strict=True)))
            yield (
                chance,
                population.assign(
                    violation=population["violation"].where(state > 0),
                    second=population["truth"].where(state > 1),
                ),
            )


def moments(population: pd.DataFrame, *, counted: str = "all") -> tuple[float, float, float, float]:
    chances, totals, variances = [], [], []
    for chance, sample in outcomes(population):
        looks = read_looks(sample)
        views: NDArray[np.float64] = sample["views"].to_numpy()
        counts = {"all": None, "recognised": looks.first == 1, "overlooked": looks.first == 0}[counted]
        part = confirmed_totals(looks, np.ones(len(sample), dtype=bool), views, counted=counts)
        chances.append(chance)
        totals.append(part.total[0])
        variances.append(part.variance[0])
    mean = np.dot(chances, totals)
    return (
        math.fsum(chances),
        mean,
        np.dot(chances, (np.array(totals) - mean) ** 2),
        np.dot(chances, variances),
    )


@pytest.mark.parametrize("counted", ["all", "recognised", "overlooked"])
def test_over_all_outcomes_of_both_phases_total_and_variance_are_unbiased(counted: str) -> None:
    said, truth, views = (POPULATION[name].to_numpy() for name in ("violation", "truth", "views"))
    target = {"all": truth, "recognised": truth * said, "overlooked": truth * (1 - said)}[counted]
    whole, mean, variance, estimated = moments(POPULATION, counted=counted)
    assert whole == pytest.approx(1, abs=1e-12)
    assert mean == pytest.approx(target @ views, abs=1e-12)
    assert estimated == pytest.approx(variance, abs=1e-12)


def test_copies_that_share_both_draws_are_no_evidence() -> None:
    # The first four are two clips, each uploaded twice; of one pair the first look overlooked a copy.
    copies = POPULATION.assign(
        draw=[0, 0, 1, 1, 2],
        pi=[0.4, 0.4, 0.5, 0.5, 0.3],
        second_pi=[0.5, 0.5, 0.3, 0.3, 0.2],
        violation=[1, 0, 1, 1, 0],
        truth=[1, 1, 0, 1, 0],
    )
    _, mean, variance, estimated = moments(copies)
    assert mean == pytest.approx(copies["truth"] @ copies["views"], abs=1e-12)
    assert variance <= estimated <= 1.5 * variance


def test_an_error_that_was_not_seen_still_widens_the_interval() -> None:
    # Of fifty flagged items that passed, twelve were checked: a violation among them would have weighed 4.
    sample = pd.DataFrame(
        {
            "id": range(100),
            "pi": 1.0,
            "flagged": True,
            "violation": [1.0] * 50 + [0.0] * 50,
            "second_pi": [1.0] * 50 + [0.25] * 50,
            "second": [1.0] * 50 + [0.0] * 12 + [None] * 38,
        }
    )
    precision, prevalence = find(sample, "precision"), find(sample, "prevalence")
    unseen = gamma(total=0, variance=0, extra=3).upper  # (1 - r) / r: what a checked one weighs is known
    assert (precision.value, precision.method) == (0.5, "two_phase")
    assert precision.interval.lower == 0.5
    assert precision.interval.upper == pytest.approx((50 + unseen) / 100)
    assert prevalence.method == "gamma_two_phase_report"
    assert prevalence.interval.upper == pytest.approx(precision.interval.upper)
    guarantee = find(sample, "prevalence", grade="guarantee")
    assert guarantee.method == "gamma_two_phase_guarantee"
    assert guarantee.interval.upper == pytest.approx((50 + gamma(total=0, variance=0, extra=4).upper) / 100)


def test_confirmed_hits_are_real_and_found_errors_too() -> None:
    for name, least, most in (("precision", 2 / 6, 5 / 6), ("prevalence", 3 / 12, 10 / 12)):
        interval = find(make_sample(), name).interval
        assert least <= interval.lower <= interval.upper <= most


def test_the_same_rows_without_slices_and_in_a_slice_say_the_same() -> None:
    one, other = make_sample(), make_sample(second_pi=1.0, second=make_sample()["violation"])
    both = pd.concat([one.assign(part="a"), other.assign(part="b", id=[f"{each}2" for each in other["id"]])])
    names = ("name", "value", "interval", "reviewed", "outstanding", "hits", "method")
    alone = [*estimate_confirmed(one), *estimate_confirmed(other)]
    for ours, theirs in zip(estimate_confirmed(both, by=["part"]), alone, strict=True):
        assert [getattr(ours, name) for name in names] == [getattr(theirs, name) for name in names]


def test_late_second_looks_count_as_one_more_phase_of_sampling() -> None:
    # Four called violations, all to be confirmed; two confirmations are made, one of them overturns.
    sample = pd.DataFrame(
        {
            "id": range(8),
            "pi": 1.0,
            "flagged": True,
            "violation": [1.0] * 4 + [0.0] * 4,
            "second_pi": 1.0,
            "second": [1.0, 0.0, None, None, 0.0, 0.0, 0.0, 0.0],
        }
    )
    precision = find(sample, "precision")
    assert precision.value == pytest.approx((4 - 2) / 8)
    assert precision.outstanding == 2
    assert precision.interval.lower >= 1 / 8
    assert precision.interval.upper <= 3 / 8
    said = sample.assign(second_pi=0.9, second_called=[True] * 4 + [True, True, True, False])
    with pytest.raises(ValueError, match="second_called is false"):
        read_looks(said)
    chance = read_looks(said.assign(second=[1.0, 0.0, np.nan, np.nan, 0.0, 0.0, np.nan, np.nan])).chance
    assert chance.tolist() == pytest.approx([0.45] * 4 + [0.6] * 4)


def test_without_any_second_look_there_is_no_value() -> None:
    estimates = estimate_confirmed(make_sample(second=np.nan, second_pi=0.2))
    assert {one.method for one in estimates} == {"undefined"}
    for one in estimates:
        assert one.value is None
        assert one.interval.lower == 0
    unmade = find(make_sample(second=np.nan, second_pi=1.0), "precision")
    assert (unmade.value, unmade.interval) == (None, Interval(0, 1, 0.95))


def test_nothing_reviewed_is_as_wide_as_ignorance() -> None:
    for one in estimate_confirmed(make_sample(violation=np.nan, second=np.nan, second_pi=np.nan)):
        assert one.value is None
        assert one.method == "undefined"
        assert one.name == "missed" or one.interval == Interval(0, 1, 0.95)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"second_pi": 0.0}, "second_pi must be in"),
        ({"second_pi": 1.5}, "second_pi must be in"),
        ({"second_pi": np.nan}, "second_pi must be in"),
        ({"second": 0.5}, "second must be 0, 1, or NaN"),
        ({"second": 1.0}, "second must be NaN where violation is"),
        ({"violation": 0.5, "second": np.nan, "second_pi": 0.5}, "violation must be 0, 1, or NaN"),
        ({"pi": 0.0}, "pi must be in"),
    ],
)
def test_what_cannot_be_is_refused(columns: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        estimate_confirmed(make_sample(**columns))


@pytest.mark.parametrize("name", ["second_pi", "second", "violation", "pi"])
def test_a_missing_column_is_named(name: str) -> None:
    with pytest.raises(ValueError, match=f"columns {name};"):
        estimate_confirmed(make_sample().drop(columns=name))


def make_random(rng: np.random.Generator, *, late: bool) -> pd.DataFrame:
    size = int(rng.integers(1, 60))
    draw = rng.random(size).round(2)
    chance = np.where(rng.random(size) < 0.5, 1.0, rng.uniform(0.01, 1, size))
    settled = (draw < chance) & (rng.random(size) < (0.8 if late else 1.1))
    second_chance = np.where(rng.random(size) < 0.4, 1.0, rng.uniform(0.05, 1, size))
    called = settled & (rng.random(size) < second_chance)
    made = called & (rng.random(size) < (0.8 if late else 1.1))
    sample = pd.DataFrame(
        {
            "id": range(size),
            "pi": chance,
            "draw": draw,
            "route": np.where(draw < chance, "audit", "release"),
            "flagged": rng.random(size) < 0.4,
            "violation": np.where(settled, rng.random(size) < 0.4, np.nan),
            "score": np.where(rng.random(size) < 0.9, rng.random(size), np.nan),
            "views": np.where(rng.random(size) < 0.8, rng.lognormal(3, 3, size), np.nan),
            "second_pi": np.where(settled, second_chance, np.nan),
            "second": np.where(made, rng.random(size) < 0.4, np.nan),
            "slice": np.array(["a", "b", None], dtype=object)[rng.integers(3, size=size)],
        }
    )
    return sample.assign(second_called=called) if late else sample


@given(st.integers(0, 2**32 - 1), st.sampled_from(["report", "guarantee"]), st.booleans())
def test_a_value_is_always_inside_its_interval_and_its_range(seed: int, grade: Any, late: bool) -> None:
    sample = make_random(np.random.default_rng(seed), late=late)
    for one in estimate_confirmed(sample, by=["slice"], grade=grade):
        assert one.interval.lower >= 0
        assert one.name == "missed" or one.interval.upper <= 1 + 1e-12
        assert one.value is None or one.value in one.interval
        assert (one.value is None) == (one.method == "undefined")
        assert one.se is None or one.se >= 0


def test_second_chances_spend_the_budget_and_confirm_every_audit_positive() -> None:
    rng = np.random.default_rng(1)
    p, pi = rng.beta(0.3, 6, 4000), np.where(rng.random(4000) < 0.5, 1.0, 0.05)
    said = np.where(rng.random(4000) < 0.8, (rng.random(4000) < p).astype(float), np.nan)
    for budget in (100.0, 1000.0):
        chance = second_chances(p, pi, said, budget=budget)
        assert np.isnan(chance).tolist() == np.isnan(said).tolist()
        assert (chance[(said == 1) & (pi < 1)] == 1).all()
        assert np.nansum(chance) == pytest.approx(budget)
        assert np.nanmin(chance) > 0
    assert np.nanmin(second_chances(p, pi, said, budget=1e6)) == 1


def test_second_chances_go_where_an_error_is_likely_and_weighs_much() -> None:
    pi, p = np.repeat([1.0, 0.25], 50), np.tile([0.01, 0.04], 50)
    chance = second_chances(p, pi, np.zeros(100), budget=10.0, floor_share=0.01)
    assert chance[50] / chance[0] == pytest.approx(4)
    assert chance[1] / chance[0] == pytest.approx(2, rel=0.02)
    even = second_chances(p, pi, np.zeros(100), budget=10.0, floor_share=1.0)
    assert even == pytest.approx(np.full(100, 0.1))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"budget": 1.0}, "budget must be above what audits found, 1;"),
        ({"floor_share": 0.0}, "floor_share"),
        ({"sensitivity": 1.0}, "sensitivity"),
        ({"p": [2.0, 0.1]}, "p must hold"),
        ({"pi": [0.0, 0.1]}, "pi chances"),
    ],
)
def test_second_chances_refuse_what_cannot_be(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        second_chances(
            **{"p": [0.1, np.nan], "pi": [0.1, 1.0], "violation": [1.0, 0.0], "budget": 1.5, **settings}
        )
