"""
From an empty folder to a service that can score: what is missing is done, what is there is kept.

What is there is read from the ledger and the folders, not from a note that says "done": whatever was cut
off is done again, and nothing is done twice.
"""

from __future__ import annotations

from dataclasses import dataclass

from serving.settings import Settings
from serving.wiring import Application
from training.progress import Progress, silent

ACTOR = "tamis up"
"""Who is written beside what is done here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What the ledger says has been done."""

    items: int
    routings: int
    champion: bool
    plan: bool

    @property
    def complete(self) -> bool:
        """Whether nothing is left to do."""
        return self.champion and self.plan and self.routings > 0


def state(application: Application) -> State:
    """Return what has been done."""
    with application.store.read() as session:
        counts = session.ledger.counts()
        return State(
            items=counts["items"],
            routings=counts["routings"],
            champion=session.deployments.active() is not None,
            plan=session.plans.in_force(application.clock()) is not None,
        )


def set_up(settings: Settings, *, progress: Progress = silent) -> None:
    """Do what is missing."""
    raise NotImplementedError
