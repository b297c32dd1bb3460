"""
What is seen and heard in an item's clip, under logistic regressions.

Read are the mean of its frames' vectors, and the numbers behind what any viewer would notice. An item
without a clip, or in training one that can no longer be read, stands at the mean of the others, and says
that it has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.errors import MediaRefused, MissingEncoder
from data.records import Evidence
from training.models.encoder import Floats as Vectors
from training.models.heads import Floats, Heads, Targets
from training.models.member import Content, Places, Readers
from training.models.watcher import Seen, Watcher
from training.progress import Progress, silent
from training.settings import TrainingSettings

NUMBERS: Final = (
    "share_black",
    "share_dark",
    "share_frozen",
    "share_silent",
    "share_speech_like",
    "brightness",
    "motion",
    "loudness_db",
    "content_aspect",
)
"""Read of each clip; `data.media.findings.find` says what they are."""

TURNED: Final = "wrong_orientation"
PICTURE: Final = "picture"
"""The signal under which the frames speak."""

_STRENGTH: Final = 3e-3
_FARTHEST: Final = 4.0
"""Standard deviations from the mean beyond which a number is read as if it stood there."""
_AT_ONCE: Final = 2
"""Clips read at the same time in training: each is a process of its own."""
_LOUDER: Final = 8.0
"""How much more a number counts than one of a vector: a dozen of them stand against a thousand."""
_OWN: Final = len(NUMBERS) + 2
"""Columns before the vectors: the numbers, whether it stands wrongly, whether there is a clip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clips:
    """What was seen of each item; None where there is nothing to see."""

    seen: Sequence[Seen | None]
    dimension: int

    def take(self, places: Places) -> Clips:
        """Return what was seen of these items."""
        return replace(self, seen=[self.seen[place] for place in places])

    def table(self) -> Vectors:
        """Return one row an item; NaN where unknown."""
        table = np.full((len(self.seen), _OWN + self.dimension), np.nan, dtype=np.float32)
        table[:, _OWN - 1] = [seen is not None for seen in self.seen]
        for row, seen in zip(table, self.seen, strict=True):
            if seen is not None:
                row[: len(NUMBERS)] = [seen.numbers[name] for name in NUMBERS]
                row[_OWN - 2] = any(one.signal == TURNED for one in seen.findings)
                row[_OWN:] = seen.vectors.mean(axis=0)
        return table


class VideoLearner:
    """Watches every clip once."""

    def __init__(self, settings: TrainingSettings, readers: Readers) -> None:
        self._watcher, self._sight = _ready(readers)
        self._seed = settings.seed

    def read(self, rows: pd.DataFrame, *, progress: Progress = silent) -> Clips:
        """Watch the clip of every item that has one. One that cannot be read counts as none."""
        names = rows["media"].tolist()
        seen: list[Seen | None] = []
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            for one in threads.map(self._watched, names):
                seen.append(one)
                progress("videos", len(seen), len(names))
        return Clips(seen=seen, dimension=self._sight["dimension"])

    def fit(self, reading: Clips, targets: Targets) -> Video:
        """Learn from items that were watched."""
        table = reading.table().astype(np.float64)
        known = np.isfinite(table)
        count = np.maximum(known.sum(axis=0), 1)
        centre = np.where(known, table, 0.0).sum(axis=0) / count
        spread = np.sqrt(np.where(known, (table - centre) ** 2, 0.0).sum(axis=0) / count)
        spread[spread < 1e-6] = 1.0
        centre, spread = centre.astype(np.float32), spread.astype(np.float32)
        heads = Heads.fit(_scaled(table, centre, spread), targets, strength=_STRENGTH, seed=self._seed)
        return Video(watcher=self._watcher, sight=self._sight, heads=heads, centre=centre, spread=spread)

    def _watched(self, name: str) -> Seen | None:
        try:
            return self._watcher.watch(name) if name else None
        except MediaRefused:
            return None


