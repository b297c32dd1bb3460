"""What the order of the queue was worth: the same work, once more, first come first served. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np

from data.records import Job
from evaluation.simulation.arrivals import hours_to, served_in_order
from serving.desk import Look
from serving.replay.results import WITHIN_HOURS, Order


def compare(
    jobs: Sequence[Job], looks: Sequence[Look], *, violating: Mapping[str, bool], end: datetime
) -> Order:
    """Return how soon violations were looked at, and how soon they would have been in order of arrival.

    Every look takes the same time, so people are busy at the same moments whatever order they work in: the
    moments at which jobs were taken can be handed out again.

    Parameters
    ----------
    jobs : sequence of Job
        Every job that was made.
    looks : sequence of Look
        Every look that was begun.
    violating : mapping of str to bool
        Whether the item of a job violates, by job id.
    end : datetime
        When the replay ended.
    """
    began = {look.job.job_id: look.began for look in looks}
    created = [job.created_at for job in jobs]
    of_violation = np.array([violating[job.job_id] for job in jobs], dtype=bool)
    urgent = hours_to(created, [began.get(job.job_id) for job in jobs], end=end)[of_violation]
    in_turn_moments = served_in_order(created, sorted(began.values()))
    in_turn = hours_to(created, in_turn_moments, end=end)[of_violation]
    reached = np.array([job.job_id in began for job in jobs], dtype=bool)[of_violation]
    reached_in_turn = np.array([moment is not None for moment in in_turn_moments], dtype=bool)[of_violation]
    return Order(
        jobs=len(jobs),
        violations=int(of_violation.sum()),
        mean_hours=float(urgent.mean()) if urgent.size else None,
        mean_hours_in_order_of_arrival=float(in_turn.mean()) if in_turn.size else None,
        caught_within={hours: int((urgent[reached] <= hours).sum()) for hours in WITHIN_HOURS},
        caught_within_in_order_of_arrival={
            hours: int((in_turn[reached_in_turn] <= hours).sum()) for hours in WITHIN_HOURS
        },
    )
