"""From reviewed items to a fitted, calibrated model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.errors import TooFewLabels
from training import weights
from training.examples import Examples, Places
from training.models import learners
from training.models.calibration import Calibration, calibrate
from training.models.ensemble import Ensemble, PolicyRule, Prediction, joint, share_of
from training.models.heads import Floats, Targets
from training.models.member import NOTHING, Learner, Readers
from training.models.mixing import Mixing
from training.progress import Progress, silent
from training.settings import TrainingSettings
from training.splits import folds


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Examples, and what the learners read of them, once for all folds."""

    examples: Examples
    learners: Sequence[Learner]
    readings: Sequence[Any]

    def take(self, places: Places) -> Material:
        """Return some of the examples, read already."""
        return Material(
            examples=self.examples.take(places),
            learners=self.learners,
            readings=[reading.take(places) for reading in self.readings],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A model and what it said, out of fold, of the items it learned from."""

    model: Ensemble
    parts: NDArray[np.intp]
    violation: Floats
    policies: Floats

    def predict(self, material: Material) -> Prediction:
        """Return what the model says of items that its learners read."""
        return self.model.combine(
            np.stack(
                [
                    member.logits_of(reading)
                    for member, reading in zip(self.model.members, material.readings, strict=True)
                ]
            )
        )


def read(
    examples: Examples, *, settings: TrainingSettings, readers: Readers = NOTHING, progress: Progress = silent
) -> Material:
    """Let every learner read the examples.

    Raises
    ------
    MissingEncoder
        If the settings name a member that reads with something that is not there.
    """
    own = learners(settings, readers)
    return Material(
        examples=examples,
        learners=own,
        readings=[learner.read(examples.rows, progress=progress) for learner in own],
    )


def fit(material: Material, *, settings: TrainingSettings, progress: Progress = silent) -> Fitted:
    """Fit members, mixture and calibration.

    Mixture and calibration are learned from out-of-fold scores: what a model says of items it learned from
    flatters it. Members learn with tempered weights, calibration takes the whole inverse chance.

    Raises
    ------
    TooFewLabels
        If there are too few items, violations or groups to make folds of.
    """
    examples = material.examples
    check_enough(examples, settings)
    targets = Targets(
        violation=examples.violation,
        broken=examples.broken,
        weights=weights.learning(examples.chances, settings.learning_weights),
        probability=examples.probability if settings.soft_labels else None,
    )
    parts = folds(examples, count=settings.folds, seed=settings.seed)
    logits = _out_of_fold(material, targets, parts, progress)
    members = [
        learner.fit(reading, targets)
        for learner, reading in zip(material.learners, material.readings, strict=True)
    ]
    progress("fit", settings.folds + 1, settings.folds + 1)
    design = weights.design(examples.chances)
    mixing, calibration = _mixed(logits[:, :, 0].T, targets, design, parts, settings)
    mixed = mixing.apply(logits[:, :, 0].T)
    given = logits[:, :, 1:].mean(axis=0)
    violation = calibration.apply(mixed)
    rules = [
        _rule(
            place,
            joint(violation, given[:, place]),
            examples=examples,
            design=design,
            parts=parts,
            settings=settings,
        )
        for place in range(len(examples.policies))
    ]
    model = Ensemble(members=members, mixing=mixing, calibration=calibration, rules=rules)
    prediction = model.combine(logits)
    return Fitted(model=model, parts=parts, violation=prediction.violation, policies=prediction.policies)


def check_enough(examples: Examples, settings: TrainingSettings) -> None:
    """Refuse what cannot be learned from, saying what is there and what is needed."""
    hits = int(examples.violation.sum())
    kinds = min(hits, len(examples) - hits)
    if len(examples) < settings.min_items or kinds < settings.min_positives:
        raise TooFewLabels(
            f"There are {len(examples)} reviewed items, {hits} of them violations. At least "
            f"{settings.min_items} are needed, {settings.min_positives} of each kind. "
            "Import outcomes or review more items first."
        )


def _out_of_fold(material: Material, targets: Targets, parts: NDArray[np.intp], progress: Progress) -> Floats:
    count = int(parts.max()) + 1
    shape = len(material.learners), len(material.examples), 1 + len(material.examples.policies)
    logits = np.zeros(shape)
    for part in range(count):
        judged, learned = np.flatnonzero(parts == part), np.flatnonzero(parts != part)
        among = targets.take(learned)
        for place, (learner, reading) in enumerate(zip(material.learners, material.readings, strict=True)):
            member = learner.fit(reading.take(learned), among)
            logits[place, judged] = member.logits_of(reading.take(judged))
        progress("fit", part + 1, count + 1)
    return logits


def _mixed(
    logits: Floats, targets: Targets, design: Floats, parts: NDArray[np.intp], settings: TrainingSettings
) -> tuple[Mixing, Calibration]:
    places, violation, learning = targets.certain()
    mixing = Mixing.fit(logits[places], violation, learning)
    _, _, full = replace(targets, weights=design).certain()
    calibration = calibrate(
        mixing.apply(logits[places]), violation, full, parts=parts[places], kind=settings.calibration
    )
    return mixing, calibration


def _rule(
    place: int,
    logits: Floats,
    *,
    examples: Examples,
    design: Floats,
    parts: NDArray[np.intp],
    settings: TrainingSettings,
) -> PolicyRule:
    broken = examples.broken[:, place]
    share = share_of(broken, examples.violation, design)
    enough = int(broken.sum()) >= settings.min_positives
    return PolicyRule(
        policy=examples.policies[place],
        hits=int(broken.sum()),
        share=share,
        calibration=calibrate(logits, broken, design, parts=parts, kind=settings.calibration)
        if enough
        else None,
    )