class Video:
    """The watcher, what clips are compared with, and the weight of each number."""

    name: ClassVar[str] = "video"

    def __init__(
        self, *, watcher: Watcher, sight: dict[str, Any], heads: Heads, centre: Vectors, spread: Vectors
    ) -> None:
        self._watcher = watcher
        self._sight = sight
        self._heads = heads
        self._centre = centre
        self._spread = spread

    def logits_of(self, reading: Clips) -> Floats:
        """Return log odds of items that the learner watched."""
        return self.logits(reading)

    def features(self, rows: pd.DataFrame) -> Clips:
        """Watch the clip of every item that has one; `MediaRefused` where one cannot be read."""
        seen = [self._watcher.watch(name) if name else None for name in rows["media"]]
        return Clips(seen=seen, dimension=self._sight["dimension"])

    def logits(self, features: Clips) -> Floats:
        """Return log odds, one row an item; the first column is "violates any policy"."""
        return self._heads.logits(self._scaled(features))

    def evidence(self, features: Clips, rows: pd.DataFrame) -> list[list[Evidence]]:  # noqa: ARG002
        """Return what any viewer notices, with its weight, and the moment whose picture speaks most.

        What is noticed is told also where it weighs nothing: a reviewer wants to know.
        """
        worth = self._scaled(features) * self._heads.coefficients[0]
        return [
            [] if seen is None else [*self._noticed(seen, own), *self._shown(seen)]
            for seen, own in zip(features.seen, worth, strict=True)
        ]

    def _noticed(self, seen: Seen, worth: Vectors) -> list[Evidence]:
        # Of several stretches the longest one stands for all.
        longest: dict[str, Evidence] = {}
        for one in sorted(seen.findings, key=lambda one: one.weight):
            longest[one.signal] = one
        places = {name.removeprefix("share_"): place for place, name in enumerate((*NUMBERS, TURNED))}
        return [
            replace(one, weight=max(0.0, float(worth[places[signal]]))) for signal, one in longest.items()
        ]

    def _shown(self, seen: Seen) -> list[Evidence]:
        weights = self._heads.coefficients[0, _OWN:] / self._spread[_OWN:]
        added = (seen.vectors - self._centre[_OWN:]) @ weights / len(seen.vectors)
        if added.sum() <= 0:
            return []
        place = int(added.argmax())
        ends = np.append(seen.times_ms[1:], seen.times_ms[-1])
        return [
            Evidence(
                signal=PICTURE,
                weight=float(added.sum()),
                start_ms=int(seen.times_ms[place]),
                end_ms=int(ends[place]),
            )
        ]

    def _scaled(self, clips: Clips) -> Vectors:
        return _scaled(clips.table(), self._centre, self._spread)

    def content(self) -> Content:
        """Return what a bundle stores: which vision model, not its weights."""
        return Content(
            settings={"sight": self._sight},
            tensors={**self._heads.tensors(), "centre": self._centre, "spread": self._spread},
        )

    @classmethod
    def of(cls, content: Content, readers: Readers) -> Video:
        """Return the model that was stored, if what watches is what it learned from."""
        watcher, sight = _ready(readers)
        learned = content.settings["sight"]
        if {**learned, "name": ""} != {**sight, "name": ""}:
            raise MissingEncoder(
                f"The model learned to see with {learned['name']} ({learned['digest'][:12]}), but "
                f"training.vision.path holds {sight['name']} ({sight['digest'][:12]}). "
                "Set it to the first one, or train again."
            )
        tensors = content.tensors
        return cls(
            watcher=watcher,
            sight=sight,
            heads=Heads.of(tensors),
            centre=tensors["centre"],
            spread=tensors["spread"],
        )


def _ready(readers: Readers) -> tuple[Watcher, dict[str, Any]]:
    watcher = readers.watcher
    if watcher is None:
        raise MissingEncoder("The member video watches clips: set media.folder to the folder they lie in.")
    return watcher, watcher.see().sight.stored()


def _scaled(table: NDArray[np.floating], centre: Vectors, spread: Vectors) -> Vectors:
    scaled = np.clip(np.nan_to_num((table - centre) / spread, nan=0.0), -_FARTHEST, _FARTHEST)
    scaled[:, :_OWN] *= _LOUDER
    return np.asarray(scaled, dtype=np.float32)
