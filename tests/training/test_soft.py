from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from data.datasets import content_hash, read, write
from data.records import Decision, Item, ReviewType, Verdict
from data.store.store import Store
from evaluation.metrics import log_loss
from training.examples import Examples
from training.fit import Fitted, fit
from training.fit import read as read_examples
from training.models.heads import Heads, Targets
from training.pipeline import cut_snapshot
from training.settings import TrainingSettings
from training.soft import PROBABILITY, soften, split


def looks(*opinions: tuple[str, str, bool], informed: tuple[str, ...] = ()) -> pd.DataFrame:
    table = pd.DataFrame(opinions, columns=["item_id", "reviewer_id", "label"])
    return table.assign(item_version="1", informed=table["item_id"].isin(informed))


def rows(**violations: bool) -> pd.DataFrame:
    return pd.DataFrame(
        {"item_id": list(violations), "item_version": "1", "violation": list(violations.values())}
    )


MANY = [
    (f"x{item}", name, item % 4 == 0) for item in range(40) for name in ("kim", "lee")
]  # two who mostly agree


def test_what_two_people_see_differently_is_in_doubt() -> None:
    said = looks(*MANY, ("v1", "kim", True), ("v1", "lee", False))
    soft = soften(rows(v1=False, x0=True, x1=False), said)[PROBABILITY].tolist()
    assert 0.1 < soft[0] < 0.9
    assert soft[1] > 0.9
    assert soft[2] < 0.1


@pytest.mark.parametrize("violation", [True, False])
def test_what_one_person_saw_is_as_settled(violation: bool) -> None:
    said = looks(*MANY, ("v1", "kim", violation))
    assert soften(rows(v1=violation), said)[PROBABILITY].tolist() == [float(violation)]


def test_what_an_appeal_settled_is_as_settled() -> None:
    said = looks(*MANY, ("v1", "kim", True), ("v1", "lee", True), informed=("v1",))
    assert soften(rows(v1=False), said)[PROBABILITY].tolist() == [0.0]


def test_without_looks_and_for_items_that_nobody_looked_at_labels_stay() -> None:
    for said in (looks(), looks(*MANY)):
        assert soften(rows(a=True, b=False), said)[PROBABILITY].tolist() == [1.0, 0.0]


chances = st.lists(st.one_of(st.sampled_from([0.0, 1.0]), st.floats(0, 1)), min_size=1, max_size=20)


@given(chances, st.integers(0, 1000))
def test_split_items_have_the_expected_loss(chances: list[float], seed: int) -> None:
    generator = np.random.default_rng(seed)
    probability, weights = np.array(chances), generator.uniform(0.1, 5, len(chances))
    logits = generator.normal(0, 2, len(chances))
    places, labels, own = split(probability, weights)
    kept = -own @ np.log(np.where(labels, expit(logits[places]), expit(-logits[places])))
    expected = -weights @ (probability * np.log(expit(logits)) + (1 - probability) * np.log(expit(-logits)))
    assert kept == pytest.approx(expected)
    assert own.sum() == pytest.approx(weights.sum())
    assert (own >= 0).all()


def test_certain_items_are_not_split() -> None:
    places, labels, weights = split(np.array([1.0, 0.0, 1.0]), np.array([0.3, 2.0, 1.1]))
    assert places.tolist() == [0, 1, 2]
    assert labels.tolist() == [True, False, True]
    assert weights.tolist() == [0.3, 2.0, 1.1]


def test_a_chance_outside_of_0_and_1_is_refused() -> None:
    with pytest.raises(ValueError, match="probability must be in"):
        split(np.array([1.2]), np.array([1.0]))


def test_soft_labels_that_are_certain_change_nothing(
    examples: Examples, fitted: Fitted, quick: TrainingSettings
) -> None:
    settings = quick.model_copy(update={"soft_labels": True})
    again = fit(read_examples(examples, settings=settings), settings=settings)
    np.testing.assert_array_equal(again.violation, fitted.violation)


