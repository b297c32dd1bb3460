"""
From an empty folder to a ledger with a month behind it: what is missing is done, what is there is kept.

What is there is read from the ledger, not from a note that says "done". Whatever was cut off is done again
from where it stopped, and nothing of somebody's own is touched: a ledger that holds real items gets no
synthetic ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np
import pandas as pd

from data import datasets
from data.errors import Conflict, InvalidSettings, NoChampion
from serving import wiring
from serving.demo import DAYS, LAST_DAYS, Demo
from serving.desk import unhurried
from serving.settings import Settings
from serving.wiring import Application
from training.loaded import LoadedModel
from training.pipeline import ready_encoder
from training.progress import Progress, silent

ACTOR: Final = "tamis up"
"""Who is written beside what is done here."""

FIRST_MODEL: Final = "합성 데이터로 학습한 첫 모델 (first model, trained on the synthetic month)"
FIRST_PLAN: Final = "합성 데이터로 시작하는 첫 계획 (first plan, for the synthetic month)"

LEAST_ITEMS: Final = 1_500
"""A smaller month may hold too few violations to learn from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What the ledger holds."""

    items: int
    champion: bool
    plan: bool
    own: bool
    """Somebody's own items or models are there, and no synthetic month was begun."""
    played: bool
    """The synthetic month has been played to its end."""

    @property
    def complete(self) -> bool:
        """Whether nothing is left to set up."""
        return self.own or (self.champion and self.plan and self.played)


def state(application: Application) -> State:
    """Return what the ledger holds."""
    settings = application.settings
    begun = Demo.file(settings).exists()
    with application.store.read() as session:
        items = session.ledger.counts()["items"]
        champion = session.deployments.active() is not None
        plan = session.plans.in_force(application.clock()) is not None
    return State(
        items=items,
        champion=champion,
        plan=plan,
        own=not begun and (items > 0 or champion),
        played=begun and Demo(settings, now=application.clock()).is_played(application.store),
    )


def check_month(settings: Settings) -> None:
    """Refuse a month that no model can learn from, and one of another size or seed than was begun.

    Who asks for no size and no seed goes on with what was begun.

    Raises
    ------
    InvalidSettings
        ``demo.items`` is below `LEAST_ITEMS`.
    Conflict
        Another month was begun.
    """
    if settings.demo.items < LEAST_ITEMS:
        raise InvalidSettings(
            f"demo.items must be {LEAST_ITEMS:,} or more, so that a model can learn from the month; "
            f"got {settings.demo.items:,}."
        )
    if not Demo.file(settings).exists():
        return
    begun = Demo(settings, now=wiring.now())
    asked = settings.demo.model_dump(exclude_unset=True)
    if asked.items() - {"items": begun.items, "seed": begun.seed}.items():
        raise Conflict(
            f"A month of {begun.items:,} items with seed {begun.seed} was begun in {settings.var}. "
            "Ask for no other size or seed to go on with it, or set TAMIS_HOME to another folder."
        )


def set_up(settings: Settings, *, progress: Progress = silent) -> None:
    """Do what is missing.

    Parameters
    ----------
    settings : Settings
        Where, and how large the month is.
    progress : callable
        Called with the name of each stage and how far it is.

    Raises
    ------
    InvalidSettings, Conflict
        The month cannot be built, see `check_month`, or the ledger holds somebody's own items.
    """
    check_month(settings)
    progress("prepare the ledger", 0, 1)
    wiring.migrate(settings)
    application = wiring.build(settings, follow=False)
    try:
        found = state(application)
        if found.own:
            raise Conflict(
                f"The ledger in {settings.var} holds items of your own; nothing synthetic is added to it. "
                "Set TAMIS_HOME to another folder to look around."
            )
        progress("prepare the ledger", 1, 1)
        if found.complete:
            return
    finally:
        application.close()
    demo = Demo(settings, now=wiring.now())
    # Loaded once: training, first plan and last days read with the same one.
    encoder = ready_encoder(settings.encoder, settings=settings.training, progress=progress)
    _hand_over(settings, demo, found, progress=progress)
    demo.play_last_days(progress=progress)
    del encoder


def _hand_over(settings: Settings, demo: Demo, found: State, *, progress: Progress) -> None:
    """Bring about the moment at which Tamis begins to work: past outcomes, a model, a plan."""
    application = wiring.build(unhurried(settings), clock=lambda: demo.handover, follow=False)
    try:
        if not found.champion:
            demo.import_history(application.store, progress=progress)
            candidate = application.retraining.train(progress=progress)
            progress("promote", 0, 1)
            application.retraining.promote(candidate.version, actor=ACTOR, reason=FIRST_MODEL, although=True)
            progress("promote", 1, 1)
        if not found.plan:
            progress("first plan", 0, 1)
            likely = _as_they_come(application)
            application.plans.start(
                settings.first_plan,
                probabilities=likely["violation_probability"],
                items_per_day=len(demo.before()) / ((timedelta(days=DAYS) - LAST_DAYS) / timedelta(days=1)),
                views=likely["views"],
                author=ACTOR,
                reason=FIRST_PLAN,
            )
            progress("first plan", 1, 1)
    finally:
        application.close()


def _as_they_come(application: Application) -> pd.DataFrame:
    """Return scores and views of items as they come in, from outcomes that the model did not learn from.

    A reviewed item stands for as many as its chance says, so each has one row for every one of those.
    """
    standing = application.champion.refresh()
    if not isinstance(standing.scorer, LoadedModel):
        raise NoChampion(standing.problem)
    with application.store.read() as session:
        rows = datasets.cut(session, as_of=application.clock()).rows
    rows = rows[rows["time"] > standing.scorer.learned_until]
    scored = pd.DataFrame(
        {
            "violation_probability": standing.scorer.predict(rows).violation,
            "views": rows["views"].to_numpy(dtype=np.float64),
        }
    )
    stands_for = np.cumsum(1 / rows["inclusion_probability"].to_numpy(dtype=np.float64))
    return scored.loc[np.repeat(scored.index, np.diff(np.floor(stands_for), prepend=0.0).astype(int))]
