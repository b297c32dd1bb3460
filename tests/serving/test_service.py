from __future__ import annotations

import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def service() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # BentoML's own imports warn of each other
        from serving.service import Tamis

    return Tamis


def test_importing_the_service_opens_and_writes_nothing(tmp_path: Path) -> None:
    # The supervisor imports it too, and must not hold the ledger or a model.
    code = "import sys, serving.service; print(*sys.modules)"
    environ = {**os.environ, "TAMIS_HOME": str(tmp_path / "home"), "BENTOML_HOME": str(tmp_path / "bentoml")}
    answer = subprocess.run(
        [sys.executable, "-P", "-c", code], env=environ, capture_output=True, text=True, check=True
    )
    assert not (tmp_path / "home").exists()
    assert not {"torch", "sqlalchemy", "serving.wiring"} & set(answer.stdout.split())


def test_there_is_one_service_that_depends_on_no_other(service: Any) -> None:
    # What depends on another speaks pickle with it.
    assert list(service.all_services()) == ["tamis"]


def test_bentoml_itself_takes_no_input(service: Any) -> None:
    # Its file inputs would fetch addresses that a caller names.
    assert service.apis == {}


def test_it_listens_on_this_machine_only_and_stays_lean(service: Any) -> None:
    assert service.config["http"]["host"] == "127.0.0.1"
    assert service.config["workers"] == 1
    assert service.config["metrics"]["enabled"] is False
    assert service.config["logging"]["access"]["enabled"] is False


def test_it_tells_nobody_and_fetches_nothing(service: Any) -> None:
    environ = {one.name: one.value for one in service.envs}
    assert environ["BENTOML_DO_NOT_TRACK"] == "True"
    assert environ["HF_HUB_OFFLINE"] == "1"
    assert environ["OTEL_SDK_DISABLED"] == "true"


def test_a_request_is_given_up_only_after_scoring_and_ledger_have_been(service: Any) -> None:
    from serving.sections import TriageSettings

    own = TriageSettings()
    assert service.config["traffic"]["timeout"] > own.scoring_deadline_s + own.ledger_deadline_s
