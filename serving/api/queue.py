"""Work for people: the queue, claims, and what happens to a claimed job."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

from data.records import Item, Job
from serving.api.endpoint import Call, Endpoint, Reply
from serving.api.fields import Answered, Asked, ShortText
from serving.auth import Action


def _digits(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value


class AskedQueue(Asked):
    """Which part of the queue."""

    queue: ShortText | None = None
    limit: Annotated[int, Field(ge=1, le=500), BeforeValidator(_digits)] = 100


class AskedClaim(Asked):
    """From which queue. Left out: from any."""

    queue: ShortText | None = None


class AnsweredItem(Answered):
    """What a reviewer looks at."""

    item_id: str
    item_version: str
    item_type: str
    creator_id: str | None
    language: str | None
    category: str | None
    submitted_at: datetime | None
    expected_views: float | None
    data: dict[str, Any]


class AnsweredWork(Answered):
    """A job as its reviewer sees it.

    Score, route and the reason for the review are left out: people decide otherwise when they know them.
    """

    job_id: str
    item_id: str
    item_version: str
    queue: str
    due_at: datetime
    claimed_until: datetime | None


class AnsweredClaim(Answered):
    """A claimed job with its item, or nulls where nothing waits."""

    request_id: str
    job: AnsweredWork | None
    item: AnsweredItem | None


class AnsweredJob(Answered):
    """What became of a job."""

    request_id: str
    job_id: str
    claimed_until: datetime | None


class AnsweredWaiting(AnsweredWork):
    """A job as a QC lead sees it."""

    review_type: str
    priority: int
    created_at: datetime


class AnsweredCount(Answered):
    """How full one queue is."""

    queue: str
    waiting: int
    claimed: int
    overdue: int
    oldest_created_at: datetime | None


class AnsweredQueue(Answered):
    """How full the queues are, and what waits, the most urgent first."""

    request_id: str
    queues: list[AnsweredCount]
    jobs: list[AnsweredWaiting]


def overview(call: Call) -> Reply:
    """Return how many jobs wait, are claimed and are late in each queue, and which wait."""
    reviews = call.application.reviews
    queues = [
        AnsweredCount(
            queue=count.queue,
            waiting=count.waiting,
            claimed=count.claimed,
            overdue=count.overdue,
            oldest_created_at=count.oldest_created_at,
        )
        for count in reviews.counts()
    ]
    jobs = [
        AnsweredWaiting(
            **_work(job).model_dump(),
            review_type=str(job.review_type),
            priority=job.priority,
            created_at=job.created_at,
        )
        for job in reviews.waiting(queue=call.query.queue, limit=call.query.limit)
    ]
    return Reply(200, AnsweredQueue(request_id=call.request_id, queues=queues, jobs=jobs))


def claim(call: Call) -> Reply:
    """Give the reviewer the job that should be looked at first, with its item.

    The job stays claimed for some minutes (`reviews.lease_minutes`); renew it, release it, or post the
    decision. Nulls where nothing waits.
    """
    queue = call.body.queue if call.body else None
    reviews = call.application.reviews
    job = reviews.claim(reviewer_id=call.actor.name, queue=queue)
    if job is None:
        return Reply(200, AnsweredClaim(request_id=call.request_id, job=None, item=None))
    _, item = reviews.look(job.job_id, reviewer_id=call.actor.name)
    return Reply(200, AnsweredClaim(request_id=call.request_id, job=_work(job), item=shown(item)))


def renew(call: Call) -> Reply:
    """Keep a claimed job for another while."""
    job = call.application.reviews.renew(call.path["job_id"], reviewer_id=call.actor.name)
    return Reply(200, _job(call, job.claimed_until))


def release(call: Call) -> Reply:
    """Give a claimed job back to its queue."""
    call.application.reviews.release(call.path["job_id"], reviewer_id=call.actor.name)
    return Reply(200, _job(call, None))


def finish(call: Call) -> Reply:
    """Close a claimed job whose decision was recorded by another way.

    A decision closes its job by itself. Without one this is refused (409): an item that was drawn and
    never decided would fall out of every estimate.
    """
    call.application.reviews.finish(call.path["job_id"], reviewer_id=call.actor.name)
    return Reply(200, _job(call, None))


def shown(item: Item) -> AnsweredItem:
    """Return what a reviewer sees of an item."""
    return AnsweredItem(
        item_id=item.item_id,
        item_version=item.item_version,
        item_type=str(item.item_type),
        creator_id=item.creator_id,
        language=item.language,
        category=item.category,
        submitted_at=item.submitted_at,
        expected_views=item.expected_views,
        data=dict(item.data),
    )


def _work(job: Job) -> AnsweredWork:
    return AnsweredWork(
        job_id=job.job_id,
        item_id=job.item_id,
        item_version=job.item_version,
        queue=job.queue,
        due_at=job.due_at,
        claimed_until=job.claimed_until,
    )


def _job(call: Call, claimed_until: datetime | None) -> AnsweredJob:
    return AnsweredJob(request_id=call.request_id, job_id=call.path["job_id"], claimed_until=claimed_until)


ENDPOINTS: Final = (
    Endpoint(
        method="GET",
        path="/v1/queue",
        action=Action.READ_QUEUE,
        tag="reviewers",
        summary="See what waits",
        handle=overview,
        query=AskedQueue,
        answers={200: AnsweredQueue},
    ),
    Endpoint(
        method="POST",
        path="/v1/queue/claim",
        action=Action.WORK,
        tag="reviewers",
        summary="Claim the next job",
        handle=claim,
        body=AskedClaim,
        body_required=False,
        answers={200: AnsweredClaim},
        example={"queue": "ko"},
    ),
    *(
        Endpoint(
            method="POST",
            path=f"/v1/jobs/{{job_id}}/{verb}",
            action=Action.WORK,
            tag="reviewers",
            summary=summary,
            handle=handle,
            answers={200: AnsweredJob},
            refusals=(404, 409),
        )
        for verb, summary, handle in (
            ("renew", "Keep a claimed job", renew),
            ("release", "Give a claimed job back", release),
            ("finish", "Close a claimed job that is decided", finish),
        )
    ),
)
