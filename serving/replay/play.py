"""The play itself: a fresh ledger, a simulated clock, and the real use cases day by day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from data.errors import Invalid
from data.store.store import Store
from evaluation.simulation.reviewers import Reviewer
from serving import configs, wiring
from serving.champion import Load
from serving.desk import HOURS_A_DAY, Desk, SimulatedClock
from serving.replay import material as material_
from serving.replay.course import Course
from serving.replay.lessons import Teacher, learn
from serving.replay.material import HANDOVER, Material
from serving.replay.options import ReplayOptions
from serving.replay.results import SIMULATED, Day, ReplayResult
from serving.replay.stage import import_history, stage
from serving.settings import Settings
from training.progress import Progress, silent
from training.settings import TrainingSettings

REVIEWERS: Final = 3
"""How many simulated people share the looks of a day."""

USUAL_CAPACITY: Final = 0.2
"""Looks a day over items a day, where nothing is said."""


def replay(
    settings: Settings,
    *,
    options: ReplayOptions,
    now: datetime,
    training: TrainingSettings | None = None,
    home: Path | None = None,
    on_day: Callable[[Day], None] = lambda _: None,
    progress: Progress = silent,
    teacher: Teacher = learn,
    load: Load | None = None,
) -> ReplayResult:
    """Play imported items day by day, on a ledger of its own, and return what that showed.

    Parameters
    ----------
    settings : Settings
        Name the ledger with the import, which is only read, and the encoder.
    options : ReplayOptions
        What is played, and how.
    now : datetime
        Outcomes that were recorded up to now are the truth.
    training : TrainingSettings, optional
        How models are made; as the settings say where it is not given.
    home : Path, optional
        An empty folder that is kept afterwards; a temporary one where it is not given.
    on_day : callable
        Called at the end of every day.
    progress : callable
        Told what takes long.
    teacher, load : callable
        How a model is made and put in charge, and how it is loaded; what the service does by default.

    Raises
    ------
    Invalid
        The options do not fit the import, or the folder is not empty.
    TooFewLabels
        There is nothing to play.
    """
    policies = configs.policies(settings.policies)
    store = Store(settings.ledger_url)
    try:
        store.check()
        material = material_.read(store, options=options, now=now, policies=policies)
    finally:
        store.close()
    looks_per_day = options.capacity or USUAL_CAPACITY * material.items_per_day
    flag_share = _flag_share(options, material, looks_per_day=looks_per_day)
    with stage(settings, options, training=training, home=home) as own:
        wiring.migrate(own)
        clock = SimulatedClock(HANDOVER)
        application = wiring.build(own, clock=clock, load=load, follow=False)
        try:
            withheld = import_history(application.store, material)
            course = Course(
                application=application,
                clock=clock,
                desk=Desk(
                    reviews=application.reviews,
                    clock=clock,
                    team=_team(looks_per_day, error=options.reviewer_error),
                    known=material.known.__getitem__,
                    policies=tuple(policies),
                    seed=options.seed,
                ),
                material=material,
                options=options,
                flag_share=flag_share,
                teach=lambda day: teacher(application, day, progress),
                progress=progress,
            )
            days = course.run(withheld=withheld, on_day=on_day)
            return _result(course, days, capacity=looks_per_day, flag_share=flag_share)
        finally:
            application.close()


def _result(course: Course, days: Sequence[Day], *, capacity: float, flag_share: float) -> ReplayResult:
    material = course.material
    return ReplayResult(
        options=course.options.to_json(),
        source=material.source,
        history=len(material.history),
        played=len(material.played),
        violations=sum(material.known[item.key].violation for item in material.played),
        capacity=capacity,
        flag_share=flag_share,
        days=days,
        lessons=course.lessons,
        order=course.order(),
        notes=_notes(course.options, material, days),
    )


def _flag_share(options: ReplayOptions, material: Material, *, looks_per_day: float) -> float:
    share = looks_per_day / material.items_per_day - options.audit_share
    if share <= 0:
        raise Invalid(
            f"capacity must be above the audits, {options.audit_share * material.items_per_day:.1f} looks a "
            f"day; got {looks_per_day:.1f}. Raise it, or lower audit_share.",
            field="capacity",
        )
    return min(share, 0.95)


def _team(looks_per_day: float, *, error: float) -> list[Reviewer]:
    # All looks take the same time: then the order of the queue changes who is looked at, and not how many.
    minutes = HOURS_A_DAY * 60 * REVIEWERS / looks_per_day
    return [
        Reviewer(
            reviewer_id=f"simulated-{number}",
            sensitivity=1 - error,
            specificity=1 - error,
            minutes=minutes,
            spread=0.0,
        )
        for number in range(1, REVIEWERS + 1)
    ]


def _notes(options: ReplayOptions, material: Material, days: Sequence[Day]) -> list[str]:
    notes = [SIMULATED]
    if not material.has_creators:
        notes.append("The items name no creator, so nothing was learned about creators.")
    if material.is_known_by_creator:
        notes.append(
            "All outcomes of a creator are the same, as if creators and not items had been judged. A model "
            "that remembers creators knows the answers: these numbers say nothing about new creators."
        )
    if not material.has_views:
        notes.append("The items have no views, so every item counts as seen equally often.")
    if options.reviewer_error:
        notes.append(
            f"Reviewers err in {options.reviewer_error:.1%} of their looks, and estimates take verdicts for "
            "the truth."
        )
    if any(day.waiting for day in days):
        notes.append(
            "Estimates take flagged items that wait to be like those of the same score that were looked at."
        )
    return notes
