"""Claim, renew, give back and finish jobs. The queue is working state: it can be made again from facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from data.errors import ClaimLost, UnknownJob
from data.records import Job
from data.store.fields import row_of, select_records
from data.store.schema import job
from data.store.transaction import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueCount:
    """How much is open in one queue at a moment."""

    queue: str
    waiting: int
    claimed: int
    overdue: int
    oldest_created_at: datetime


_OPEN: Final = job.c.finished_at.is_(None)
_ORDER: Final = (job.c.priority.desc(), job.c.due_at, job.c.sequence)
_JOB: Final = select_records(job, Job)


class Queue(Part):
    """Jobs in the order of priority (highest first), then of what is due, then of arrival."""

    def add(self, jobs: Sequence[Job]) -> None:
        """Put jobs in."""
        self._transaction.append(job, [row_of(each, job) for each in jobs])

    def job(self, job_id: str) -> Job:
        """Return one job, or raise `UnknownJob`."""
        found = self._connection.execute(_JOB.where(job.c.job_id == job_id)).one_or_none()
        if found is None:
            raise UnknownJob(f"No job {job_id!r} was made.", field="job_id")
        return Job(**found._mapping)

    def has(self, job_id: str) -> bool:
        """Say whether a job of that name was made."""
        return (
            self._connection.execute(sa.select(job.c.job_id).where(job.c.job_id == job_id)).first()
            is not None
        )

    def claim(
        self, *, reviewer_id: str, now: datetime, lease: timedelta, queue: str | None = None
    ) -> Job | None:
        """Give the reviewer the first free job, of one queue or of all; None if there is none.

        A claim lasts for the lease. A job whose lease has run out is free again. Nobody gets a second look
        at what they looked at first.
        """
        chosen = (
            sa.select(job.c.sequence)
            .where(_is_free(now), _is_for(reviewer_id), _in(queue))
            .order_by(*_ORDER)
            .limit(1)
        )
        # Whoever claims at the same moment gets the job after, without waiting. (SQLite lets one writer
        # in at a time, and leaves the clause out.)
        first = chosen.with_for_update(skip_locked=True).scalar_subquery()
        return self._change(job.c.sequence == first, claimed_by=reviewer_id, claimed_until=now + lease)

    def renew(self, job_id: str, *, reviewer_id: str, now: datetime, lease: timedelta) -> Job:
        """Extend a claim; `ClaimLost` if somebody else took the job meanwhile, or it is finished."""
        return self._held(job_id, reviewer_id, claimed_until=now + lease)

    def release(self, job_id: str, *, reviewer_id: str) -> Job:
        """Give a job back; `ClaimLost` if it is no longer the reviewer's."""
        return self._held(job_id, reviewer_id, claimed_by=None, claimed_until=None)

    def finish(self, job_id: str, *, reviewer_id: str | None, now: datetime) -> Job:
        """Close a job.

        With a reviewer it must be theirs (`ClaimLost`), though the lease may have run out as long as
        nobody else took it. Without one it is closed whoever holds it, and closing twice changes nothing.
        """
        self._transaction.lock()  # before the row, as all who append do, so that nobody waits in a circle
        if reviewer_id is not None:
            return self._held(job_id, reviewer_id, finished_at=now)
        return self._change(sa.and_(job.c.job_id == job_id, _OPEN), finished_at=now) or self.job(job_id)

    def held(self, reviewer_id: str, *, now: datetime) -> Job | None:
        """Return the job that the reviewer holds, the one claimed last; None where they hold none."""
        theirs = sa.and_(_OPEN, job.c.claimed_by == reviewer_id, job.c.claimed_until > now)
        found = self._connection.execute(_JOB.where(theirs).order_by(job.c.claimed_until.desc()).limit(1))
        row = found.one_or_none()
        return None if row is None else Job(**row._mapping)

    def waiting(self, *, now: datetime, queue: str | None = None, limit: int = 100) -> list[Job]:
        """Return the free jobs in the order in which they will be claimed."""
        chosen = _JOB.where(_is_free(now), _in(queue)).order_by(*_ORDER).limit(limit)
        return [Job(**row._mapping) for row in self._connection.execute(chosen)]

    def counts(self, now: datetime, *, reviewer_id: str | None = None) -> list[QueueCount]:
        """Return how much is open, by queue. What is overdue counts whether it is claimed or not.

        With a reviewer, without the second looks that they may not take: a job that shows in the count and
        cannot be claimed would say what it is.
        """
        held = sa.and_(_OPEN, job.c.claimed_until > now)
        number = sa.func.count()
        oldest = sa.func.min(job.c.created_at, type_=job.c.created_at.type)
        rows = self._connection.execute(
            sa.select(
                job.c.queue,
                number.filter(_is_free(now)).label("waiting"),
                number.filter(held).label("claimed"),
                number.filter(job.c.due_at < now).label("overdue"),
                oldest.label("oldest_created_at"),
            )
            .where(_OPEN, _is_for(reviewer_id))
            .group_by(job.c.queue)
            .order_by(job.c.queue)
        )
        return [QueueCount(**row._mapping) for row in rows]

    def _held(self, job_id: str, reviewer_id: str, **values: Any) -> Job:
        mine = sa.and_(job.c.job_id == job_id, job.c.claimed_by == reviewer_id, _OPEN)
        changed = self._change(mine, **values)
        if changed is None:
            self.job(job_id)  # says so where there is none
            raise ClaimLost(field="job_id")
        return changed

    def _change(self, which: sa.ColumnElement[bool], **values: Any) -> Job | None:
        change = sa.update(job).where(which).values(**values).returning(*_JOB.selected_columns)
        found = self._connection.execute(change).one_or_none()
        return None if found is None else Job(**found._mapping)


def _is_free(now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(_OPEN, sa.or_(job.c.claimed_until.is_(None), job.c.claimed_until <= now))


def _is_for(reviewer_id: str | None) -> sa.ColumnElement[bool]:
    if reviewer_id is None:
        return sa.true()
    return sa.or_(job.c.not_for.is_(None), job.c.not_for != reviewer_id)


def _in(queue: str | None) -> sa.ColumnElement[bool]:
    return sa.true() if queue is None else job.c.queue == queue
