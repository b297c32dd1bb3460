"""Character n-grams of every text field, weighted by TF-IDF: the strong base, above all for Korean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack

from data.records import TEXT_FIELDS, Evidence
from training.models.excerpts import excerpt
from training.models.grams import Counter
from training.models.heads import Floats, Heads, Targets
from training.models.member import Content, Readers
from training.progress import Progress, silent
from training.settings import NgramSettings, TrainingSettings

_STRENGTH: Final = 5.0
_HEAVIEST: Final = 60
"""N-grams of an item that are looked for in its texts to show where they stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How often each n-gram stands in each item: one table a text field."""

    tables: Mapping[str, csr_array]

    def take(self, places: NDArray[np.intp]) -> Counts:
        """Return the counts of these items."""
        return Counts(tables={name: table[places] for name, table in self.tables.items()})


class NgramLearner:
    """Counts the n-grams of all items once; each fit keeps the vocabulary of its own items alone."""

    def __init__(self, settings: TrainingSettings, readers: Readers | None = None) -> None:  # noqa: ARG002 - every learner is made alike
        self._settings = settings.ngrams
        self._seed = settings.seed
        self._counters = {name: Counter(longest=settings.ngrams.longest) for name in TEXT_FIELDS}

    def read(self, rows: pd.DataFrame, *, progress: Progress = silent) -> Counts:
        """Count the n-grams of every item."""
        tables = {}
        for name, counter in self._counters.items():
            tables[name] = counter.count(_texts(rows, name, self._settings))
            progress("n-grams", len(tables), len(self._counters))
        return Counts(tables=tables)

    def fit(self, reading: Counts, targets: Targets) -> Ngrams:
        """Learn from items that were read."""
        chosen = {name: self._vocabulary(table) for name, table in reading.tables.items()}
        idf = {name: _inverse_frequency(reading.tables[name], columns) for name, columns in chosen.items()}
        tables = {name: table[:, chosen[name]] for name, table in reading.tables.items()}
        heads = Heads.fit(_weighted(tables, idf), targets, strength=_STRENGTH, seed=self._seed)
        grams = {name: list(counter.columns) for name, counter in self._counters.items()}
        return Ngrams(
            settings=self._settings,
            grams={name: [grams[name][column] for column in columns] for name, columns in chosen.items()},
            idf=idf,
            heads=heads,
            columns=chosen,
        )

    def _vocabulary(self, table: csr_array) -> NDArray[np.intp]:
        items = np.bincount(table.indices, minlength=table.shape[1])
        columns = np.flatnonzero(items >= self._settings.min_items)
        most = self._settings.max_features // len(TEXT_FIELDS)
        if columns.size > most:
            columns = np.sort(columns[np.argsort(-items[columns], kind="stable")[:most]])
        return columns


class Ngrams:
    """A vocabulary for each text field, and the weight of each of its n-grams."""

    name: ClassVar[str] = "ngrams"

    def __init__(
        self,
        *,
        settings: NgramSettings,
        grams: Mapping[str, list[str]],
        idf: Mapping[str, NDArray[np.float32]],
        heads: Heads,
        columns: Mapping[str, NDArray[np.intp]] | None = None,
    ) -> None:
        self._settings = settings
        self._grams = grams
        self._idf = idf
        self._heads = heads
        self._columns = columns
        self._counters = {
            name: Counter(longest=settings.longest, grams=known) for name, known in grams.items()
        }

    def logits_of(self, reading: Counts) -> Floats:
        """Return log odds of items that the learner read."""
        if self._columns is None:
            raise ValueError("reading must be one of the learner that fitted this model.")
        tables = {name: table[:, self._columns[name]] for name, table in reading.tables.items()}
        return self._heads.logits(_weighted(tables, self._idf))

    def features(self, rows: pd.DataFrame) -> csr_array:
        """Return the TF-IDF weights of every item, one block of columns a field."""
        tables = {
            name: counter.count(_texts(rows, name, self._settings))
            for name, counter in self._counters.items()
        }
        return _weighted(tables, self._idf)

    def logits(self, features: csr_array) -> Floats:
        """Return log odds, one row an item; the first column is "violates any policy"."""
        return self._heads.logits(features)

    def evidence(self, features: csr_array, rows: pd.DataFrame) -> list[list[Evidence]]:
        """Return the stretch of each text field that speaks most for a violation."""
        worth = features.data * self._heads.coefficients[0, features.indices]
        texts = {name: rows[name].tolist() for name in self._grams}
        found: list[list[Evidence]] = []
        for row in range(len(rows)):
            own = slice(features.indptr[row], features.indptr[row + 1])
            heaviest = np.argsort(-worth[own])[:_HEAVIEST]
            by_field: dict[str, dict[str, float]] = {}
            for column, weight in zip(
                features.indices[own][heaviest].tolist(), worth[own][heaviest].tolist(), strict=True
            ):
                if weight > 0:
                    name, gram = self._gram(column)
                    by_field.setdefault(name, {})[gram] = weight
            found.append([self._piece(name, texts[name][row], grams) for name, grams in by_field.items()])
        return found

    def _gram(self, column: int) -> tuple[str, str]:
        for name, grams in self._grams.items():
            if column < len(grams):
                return name, grams[column]
            column -= len(grams)
        raise IndexError(column)

    def _piece(self, name: str, text: str, grams: Mapping[str, float]) -> Evidence:
        stretch = excerpt(text[: self._settings.max_characters], grams)
        shown, weight = stretch or ("", 0.0)
        return Evidence(signal=name, excerpt=shown, weight=weight)

    def content(self) -> Content:
        """Return what a bundle stores."""
        return Content(
            settings={"ngrams": self._settings.model_dump(), "grams": dict(self._grams)},
            tensors=self._heads.tensors() | {f"idf.{name}": idf for name, idf in self._idf.items()},
        )

    @classmethod
    def of(cls, content: Content, readers: Readers | None = None) -> Ngrams:  # noqa: ARG003
        """Return the model that was stored."""
        # JSON keeps its keys sorted, and a column belongs to its field's place in this order.
        grams = {name: content.settings["grams"][name] for name in TEXT_FIELDS}
        return cls(
            settings=NgramSettings(**content.settings["ngrams"]),
            grams=grams,
            idf={name: content.tensors[f"idf.{name}"] for name in grams},
            heads=Heads.of(content.tensors),
        )


def _texts(rows: pd.DataFrame, name: str, settings: NgramSettings) -> list[str]:
    return [text[: settings.max_characters].lower() for text in rows[name]]


def _inverse_frequency(table: csr_array, columns: NDArray[np.intp]) -> NDArray[np.float32]:
    items = np.bincount(table.indices, minlength=table.shape[1])[columns]
    return (np.log((1 + table.shape[0]) / (1 + items)) + 1).astype(np.float32)


def _weighted(tables: Mapping[str, csr_array], idf: Mapping[str, NDArray[np.float32]]) -> csr_array:
    # (1 + log count) * idf, each field of length 1: a long transcript does not drown the title.
    blocks = []
    for name, table in tables.items():
        weighted = table.copy()
        weighted.data = (1 + np.log(weighted.data)) * idf[name][weighted.indices]
        squares = np.add.reduceat(
            np.append(weighted.data**2, 0.0), np.minimum(weighted.indptr[:-1], weighted.data.size)
        )
        lengths = np.where(np.diff(weighted.indptr) > 0, np.sqrt(squares), 1.0)
        weighted.data = (weighted.data / np.repeat(lengths, np.diff(weighted.indptr))).astype(np.float32)
        blocks.append(weighted)
    joined = hstack(blocks, format="csr")
    # scikit-learn takes 32-bit places only; scipy widens them when it picks columns.
    places = joined.indices.astype(np.int32), joined.indptr.astype(np.int32)
    return csr_array((joined.data, *places), shape=joined.shape)
