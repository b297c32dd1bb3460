"""
The only place where concrete classes are chosen.

`build` opens everything a process needs and starts what runs beside requests; `Application.close` ends it.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from data.errors import InvalidSettings
from data.media.findings import Expected
from data.records import Deployment, Policy
from data.seals import SealKey
from data.store.store import Store
from data.store.writer import Writer
from evaluation.design import Key
from serving import configs
from serving.auth import Auth
from serving.champion import Champion, Load
from serving.erasing import Eraser
from serving.gateway import Gateway
from serving.plans import Plans
from serving.quality import Quality
from serving.rates import DailyRates
from serving.reconciling import Reconciler
from serving.retraining import Retraining
from serving.reviews import Reviews
from serving.routing import Router
from serving.scoring import Scoring
from serving.sealing import Sealer
from serving.second_looks import SecondLooks
from serving.settings import Settings
from serving.spool import Spool
from serving.triage import Triage
from serving.visibility import ScoreVisibility
from serving.watching import Watching
from training.models import processors, vision
from training.models.watcher import Watcher
from training.scorer import Scorer

_SHORTEST_SECRET: Final = 16

Clock = Callable[[], datetime]
"""Gives the moment now, with its zone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """Everything a process does, ready to be used."""

    settings: Settings
    store: Store
    writer: Writer
    gateway: Gateway
    policies: Mapping[str, Policy]
    clock: Clock
    champion: Champion
    scoring: Scoring
    auth: Auth
    triage: Triage
    reviews: Reviews
    visibility: ScoreVisibility
    plans: Plans
    quality: Quality
    retraining: Retraining
    spool: Spool
    reconciler: Reconciler
    sealer: Sealer
    eraser: Eraser

    def ready(self) -> bool:
        """Say whether requests can be taken.

        True once the deployment row was looked at, also while there is no model or the ledger is away:
        requests then end in full review, and an answer is better for a queue than none.
        """
        return self.champion.wait(0)

    def close(self) -> None:
        """Finish what has begun, then give everything back."""
        self.champion.close()
        self.reconciler.close()
        self.sealer.close()
        self.retraining.close()
        self.scoring.close()
        self.gateway.close()
        self.writer.close()
        self.store.close()


def now() -> datetime:
    """Return the moment now."""
    return datetime.now(UTC)


