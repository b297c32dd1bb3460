from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

from data.records import Item, Score
from training.fit import Fitted
from training.loaded import LoadedModel
from training.models.ensemble import Ensemble, Prediction
from training.scorer import Scorer

ITEMS = [
    Item(item_id=f"v{n}", data={"title": title}) for n, title in enumerate(["당뇨 완치", "boom", "산책"])
]


class Stumbling:
    """A model that cannot read "boom", or says nonsense of it."""

    def __init__(self, model: Ensemble, *, raises: bool) -> None:
        self._model, self._raises = model, raises
        self.policies = model.policies

    def judge(self, rows: pd.DataFrame) -> tuple[Prediction, list[list[Any]]]:
        boom = (rows["title"] == "boom").to_numpy()
        if boom.any() and self._raises:
            raise RuntimeError("the encoder stumbled")
        said = self._model.predict(rows)
        violation = np.where(boom, np.nan, said.violation)
        return replace(said, violation=violation), [[] for _ in range(len(rows))]


def _loaded(model: Any) -> LoadedModel:
    return LoadedModel(model=model, version="7", digest="d", learned_until=None)


def test_every_item_gets_a_score_in_order(fitted: Fitted, noon: datetime) -> None:
    scores = _loaded(fitted.model).score(ITEMS, {}, scored_at=noon)
    assert [score.item_id for score in scores if isinstance(score, Score)] == ["v0", "v1", "v2"]
    assert {score.model for score in scores if isinstance(score, Score)} == {"7"}


def test_a_score_names_every_policy(fitted: Fitted, noon: datetime) -> None:
    (score,) = _loaded(fitted.model).score(ITEMS[:1], {}, scored_at=noon)
    assert isinstance(score, Score)
    assert set(score.policy_scores) == {"counterfeit", "health_claim", "never_broken"}


@pytest.mark.parametrize(("raises", "kind"), [(True, RuntimeError), (False, FloatingPointError)])
def test_an_item_that_fails_is_an_exception_and_its_neighbours_are_scored(
    fitted: Fitted, noon: datetime, raises: bool, kind: type[Exception]
) -> None:
    results = _loaded(Stumbling(fitted.model, raises=raises)).score(ITEMS, {}, scored_at=noon)
    assert [type(result) for result in results] == [Score, kind, Score]


def test_nothing_to_score_is_no_failure(fitted: Fitted, noon: datetime) -> None:
    assert _loaded(fitted.model).score([], {}, scored_at=noon) == []


def test_it_is_what_serving_asks_for(fitted: Fitted) -> None:
    assert isinstance(_loaded(fitted.model), Scorer)
