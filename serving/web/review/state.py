"""What the page shows and does: what waits, the job in hand, and what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from data.checks import content_digest
from data.errors import AlreadyRecorded
from data.records import Decision, Item, Job, Score
from data.store.queue import QueueCount
from data.store.store import Session
from serving.auth import Actor
from serving.events import Event, Outcome
from serving.web.review import media
from serving.web.review.forms import Conclusion
from serving.web.review.media import Media
from serving.wiring import Application

RECORDED: Final = "recorded"
ALREADY: Final = "already"
"""What becomes of a decision: it is recorded, or another one was before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A job in hand, with all that its reviewer sees.

    Nothing here depends on route, priority or the reason for the review, nor on what others concluded:
    an audit, a full review and a second look of one item are shown alike.
    """

    job: Job
    item: Item
    media: Media
    opinion: Score | None
    """What the model thinks, where the job was chosen to show it."""


def waiting(application: Application, actor: Actor) -> Sequence[QueueCount]:
    """Return how full the queues are for a reviewer, by name."""
    counts = application.reviews.counts(reviewer_id=actor.name)
    return sorted(counts, key=lambda count: count.queue)


def take(application: Application, actor: Actor, *, queue: str | None) -> Job | None:
    """Return the job in hand, or claim the next one; None where nothing waits."""
    reviews = application.reviews
    return reviews.held(reviewer_id=actor.name) or reviews.claim(reviewer_id=actor.name, queue=queue)


def work(application: Application, actor: Actor, job_id: str) -> Work:
    """Return a job with its item; `ClaimLost` where somebody else holds it."""
    job, item = application.reviews.look(job_id, reviewer_id=actor.name)
    settings = application.settings
    return Work(
        job=job,
        item=item,
        media=media.found(item, settings.media_folder),
        opinion=_opinion(application, job),
    )


def decide(
    application: Application, actor: Actor, job_id: str, conclusion: Conclusion, *, started_at: datetime
) -> str:
    """Record what was concluded about a job in hand, and return `RECORDED` or `ALREADY`.

    Sending the same again is harmless: the name of the event belongs to job and reviewer. A claim that has
    run out still counts as long as nobody else has taken the job.

    Raises
    ------
    ClaimLost
        If somebody else has the job, or has decided it.
    """
    if earlier := _earlier(application, actor, job_id):
        return _same(earlier, conclusion)
    job = application.reviews.renew(job_id, reviewer_id=actor.name)
    event = Event(
        event_id=f"review-{content_digest([job_id, actor.name])[:32]}",
        occurred_at=application.clock(),
        outcome=Outcome(
            item_id=job.item_id,
            item_version=job.item_version,
            reviewer_id=actor.name,
            verdict=conclusion.verdict,
            policies=conclusion.policies,
            segments=conclusion.segments,
            reason=conclusion.reason,
            job_id=job_id,
            started_at=started_at,
            score_visible=_opinion(application, job) is not None,
        ),
    )
    [receipt] = application.reviews.decide([event], actor=actor)
    if isinstance(receipt.refusal, AlreadyRecorded) and (earlier := _earlier(application, actor, job_id)):
        return _same(earlier, conclusion)  # the same form, sent twice at one moment
    if receipt.refusal is not None:
        raise receipt.refusal
    return RECORDED


def _earlier(application: Application, actor: Actor, job_id: str) -> Decision | None:
    def find(session: Session) -> Decision | None:
        job = session.queue.job(job_id)
        key = (job.item_id, job.item_version)
        told = session.ledger.decisions([key]).get(key, [])
        return next((each for each in told if (each.job_id, each.reviewer_id) == (job_id, actor.name)), None)

    return application.gateway.read(find)


def _same(earlier: Decision, conclusion: Conclusion) -> str:
    said = (conclusion.verdict, *map(tuple, (conclusion.policies, conclusion.segments)), conclusion.reason)
    told = (earlier.verdict, *map(tuple, (earlier.policies, earlier.segments)), earlier.reason)
    return RECORDED if said == told else ALREADY


def _opinion(application: Application, job: Job) -> Score | None:
    if not application.visibility.shows(job.job_id):
        return None
    key = (job.item_id, job.item_version)
    return application.gateway.read(lambda session: session.ledger.scores([key])).get(key)
