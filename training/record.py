"""What is known about how a model was made, as JSON. The same run makes the same record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from data.datasets import Snapshot
from training.examples import Examples
from training.measures import Measure
from training.models.ensemble import Ensemble
from training.settings import TrainingSettings
from training.splits import Split


def run(
    *,
    snapshot: Snapshot,
    examples: Examples,
    split: Split,
    model: Ensemble,
    measures: Sequence[Measure],
    settings: TrainingSettings,
) -> dict[str, Any]:
    """Return the record of a training run.

    It names no machine, no path and no moment but those of the items, so that the same snapshot and
    settings give the same record, and the same digest of the bundle that holds it.
    """
    learned = examples.take(split.learn)
    times = learned.times[~np.isnat(learned.times)]
    return {
        "snapshot": snapshot.id,
        "as_of": snapshot.as_of.isoformat(),
        "counts": dict(snapshot.counts),
        "policies": {rule.policy: rule.hits for rule in model.rules},
        "shares": {rule.policy: rule.share for rule in model.rules if rule.calibration is None},
        "split": {"by": split.by, "learned": len(split.learn), "judged": len(split.judge)},
        "learned_from": _moment(times.min()) if times.size else None,
        "learned_until": _moment(times.max()) if times.size else None,
        "smallest_chance": float(examples.chances.min()),
        "settings": settings.model_dump(mode="json", exclude={"encoder": {"path"}}),
        "members": dict(zip(settings.members, model.mixing.weights, strict=True)),
        "calibration": model.calibration.kind,
        "measures": [one.stored() for one in measures],
    }


def parameters(settings: TrainingSettings) -> dict[str, Any]:
    """Return the settings under dotted names.

    Examples
    --------
    >>> parameters(TrainingSettings(seed=3))["encoder.max_tokens"]
    256
    """
    return _flat(settings.model_dump(mode="json"), "")


def _flat(settings: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, Mapping) else {prefix + name: value}
    return flat


def _moment(moment: np.datetime64) -> str:
    text = str(np.datetime_as_string(moment, unit="us"))
    return datetime.fromisoformat(text).replace(tzinfo=UTC).isoformat()