def test_a_model_and_its_calibration_follow_soft_labels(examples: Examples, quick: TrainingSettings) -> None:
    settings = quick.model_copy(update={"soft_labels": True})
    doubted = replace(examples, probability=np.where(examples.violation, 0.3, 0.0))
    model = fit(read_examples(doubted, settings=settings), settings=settings)
    design = 1 / examples.chances
    assert design @ model.violation == pytest.approx(design @ doubted.probability, rel=0.2)
    hard = fit(read_examples(doubted, settings=quick), settings=quick)
    assert design @ hard.violation == pytest.approx(design @ examples.violation, rel=0.1)


def test_what_people_doubt_is_better_learned_softly() -> None:
    # The label of most items is a coin of known chance; learned from the chance, noise is gone.
    generator = np.random.default_rng(0)
    gains = []
    for _ in range(5):
        features = generator.normal(size=(150, 10)).astype(np.float32)
        chance = expit(2 * features[:, 0].astype(np.float64) - 1)
        label = generator.random(150) < chance
        ones = np.ones(150)
        targets = Targets(violation=label, broken=np.zeros((150, 0), dtype=np.bool_), weights=ones)
        fresh = generator.normal(size=(4000, 10)).astype(np.float32)
        truth = (generator.random(4000) < expit(2 * fresh[:, 0] - 1)).astype(np.float64)
        losses = [
            log_loss(truth, expit(Heads.fit(features, each, strength=1.0, seed=0).logits(fresh)[:, 0]))
            for each in (targets, replace(targets, probability=chance))
        ]
        assert losses[0] is not None
        assert losses[1] is not None
        gains.append(losses[0] - losses[1])
    assert np.mean(gains) > 0.005


@pytest.fixture
def looked_at_twice(
    sqlite_store: Store,
    make_item: Callable[..., Item],
    make_decision: Callable[..., Decision],
    noon: datetime,
) -> Store:
    """Forty items with two blind looks each, of which one pair disagrees and one was appealed."""
    with sqlite_store.begin() as session:
        for number in range(40):
            name = f"v{number}"
            session.ledger.add_items([make_item(name)], received_at=noon)
            first = Verdict.VIOLATION if number % 4 == 0 else Verdict.NO_VIOLATION
            told = [("kim", ReviewType.IMPORTED, first), ("kim", ReviewType.FIRST_REVIEW, first)]
            told.append(("lee", ReviewType.SECOND_REVIEW, Verdict.NO_VIOLATION if number == 0 else first))
            if number == 4:
                told.append(("choi", ReviewType.APPEAL, Verdict.NO_VIOLATION))
            for place, (reviewer, review_type, verdict) in enumerate(told):
                decision = make_decision(
                    name,
                    verdict,
                    decision_id=f"{name}-{place}",
                    reviewer_id=reviewer,
                    review_type=review_type,
                    policies=(),
                    inclusion_probability=1.0 if review_type is ReviewType.IMPORTED else None,
                )
                session.ledger.record_decision(decision, event_id=None, recorded_at=noon)
    return sqlite_store


def test_a_snapshot_with_soft_labels_keeps_the_settled_ones_and_has_a_name_of_its_own(
    looked_at_twice: Store, noon: datetime, tmp_path: Path
) -> None:
    as_of = noon + timedelta(hours=1)
    hard = cut_snapshot(looked_at_twice, TrainingSettings(), as_of)
    soft = cut_snapshot(looked_at_twice, TrainingSettings(soft_labels=True), as_of)
    assert hard.id != soft.id == content_hash(soft.rows)
    pd.testing.assert_frame_equal(soft.rows.drop(columns=PROBABILITY), hard.rows)
    told = soft.rows.set_index("item_id")[PROBABILITY]
    assert 0.02 < told["v0"] < 0.98
    assert told["v4"] == 0.0  # the appeal settled it
    assert 0.8 < told["v8"] < 1.0
    assert 0.0 < told["v1"] < 0.1
    kept = read(write(soft, tmp_path))
    np.testing.assert_array_equal(Examples.of(kept.rows).probability, soft.rows[PROBABILITY])
