from __future__ import annotations

import subprocess
import sys

import pytest

SLOW = {"torch", "transformers", "sklearn", "mlflow", "bentoml", "ray"}


def _loaded_after(statement: str) -> set[str]:
    code = f"{statement}\nimport sys\nprint(*sorted(m.split('.')[0] for m in sys.modules))"
    answer = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    return set(answer.stdout.split())


def test_the_command_line_loads_no_slow_framework() -> None:
    assert not _loaded_after("import serving.cli") & SLOW


def test_the_running_service_does_not_load_mlflow() -> None:
    assert not _loaded_after("import serving.wiring, serving.api") & {"mlflow", "bentoml", "sklearn"}


@pytest.mark.parametrize("module", ["evaluation.design", "evaluation.report", "training.promotion"])
def test_arithmetic_loads_no_framework(module: str) -> None:
    assert not _loaded_after(f"import {module}") & (SLOW | {"sqlalchemy", "starlette", "yaml"})
