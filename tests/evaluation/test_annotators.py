"""Who is right where looks contradict each other: beside crowd-kit, beside the truth, beside votes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from evaluation.annotator_fit import Prior, fit_reviewers
from evaluation.annotator_looks import read_looks
from evaluation.annotators import NO_OVERLAP, NOT_CONVERGED, Consensus, consensus
from evaluation.dawid_skene import alike

HERE = Path(__file__).resolve().parent
# crowd-kit 1.4.2, written by crowdkit_golden.py.
GOLDEN = json.loads((HERE / "crowdkit_golden.json").read_text("utf-8"))
FLAT = Prior(strength=0, prevalence=0)
Floats = NDArray[np.float64]


def table(texts: list[str]) -> pd.DataFrame:
    rows = [
        (item, name, int(label))
        for name, text in zip("abcdefgh", texts, strict=False)
        for item, label in enumerate(text)
        if label != "."
    ]
    return pd.DataFrame(rows, columns=["item_id", "reviewer_id", "label"])


@pytest.fixture(scope="module")
def convabuse() -> pd.DataFrame:
    path = HERE.parents[2] / "shared" / "datasets" / "en_convabuse" / "1_full_ConvAbuseEMNLPfull.csv.gz"
    if not path.is_file():
        pytest.skip(f"ConvAbuse is not at hand: {path} is missing")
    rows = pd.read_csv(path)
    said = ["conv_id", "prev_agent", "prev_user", "agent", "user"]
    looks = pd.DataFrame(
        {
            "item_id": rows.groupby(said, dropna=False, sort=True).ngroup(),
            "reviewer_id": rows["annotator_id"],
            "label": rows[["is_abuse.-1", "is_abuse.-2", "is_abuse.-3"]].sum(axis=1) > 0,
        }
    )
    return looks.drop_duplicates(["item_id", "reviewer_id"])


def matrices(found: Consensus) -> Floats:
    return np.array([one.confusion for one in found.annotators])


class World:
    """Made items and reviewers, whose truth is known."""

    def __init__(
        self, seed: int, *, items: int = 600, reviewers: int = 6, looks: int = 3, share: float = 0.2
    ) -> None:
        generator = np.random.default_rng(seed)
        self.truth = generator.random(items) < share
        self.sensitivity = generator.beta(18, 4.5, reviewers)
        self.specificity = generator.beta(60, 2, reviewers)
        who = np.argsort(generator.random((items, reviewers)), axis=1)[:, :looks]
        chance = np.where(self.truth[:, None], self.sensitivity[who], 1 - self.specificity[who])
        self.looks = pd.DataFrame(
            {
                "item_id": np.repeat(np.arange(items), looks),
                "reviewer_id": who.ravel(),
                "label": (generator.random(who.shape) < chance).ravel(),
            }
        )

    def rates(self, found: Consensus) -> list[tuple[float, Any]]:
        return [
            pair
            for one in found.annotators
            for pair in (
                (float(self.sensitivity[int(str(one.reviewer_id))]), one.sensitivity),
                (float(self.specificity[int(str(one.reviewer_id))]), one.specificity),
            )
        ]


# Beside crowd-kit


@pytest.mark.parametrize("name", ["dense", "sparse", "three"])
def test_without_priors_it_finds_what_crowd_kit_finds(name: str) -> None:
    golden = GOLDEN[name]
    classes = tuple(range(len(golden["prevalence"])))
    found = consensus(table(golden["looks"]), classes=classes, prior=FLAT, tolerance=1e-15)
    np.testing.assert_allclose(matrices(found), list(golden["confusion"].values()), atol=1e-6)
    np.testing.assert_allclose(found.prevalence, golden["prevalence"], atol=1e-6)
    np.testing.assert_allclose(found.posterior[classes[-1]], golden["posterior"], atol=1e-5)


def test_without_priors_it_finds_what_crowd_kit_finds_of_real_annotators(convabuse: pd.DataFrame) -> None:
    golden = GOLDEN["convabuse"]
    found = consensus(convabuse, prior=FLAT, tolerance=1e-15)
    assert [one.reviewer_id for one in found.annotators] == list(golden["confusion"])
    np.testing.assert_allclose(matrices(found), list(golden["confusion"].values()), atol=1e-6)
    np.testing.assert_allclose(found.prevalence, golden["prevalence"], atol=1e-6)
    assert found.posterior[True].sum() == pytest.approx(golden["posterior"][0], abs=1e-3)


# Beside the truth


def test_rates_are_near_the_truth() -> None:
    world = World(0, items=4000, looks=3)
    pairs = world.rates(consensus(world.looks))
    assert max(abs(rate.value - truth) for truth, rate in pairs[::2]) < 0.06
    assert max(abs(rate.value - truth) for truth, rate in pairs[1::2]) < 0.02


def covered(runs: int, **shape: Any) -> tuple[float, float]:
    held: list[list[bool]] = [[], []]
    for seed in range(runs):
        world = World(seed, **shape)
        for place, (truth, rate) in enumerate(world.rates(consensus(world.looks))):
            held[place % 2].append(truth in rate.interval)
    return float(np.mean(held[0])), float(np.mean(held[1]))


def test_intervals_cover_the_truth() -> None:
    assert min(covered(40, items=300)) > 0.9


@pytest.mark.slow
@pytest.mark.parametrize(
    "shape",
    [{}, {"looks": 2}, {"items": 200}, {"items": 300, "reviewers": 12, "looks": 2}, {"share": 0.05}],
    ids=str,
)
def test_intervals_cover_the_truth_in_many_worlds(shape: dict[str, Any]) -> None:
    assert min(covered(200, **shape)) >= 0.93


def test_intervals_that_took_the_expected_truth_for_known_would_be_too_narrow() -> None:
    # With two looks an item most of the information is missing; what is left must show.
    found = consensus(World(1, looks=2).looks)
    for one in found.annotators:
        assert one.sensitivity.effective + one.specificity.effective < 0.75 * one.looks


def test_a_reviewer_of_few_looks_is_drawn_to_all_and_has_a_wide_interval() -> None:
    world = World(2, looks=3)
    found = consensus(pd.concat([world.looks, pd.DataFrame([(0, 99, True)], columns=list(world.looks))]))
    new = found.annotators[-1]
    assert new.looks == 1
    assert new.sensitivity.value == pytest.approx(found.pooled[1, 1], abs=0.15)
    assert new.sensitivity.interval.width > 0.4


def test_posteriors_mean_what_they_say() -> None:
    worlds = [World(seed, items=1500, looks=3) for seed in range(6)]
    said = np.concatenate([consensus(world.looks).posterior[True] for world in worlds])
    truth = np.concatenate([world.truth for world in worlds])
    for low, high in ((0.0, 0.1), (0.1, 0.5), (0.5, 0.9), (0.9, 1.0)):
        there = (said >= low) & (said <= high)
        assert truth[there].mean() == pytest.approx(said[there].mean(), abs=0.08)


# Held-out annotators


def log_loss(truth: NDArray[np.bool_], said: Floats) -> float:
    return float(-np.where(truth, np.log(said), np.log1p(-said)).mean())


def vote_share(looks: pd.DataFrame) -> pd.Series:
    votes = looks.groupby("item_id")["label"].agg(["sum", "size"])
    return (votes["sum"] + looks["label"].mean()) / (votes["size"] + 1)


def held_out_labels(looks: pd.DataFrame) -> tuple[NDArray[np.bool_], Floats, Floats]:
    """What each annotator said, and what the others led to expect: by votes, by the model."""
    parts = []
    for name in sorted(looks["reviewer_id"].unique()):
        rest, own = looks[looks["reviewer_id"] != name], looks[looks["reviewer_id"] == name]
        own = own[own["item_id"].isin(rest["item_id"])].set_index("item_id")["label"]
        model = consensus(rest).next_label()[True]
        parts.append((own, vote_share(rest).loc[own.index], model.loc[own.index]))
    truth, votes, model_said = (np.concatenate([part[n] for part in parts]) for n in range(3))
    return truth.astype(bool), votes, model_said


def test_what_a_held_out_annotator_says_is_foreseen_better_than_by_votes(convabuse: pd.DataFrame) -> None:
    truth, votes, model = held_out_labels(convabuse)
    assert len(truth) > 12_000
    assert log_loss(truth, model) < log_loss(truth, votes)
    assert ((model > 0.5) == truth).mean() > ((votes > 0.5) == truth).mean() + 0.004


def test_what_most_held_out_annotators_say_is_foreseen_better_than_by_votes(convabuse: pd.DataFrame) -> None:
    names = sorted(convabuse["reviewer_id"].unique())
    gains = []
    for shift in range(4):
        few = [names[(shift + 2 * step) % 8] for step in range(4)]
        rest = convabuse[convabuse["reviewer_id"].isin(few)]
        held = convabuse[~convabuse["reviewer_id"].isin(few)].groupby("item_id")["label"].agg(["sum", "size"])
        held = held[(held["size"] >= 2) & (2 * held["sum"] != held["size"])]
        held = held[held.index.isin(rest["item_id"])]
        truth = (2 * held["sum"] > held["size"]).to_numpy()
        votes = vote_share(rest).loc[held.index].to_numpy()
        model = consensus(rest).posterior[True].loc[held.index].to_numpy()
        gains.append(log_loss(truth, votes) - log_loss(truth, model))
    assert np.mean(gains) > 0.01


def test_the_truth_is_found_better_than_by_votes_where_reviewers_differ() -> None:
    generator = np.random.default_rng(3)
    truth = generator.random(3000) < 0.3
    rates = {"a": (0.97, 0.99), "b": (0.6, 0.7), "c": (0.6, 0.7), "d": (0.95, 0.97)}
    looks = pd.concat(
        [
            pd.DataFrame(
                {
                    "item_id": np.arange(3000),
                    "reviewer_id": name,
                    "label": generator.random(3000) < np.where(truth, sensitivity, 1 - specificity),
                }
            )
            for name, (sensitivity, specificity) in rates.items()
        ]
    )
    model, votes = consensus(looks).posterior[True].to_numpy(), vote_share(looks).to_numpy()
    assert ((model > 0.5) == truth).mean() > ((votes > 0.5) == truth).mean() + 0.05


# Golden items, chances, what cannot be known


def test_golden_items_keep_their_truth_and_stay_out_of_prevalence() -> None:
    world = World(4, looks=2)
    golden = {item: True for item in range(0, 600, 2) if world.truth[item]}
    found = consensus(world.looks, golden=golden)
    assert (found.posterior.loc[list(golden), True] == 1).all()
    others = [item for item in range(600) if item not in golden]
    assert found.prevalence[1] == pytest.approx(found.posterior.loc[others, True].mean(), abs=0.005)


def test_golden_items_alone_give_the_beta_posterior_of_plain_counting() -> None:
    # 8 of 10 violations seen, 18 of 20 others passed; prior counts are 10 for all and 5 around that.
    texts = ["1" * 8 + "00" + "0" * 18 + "11"]
    golden = {item: int(item < 10) for item in range(30)}
    found = consensus(table(texts), classes=(0, 1), golden=golden, prior=Prior(strength=5, anchor=10))
    (one,) = found.annotators
    pooled = (8 + 9) / 20
    assert one.sensitivity.value == pytest.approx((8 + 5 * pooled) / 15, abs=1e-3)
    assert 13 < one.sensitivity.effective <= 15
    assert found.notes == ()
    assert found.prevalence == (0.5, 0.5)


def test_golden_items_make_intervals_narrower() -> None:
    world = World(5, looks=2)
    golden = {item: bool(world.truth[item]) for item in range(300)}
    before, after = consensus(world.looks), consensus(world.looks, golden=golden)
    assert np.mean([one.sensitivity.interval.width for one in after.annotators]) < 0.8 * np.mean(
        [one.sensitivity.interval.width for one in before.annotators]
    )


@pytest.mark.parametrize("seen", ["0000000000", "1111111111", "0101010101"])
def test_where_looks_never_overlap_the_answer_leans_on_the_prior_and_says_so(seen: str) -> None:
    looks = table([seen, "." * 10 + seen * 50])
    found = consensus(looks, classes=(0, 1))
    assert NO_OVERLAP in found.notes
    for one in found.annotators:
        for rate in one.correct:
            assert rate.effective <= 5  # of 510 looks
            assert rate.interval.width > 0.3


def test_one_reviewer_alone_tells_nothing_of_herself() -> None:
    found = consensus(table(["0" * 900 + "1" * 100]), classes=(0, 1))
    assert found.notes == (NO_OVERLAP,)
    assert found.annotators[0].sensitivity.interval.width > 0.3
    assert 0.2 < found.posterior[1].iloc[-1] < 0.95


def test_without_any_prior_and_overlap_nothing_is_claimed() -> None:
    found = consensus(table(["0101"]), classes=(0, 1), prior=Prior(strength=0, anchor=0, prevalence=0))
    assert all(rate.interval.width > 0.9 for one in found.annotators for rate in one.correct)


def test_reviewers_who_agree_on_everything_are_trusted_but_not_without_end() -> None:
    found = consensus(table(["0" * 30] * 3), classes=(0, 1))
    assert (found.posterior[0] > 0.9).all()
    for one in found.annotators:
        assert one.specificity.interval.lower > 0.8
        assert one.sensitivity.interval.width > 0.3  # no violation was ever there to be seen


def test_items_drawn_with_small_chances_count_for_many() -> None:
    # 90 % of the items are drawn with chance 0.1 and rarely violate, the others all and often.
    generator = np.random.default_rng(6)
    risky = generator.random(20_000) < 0.1
    truth = generator.random(20_000) < np.where(risky, 0.5, 0.02)
    chance = np.where(risky, 1.0, 0.1)
    drawn = np.flatnonzero(generator.random(20_000) < chance)
    looks = pd.concat(
        [
            pd.DataFrame(
                {
                    "item_id": drawn,
                    "reviewer_id": name,
                    "label": generator.random(drawn.size) < np.where(truth[drawn], 0.85, 0.02),
                }
            )
            for name in "abc"
        ]
    )
    found = consensus(looks, chances=dict(zip(drawn.tolist(), chance[drawn].tolist(), strict=True)))
    assert found.population is not None
    assert found.population[1] == pytest.approx(truth.mean(), abs=0.012)
    assert found.prevalence[1] == pytest.approx(truth[drawn].mean(), abs=0.012)
    assert found.prevalence[1] > 3 * found.population[1]


def test_with_equal_chances_the_population_is_like_the_sample() -> None:
    world = World(7)
    found = consensus(world.looks, chances=dict.fromkeys(range(600), 0.2))
    assert found.population == pytest.approx(found.prevalence, abs=1e-4)


# What must not matter


def test_nothing_depends_on_the_order_or_the_names() -> None:
    looks = World(8).looks
    found = consensus(looks)
    named = looks.assign(
        item_id=[f"v{900 - item}" for item in looks["item_id"]],
        reviewer_id=[f"r{9 - reviewer}" for reviewer in looks["reviewer_id"]],
    ).sample(frac=1, random_state=0)
    again = consensus(named)
    np.testing.assert_allclose(matrices(again)[::-1], matrices(found), atol=1e-7)
    posterior = again.posterior[True].loc[[f"v{900 - item}" for item in found.posterior.index]]
    np.testing.assert_allclose(posterior, found.posterior[True], atol=1e-6)


def test_exchanged_classes_exchange_sensitivity_and_specificity() -> None:
    looks = World(9).looks
    found, turned = consensus(looks), consensus(looks.assign(label=~looks["label"]))
    np.testing.assert_allclose(turned.posterior[False], found.posterior[True], atol=1e-6)
    for one, other in zip(found.annotators, turned.annotators, strict=True):
        assert one.sensitivity.value == pytest.approx(other.specificity.value, abs=1e-7)
        assert one.sensitivity.interval.lower == pytest.approx(other.specificity.interval.lower, abs=1e-6)


def test_a_third_class_that_nobody_names_changes_little() -> None:
    texts = GOLDEN["dense"]["looks"]
    two, three = (consensus(table(texts), classes=classes) for classes in ((0, 1), (0, 1, 2)))
    assert three.posterior[2].max() < 0.05
    assert np.abs(three.posterior[1] - two.posterior[1]).mean() < 0.02


def test_items_of_the_same_looks_are_counted_and_not_repeated() -> None:
    # Items 0 and 1 are alike; 2 has one look less, 3 another label, and of 4 the truth is known.
    _, _, looks = read_looks(table(["11111", "00.10"]), (0, 1), {4: 1})
    kinds, where = alike(looks)
    assert sorted(kinds.times.tolist()) == [1, 1, 1, 2]
    assert where[0] == where[1]
    assert len(set(where[1:].tolist())) == 4
    assert kinds.made == looks.made == 9
    np.testing.assert_array_equal(kinds.truth[where], looks.truth)
    np.testing.assert_array_equal(kinds.table().toarray()[where], looks.table().toarray())


def test_it_is_the_same_every_time() -> None:
    one, other = (consensus(World(10).looks) for _ in range(2))
    assert one.posterior.equals(other.posterior)
    assert one.to_frame().equals(other.to_frame())


def test_the_log_posterior_never_falls() -> None:
    _, _, looks = read_looks(World(11, looks=2).looks, (False, True), {0: True})
    fit, _ = fit_reviewers(looks, Prior(), tolerance=1e-12, most=500)
    single, _ = fit_reviewers(looks, Prior(strength=0), tolerance=1e-12, most=500)
    assert len(single.history) > 20
    assert np.diff(fit.history).min(initial=0) > -1e-8
    assert np.diff(single.history).min() > -1e-8


def test_stopping_early_is_said() -> None:
    found = consensus(World(12, looks=2).looks, most=3)
    assert not found.converged
    assert NOT_CONVERGED in found.notes
    assert consensus(World(12).looks).converged


def test_the_next_label_is_less_certain_than_the_truth() -> None:
    found = consensus(World(13).looks)
    assert found.next_label()[True].max() < found.posterior[True].max()
    np.testing.assert_allclose(found.next_label().sum(axis=1), 1.0)


def test_the_table_has_a_row_for_each_reviewer_and_class() -> None:
    frame = consensus(World(14).looks).to_frame()
    assert list(frame) == ["reviewer_id", "class", "looks", "correct", "lower", "upper", "effective"]
    assert len(frame) == 12
    assert (frame["lower"] <= frame["correct"]).all()
    assert (frame["correct"] <= frame["upper"]).all()


# What is refused

SOME = table(["01", "01"])


@pytest.mark.parametrize(
    ("looks", "options", "message"),
    [
        (SOME.drop(columns="label"), {}, "looks must have the columns"),
        (SOME.iloc[:0], {}, "at least one row"),
        (SOME.assign(reviewer_id=None), {}, "must name item_id and reviewer_id"),
        (pd.concat([SOME, SOME]), {}, "each reviewer once an item"),
        (SOME.assign(label=2), {}, "label must be one of"),
        (SOME, {"classes": (0,)}, "classes must be two or more"),
        (SOME, {"classes": (0, 0)}, "classes must be two or more"),
        (SOME, {"golden": {0: 7}}, "golden must be one of"),
        (SOME, {"chances": {0: 1.0}}, "chances must name every item"),
        (SOME, {"chances": {0: 1.0, 1: 0.0}}, r"chances must be in \(0, 1\]"),
        (SOME, {"level": 1.0}, "level must be between"),
    ],
)
def test_what_cannot_be_answered_is_refused(
    looks: pd.DataFrame, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        consensus(looks, **{"classes": (0, 1), **options})


@pytest.mark.parametrize(
    "options", [{"strength": -1}, {"anchor": float("inf")}, {"correct": 1.0}, {"prevalence": float("nan")}]
)
def test_a_prior_that_means_nothing_is_refused(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        Prior(**options)


def test_sensitivity_is_of_two_classes_only() -> None:
    found = consensus(table(["012", "012"]), classes=(0, 1, 2))
    with pytest.raises(ValueError, match="classes must be two"):
        _ = found.annotators[0].sensitivity
