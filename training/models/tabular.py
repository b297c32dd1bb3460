"""
Everything about an item that is not text: its creator's past, category, language, length, reach, hour.

Numbers are read as logarithms, unknown ones as their own case. A creator's past becomes a smoothed rate:
with few reviews it stays near the average, so that one violation of a newcomer does not brand them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.features import CATEGORICAL, NUMERIC
from data.records import Evidence
from training.models.heads import Floats, Heads, Targets
from training.models.member import Content, Places, Readers
from training.progress import Progress, silent
from training.settings import TrainingSettings

_STRENGTH: Final = 0.3
_RARE: Final = 5
"""A language or category of fewer items than this is read as "another"."""
_PRIOR_REVIEWS: Final = 5.0
"""A creator's rate starts as if this many reviews had found the average."""
_FARTHEST: Final = 4.0
"""Standard deviations from the mean beyond which a number is read as if it stood there."""
_RATE: Final = "creator_rate"
_CYCLES: Final = {"submitted_hour": 24.0, "submitted_weekday": 7.0}
_SHOWN: Final = 0.3
"""Log odds from which a column is shown as evidence."""


class Table:
    """Columns of items, kept as they are: what they are compared with is learned."""

    def __init__(self, rows: pd.DataFrame) -> None:
        self.rows = rows

    def take(self, places: Places) -> Table:
        """Return the rows of these items."""
        return Table(self.rows.iloc[places])


class TabularLearner:
    """Learns scales, levels and the average rate of violations from the items of each fit."""

    def __init__(self, settings: TrainingSettings, readers: Readers | None = None) -> None:  # noqa: ARG002
        self._seed = settings.seed

    def read(self, rows: pd.DataFrame, *, progress: Progress = silent) -> Table:  # noqa: ARG002
        """Take the columns as they are."""
        return Table(rows[[*CATEGORICAL, *NUMERIC]])

    def fit(self, reading: Table, targets: Targets) -> Tabular:
        """Learn from items that were read."""
        rows = reading.rows
        levels = {name: _levels(rows[name]) for name in CATEGORICAL}
        average = float(targets.weights @ targets.violation / targets.weights.sum())
        centre, spread = _centre_and_spread(_numbers(rows, average=average))
        design = _design(rows, levels=levels, average=average, centre=centre, spread=spread)
        return Tabular(
            levels=levels,
            average=average,
            centre=centre,
            spread=spread,
            heads=Heads.fit(design, targets, strength=_STRENGTH, seed=self._seed),
        )


class Tabular:
    """What numbers are compared with, which levels are known, and the weight of each column."""

    name: ClassVar[str] = "tabular"

    def __init__(
        self,
        *,
        levels: dict[str, list[str]],
        average: float,
        centre: Floats,
        spread: Floats,
        heads: Heads,
    ) -> None:
        self._levels = levels
        self._average = average
        self._centre = centre
        self._spread = spread
        self._heads = heads
        of_column = [source for source, _ in _columns(levels)]
        self._sources = list(dict.fromkeys(of_column))
        self._belongs = np.array(
            [[own == source for source in self._sources] for own in of_column], dtype=float
        )

    def logits_of(self, reading: Table) -> Floats:
        """Return log odds of items that the learner read."""
        return self.logits(self.features(reading.rows))

    def features(self, rows: pd.DataFrame) -> NDArray[np.float32]:
        """Return scaled numbers, what is unknown, and names as columns of 0 and 1."""
        return _design(
            rows, levels=self._levels, average=self._average, centre=self._centre, spread=self._spread
        )

    def logits(self, features: NDArray[np.float32]) -> Floats:
        """Return log odds, one row an item; the first column is "violates any policy"."""
        return self._heads.logits(features)

    def evidence(self, features: NDArray[np.float32], rows: pd.DataFrame) -> list[list[Evidence]]:
        """Return the columns that speak most for a violation, with the value they hold."""
        weights = (features * self._heads.coefficients[0]) @ self._belongs
        found: list[list[Evidence]] = [[] for _ in range(len(rows))]
        for place, source in np.argwhere(weights >= _SHOWN).tolist():
            name = self._sources[source]
            piece = Evidence(
                signal=name, excerpt=_shown(rows, place, name), weight=float(weights[place, source])
            )
            found[place].append(piece)
        return [sorted(pieces, key=lambda one: (-one.weight, one.signal)) for pieces in found]

    def content(self) -> Content:
        """Return what a bundle stores."""
        return Content(
            settings={"levels": self._levels, "average": self._average},
            tensors={**self._heads.tensors(), "centre": self._centre, "spread": self._spread},
        )

    @classmethod
    def of(cls, content: Content, readers: Readers | None = None) -> Tabular:  # noqa: ARG003
        """Return the model that was stored."""
        return cls(
            # JSON does not promise an order; the columns of the coefficients have one.
            levels={name: content.settings["levels"][name] for name in CATEGORICAL},
            average=content.settings["average"],
            centre=content.tensors["centre"],
            spread=content.tensors["spread"],
            heads=Heads.of(content.tensors),
        )


