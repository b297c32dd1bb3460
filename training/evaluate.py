"""How good a model is on items it did not learn from, every number with its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.records import ANY
from evaluation.metrics import (
    Metric,
    average_precision,
    best_cut,
    bootstrap,
    expected_calibration_error,
    log_loss,
    macro_f1,
    roc_auc,
)
from training import weights
from training.examples import Examples
from training.fit import Fitted, Material, check_enough, fit
from training.measures import Measure
from training.models.ensemble import Prediction
from training.models.heads import Floats
from training.progress import Progress, silent
from training.settings import TrainingSettings
from training.splits import folds

REPEATS: Final = 400
"""Resamples of an interval."""

OUT_OF_FOLD: Final = "cv"
"""The part under which cross-validated measures stand beside held-out ones."""

_RANKING: Final[Mapping[str, Metric]] = {"roc_auc": roc_auc, "average_precision": average_precision}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a model said of items, and what was true of them."""

    violation: NDArray[np.bool_]
    probability: Floats
    said: NDArray[np.bool_]
    """Whether the model called it a violation, at a cut that was chosen without this item."""
    broken: NDArray[np.bool_]
    policy_probability: Floats
    policies: Sequence[str]
    weights: Floats
    groups: NDArray[np.intp]
    languages: NDArray[np.object_]

    @classmethod
    def of(cls, examples: Examples, prediction: Prediction, *, said: NDArray[np.bool_]) -> Judged:
        """Return what a model said of examples beside what is true of them."""
        return cls(
            violation=examples.violation,
            probability=prediction.violation,
            said=said,
            broken=examples.broken,
            policy_probability=prediction.policies,
            policies=examples.policies,
            weights=weights.design(examples.chances),
            groups=examples.groups,
            languages=examples.rows["language"].to_numpy(dtype=object),
        )

    def take(self, places: NDArray[np.intp]) -> Judged:
        """Return some of the items."""
        return Judged(
            violation=self.violation[places],
            probability=self.probability[places],
            said=self.said[places],
            broken=self.broken[places],
            policy_probability=self.policy_probability[places],
            policies=self.policies,
            weights=self.weights[places],
            groups=self.groups[places],
            languages=self.languages[places],
        )


def cross_validate(
    material: Material,
    *,
    settings: TrainingSettings,
    count: int = 5,
    progress: Progress = silent,
) -> list[Measure]:
    """Return how good models are that are made from these examples as the settings say.

    Each part is judged by a model that was made, mixed, calibrated and given its cut without it. Only
    what depends on no other item (embeddings, counts of n-grams) is computed once for all.

    Parameters
    ----------
    count
        Number of parts. Creators and duplicates stay in one part.

    Raises
    ------
    TooFewLabels
        If there is too little to learn from.
    """
    examples = material.examples
    check_enough(examples, settings)
    parts = folds(examples, count=count, seed=settings.seed)
    violation = np.zeros(len(examples))
    said = np.zeros(len(examples), dtype=np.bool_)
    policies = np.zeros(examples.broken.shape)
    for part in range(count):
        learned, judged = np.flatnonzero(parts != part), np.flatnonzero(parts == part)
        fitted = fit(material.take(learned), settings=settings)
        prediction = fitted.predict(material.take(judged))
        violation[judged], policies[judged] = prediction.violation, prediction.policies
        said[judged] = prediction.violation >= cut_of(fitted, examples.take(learned))
        progress("evaluate", part + 1, count)
    prediction = Prediction(violation=violation, policies=policies, disagreement=np.zeros(len(examples)))
    return measure(Judged.of(examples, prediction, said=said), settings=settings)


def cut_of(fitted: Fitted, learned: Examples) -> float:
    """Return the probability from which a model calls an item a violation, by its out-of-fold scores."""
    cut = best_cut(learned.violation.astype(np.float64), fitted.violation, weights.design(learned.chances))
    return 0.5 if cut is None else cut


def measure(judged: Judged, *, settings: TrainingSettings) -> list[Measure]:
    """Return the measures of "any", then those of every policy with enough violations."""
    named: Mapping[str, tuple[Metric, Floats]] = {
        "roc_auc": (roc_auc, judged.probability),
        "average_precision": (average_precision, judged.probability),
        "macro_f1": (partial(macro_f1, cut=0.5), judged.said.astype(np.float64)),
        "calibration_error": (expected_calibration_error, judged.probability),
        "log_loss": (log_loss, judged.probability),
        "predicted_to_true": (_predicted_to_true, judged.probability),
    }
    found = [
        _measure((name, ANY, metric), judged.violation, said, judged=judged, seed=settings.seed)
        for name, (metric, said) in named.items()
    ]
    for place, policy in enumerate(judged.policies):
        broken = judged.broken[:, place]
        if int(broken.sum()) >= settings.min_positives:
            said = judged.policy_probability[:, place]
            for name, metric in _RANKING.items():
                found.append(
                    _measure((name, policy, metric), broken, said, judged=judged, seed=settings.seed)
                )
    return found


def by_language(judged: Judged, *, settings: TrainingSettings) -> list[Measure]:
    """Return how well "any" is ranked within each language that has enough violations."""
    found = []
    for language in sorted(set(judged.languages)):
        own = judged.take(np.flatnonzero(judged.languages == language))
        if int(own.violation.sum()) >= settings.min_positives:
            for name, metric in _RANKING.items():
                one = _measure(
                    (name, ANY, metric),
                    own.violation,
                    own.probability,
                    judged=own,
                    seed=settings.seed,
                )
                found.append(replace(one, part=f"language:{language or 'unknown'}"))
    return found


def _measure(
    named: tuple[str, str, Metric],
    hits: NDArray[np.bool_],
    said: Floats,
    *,
    judged: Judged,
    seed: int,
) -> Measure:
    name, policy, metric = named
    y = hits.astype(np.float64)
    return Measure(
        name=name,
        policy=policy,
        value=metric(y, said, judged.weights),
        interval=bootstrap(metric, y, said, judged.weights, groups=judged.groups, seed=seed, repeats=REPEATS),
        items=len(hits),
        hits=int(hits.sum()),
    )


def _predicted_to_true(y: Floats, p: Floats, weights: Floats) -> float | None:
    # How many violations the probabilities add up to, for each that there is.
    true = float(weights @ y)
    return None if true <= 0 else float(weights @ p) / true
