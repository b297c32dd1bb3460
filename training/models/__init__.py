"""
The only code that imports torch, transformers and scikit-learn, inside the functions that need them.

A new kind of member is one file with a learner and a member, and one line in `CATALOGUE`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from training.models.embeddings import EmbeddingLearner, Embeddings
from training.models.member import Content, Learner, Member, Readers
from training.models.ngrams import NgramLearner, Ngrams
from training.models.tabular import Tabular, TabularLearner
from training.models.video import Video, VideoLearner
from training.settings import TrainingSettings


@dataclass(frozen=True, slots=True)
class Kind:
    """How a member is learned and how it is read back."""

    learner: type[EmbeddingLearner | NgramLearner | TabularLearner | VideoLearner]
    member: type[Embeddings | Ngrams | Tabular | Video]


CATALOGUE: Final[Mapping[str, Kind]] = {
    "ngrams": Kind(NgramLearner, Ngrams),
    "encoder": Kind(EmbeddingLearner, Embeddings),
    "tabular": Kind(TabularLearner, Tabular),
    "video": Kind(VideoLearner, Video),
}
"""Names in YAML."""


def learners(settings: TrainingSettings, readers: Readers) -> list[Learner]:
    """Return a learner for each member that the settings name."""
    return [CATALOGUE[name].learner(settings, readers) for name in settings.members]


def stored_member(name: str, content: Content, readers: Readers) -> Member:
    """Return a member that a bundle stored."""
    return CATALOGUE[name].member.of(content, readers)
