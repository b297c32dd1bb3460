"""The two commands that run beside us: the service, and MLflow's own pages."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from data.errors import Unprepared
from serving.settings import Settings, variable
from serving.up import processes
from serving.up.greeting import address
from serving.up.processes import Child

READY_S: Final = 120.0
"""Seconds the service has to become ready, loading the model included."""

PORT_REMEDY: Final = "choose another with --port"

GRACE_S: Final = 10
"""Seconds the service has for requests that are under way when it is asked to stop."""


@contextmanager
def service(settings: Settings, *, log: Path | None = None) -> Iterator[Child]:
    """Run the service while the block runs; it is ready when the block begins."""
    processes.check_port(settings.host, settings.port, remedy=PORT_REMEDY)
    child = Child(
        "The service",
        processes.python(
            "-m", "bentoml", "serve", "serving.service:Tamis",
            "--host", settings.host, "--port", str(settings.port),
            "--working-dir", str(_empty_folder(settings)),
            "--timeout-graceful-shutdown", str(GRACE_S),
        ),
        environ=service_environ(settings),
        folder=_empty_folder(settings),
        log=log,
    )  # fmt: skip
    try:
        processes.wait_until_answers(child, f"{address(settings)}/readyz", seconds=READY_S)
        yield child
    finally:
        child.stop(patience_s=settings.server.drain_s + GRACE_S + 5)


@contextmanager
def mlflow_pages(settings: Settings, *, log: Path) -> Iterator[Child]:
    """Run MLflow's pages on this machine while the block runs. Whether they answer is not waited for."""
    port = settings.registry.port
    processes.check_port("127.0.0.1", port, remedy=f"set {variable('registry.port')} to another")
    child = Child(
        "MLflow",
        processes.python(
            "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
            "--backend-store-uri", settings.tracking_uri,
            "--default-artifact-root", str(settings.mlflow.absolute() / "artifacts"), "--no-serve-artifacts",
        ),
        environ=mlflow_environ(settings),
        folder=settings.mlflow.absolute() / "run",
        log=log,
    )  # fmt: skip
    try:
        yield child
    finally:
        child.stop()


def mlflow_address(settings: Settings) -> str:
    """Return where MLflow's pages are: on the tracking server that is set, or ours."""
    return settings.registry.tracking_uri or f"http://127.0.0.1:{settings.registry.port}"


def service_environ(settings: Settings) -> Mapping[str, str]:
    """Return the variables of the service: ours, and what keeps frameworks quiet and at home."""
    home = settings.home.absolute()
    environ = {
        **_environ(settings),
        "TAMIS_HOME": str(home),
        "TAMIS_HOST": settings.host,
        "TAMIS_PORT": str(settings.port),
        # Two servers with one BENTOML_HOME delete each other's metrics.
        "BENTOML_HOME": str(settings.bentoml.absolute()),
        "BENTOML_DO_NOT_TRACK": "True",
        "HF_HUB_OFFLINE": "1",
        "OTEL_SDK_DISABLED": "true",
    }
    if settings.server.workers > 1:
        environ["BENTOML_CONFIG_OPTIONS"] = f"services.tamis.workers={settings.server.workers}"
    if settings.config is not None:
        environ["TAMIS_CONFIG"] = str(settings.config.absolute())
    return environ | _absolute_paths(settings)


def mlflow_environ(settings: Settings) -> Mapping[str, str]:
    """Return the variables of MLflow: no jobs (eleven processes), no telemetry."""
    return {
        **_environ(settings),
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }


def _environ(settings: Settings) -> dict[str, str]:
    environ = {**os.environ, "PYTHONSAFEPATH": "1"}
    if environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        # Compiling what torch and transformers import takes a quarter of a minute, in every process. Whoever
        # wants nothing written beside the packages gets it written below var.
        environ["PYTHONPYCACHEPREFIX"] = str(settings.var.absolute() / "bytecode")
    return environ


def _absolute_paths(settings: Settings) -> dict[str, str]:
    # The service runs in another folder, where a relative path would mean something else.
    paths = {"policies": settings.policies, "training.encoder.path": settings.training.encoder.path}
    urls = {"store.url": settings.store.url, "registry.tracking_uri": settings.registry.tracking_uri}
    settled = {name: str(Path(path).absolute()) for name, path in paths.items() if path}
    for name, url in urls.items():
        scheme, separator, file = url.partition("sqlite:///")
        if separator and not scheme and file and not file.startswith(("/", ":")):
            settled[name] = f"sqlite:///{Path(file).absolute()}"
    return {variable(name): value for name, value in settled.items()}


def _empty_folder(settings: Settings) -> Path:
    # BentoML puts its working folder on the import path: an empty one, so that nothing can be found there.
    folder = settings.bentoml.absolute() / "run"
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise Unprepared(f"{folder} must be empty: what lies there would be imported. Move it away.")
    return folder
