"""How a model is made, as the command line says it: a file over the settings, a way to judge it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import typer
from pydantic import ValidationError

from data.errors import InvalidSettings
from serving import configs
from training.settings import TrainingSettings

_EVALUATE: Final = re.compile(r"cv=(\d+)")


def recipe(settings: TrainingSettings, path: Path | None) -> TrainingSettings:
    """Return the settings with what a file says differently; `InvalidSettings` names what is wrong."""
    if path is None:
        return settings
    values = configs.mapping(path)
    for name in configs.leaves(values):
        configs.check_name(name, configs.names(TrainingSettings), where=str(path))
    try:
        return TrainingSettings.model_validate(_over(settings.model_dump(), values))
    except ValidationError as refused:
        raise InvalidSettings(f"{path}: {configs.problems(refused)}") from refused


def folds(evaluate: str | None) -> int | None:
    """Return the number of parts of ``cv=5``; None where nothing is asked for."""
    if evaluate is None:
        return None
    found = _EVALUATE.fullmatch(evaluate)
    if found is None or not 2 <= int(found[1]) <= 20:
        raise typer.BadParameter(f"{evaluate!r} is no evaluation. Write cv=5: 2 to 20 parts.")
    return int(found[1])


def _over(values: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(values)
    for name, change in changes.items():
        inner = merged.get(name)
        if isinstance(inner, Mapping) and isinstance(change, Mapping):
            change = _over(inner, change)  # noqa: PLW2901 - the change, with what it leaves as it is
        merged[name] = change
    return merged
