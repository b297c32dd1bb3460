"""What a part of a model must be able to do. One file a kind; `training.models.CATALOGUE` lists them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Protocol, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.records import Evidence
from training.models.encoder import Encoder
from training.models.files import Tensors
from training.models.heads import Floats, Targets
from training.models.watcher import Watcher
from training.progress import Progress

Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A fitted member as a bundle stores it: JSON and arrays."""

    settings: Mapping[str, Any]
    tensors: Tensors


@dataclass(frozen=True, slots=True, kw_only=True)
class Readers:
    """What members read items with: shared by all models of a process, and stored in none."""

    encoder: Encoder | None = None
    """Reads texts."""
    watcher: Watcher | None = None
    """Watches clips."""


NOTHING: Final = Readers()
"""Enough for members that read columns alone."""


class Reading(Protocol):
    """What a learner reads of items before it looks at any label; all folds share it."""

    def take(self, places: Places) -> Self:
        """Return the same of some of the items."""
        ...


class Member(Protocol):
    """A fitted part of a model: log odds of "any" and, given a violation, of each policy."""

    name: ClassVar[str]

    def logits_of(self, reading: Any) -> Floats:
        """Return the log odds of items that its learner read."""
        ...

    def features(self, rows: pd.DataFrame) -> Any:
        """Return what it reads of new items: the dear part, done once for both of the following."""
        ...

    def logits(self, features: Any) -> Floats:
        """Return the log odds of items by their features; the first column is "any"."""
        ...

    def evidence(self, features: Any, rows: pd.DataFrame) -> list[list[Evidence]]:
        """Return what speaks for a violation, for each item; weights are this member's log odds."""
        ...

    def content(self) -> Content:
        """Return what a bundle stores."""
        ...


class Learner(Protocol):
    """Reads items once and learns from any part of them."""

    def read(self, rows: pd.DataFrame, *, progress: Progress) -> Any:
        """Return a `Reading` of items: nothing in it depends on a label."""
        ...

    def fit(self, reading: Any, targets: Targets) -> Member:
        """Learn from some of the items that were read."""
        ...
