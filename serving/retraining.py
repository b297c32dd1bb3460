"""
Use case: learn from the ledger, and choose which model serves.

The ledger's deployment row comes first, because routings are checked against it; MLflow's alias follows, for
people who look there.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import structlog

from data.records import Deployment
from data.store.store import Store
from serving.champion import Champion, Load
from serving.gateway import Gateway
from serving.settings import Settings
from training.progress import Progress, silent
from training.settings import TrainingSettings

if TYPE_CHECKING:
    from training.pipeline import Candidate

CHAMPION: Final = "champion"
"""MLflow's alias of the model that serves."""

_log = structlog.get_logger(__name__)


class Retraining:
    """Trains, promotes, rolls back.

    Parameters
    ----------
    gateway, store : Gateway, Store
        The ledger, with and without a deadline.
    champion : Champion
        The model in force in this process.
    load : callable
        Loads a bundle.
    settings : Settings
        Where bundles, encoder and registry are.
    clock : callable
        The moment now.
    """

    def __init__(
        self,
        *,
        gateway: Gateway,
        store: Store,
        champion: Champion,
        load: Load,
        settings: Settings,
        clock: Callable[[], datetime],
    ) -> None:
        self._gateway = gateway
        self._store = store
        self._champion = champion
        self._load = load
        self._settings = settings
        self._clock = clock

    def train(
        self,
        *,
        settings: TrainingSettings | None = None,
        evaluate: Any = None,
        progress: Progress = silent,
    ) -> Candidate:
        """Cut a snapshot, fit, compare with the champion, register. The candidate does not serve yet."""
        raise NotImplementedError

    def promote(self, version: str, *, actor: str, reason: str) -> Deployment:
        """Put a registered model in charge, once it has been loaded and has scored something."""
        raise NotImplementedError

    def roll_back(self, *, actor: str, reason: str) -> Deployment:
        """Put the model before the present one in charge again."""
        raise NotImplementedError

    def deployments(self) -> list[Deployment]:
        """Return every deployment, newest first."""
        return self._gateway.read(lambda session: session.deployments.history())
