"""A model in memory, as `training.scorer.Scorer` asks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import uuid4

import numpy as np
import pandas as pd

from data import features
from data.records import CreatorHistory, Evidence, Item, Score
from training.models.ensemble import Ensemble, Prediction


class LoadedModel:
    """Scores items with a fitted model.

    Parameters
    ----------
    version
        What the model is registered as; written on every score.
    learned_until
        The newest item it learned from; None where no item had a time.
    """

    def __init__(self, *, model: Ensemble, version: str, digest: str, learned_until: datetime | None) -> None:
        self._model = model
        self._version = version
        self.digest = digest
        self.learned_until = learned_until

    @property
    def version(self) -> str:
        """The registered version, as written on every score."""
        return self._version

    @property
    def policies(self) -> tuple[str, ...]:
        """The policies that get a probability."""
        return self._model.policies

    def predict(self, rows: pd.DataFrame) -> Prediction:
        """Return probabilities of items given as `data.features` makes them."""
        return self._model.predict(rows)

    def score(
        self,
        items: Sequence[Item],
        histories: Mapping[str, CreatorHistory],
        *,
        scored_at: datetime,
    ) -> list[Score | Exception]:
        """Return a score for each item, in order, or the exception that says why there is none.

        If a batch fails it is halved until the item at fault stands alone, so that its neighbours are
        scored. A number that is not finite is a failure.
        """
        if not items:
            return []
        try:
            return self._score(items, histories, scored_at)
        except Exception as error:  # noqa: BLE001 - whatever failed, the answer says so for each item
            if len(items) == 1:
                return [error]
        middle = len(items) // 2
        return [
            result
            for half in (items[:middle], items[middle:])
            for result in self.score(half, histories, scored_at=scored_at)
        ]

    def _score(
        self, items: Sequence[Item], histories: Mapping[str, CreatorHistory], scored_at: datetime
    ) -> list[Score | Exception]:
        rows = features.rows(items, histories)
        prediction, evidence = self._model.judge(rows)
        finite = np.isfinite(prediction.violation) & np.isfinite(prediction.policies).all(axis=1)
        return [
            self._scored(item, prediction, place, evidence[place], scored_at)
            if finite[place]
            else FloatingPointError(f"The model's answer for {item.item_id} is not a finite number.")
            for place, item in enumerate(items)
        ]

    def _scored(
        self,
        item: Item,
        prediction: Prediction,
        place: int,
        evidence: Sequence[Evidence],
        scored_at: datetime,
    ) -> Score:
        return Score(
            score_id=uuid4().hex,
            item_id=item.item_id,
            item_version=item.item_version,
            model=self._version,
            violation_probability=float(prediction.violation[place]),
            policy_scores=dict(
                zip(self._model.policies, map(float, prediction.policies[place]), strict=True)
            ),
            uncertainty=float(prediction.disagreement[place]),
            evidence=tuple(evidence),
            scored_at=scored_at,
        )
