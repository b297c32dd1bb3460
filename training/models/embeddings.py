"""
The encoder's vectors of the text fields, and their mean, side by side, under logistic regressions.

A field's own vector says what is claimed where; the mean says what the item is about, whichever fields it
has. An item with one field alone is then read by what was learned from all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.errors import MissingEncoder
from data.records import TEXT_FIELDS, Evidence
from training.models.encoder import Encoder
from training.models.heads import Floats, Heads, Targets
from training.models.member import Content, Readers
from training.progress import Progress, silent
from training.settings import TrainingSettings

_STRENGTH: Final = 3e-3
"""On standardised columns, of which there are more than a thousand: a strong ridge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Numbers of items, one row an item."""

    values: NDArray[np.float32]

    def take(self, places: NDArray[np.intp]) -> Block:
        """Return the rows of these items."""
        return Block(values=self.values[places])


class EmbeddingLearner:
    """Embeds every text once; each fit standardises by its own items alone."""

    def __init__(self, settings: TrainingSettings, readers: Readers) -> None:
        if readers.encoder is None:
            raise MissingEncoder
        self._encoder = readers.encoder
        self._seed = settings.seed

    def read(self, rows: pd.DataFrame, *, progress: Progress = silent) -> Block:
        """Embed every text field of every item."""
        return Block(values=embedded(rows, self._encoder, progress=progress))

    def fit(self, reading: Block, targets: Targets) -> Embeddings:
        """Learn from items that were read."""
        centre = reading.values.mean(axis=0)
        spread = reading.values.std(axis=0)
        spread[spread < 1e-6] = 1.0
        heads = Heads.fit((reading.values - centre) / spread, targets, strength=_STRENGTH, seed=self._seed)
        return Embeddings(
            encoder=self._encoder, heads=heads.on_raw(centre=centre, spread=spread), centre=centre
        )


class Embeddings:
    """The encoder and the weight of each number of its vectors."""

    name: ClassVar[str] = "encoder"

    def __init__(self, *, encoder: Encoder, heads: Heads, centre: NDArray[np.float32]) -> None:
        self._encoder = encoder
        self._heads = heads
        self._centre = centre

    def logits_of(self, reading: Block) -> Floats:
        """Return log odds of items that the learner read."""
        return self._heads.logits(reading.values)

    def features(self, rows: pd.DataFrame) -> NDArray[np.float32]:
        """Return the vectors of every item, side by side."""
        return embedded(rows, self._encoder)

    def logits(self, features: NDArray[np.float32]) -> Floats:
        """Return log odds, one row an item; the first column is "violates any policy"."""
        return self._heads.logits(features)

    def evidence(self, features: NDArray[np.float32], rows: pd.DataFrame) -> list[list[Evidence]]:  # noqa: ARG002
        """Return the text fields that speak for a violation, compared with the average item.

        A vector's numbers mean nothing to a reader, so there is no excerpt; a member that reads letters
        may know where in the field to look.
        """
        added = self._added(features.astype(np.float64))
        return [
            [
                Evidence(signal=name, weight=float(weight))
                for name, weight in zip(TEXT_FIELDS, weights, strict=True)
                if weight > 0
            ]
            for weights in added
        ]

    def _added(self, vectors: Floats) -> Floats:
        # Log odds that each field adds, by itself and through its part of the mean: items, fields.
        fields, centre, worth = (
            array.reshape(len(array), len(TEXT_FIELDS) + 1, -1)
            for array in (vectors, self._centre[None], self._heads.coefficients[:1])
        )
        own = ((fields[:, :-1] - centre[:, :-1]) * worth[:, :-1]).sum(axis=2)
        there = fields[:, :-1].any(axis=2)
        shared = ((fields[:, :-1] - centre[:, -1:]) * worth[:, -1:]).sum(axis=2)
        return np.asarray(own + there * shared / np.maximum(there.sum(axis=1, keepdims=True), 1))

    def content(self) -> Content:
        """Return what a bundle stores: which encoder, not its weights."""
        return Content(
            settings={"fingerprint": self._encoder.fingerprint.stored()},
            tensors={**self._heads.tensors(), "centre": self._centre},
        )

    @classmethod
    def of(cls, content: Content, readers: Readers) -> Embeddings:
        """Return the model that was stored, on an encoder of the same fingerprint."""
        if readers.encoder is None:
            raise MissingEncoder
        return cls(encoder=readers.encoder, heads=Heads.of(content.tensors), centre=content.tensors["centre"])


def embedded(rows: pd.DataFrame, encoder: Encoder, *, progress: Progress = silent) -> NDArray[np.float32]:
    """Return the vectors of all text fields of every item and the mean of those there are, side by side."""
    texts = [text.strip() for name in TEXT_FIELDS for text in rows[name]]
    vectors = encoder.embed(texts, progress=progress)
    fields = vectors.reshape(len(TEXT_FIELDS), len(rows), encoder.fingerprint.dimension)
    there = np.maximum(fields.any(axis=2).sum(axis=0), 1)[:, None]
    return np.concatenate([*fields, fields.sum(axis=0) / there], axis=1, dtype=np.float32)


def matches(stored: Mapping[str, Any], encoder: Encoder) -> bool:
    """Return whether a model that learned from a stored fingerprint may use this encoder."""
    own = encoder.fingerprint.stored()
    return all(stored.get(name) == own[name] for name in own if name != "name")
