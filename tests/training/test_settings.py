from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

import configs
from training.models import CATALOGUE
from training.settings import MEMBERS, TrainingSettings

RECIPES = sorted((Path(*configs.__path__) / "training").glob("*.yaml"))


def test_every_member_has_a_name_in_the_catalogue() -> None:
    assert tuple(CATALOGUE) == MEMBERS


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_shipped_recipe_can_be_used(path: Path) -> None:
    TrainingSettings.model_validate(yaml.safe_load(path.read_text()))


def test_the_text_recipe_is_the_default() -> None:
    (path,) = [path for path in RECIPES if path.stem == "text"]
    assert TrainingSettings.model_validate(yaml.safe_load(path.read_text())) == TrainingSettings()


@pytest.mark.parametrize("members", [[], ["bert"], ["ngrams", "ngrams"]])
def test_members_that_cannot_be_used_are_refused(members: list[str]) -> None:
    with pytest.raises(ValidationError, match="members"):
        TrainingSettings.model_validate({"members": members})
