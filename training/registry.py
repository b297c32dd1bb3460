"""
Registered models: the only code that speaks MLflow.

MLflow keeps the history for people: runs, metrics, files, aliases. It never serves and never loads a model:
bundles are logged as plain files, and the ledger's deployment row says which one is in force.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from data.errors import UnknownModel
from data.records import ANY
from training.measures import Measure

MODEL: Final = "tamis"
"""The name under which every version is registered."""

CHAMPION: Final = "champion"
CHALLENGER: Final = "challenger"

_EXPERIMENT: Final = "tamis"
_DIGEST: Final = "bundle_sha256"
_SNAPSHOT: Final = "snapshot"
_LONGEST_PARAMETER: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A registered model."""

    version: str
    digest: str
    snapshot: str
    created_at: datetime
    aliases: Sequence[str]
    metrics: Mapping[str, float]
    """Of "any", on held-out items, by name."""


class Registry:
    """Versions of the model in an MLflow store.

    Parameters
    ----------
    tracking_uri
        For example ``sqlite:////srv/tamis/var/mlflow/mlflow.db``, or a server's address.
    artifact_root
        Where the files of runs go, unless a server decides that itself.

    Notes
    -----
    Nothing is opened before the first use; the first use of a new database takes some seconds.
    """

    def __init__(self, tracking_uri: str, artifact_root: Path) -> None:
        self._uri = tracking_uri
        self._artifacts = artifact_root

    def register(
        self,
        *,
        bundle: Path,
        digest: str,
        snapshot: str,
        parameters: Mapping[str, Any],
        measures: Sequence[Measure],
        tags: Mapping[str, str] | None = None,
    ) -> str:
        """Record a run with the bundle's files and its numbers, and return the new version.

        It becomes the challenger. Intervals are recorded beside each value as ``.lower`` and ``.upper``.
        """
        from mlflow.entities import Metric, Param, RunTag

        with self._client() as client:
            run = client.create_run(self._experiment(client), run_name=digest[:12])
            now = run.info.start_time
            labels = {_DIGEST: digest, _SNAPSHOT: snapshot, **(tags or {})}
            client.log_batch(
                run.info.run_id,
                metrics=[Metric(name, value, now, 0) for name, value in _flat(measures).items()],
                params=[Param(name, str(value)[:_LONGEST_PARAMETER]) for name, value in parameters.items()],
                tags=[RunTag(name, value) for name, value in labels.items()],
            )
            client.log_artifacts(run.info.run_id, str(bundle), "bundle")
            client.set_terminated(run.info.run_id)
            if not client.search_registered_models(f"name = '{MODEL}'"):
                client.create_registered_model(MODEL)
            version = client.create_model_version(
                MODEL,
                source=f"{run.info.artifact_uri}/bundle",
                run_id=run.info.run_id,
                tags={_DIGEST: digest, _SNAPSHOT: snapshot},
            ).version
            client.set_registered_model_alias(MODEL, CHALLENGER, version)
        return str(version)

    def versions(self) -> list[Registered]:
        """Return every registered version, newest first."""
        with self._client() as client:
            found = client.search_model_versions(f"name = '{MODEL}'")
            by_version: dict[str, list[str]] = {}
            if found:
                for alias, version in client.get_registered_model(MODEL).aliases.items():
                    by_version.setdefault(str(version), []).append(alias)
            return [
                _registered(client, version, by_version)
                for version in sorted(found, key=lambda version: -int(version.version))
            ]

    def version(self, version: str) -> Registered:
        """Return one registered version; `UnknownModel` where there is none of that number."""
        for registered in self.versions():
            if registered.version == version:
                return registered
        raise UnknownModel

    def set_alias(self, alias: str, version: str) -> None:
        """Point an alias at a version, for people who look into MLflow."""
        self.version(version)
        with self._client() as client:
            client.set_registered_model_alias(MODEL, alias, version)

    def aliased(self, alias: str) -> str | None:
        """Return the version that an alias points at; None where it points at none."""
        for registered in self.versions():
            if alias in registered.aliases:
                return registered.version
        return None

    def _experiment(self, client: Any) -> str:
        found = client.get_experiment_by_name(_EXPERIMENT)
        if found is not None:
            return str(found.experiment_id)
        # A server knows better than we do where its files go.
        root = self._artifacts.absolute().as_uri() if self._is_local else None
        return str(client.create_experiment(_EXPERIMENT, artifact_location=root))

    @property
    def _is_local(self) -> bool:
        return not self._uri.startswith(("http://", "https://"))

    @contextmanager
    def _client(self) -> Iterator[Any]:
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
        if self._uri.startswith("sqlite:///"):
            Path(self._uri.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
        with _quiet():
            yield self._open()

    def _open(self) -> Any:
        from mlflow.tracking import MlflowClient

        return MlflowClient(self._uri, self._uri)


@contextmanager
def _quiet() -> Iterator[None]:
    # Alembic tells every step of MLflow's tables, MLflow every version it makes, and SQLAlchemy warns of
    # what MLflow asks of it.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow  # noqa: F401 - it sets its own levels when it is imported; ours come after

    loggers = [logging.getLogger(name) for name in ("alembic", "mlflow")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _flat(measures: Sequence[Measure]) -> dict[str, float]:
    flat: dict[str, float] = {}
    for measure in measures:
        if measure.value is not None:
            about = [measure.policy, *([] if measure.part == "all" else [measure.part])]
            suffix = "/" + "/".join(name.replace(":", "_") for name in about)
            flat[measure.name + suffix] = measure.value
            if measure.interval is not None:
                flat[f"{measure.name}.lower{suffix}"] = measure.interval.lower
                flat[f"{measure.name}.upper{suffix}"] = measure.interval.upper
    return flat


def _registered(client: Any, version: Any, aliases: Mapping[str, list[str]]) -> Registered:
    metrics = client.get_run(version.run_id).data.metrics if version.run_id else {}
    own = f"/{ANY}"
    return Registered(
        version=str(version.version),
        digest=version.tags.get(_DIGEST, ""),
        snapshot=version.tags.get(_SNAPSHOT, ""),
        created_at=datetime.fromtimestamp(version.creation_timestamp / 1000, UTC),
        aliases=sorted(aliases.get(str(version.version), [])),
        metrics={name.removesuffix(own): value for name, value in metrics.items() if name.endswith(own)},
    )
