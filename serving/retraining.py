"""
Use case: learn from the ledger, and choose which model serves.

The ledger's deployment row comes first, because routings are checked against it; MLflow's alias follows, for
people who look there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import structlog

from data.errors import Conflict, GateNotPassed, TooFewLabels
from data.records import Deployment, Verdict
from data.store.store import Session, Store
from evaluation.drift import Drift, score_drift
from serving.champion import Champion, Load
from serving.gateway import Gateway
from serving.settings import Settings
from training.models.watcher import Watcher
from training.progress import Progress, silent
from training.settings import TrainingSettings

if TYPE_CHECKING:
    from training.judgement import Judgement
    from training.occasion import Known, Occasion
    from training.pipeline import Candidate
    from training.registry import Registered, Registry

_WEEK: Final = timedelta(days=7)
_MOST_SCORES: Final = 20_000
_ROLLED_BACK: Final = "Roll back from "
"""How the reason of a roll-back begins."""

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
    watcher : Watcher or None
        Watches clips, where there are any.
    policies : sequence of str
        What gets a score even where nothing broke it yet.
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
        watcher: Watcher | None,
        policies: Sequence[str],
        clock: Callable[[], datetime],
    ) -> None:
        self._gateway = gateway
        self._store = store
        self._champion = champion
        self._load = load
        self._settings = settings
        self._watcher = watcher
        self._policies = policies
        self._clock = clock
        self._asks = ThreadPoolExecutor(max_workers=1, thread_name_prefix="registry")

    def train(
        self,
        *,
        settings: TrainingSettings | None = None,
        evaluate: int | None = None,
        progress: Progress = silent,
    ) -> Candidate:
        """Learn from what the ledger knows now; the candidate is registered and does not serve yet.

        Parameters
        ----------
        settings : TrainingSettings, optional
            How; the settings of the process where it is not given.
        evaluate : int, optional
            Parts of a cross-validation, besides the held-out items.
        progress : callable
            Told where the work stands.

        Raises
        ------
        TooFewLabels
            There is too little to learn from.
        """
        from training import pipeline
        from training.loaded import LoadedModel

        settings = settings or self._settings.training
        champion = self._champion.refresh().scorer
        return pipeline.train(
            self._store,
            settings=settings,
            places=pipeline.Places(
                bundles=self._settings.bundles,
                snapshots=self._settings.snapshots,
                encoder=Path(settings.encoder.path or self._settings.encoder),
                judgements=self._settings.judgements,
                vectors=self._settings.vectors,
                watcher=self._watcher,
            ),
            registry=self._registry(),
            as_of=self._clock(),
            policies=self._policies,
            champion=champion if isinstance(champion, LoadedModel) else None,
            evaluate=evaluate,
            progress=progress,
        )

    def occasion(self, *, settings: TrainingSettings | None = None) -> Occasion:
        """Say whether it is time to learn again, and why."""
        from training import pipeline
        from training.occasion import Known, occasion

        settings = settings or self._settings.training
        now = self._clock()
        try:
            counts = pipeline.cut_snapshot(self._store, settings, now).counts
        except TooFewLabels:
            counts = {}
        newest = next(iter(self.judgements()), None)
        return occasion(
            _known(counts),
            newest=None if newest is None else _known(newest.run["counts"]),
            age_days=None if newest is None else (now - newest.created_at) / timedelta(days=1),
            drift=self._drift(now),
            least=Known(items=settings.min_items, violations=settings.min_positives),
            settings=self._settings.retraining,
        )

    def _drift(self, now: datetime) -> Drift | None:
        # The first week of the model in charge beside the last one; the weeks must not meet.
        served = self.deployments()
        if not served or now - served[0].deployed_at < 2 * _WEEK:
            return None
        begun = served[0].deployed_at
        with self._store.read() as session:
            before, after = (
                session.ledger.scored_history(since=since, until=since + _WEEK, most=_MOST_SCORES)[0]
                for since in (begun, now - _WEEK)
            )
        return score_drift(before["violation_probability"], after["violation_probability"])

    def judgements(self) -> list[Judgement]:
        """Return what was found about every model that was registered here, newest first."""
        from training import judgement

        return judgement.read(self._settings.judgements)

    def promote(self, version: str, *, actor: str, reason: str, although: bool = False) -> Deployment:
        """Put a registered model in charge.

        It is loaded first and must answer as it did when it was made; a model that does not is refused and
        the present one stays. After this returns no routing is made by another model.

        Parameters
        ----------
        version : str
            As it was registered.
        actor, reason : str
            Who decides, and why; kept in the ledger.
        although : bool
            Also where the gate is not passed; the reason should say why.

        Raises
        ------
        GateNotPassed
            The gate is not passed, or nothing is known of it, and nobody said that it shall serve although.
        UnknownModel
            No model of that version is registered.
        InvalidBundle, MissingEncoder
            It cannot be loaded.
        Conflict
            It is in charge already.
        """
        digest = self._registry().version(version).digest
        if not although:
            self._check_gate(version, digest)
        deployment = self._deploy(model=version, bundle=digest, digest=digest, actor=actor, reason=reason)
        self._point(version)
        return deployment

    def _check_gate(self, version: str, digest: str) -> None:
        judged = (one for one in self.judgements() if (one.version, one.digest) == (version, digest))
        found = next(judged, None)
        if found is not None and found.allowed:
            return
        why = (
            "was not judged here, so that nobody knows whether it passes the gate"
            if found is None
            else f"does not pass the gate: {', '.join(found.failed)}"
        )
        raise GateNotPassed(
            f"Model {version} {why}. Promote it although (`--although`, or `although` in the body) with a "
            "reason that says why.",
            field="although",
        )

    def roll_back(self, *, actor: str, reason: str) -> Deployment:
        """Put the model before the present one in charge again.

        Rolling back once more goes further back, not forward again. `Conflict` where there is none. Where
        the model is still in memory nothing is loaded.
        """
        history = self.deployments()
        before = _before(history)
        if before is None:
            raise Conflict("No other model was in charge before. Promote one: `tamis models` lists them.")
        deployment = self._deploy(
            model=before.model,
            bundle=before.bundle,
            digest=before.digest,
            actor=actor,
            reason=f"{_ROLLED_BACK}{history[0].model}: {reason}",
        )
        self._point(before.model)
        return deployment

    def before(self) -> Deployment | None:
        """Return the model that rolling back would put in charge; None where there is none."""
        return _before(self.deployments())

    def deployments(self) -> list[Deployment]:
        """Return every deployment, newest first."""
        return self._gateway.read(lambda session: session.deployments.history())

    def registered(self, *, timeout_s: float | None = None) -> list[Registered] | None:
        """Return every registered model, newest first; None where the registry does not answer in time.

        The first time in a process may take many seconds; it goes on after a time-out, so that the next
        time is quick.
        """
        asked = self._asks.submit(lambda: self._registry().versions())
        try:
            return asked.result(timeout_s)
        except Exception as failed:  # noqa: BLE001 - the ledger says what serves; the registry is for people
            asked.cancel()
            _log.warning("registry_not_read", reason=repr(failed))
            return None

    def close(self) -> None:
        """Ask the registry nothing more."""
        self._asks.shutdown(wait=False, cancel_futures=True)

    def _deploy(self, *, model: str, bundle: str, digest: str, actor: str, reason: str) -> Deployment:
        wanted = Deployment(
            generation=0,
            model=model,
            bundle=bundle,
            digest=digest,
            actor=actor,
            reason=reason,
            deployed_at=self._clock(),
        )
        scorer = self._champion.held(model=model, digest=digest) or self._load(wanted)
        self._champion.adopt(model=model, digest=digest, scorer=scorer)

        def work(session: Session) -> Deployment:
            active = session.deployments.active()
            if active is not None and (active.model, active.digest) == (model, digest):
                raise Conflict(f"Model {model} is in charge already.")
            return session.deployments.append(
                model=model,
                bundle=bundle,
                digest=digest,
                actor=actor,
                reason=reason,
                deployed_at=wanted.deployed_at,
            )

        deployment = self._gateway.write(work)
        self._champion.refresh()
        _log.info("model_deployed", model=model, generation=deployment.generation, actor=actor)
        return deployment

    def _point(self, version: str) -> None:
        from training.registry import CHAMPION

        try:
            self._registry().set_alias(CHAMPION, version)
        except Exception as failed:  # noqa: BLE001 - the ledger's row is what counts, and it is written
            _log.warning("alias_not_set", model=version, reason=repr(failed))

    def _registry(self) -> Registry:
        from training.registry import Registry

        return Registry(self._settings.tracking_uri, self._settings.mlflow / "artifacts")


def _known(counts: Mapping[str, Any]) -> Known:
    from training.occasion import Known

    verdicts = counts.get("verdict", {})
    return Known(items=int(counts.get("rows", 0)), violations=int(verdicts.get(Verdict.VIOLATION.value, 0)))


def _before(history: Sequence[Deployment]) -> Deployment | None:
    """Return the model before the present one, those left by rolling back apart."""
    path: list[Deployment] = []
    for one in reversed(history):
        if one.reason.startswith(_ROLLED_BACK):
            while len(path) > 1 and path[-1].digest != one.digest:
                path.pop()
        elif not path or path[-1].digest != one.digest:
            path.append(one)
    return path[-2] if len(path) > 1 else None
