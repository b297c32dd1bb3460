"""How a play gets its models: trained on what its ledger knows by then, promoted where that is allowed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from serving.replay.results import Lesson
from serving.wiring import Application
from training.progress import Progress

if TYPE_CHECKING:
    from training.pipeline import Candidate

ACTOR: Final = "replay"
"""Who is written beside what a play does."""

Teacher = Callable[[Application, int, Progress], Lesson]
"""Makes a model on the given day and, where it may serve, puts it in charge."""


def learn(application: Application, day: int, progress: Progress) -> Lesson:
    """Train on the ledger as it is now; promote what the conditions of promotion allow.

    The first model serves whatever they say, because without one nothing could be played; the lesson then
    says which were not met.
    """
    candidate = application.retraining.train(progress=progress)
    is_first = not application.retraining.deployments()
    reason = _reason(candidate)
    promoted = candidate.verdict.allowed or is_first
    if promoted:
        application.retraining.promote(candidate.version, actor=ACTOR, reason=reason, although=is_first)
    return Lesson(day=day, model=candidate.version, promoted=promoted, reason=reason)


def _reason(candidate: Candidate) -> str:
    from training.measures import find

    auc = find(candidate.metrics, "roc_auc")
    said = []
    if auc is not None and auc.value is not None:
        between = "" if auc.interval is None else f" [{auc.interval.lower:.3f}, {auc.interval.upper:.3f}]"
        said.append(f"ROC-AUC {auc.value:.3f}{between} on held-out items.")
    for condition in candidate.verdict.conditions:
        if not condition.met:
            value = "nothing" if condition.value is None else f"{condition.value:.3f}"
            said.append(f"Not met: {condition.required}; it is {value}.")
    return " ".join(said) or "Trained."