def build(
    settings: Settings,
    *,
    store: Store | None = None,
    clock: Clock = now,
    load: Load | None = None,
    follow: bool = True,
) -> Application:
    """Return an application on the ledger that the settings name.

    Parameters
    ----------
    settings : Settings
        Where everything lies.
    store : Store, optional
        A ledger that is open already; the one the settings name where it is not given.
    clock : callable
        The moment now; a replay passes its own.
    load : callable, optional
        Loads a model's bundle; `training.bundle.load` where it is not given.
    follow : bool
        Whether to look for new deployments in the background. Without it the model is looked up when a
        request comes in.

    Raises
    ------
    DatabaseBehind, DatabaseAhead
        The tables belong to another version. `migrate` brings them to this one.
    """
    policies = configs.policies(settings.policies)
    key = draw_key(settings.draw_key)
    store = store or Store(settings.ledger_url)
    store.check()
    writer = Writer(store)
    gateway = Gateway(store, writer, deadline_s=settings.triage.ledger_deadline_s)
    watched = watcher(settings)
    load = load or (lambda deployment: _loaded(deployment, settings, watched))
    champion = Champion(gateway=gateway, load=load, poll_s=settings.champion.poll_s)
    watching = None
    if watched is not None:
        watching = Watching(watcher=watched, store=store, at_once=settings.media.watched_at_once)
    scoring = Scoring(
        champion=champion,
        clock=clock,
        settings=settings.triage,
        cores=max(1, processors.available() // settings.server.workers),
        watching=watching,
    )
    rates = DailyRates(history_days=settings.triage.history_days)
    router = Router(policies=policies, key=key, rates=rates)
    spool = Spool(settings.spool)
    reconciler = Reconciler(gateway=gateway, router=router, spool=spool)
    sealing = seal_key(settings.seal_key)
    sealer = Sealer(store=store, key=sealing, clock=clock)
    application = Application(
        settings=settings,
        store=store,
        writer=writer,
        gateway=gateway,
        policies=policies,
        clock=clock,
        champion=champion,
        scoring=scoring,
        auth=Auth(gateway=gateway, clock=clock, settings=settings.access),
        triage=Triage(
            gateway=gateway,
            champion=champion,
            scoring=scoring,
            router=router,
            spool=spool,
            clock=clock,
            patience_s=settings.triage.scoring_deadline_s,
        ),
        reviews=Reviews(
            gateway=gateway,
            policies=policies,
            clock=clock,
            lease=timedelta(minutes=settings.reviews.lease_minutes),
            second_looks=SecondLooks(key=key, settings=settings.reviews.second_looks),
        ),
        visibility=ScoreVisibility(key=key, share=settings.reviews.score_visible_share),
        plans=Plans(gateway=gateway, store=store, policies=policies, clock=clock),
        quality=Quality(store=store, clock=clock),
        retraining=Retraining(
            gateway=gateway,
            store=store,
            champion=champion,
            load=load,
            settings=settings,
            watcher=watched,
            policies=tuple(policies),
            clock=clock,
        ),
        spool=spool,
        reconciler=reconciler,
        sealer=sealer,
        eraser=Eraser(
            store=store,
            sealer=sealer,
            key=sealing,
            reconciler=reconciler,
            spool=spool,
            settings=settings,
            watcher=watched,
            clock=clock,
        ),
    )
    if follow:
        champion.start()
        application.reconciler.start()
        application.sealer.start()
        if watching is not None:
            watching.start()
    return application


def migrate(settings: Settings) -> None:
    """Bring the ledger's tables to this version."""
    store = Store(settings.ledger_url)
    try:
        store.migrate()
    finally:
        store.close()


def draw_key(path: Path) -> Key:
    """Return the key of the draws; make one where there is none yet.

    It is made once: another key would draw other items, and the promise that uploading again is no second
    throw of the dice would be broken.
    """
    key_id, secret = _kept_secret(path, "draw key", "a new key draws other items")
    return Key(key_id=key_id, secret=secret)


def seal_key(path: Path) -> SealKey:
    """Return the key of the seals; make one where there is none yet.

    It is made once: what was sealed can be checked with the same key only.
    """
    key_id, secret = _kept_secret(path, "seal key", "what was sealed cannot be checked with a new one")
    return SealKey(key_id=key_id, secret=secret)


def _kept_secret(path: Path, what: str, why: str) -> tuple[str, bytes]:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = json.dumps({"key_id": f"key-{secrets.token_hex(4)}", "secret": secrets.token_hex(32)})
        # Written aside and linked: of two processes that start at once, both read the same key.
        aside = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(made)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(aside, path)
        except FileExistsError:
            pass
        finally:
            aside.unlink()
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        key_id, secret = str(kept["key_id"]), bytes.fromhex(kept["secret"])
        if len(secret) < _SHORTEST_SECRET:
            raise ValueError(f"its secret has {len(secret)} bytes")
        return key_id, secret
    except (ValueError, KeyError, TypeError) as broken:
        raise InvalidSettings(
            f"{path} holds no {what} ({broken}). Restore it from a backup: {why}."
        ) from broken


def watcher(settings: Settings) -> Watcher | None:
    """Return what watches the clips of items; None where the settings name no folder of clips."""
    folder = settings.media_folder
    if folder is None:
        return None
    return Watcher(
        folder=folder,
        kept=settings.seen,
        load_vision=partial(vision.ready, settings.vision, settings.training.vision),
        expected=Expected(orientation=settings.media.orientation or None),
    )


def _loaded(deployment: Deployment, settings: Settings, watched: Watcher | None) -> Scorer:
    from training import bundle

    return bundle.load(
        settings.bundles / deployment.bundle,
        deployment.digest,
        encoder=settings.encoder,
        version=deployment.model,
        watcher=watched,
    )
