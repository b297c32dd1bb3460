"""
What was found about a candidate beside the champion, kept for those who decide.

It is written when a model is registered and read wherever somebody decides, without MLflow: who serves
requests must not need it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from evaluation.comparison import Comparison, compare
from evaluation.intervals import Floats
from evaluation.reliability import reliability

SLICES: Final = ("language", "category")
_FEWEST: Final = 3
"""Violations that a slice must have for a comparison."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A registered model, as those who decide see it."""

    version: str
    digest: str
    created_at: datetime
    run: Mapping[str, Any]
    """The record of the training, with every measure; see `training.record`."""
    conditions: Sequence[Mapping[str, Any]]
    """Of the gate; see `training.promotion.Condition`."""
    allowed: bool
    champion: str | None
    """The version that it was compared with."""
    comparison: Mapping[str, Any] | None
    """See `evaluation.comparison.Comparison`."""
    slices: Sequence[Mapping[str, Any]]
    """The same by slice: ``column``, ``value`` and ``comparison``."""
    calibration: Mapping[str, Sequence[Mapping[str, Any]]]
    """`evaluation.reliability.Bin` of ``challenger`` and, on the same items, ``champion``."""
    card: str

    @property
    def failed(self) -> list[str]:
        """The names of the conditions that are not met."""
        return [str(one["name"]) for one in self.conditions if not one["met"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """Reviewed items that neither model learned from, and what both say of them."""

    y: Floats
    champion: Floats
    challenger: Floats
    weights: Floats
    groups: np.ndarray[Any, Any]
    slices: Mapping[str, np.ndarray[Any, Any]]
    """The value of each item, by column."""

    def compare(self, *, workload: float, seed: int) -> Comparison:
        """Return both models side by side on all of the items."""
        return self._on(np.ones(self.y.size, dtype=bool), workload=workload, seed=seed)

    def by_slice(self, *, workload: float, seed: int) -> Iterator[dict[str, Any]]:
        """Return the same for every slice with enough violations."""
        for column, values in self.slices.items():
            for value in sorted({str(one) for one in values}):
                where = values.astype(str) == value
                if self.y[where].sum() >= _FEWEST:
                    found = self._on(where, workload=workload, seed=seed)
                    yield {"column": column, "value": value, "comparison": asdict(found)}

    def calibration(self) -> dict[str, list[dict[str, Any]]]:
        """Return how well both models' probabilities keep their word."""
        both = {"champion": self.champion, "challenger": self.challenger}
        return {
            name: [asdict(one) for one in reliability(self.y, p, self.weights)] for name, p in both.items()
        }

    def _on(self, where: np.ndarray[Any, np.dtype[np.bool_]], *, workload: float, seed: int) -> Comparison:
        return compare(
            y=self.y[where],
            champion=self.champion[where],
            challenger=self.challenger[where],
            weights=self.weights[where],
            groups=self.groups[where],
            workload=workload,
            seed=seed,
        )


def write(judgement: Judgement, folder: Path) -> None:
    """Keep a judgement under its version."""
    folder.mkdir(parents=True, exist_ok=True)
    content = asdict(judgement) | {"created_at": judgement.created_at.isoformat()}
    path = folder / f"{judgement.version}.json"
    path.with_suffix(".part").write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    path.with_suffix(".part").replace(path)


def read(folder: Path) -> list[Judgement]:
    """Return every judgement that was kept, newest first."""
    found = [_read(path) for path in folder.glob("*.json")]
    return sorted(found, key=lambda one: one.created_at, reverse=True)


def _read(path: Path) -> Judgement:
    content = json.loads(path.read_text(encoding="utf-8"))
    return Judgement(**content | {"created_at": datetime.fromisoformat(content["created_at"])})
