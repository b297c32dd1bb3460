"""
From an empty folder to a ledger with a month behind it: what is missing is done, what is there is kept.

What is there is read from the ledger, not from a note that says "done". Whatever was cut off is done again
from where it stopped, and nothing of somebody's own is touched: a ledger that holds real items gets no
synthetic ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np

from data.errors import Conflict, InvalidSettings, NoChampion
from data.records import Item, Score
from serving import wiring
from serving.demo import DAYS, LAST_WEEK, Demo
from serving.desk import unhurried
from serving.settings import Settings
from serving.wiring import Application
from training.progress import Progress, silent

ACTOR: Final = "tamis up"
"""Who is written beside what is done here."""

FIRST_MODEL: Final = "합성 데이터로 학습한 첫 모델 (first model, trained on the synthetic month)"
FIRST_PLAN: Final = "합성 데이터로 시작하는 첫 계획 (first plan, for the synthetic month)"

LEAST_ITEMS: Final = 1_500
"""A smaller month may hold too few violations to learn from."""

_SCORED: Final = 400
"""Items from which the first threshold is read: one in twenty of them is 20, enough to begin with."""

_TOGETHER: Final = 64


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
    _hand_over(settings, demo, found, progress=progress)
    demo.play_last_week(progress=progress)


def _hand_over(settings: Settings, demo: Demo, found: State, *, progress: Progress) -> None:
    """Bring about the moment at which Tamis begins to work: past outcomes, a model, a plan."""
    application = wiring.build(unhurried(settings), clock=lambda: demo.handover, follow=False)
    try:
        if not found.champion:
            demo.import_history(application.store, progress=progress)
            candidate = application.retraining.train(progress=progress)
            progress("promote", 0, 1)
            application.retraining.promote(candidate.version, actor=ACTOR, reason=FIRST_MODEL)
            progress("promote", 1, 1)
        if not found.plan:
            past = demo.before()
            scores = _scores(application, past[-_SCORED:], progress=progress)
            application.plans.start(
                settings.first_plan,
                probabilities=[score.violation_probability for score in scores],
                items_per_day=len(past) / ((timedelta(days=DAYS) - LAST_WEEK) / timedelta(days=1)),
                views=_views(past[-_SCORED:], scores),
                author=ACTOR,
                reason=FIRST_PLAN,
            )
    finally:
        application.close()


def _scores(application: Application, items: Sequence[Item], *, progress: Progress) -> list[Score]:
    champion = application.champion.refresh()
    if champion.scorer is None:
        raise NoChampion(champion.problem)
    with application.store.read() as session:
        creators = {item.creator_id for item in items if item.creator_id}
        histories = session.ledger.creator_histories(creators, before=application.clock())
    scores: list[Score] = []
    for start in range(0, len(items), _TOGETHER):
        progress("first plan", start, len(items))
        batch = items[start : start + _TOGETHER]
        made = champion.scorer.score(batch, histories, scored_at=application.clock())
        scores += [score for score in made if isinstance(score, Score)]
    progress("first plan", len(items), len(items))
    return scores


def _views(items: Sequence[Item], scores: Sequence[Score]) -> list[float]:
    views = {item.key: item.expected_views for item in items}
    found = [views[score.item_id, score.item_version] for score in scores]
    return [np.nan if one is None else one for one in found]
