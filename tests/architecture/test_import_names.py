from __future__ import annotations

from importlib.metadata import packages_distributions

import pytest


@pytest.mark.parametrize("name", ["data", "evaluation", "training", "serving", "configs"])
def test_no_other_distribution_provides_our_import_names(name: str) -> None:
    assert set(packages_distributions().get(name, ["tamis"])) == {"tamis"}
