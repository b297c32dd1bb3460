from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from data import features
from data.errors import MissingEncoder, TooFewLabels
from data.records import CreatorHistory, Item
from training import weights
from training.evaluate import cross_validate
from training.examples import Examples
from training.fit import Fitted, fit, read
from training.measures import find
from training.settings import TrainingSettings


def test_it_learns_what_is_there_to_learn(examples: Examples, quick: TrainingSettings) -> None:
    measures = cross_validate(read(examples, settings=quick), settings=quick, count=3)
    auc = find(measures, "roc_auc")
    assert auc is not None
    assert auc.value is not None
    assert auc.interval is not None
    assert auc.value > 0.95
    assert auc.value in auc.interval


def test_labels_that_mean_nothing_are_not_learned(
    make_rows: Callable[..., pd.DataFrame], quick: TrainingSettings
) -> None:
    rows = make_rows(chances=False)
    generator = np.random.default_rng(0)
    order = generator.permutation(len(rows))
    rows["violation"], rows["policies"] = (
        rows["violation"].to_numpy()[order],
        rows["policies"].to_numpy()[order],
    )
    rows["creator_violations"] = 0.0
    auc = find(
        cross_validate(read(Examples.of(rows), settings=quick), settings=quick, count=3),
        "roc_auc",
    )
    assert auc is not None
    assert auc.interval is not None
    assert auc.interval.lower < 0.55


def test_out_of_fold_probabilities_add_up_to_the_violations(examples: Examples, fitted: Fitted) -> None:
    design = weights.design(examples.chances)
    assert design @ fitted.violation == pytest.approx(design @ examples.violation, rel=0.1)


def test_no_policy_is_more_probable_than_any(examples: Examples, fitted: Fitted) -> None:
    prediction = fitted.model.predict(examples.rows)
    assert (prediction.policies <= prediction.violation[:, None] + 1e-12).all()


def test_a_policy_nobody_broke_is_a_small_share_of_any(examples: Examples, fitted: Fitted) -> None:
    rule = fitted.model.rules[fitted.model.policies.index("never_broken")]
    assert rule.calibration is None
    assert 0 < rule.share < 0.05


def test_policies_are_told_apart(fitted: Fitted) -> None:
    items = [
        Item(item_id="a", data={"title": "당뇨 완치 홍삼 라이브"}),
        Item(item_id="b", data={"title": "미러급 명품 가방 라이브"}),
    ]
    said = fitted.model.predict(features.rows(items, {})).policies
    health, fake = (fitted.model.policies.index(name) for name in ("health_claim", "counterfeit"))
    assert said[0, health] > said[0, fake]
    assert said[1, fake] > said[1, health]


def test_an_item_scores_alike_alone_and_among_others(examples: Examples, fitted: Fitted) -> None:
    together = fitted.model.predict(examples.rows).violation
    alone = [fitted.model.predict(examples.rows.iloc[[place]]).violation[0] for place in range(0, 240, 24)]
    np.testing.assert_allclose(alone, together[::24], atol=1e-9)


def test_the_same_examples_make_the_same_model(examples: Examples, quick: TrainingSettings) -> None:
    one, other = (
        fit(read(examples, settings=quick), settings=quick).model.predict(examples.rows) for _ in range(2)
    )
    np.testing.assert_array_equal(one.violation, other.violation)


def test_too_few_items_are_refused_with_their_number(
    make_rows: Callable[..., pd.DataFrame], quick: TrainingSettings
) -> None:
    few = Examples.of(make_rows(30))
    with pytest.raises(TooFewLabels, match="30 reviewed items"):
        fit(read(few, settings=quick), settings=quick)


def test_a_text_model_without_an_encoder_is_refused(examples: Examples) -> None:
    with pytest.raises(MissingEncoder):
        read(examples, settings=TrainingSettings())


def test_unknown_numbers_are_read_as_unknown(fitted: Fitted) -> None:
    item = Item(item_id="v1")
    said = fitted.model.predict(features.rows([item], {"c": CreatorHistory()}))
    assert np.isfinite(said.violation).all()


def test_a_creators_past_raises_the_probability(fitted: Fitted) -> None:
    item = Item(item_id="v1", creator_id="c", language="ko", data={"title": "오늘 라이브"})
    clean, repeated = (
        fitted.model.predict(features.rows([item], {"c": CreatorHistory(items=9, reviewed=8, violations=n)}))
        for n in (0, 6)
    )
    assert repeated.violation[0] > clean.violation[0]
