"""What training must be told."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

MEMBERS = ("ngrams", "encoder", "tabular", "video")
"""Keys of `training.models.CATALOGUE`, in the order in which members stand in a model."""


class EncoderSettings(BaseModel):
    """The transformer that reads the text fields. Frozen: only what stands on top of it is learned."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str = ""
    """Folder in Hugging Face form. Empty: multilingual-e5-small, placed under var/encoder."""
    name: str = "intfloat/multilingual-e5-small"
    """What the weights are called, on the model card."""
    prefix: str = "query: "
    """Put before every text. The e5 family asks for it; most others want none."""
    max_tokens: int = Field(default=256, ge=8, le=8192)
    """Tokens read of each field."""
    depth: float = Field(default=0.75, ge=0, le=1)
    """Share of the layers that is read; 0 reads word vectors only, in no time. The last layers add little."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """auto: bfloat16 where the processor multiplies it in hardware."""


class VisionSettings(BaseModel):
    """The model that looks at frames of videos. Frozen: only what stands on top of it is learned."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str = ""
    """Folder in Hugging Face form. Empty: EfficientNet-Lite0, placed under var/encoder."""
    name: str = "google/efficientnet-lite0"
    """What the weights are called, on the model card."""


class NgramSettings(BaseModel):
    """Character n-grams of all text fields, weighted by TF-IDF."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    longest: int = Field(default=4, ge=1, le=6)
    """Longest n-gram, in characters. The shortest is 1."""
    max_features: int = Field(default=100_000, ge=100)
    """Size of the vocabulary: the most frequent n-grams."""
    min_items: int = Field(default=2, ge=1)
    """An n-gram seen in fewer items is left out."""
    max_characters: int = Field(default=4_000, ge=100)
    """Characters read of each field."""


class RetrainingSettings(BaseModel):
    """When `tamis retrain` makes a new model; see `training.occasion`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    new_items: int = Field(default=500, ge=1)
    """New labels that are enough, if enough of them are violations."""
    new_violations: int = Field(default=25, ge=1)
    """New violations that are enough."""
    oldest_days: float = Field(default=30.0, gt=0)
    """A model older than this is made anew with a quarter of the new labels."""


class TrainingSettings(BaseModel):
    """How a model is made."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    members: tuple[str, ...] = ("ngrams", "encoder", "tabular")
    """Which models are averaged; keys of `training.models.CATALOGUE`."""
    encoder: EncoderSettings = EncoderSettings()
    vision: VisionSettings = VisionSettings()
    ngrams: NgramSettings = NgramSettings()
    learning_weights: Literal["none", "sqrt", "full"] = "sqrt"
    """How 1/chance weighs an item while learning. Calibration and metrics always use all of it."""
    calibration: Literal["auto", "sigmoid", "floored", "isotonic"] = "auto"
    """auto: whichever has the smallest log loss out of fold; no isotonic steps where positives are few."""
    folds: int = Field(default=5, ge=2, le=20)
    """Parts of the training items for out-of-fold scores; a creator stays in one part."""
    held_out: float = Field(default=0.2, ge=0.05, le=0.5)
    """Share of the items, the newest, kept for judging the model."""
    min_items: int = Field(default=100, ge=20)
    """Fewer reviewed items than this are not learned from."""
    min_positives: int = Field(default=10, ge=5)
    """A policy with fewer violations is scored as a share of "violates any policy"."""
    mature_after_days: float = Field(default=0.0, ge=0)
    """An outcome counts once it has stood this long without an appeal."""
    soft_labels: bool = False
    """Items that several people judged blindly are learned with their chance to violate, not as settled."""
    seed: int = 0

    @field_validator("members")
    @classmethod
    def _known(cls, members: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [name for name in members if name not in MEMBERS]
        if unknown or not members or len(set(members)) < len(members):
            raise ValueError(f"members must be some of {', '.join(MEMBERS)}, each once; got {members!r}.")
        return tuple(name for name in MEMBERS if name in members)
