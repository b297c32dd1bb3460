"""
The scorer in force.

The newest deployment row of the ledger says which model serves. This follows it: the bundle is loaded off
the request path, then one attribute is changed. The model before stays in memory, so that going back needs
no load. What makes the change exact stands elsewhere: the routing transaction reads the same row and
refuses a score by any other model.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from data.records import Deployment
from serving.gateway import Gateway
from training.scorer import Scorer

Load = Callable[[Deployment], Scorer]
"""Loads the bundle of a deployment, or raises what is wrong with it."""

NOTHING_DEPLOYED: Final = "no model in force"
NOT_LOADED: Final = "model cannot be loaded"

RETRY_S: Final = 30.0
"""Seconds before a bundle that could not be loaded is tried again: its files may still arrive."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Which model should serve, and the scorer for it, or why there is none."""

    deployment: Deployment | None = None
    scorer: Scorer | None = None
    problem: str | None = NOTHING_DEPLOYED


class Champion:
    """Follows the deployment row, and holds the model it names and the one before.

    A bundle that cannot be loaded never serves: `problem` says what is wrong, and the models that were
    loaded before stay in memory for the way back.

    Parameters
    ----------
    gateway : Gateway
        Where the deployment row is read.
    load : callable
        Loads a bundle.
    poll_s : float
        Seconds between two looks.
    """

    def __init__(self, *, gateway: Gateway, load: Load, poll_s: float) -> None:
        self._gateway = gateway
        self._load = load
        self._poll_s = poll_s
        self._standing = Standing()
        self._loaded: dict[tuple[str, str], Scorer] = {}
        self._retry_at = 0.0
        self._looking = threading.Lock()
        self._looked = threading.Event()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def standing(self) -> Standing:
        """What serves now. Read it once a request: it may change between two reads."""
        return self._standing

    @property
    def problem(self) -> str | None:
        """Why nothing can be scored; None where all is well."""
        return self._standing.problem

    def scorer(self) -> Scorer | None:
        """Return the scorer in force; None where `problem` says why there is none."""
        return self._standing.scorer

    def wait(self, timeout_s: float) -> bool:
        """Wait for the first look at the deployment row; say whether it has been taken."""
        return self._looked.wait(timeout_s)

    def start(self) -> None:
        """Look now and then again every ``poll_s`` seconds, until closed."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._follow, name="champion", daemon=True)
            self._thread.start()

    def refresh(self, *, timeout_s: float = 60.0) -> Standing:
        """Look at the deployment row now, and load what it names.

        Where another thread is loading already, this waits for it, at most ``timeout_s`` seconds, and
        returns what stands then.
        """
        if not self._looking.acquire(timeout=timeout_s):
            return self._standing
        try:
            deployment = self._gateway.read(lambda session: session.deployments.active())
            if deployment is None:
                self._standing = Standing()
            elif deployment != self._standing.deployment or self._is_due_again():
                self._standing = self._take_up(deployment)
            self._looked.set()
            return self._standing
        finally:
            self._looking.release()

    def held(self, *, model: str, digest: str) -> Scorer | None:
        """Return a model that is in memory; None where it is not."""
        return self._loaded.get((model, digest))

    def adopt(self, *, model: str, digest: str, scorer: Scorer) -> None:
        """Keep a scorer that was loaded to be checked: when it is deployed, it serves without a load."""
        with self._looking:
            self._loaded[model, digest] = scorer

    def close(self) -> None:
        """Stop looking."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join(timeout=10)

    def _follow(self) -> None:
        while not self._closed.is_set():
            try:
                self.refresh()
            except Exception as failed:  # noqa: BLE001 - a ledger that is away must not end the following
                _log.warning("deployment_not_read", reason=repr(failed))
            self._closed.wait(self._poll_s)

    def _is_due_again(self) -> bool:
        return self._standing.scorer is None and time.monotonic() >= self._retry_at

    def _take_up(self, deployment: Deployment) -> Standing:
        name = (deployment.model, deployment.digest)
        try:
            scorer = self._loaded.get(name) or self._load(deployment)
        except Exception as failed:  # noqa: BLE001 - whatever is wrong with it, it does not serve
            self._retry_at = time.monotonic() + RETRY_S
            _log.error("model_not_loaded", model=deployment.model, reason=repr(failed))
            problem = f"{NOT_LOADED}: {deployment.model}: {type(failed).__name__}: {failed}"
            return Standing(deployment=deployment, problem=problem)
        before = self._standing
        self._loaded = {name: scorer}
        if before.deployment is not None and before.scorer is not None:
            self._loaded[before.deployment.model, before.deployment.digest] = before.scorer
        _log.info("model_in_force", model=deployment.model, generation=deployment.generation)
        return Standing(deployment=deployment, scorer=scorer, problem=None)
