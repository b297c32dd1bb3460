from __future__ import annotations

import logging
import warnings

import pytest

from data.errors import UnknownModel
from evaluation.intervals import Interval
from training.measures import Measure
from training.registry import Registry

MEASURES = [
    Measure(name="roc_auc", policy="any", value=0.8, interval=Interval(0.7, 0.9, 0.95), items=100, hits=20),
    Measure(name="roc_auc", policy="any", part="language:ko", value=0.7, interval=None, items=50, hits=9),
    Measure(name="macro_f1", policy="any", value=None, interval=None, items=100, hits=0),
]


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """Two versions of one bundle. A new MLflow database takes seconds, so there is one for all tests."""
    folder = tmp_path_factory.mktemp("mlflow")
    (folder / "bundle").mkdir()
    (folder / "bundle" / "manifest.json").write_text("{}")
    registry = Registry(f"sqlite:///{folder}/var/mlflow.db", folder / "var" / "artifacts")
    for digest in ("a" * 64, "b" * 64):
        registry.register(
            bundle=folder / "bundle", digest=digest, snapshot="s1", parameters={"seed": 0}, measures=MEASURES
        )
    return registry


def test_versions_are_listed_newest_first_with_their_digest(registry: Registry) -> None:
    assert [(one.version, one.digest[0], one.snapshot) for one in registry.versions()] == [
        ("2", "b", "s1"),
        ("1", "a", "s1"),
    ]


def test_a_number_is_kept_with_its_interval(registry: Registry) -> None:
    metrics = registry.version("1").metrics
    assert metrics == {"roc_auc": 0.8, "roc_auc.lower": 0.7, "roc_auc.upper": 0.9}


def test_the_newest_version_is_the_challenger(registry: Registry) -> None:
    assert registry.aliased("challenger") == "2"


def test_an_alias_moves(registry: Registry) -> None:
    registry.set_alias("champion", "2")
    registry.set_alias("champion", "1")
    assert registry.aliased("champion") == "1"


def test_an_alias_that_was_never_set_points_nowhere(registry: Registry) -> None:
    assert registry.aliased("nobody") is None


def test_an_unknown_version_is_refused(registry: Registry) -> None:
    with pytest.raises(UnknownModel):
        registry.set_alias("champion", "99")


def test_it_is_quiet(
    registry: Registry, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with warnings.catch_warnings(record=True) as warned, caplog.at_level(logging.INFO):
        registry.versions()
    assert (capfd.readouterr().err, warned, caplog.text) == ("", [], "")
