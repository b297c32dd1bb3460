"""How a play gets its models: trained on what its ledger knows by then, promoted if that is allowed."""

from __future__ import annotations

from collections.abc import Callable

from serving.replay.results import Lesson
from serving.wiring import Application
from training.progress import Progress

ACTOR = "replay"
"""Who is written beside what a play does."""

Teacher = Callable[[Application, int, Progress], Lesson]
"""Makes a model on the given day and, where it may serve, puts it in charge."""


def learn(application: Application, day: int, progress: Progress) -> Lesson:
    """Train on the ledger as it is now; promote what the conditions allow."""
    raise NotImplementedError
