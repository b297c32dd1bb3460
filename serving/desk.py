"""
Simulated reviewers at the real queue.

They claim and decide through `serving.reviews`, like people do; only their eyes and the clock are made up.
The demonstration and the replay use it, the running service never does.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final, TypeVar

from data.records import Job, Role, Verdict
from evaluation.simulation.arrivals import KST
from evaluation.simulation.reviewers import Judgement, Reviewer, judge
from serving.auth import Actor
from serving.events import Event, Outcome
from serving.reviews import Reviews
from serving.settings import Settings

_T = TypeVar("_T")

OPENS: Final = 9
"""The hour of a Korean day at which the desk opens."""
CLOSES: Final = 18
"""The hour at which nobody takes another job."""

HOURS_A_DAY: Final = CLOSES - OPENS


class SimulatedClock:
    """A clock that stands where it is put, and never goes back.

    Examples
    --------
    >>> from datetime import UTC
    >>> clock = SimulatedClock(datetime(2026, 11, 2, tzinfo=UTC))
    >>> clock.reach(datetime(2026, 11, 1, tzinfo=UTC))
    >>> clock().day
    2
    """

    def __init__(self, at: datetime) -> None:
        self._at = at

    def __call__(self) -> datetime:
        """Return the moment now."""
        return self._at

    def reach(self, at: datetime) -> None:
        """Stand at a moment, unless it is past."""
        self._at = max(self._at, at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the simulation knows of an item, and its reviewers are about to find out."""

    violation: bool
    policies: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look of one reviewer at one item."""

    job: Job
    reviewer_id: str
    began: datetime
    verdict: Verdict
    known: Known


@dataclass(order=True, slots=True)
class _Seat:
    free_at: datetime
    place: int
    reviewer: Reviewer = field(compare=False)
    look: Look | None = field(default=None, compare=False)
    judgement: Judgement | None = field(default=None, compare=False)


class Desk:
    """A team that works through the queue while the desk is open.

    Parameters
    ----------
    reviews : Reviews
        The real queue.
    clock : SimulatedClock
        The clock of the application; it is moved from look to look.
    team : sequence of Reviewer
        Who works.
    known : callable
        What is true of an item, by id and version.
    policies : sequence of str
        What may be named by somebody who errs.
    seed : int
        Another seed makes other errors.
    """

    def __init__(
        self,
        *,
        reviews: Reviews,
        clock: SimulatedClock,
        team: Sequence[Reviewer],
        known: Callable[[tuple[str, str]], Known],
        policies: Sequence[str],
        seed: int,
    ) -> None:
        self._reviews = reviews
        self._clock = clock
        self._known = known
        self._policies = policies
        self._seed = seed
        self._seats = [_Seat(clock(), place, reviewer) for place, reviewer in enumerate(team)]

    def work(self, *, until: datetime) -> list[Look]:
        """Let everybody work until a moment; return the looks that ended, in order.

        A look that is under way then goes on when work goes on. Who finds nothing waiting looks again then.
        """
        ended: list[Look] = []
        for seat in self._seats:
            seat.free_at = max(seat.free_at, self._clock())
        heapq.heapify(self._seats)
        while self._seats[0].free_at < until:
            seat = self._seats[0]
            self._clock.reach(seat.free_at)
            ended += self._end(seat)
            if not (is_open(seat.free_at) and self._begin(seat)):
                seat.free_at = until
            heapq.heapreplace(self._seats, seat)
        return ended

    def finish(self) -> list[Look]:
        """End the looks that are under way; nobody takes another job."""
        ended: list[Look] = []
        for seat in sorted(self._seats):
            if seat.look is not None:
                self._clock.reach(seat.free_at)
                ended += self._end(seat)
        return ended

    def _begin(self, seat: _Seat) -> bool:
        reviewer = seat.reviewer
        for queue in reviewer.queues or (None,):
            job = self._reviews.claim(reviewer_id=reviewer.reviewer_id, queue=queue)
            if job is None:
                continue
            known = self._known((job.item_id, job.item_version))
            seat.judgement = judge(
                reviewer,
                item_id=job.item_id,
                violation=known.violation,
                policies=known.policies,
                known_policies=self._policies,
                seed=self._seed,
            )
            seat.look = Look(
                job=job,
                reviewer_id=reviewer.reviewer_id,
                began=seat.free_at,
                verdict=seat.judgement.verdict,
                known=known,
            )
            seat.free_at += timedelta(minutes=seat.judgement.minutes)
            return True
        return False

    def _end(self, seat: _Seat) -> list[Look]:
        look, judgement = seat.look, seat.judgement
        if look is None or judgement is None:
            return []
        seat.look = seat.judgement = None
        outcome = Outcome(
            item_id=look.job.item_id,
            item_version=look.job.item_version,
            reviewer_id=look.reviewer_id,
            verdict=judgement.verdict,
            policies=judgement.policies,
            job_id=look.job.job_id,
            started_at=look.began,
        )
        event = Event(event_id=f"look-{look.job.job_id}", occurred_at=self._clock(), outcome=outcome)
        actor = Actor(name=look.reviewer_id, role=Role.REVIEWER, credential_id="simulated")
        [receipt] = self._reviews.decide([event], actor=actor)
        if receipt.refusal is not None:
            raise receipt.refusal
        return [look]


def is_open(moment: datetime) -> bool:
    """Return whether the desk takes jobs at a moment.

    Examples
    --------
    >>> is_open(datetime(2026, 11, 2, 9, tzinfo=KST)), is_open(datetime(2026, 11, 2, 18, tzinfo=KST))
    (True, False)
    """
    return OPENS <= moment.astimezone(KST).hour < CLOSES


def unhurried(settings: Settings) -> Settings:
    """Return settings under which nobody gives up: simulated time waits for the slowest machine."""
    triage = settings.triage.model_copy(
        update={"ledger_deadline_s": 60.0, "scoring_deadline_s": 120.0, "batch_items": 64}
    )
    reviews = settings.reviews.model_copy(update={"lease_minutes": 24.0 * 60})
    return settings.model_copy(update={"triage": triage, "reviews": reviews})


def by_hour(things: Sequence[_T], moments: Sequence[datetime]) -> Iterator[tuple[datetime, list[_T]]]:
    """Yield what happened within each hour, with the full hour at its end; both come in order of time."""
    for hour, group in groupby(zip(moments, things, strict=True), key=lambda pair: hour_after(pair[0])):
        yield hour, [thing for _, thing in group]


def hour_after(moment: datetime) -> datetime:
    """Return the next full hour.

    Examples
    --------
    >>> hour_after(datetime(2026, 11, 2, 9, 30, tzinfo=KST)).hour
    10
    """
    return moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
