"""
Use case: people look, and say what they found.

Decisions come from reviewers who claimed a job here and from queues outside. Both are kept whatever they
say: two that contradict each other stand side by side, and one rule (`data.labels`) says which counts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from data.errors import ClaimLost, Conflict, Invalid, NotAllowed, TriageError, UnknownItem, UnknownPolicy
from data.records import Decision, Item, Job, ReviewType, Role
from data.store.queue import QueueCount
from data.store.store import Session
from serving import jobs, metrics
from serving.auth import Actor
from serving.events import DECIDED, Event, Outcome, Receipt
from serving.gateway import Gateway
from serving.second_looks import SecondLooks

__all__ = ["Event", "Outcome", "Receipt", "Reviews"]

FIRST_LOOKS: Final = (ReviewType.FIRST_REVIEW, ReviewType.AUDIT)
"""What finishes the job of a routing although it does not name it."""


class Reviews:
    """Hands out jobs and takes in decisions.

    Parameters
    ----------
    gateway : Gateway
        The ledger.
    policies : collection of str
        The policies a decision may name.
    clock : callable
        The moment now.
    lease : timedelta
        How long a claimed job stays with its reviewer.
    second_looks : SecondLooks
        Who else looks at what is settled.
    """

    def __init__(
        self,
        *,
        gateway: Gateway,
        policies: Collection[str],
        clock: Callable[[], datetime],
        lease: timedelta,
        second_looks: SecondLooks,
    ) -> None:
        self._gateway = gateway
        self._second_looks = second_looks
        self._policies = policies
        self._clock = clock
        self._lease = lease

    def claim(self, *, reviewer_id: str, queue: str | None = None) -> Job | None:
        """Give the reviewer the job that should be looked at first; None where nothing waits."""
        now = self._clock()
        return self._gateway.write(
            lambda session: session.queue.claim(
                reviewer_id=reviewer_id, queue=queue, now=now, lease=self._lease
            )
        )

    def held(self, *, reviewer_id: str) -> Job | None:
        """Return the job that the reviewer holds; None where there is none."""
        now = self._clock()
        return self._gateway.read(lambda session: session.queue.held(reviewer_id, now=now))

    def renew(self, job_id: str, *, reviewer_id: str) -> Job:
        """Keep a claimed job for another lease; `ClaimLost` where it is held by somebody else."""
        now = self._clock()
        return self._gateway.write(
            lambda session: session.queue.renew(job_id, reviewer_id=reviewer_id, now=now, lease=self._lease)
        )

    def release(self, job_id: str, *, reviewer_id: str) -> None:
        """Give a claimed job back."""
        self._gateway.write(lambda session: session.queue.release(job_id, reviewer_id=reviewer_id))

    def finish(self, job_id: str, *, reviewer_id: str) -> None:
        """Close a claimed job whose decision came by another way.

        A decision finishes its job by itself. Without one a job stays open: an item that was drawn and
        never decided would silently fall out of every estimate.
        """
        now = self._clock()

        def work(session: Session) -> None:
            job = session.queue.job(job_id)
            told = session.ledger.decisions([(job.item_id, job.item_version)])
            if not told.get((job.item_id, job.item_version)):
                raise Conflict("There is no decision about this item yet. Post one; it finishes the job.")
            if job.finished_at is None:
                session.queue.finish(job_id, reviewer_id=reviewer_id, now=now)

        self._gateway.write(work)

    def look(self, job_id: str, *, reviewer_id: str) -> tuple[Job, Item]:
        """Return a job and its item to the reviewer who holds it, and to nobody else."""
        now = self._clock()

        def work(session: Session) -> tuple[Job, Item]:
            job = session.queue.job(job_id)
            _check_holder(job, reviewer_id, now=now)
            item = session.ledger.item(job.item_id, job.item_version)
            if item is None:
                raise UnknownItem
            return job, item

        return self._gateway.read(work)

    def waiting(self, *, queue: str | None = None, limit: int = 100) -> list[Job]:
        """Return unclaimed jobs, the most urgent first."""
        now = self._clock()
        return self._gateway.read(lambda session: session.queue.waiting(queue=queue, limit=limit, now=now))

    def counts(self, *, reviewer_id: str | None = None) -> list[QueueCount]:
        """Return how many jobs wait, are claimed and are late in each queue; of those for a reviewer."""
        now = self._clock()
        counts = self._gateway.read(lambda session: session.queue.counts(now, reviewer_id=reviewer_id))
        if reviewer_id is None:
            for count in counts:
                metrics.waiting(count.queue, count.waiting)
        return counts

    def decide(self, events: Sequence[Event], *, actor: Actor) -> list[Receipt]:
        """Record events, each for itself; a refused one has its refusal on the receipt.

        An event of the same id and content is a duplicate and changes nothing. Events that carry no
        decision are kept, and said to be not handled.

        Parameters
        ----------
        events : sequence of Event
            In the order in which they are recorded.
        actor : Actor
            Who sends them. A reviewer decides only the jobs he holds, in his own name.
        """
        now = self._clock()
        results = self._gateway.write_each(
            [partial(self._record, event=event, actor=actor, now=now) for event in events]
        )
        receipts = []
        for event, result in zip(events, results, strict=True):
            if isinstance(result, TriageError):
                result = Receipt(event_id=event.event_id, handled=False, refusal=result)  # noqa: PLW2901
            elif event.outcome and not result.duplicate:
                metrics.decided(event.outcome.verdict)
            receipts.append(result)
        return receipts

    def _record(self, session: Session, *, event: Event, actor: Actor, now: datetime) -> Receipt:
        outcome = event.outcome
        if actor.role is Role.REVIEWER and outcome is None:
            raise NotAllowed("A reviewer sends decisions only.")
        note = None if outcome else f"{event.event} is kept; only {DECIDED} is acted upon."
        new = session.ledger.record_event(
            event.event_id,
            digest=event.digest(),
            event=event.event,
            payload=event.payload,
            handled=outcome is not None,
            note=note,
            actor=actor.name,
            recorded_at=now,
        )
        if new and outcome is not None:
            try:
                self._act(session, event, outcome, actor=actor, now=now)
            except TriageError as refused:
                if refused.field is not None:
                    refused.field = f"payload/{refused.field}"
                raise
        return Receipt(event_id=event.event_id, duplicate=not new, handled=outcome is not None, note=note)

    def _act(self, session: Session, event: Event, outcome: Outcome, *, actor: Actor, now: datetime) -> None:
        self._check_policies(outcome)
        job = self._job(session, outcome)
        if actor.role is Role.REVIEWER:
            if job is None or outcome.job_id is None or outcome.reviewer_id != actor.name:
                raise NotAllowed("A reviewer decides only jobs that are claimed, in the reviewer's own name.")
            if outcome.review_type not in {None, job.review_type}:
                raise NotAllowed("The job says why a reviewer looks. Leave review_type out.")
            _check_holder(job, actor.name, now=now)
        decision = _decision(event, outcome, job)
        session.ledger.record_decision(decision, event_id=event.event_id, recorded_at=now)
        if job is not None and job.finished_at is None:
            session.queue.finish(job.job_id, reviewer_id=None, now=now)
        if self._second_looks.wanted and decision.review_type in FIRST_LOOKS:
            self._draw_second_look(session, decision, now=now)

    def _draw_second_look(self, session: Session, decision: Decision, *, now: datetime) -> None:
        key = (decision.item_id, decision.item_version)
        item, routing = session.ledger.item(*key), session.ledger.routings([key]).get(key)
        if item is not None and routing is not None:
            self._second_looks.draw(session, item, routing, decision, now)

    def _check_policies(self, outcome: Outcome) -> None:
        named = [(f"policies/{place}", name) for place, name in enumerate(outcome.policies)]
        named += [
            (f"segments/{place}/policy_id", segment.policy_id)
            for place, segment in enumerate(outcome.segments)
        ]
        for field, name in named:
            if name not in self._policies:
                raise UnknownPolicy(f"No policy {name!r} stands in configs/policies.yaml.", field=field)

    def _job(self, session: Session, outcome: Outcome) -> Job | None:
        key = (outcome.item_id, outcome.item_version)
        if session.ledger.item(*key) is None:
            raise UnknownItem(f"No item {key[0]!r} of version {key[1]!r} is known.", field="item_id")
        if outcome.job_id is not None:
            job = session.queue.job(outcome.job_id)
            if (job.item_id, job.item_version) != key:
                raise Invalid(f"Job {job.job_id!r} is about another item.", field="job_id")
            return job
        routing = session.ledger.routings([key]).get(key)
        if routing is None or outcome.review_type not in {None, *FIRST_LOOKS}:
            return None
        made = jobs.job(routing, created_at=routing.routed_at)
        return session.queue.job(made.job_id) if made else None


def _decision(event: Event, outcome: Outcome, job: Job | None) -> Decision:
    review_type = outcome.review_type or (job.review_type if job else ReviewType.FIRST_REVIEW)
    try:
        return outcome.decision(event, review_type=review_type)
    except ValueError as wrong:
        raise Invalid(str(wrong)) from wrong


def _check_holder(job: Job, reviewer_id: str, *, now: datetime) -> None:
    held = job.claimed_by == reviewer_id and job.claimed_until is not None and job.claimed_until > now
    if not held or job.finished_at is not None:
        raise ClaimLost
