"""What a part of a model must be able to do. One file a kind; `training.models.CATALOGUE` lists them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.records import Evidence
from training.models.files import Tensors
from training.models.heads import Floats, Targets


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A fitted member as a bundle stores it: JSON and arrays."""

    settings: Mapping[str, Any]
    tensors: Tensors


class Reading(Protocol):
    """Whatever a learner reads of items before any label is looked at; shared by all folds."""

    def take(self, places: NDArray[np.intp]) -> Self:
        """Return the same of some of the items."""
        ...


class Learner[R: Reading](Protocol):
    """Reads items once and learns from any part of them."""

    def read(self, rows: pd.DataFrame) -> R:
        """Read items. Nothing read of one item depends on another in a way that a label could leak by."""
        ...

    def fit(self, reading: R, targets: Targets) -> Member[R]:
        """Learn from some of the items that were read."""
        ...


class Member[R: Reading](Protocol):
    """A fitted part of a model: log odds for "any" and, given a violation, for each policy."""

    name: ClassVar[str]

    def logits_of(self, reading: R) -> Floats:
        """Return the log odds of items that its learner read."""
        ...

    def logits(self, rows: pd.DataFrame) -> Floats:
        """Return the log odds of new items."""
        ...

    def evidence(self, rows: pd.DataFrame) -> list[list[Evidence]]:
        """Return what speaks for a violation, for each item; weights are log odds of this member."""
        ...

    def content(self) -> Content:
        """Return what a bundle stores."""
        ...