def _levels(values: pd.Series) -> list[str]:
    counts = values.value_counts()
    return sorted(str(level) for level, count in counts.items() if count >= _RARE)


def _columns(levels: dict[str, list[str]]) -> list[tuple[str, str]]:
    # Where each column of the design comes from, in its order, and what it stands for.
    numbers: list[tuple[str, str]] = [(_RATE, "")]
    for name in NUMERIC:
        numbers += [(name, kind) for kind in (("sin", "cos") if name in _CYCLES else ("log",))]
    unknown = [(name, "unknown") for name in NUMERIC]
    return numbers + unknown + [(name, level) for name, known in levels.items() for level in known]


def _numbers(rows: pd.DataFrame, *, average: float) -> Floats:
    # NaN where unknown; the same columns as the first ones of `_columns`.
    columns = [_rate(rows, average)]
    for name in NUMERIC:
        values = rows[name].to_numpy(dtype=np.float64)
        if name in _CYCLES:
            angle = 2 * np.pi * values / _CYCLES[name]
            columns += [np.sin(angle), np.cos(angle)]
        else:
            columns.append(np.log1p(values))
    return np.column_stack(columns)


def _rate(rows: pd.DataFrame, average: float) -> Floats:
    reviewed, violations = (
        np.nan_to_num(rows[name].to_numpy(dtype=np.float64))
        for name in ("creator_reviewed", "creator_violations")
    )
    rate = (violations + _PRIOR_REVIEWS * average) / (reviewed + _PRIOR_REVIEWS)
    rate = np.clip(rate, 1e-4, 1 - 1e-4)
    return np.asarray(np.log(rate / (1 - rate)), dtype=np.float64)


def _centre_and_spread(numbers: Floats) -> tuple[Floats, Floats]:
    known = np.isfinite(numbers)
    count = np.maximum(known.sum(axis=0), 1)
    centre = np.where(known, numbers, 0.0).sum(axis=0) / count
    spread = np.sqrt(np.where(known, (numbers - centre) ** 2, 0.0).sum(axis=0) / count)
    return centre, np.where(spread < 1e-6, 1.0, spread)


def _design(
    rows: pd.DataFrame, *, levels: dict[str, list[str]], average: float, centre: Floats, spread: Floats
) -> NDArray[np.float32]:
    scaled = (_numbers(rows, average=average) - centre) / spread
    scaled = np.clip(np.nan_to_num(scaled, nan=0.0), -_FARTHEST, _FARTHEST)
    unknown = np.isnan(rows[list(NUMERIC)].to_numpy(dtype=np.float64))
    named = [_named(rows[name].tolist(), known) for name, known in levels.items()]
    return np.concatenate([scaled, unknown, *named], axis=1, dtype=np.float32)


def _named(values: Sequence[str], known: Sequence[str]) -> NDArray[np.float32]:
    # By hand: pandas compares a column with each level anew, which costs more than the rest of a score.
    columns = {level: column for column, level in enumerate(known)}
    named = np.zeros((len(values), len(known)), dtype=np.float32)
    for place, value in enumerate(values):
        column = columns.get(value)
        if column is not None:
            named[place, column] = 1.0
    return named


def _shown(rows: pd.DataFrame, place: int, source: str) -> str:
    if source == _RATE:
        violations, reviewed = rows["creator_violations"].iat[place], rows["creator_reviewed"].iat[place]
        return f"{violations:.0f}/{reviewed:.0f}"
    value: Any = rows[source].iat[place]
    if isinstance(value, str):
        return value
    return "" if pd.isna(value) else f"{value:g}"
