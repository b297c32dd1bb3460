"""Which work for a person a routing asks for. Pure."""

from __future__ import annotations

import uuid
from datetime import datetime

from data.checks import content_digest
from data.records import Job, ReviewType, Route, Routing

_ROUTING, _JOB = "routing-", "job-"


def new_routing_id() -> str:
    """Return a name that no routing has."""
    return _ROUTING + uuid.uuid4().hex


def job_id(routing_id: str) -> str:
    """Return the name of the job of a routing, so that it is found without a search.

    Examples
    --------
    >>> job_id("routing-7f")
    'job-7f'
    """
    return _JOB + routing_id.removeprefix(_ROUTING)


def second_job_id(routing_id: str) -> str:
    """Return the name of the job of the second look at an item.

    It looks like the name of any other job: who looks must not learn from it that somebody did before.
    """
    return _JOB + content_digest(["second look", routing_id])[:32]


def review_type(routing: Routing) -> ReviewType:
    """Return why a person looks at it first."""
    return ReviewType.AUDIT if routing.route is Route.AUDIT else ReviewType.FIRST_REVIEW


def job(routing: Routing, *, created_at: datetime) -> Job | None:
    """Return the job of a routing; None for what is released."""
    return None if routing.route is Route.RELEASE else _made(routing, created_at)


def promised(routing: Routing, *, created_at: datetime) -> Job | None:
    """Return the job of what was released after "full review" was told; None for what has one anyway.

    The draw did not call for it: what comes of it teaches the model and stays out of the estimates.
    """
    return _made(routing, created_at) if routing.route is Route.RELEASE else None


def _made(routing: Routing, created_at: datetime) -> Job:
    return Job(
        job_id=job_id(routing.routing_id),
        item_id=routing.item_id,
        item_version=routing.item_version,
        routing_id=routing.routing_id,
        review_type=review_type(routing),
        queue=routing.queue,
        priority=routing.priority,
        due_at=routing.due_at,
        created_at=created_at,
    )
