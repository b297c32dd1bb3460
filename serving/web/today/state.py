"""
What the first page shows: what waits, what is in force, how well it goes, what to do next.

Everything is read once and put into one object; the page and its JSON twin are two ways to write it down.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from data.records import Deployment, Plan
from data.store.activity import Activity
from data.store.queue import QueueCount
from data.store.store import Session
from evaluation.estimators import Estimate
from evaluation.plain import plain
from evaluation.report import QualityReport
from evaluation.report_notices import SYNTHETIC
from serving.quality import SEOUL
from serving.web.recent import Recent
from serving.web.today.alarms import WEEK, Alarm, alarms
from serving.wiring import Application

HEADLINES: Final = ("recall", "precision", "prevalence", "missed")
"""The estimates on the page, in this order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something that should be done next, and the commands that do it."""

    code: str
    """A key of `serving.web.today.words.Words.steps`."""
    commands: Sequence[str] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """The state of things at a moment."""

    now: datetime
    queues: Sequence[QueueCount]
    plan: Plan | None
    deployment: Deployment | None
    problem: str | None
    """Why no model scores; None where one does."""
    report: QualityReport
    items: int
    """How many items the ledger holds, imported ones included."""
    activity: Activity
    alarms: Sequence[Alarm]

    @property
    def synthetic(self) -> bool:
        """Whether any of what is shown was made up."""
        return SYNTHETIC in self.report.sources

    @property
    def told_at(self) -> datetime | None:
        """When the report was made, where that was a while ago; see `serving.web.recent`."""
        return self.report.until if self.now - self.report.until > timedelta(minutes=1) else None

    @property
    def headlines(self) -> list[Estimate]:
        """The estimates on the page."""
        return [self.report.find(name) for name in HEADLINES]

    @property
    def open_jobs(self) -> int:
        """How many jobs are not finished."""
        return sum(queue.waiting + queue.claimed for queue in self.queues)

    @property
    def hours_used(self) -> float:
        """Of reviewing, today; a decision of which the begin is unknown counts as the plan says."""
        untimed = self.activity.decisions - self.activity.timed
        return self.activity.review_time / timedelta(hours=1) + untimed * self._hours

    @property
    def hours_left(self) -> float:
        """That the open jobs will take, as the plan says."""
        return self.open_jobs * self._hours

    @property
    def _hours(self) -> float:
        return (self.plan.review_minutes if self.plan else 1.0) / 60

    @property
    def overdue(self) -> int:
        """How many jobs are late."""
        return sum(queue.overdue for queue in self.queues)

    @property
    def steps(self) -> list[Step]:
        """What to do next; empty where all is well."""
        return list(self._steps())

    def _steps(self) -> Iterator[Step]:
        if not self.items:
            yield Step(code="items", commands=("tamis demo", "tamis import FILE --mapping MAPPING.yaml"))
        if self.deployment is None:
            yield Step(code="model", commands=("tamis train", 'tamis promote VERSION --reason "..."'))
        elif self.problem is not None:
            commands = ("tamis models", 'tamis rollback --reason "..."')
            yield Step(code="model_problem", commands=commands, detail=self.problem)
        if self.plan is None:
            yield Step(code="plan", commands=("POST /v1/plans",))
        work = self.report.workload
        if self.items and not work.items:
            yield Step(code="routed", commands=("POST /v1/scores",))
        elif work.items and not work.reviewed:
            yield Step(code="decisions", commands=("POST /v1/events",))
        if self.overdue:
            yield Step(code="overdue")

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain dictionaries, lists, strings and numbers."""
        return {
            "now": self.now.isoformat(),
            "synthetic": self.synthetic,
            "items": self.items,
            "queues": [plain(queue) for queue in self.queues],
            "plan": plain(self.plan),
            "deployment": plain(self.deployment),
            "problem": self.problem,
            "steps": plain(self.steps),
            "activity": plain(self.activity),
            "hours_used": self.hours_used,
            "hours_left": self.hours_left,
            "alarms": plain(self.alarms),
            "report": self.report.to_json(),
        }


def gather(application: Application, recent: Recent) -> Today:
    """Read what the page shows. It asks the ledger, so it belongs off the event loop."""
    now = application.clock()
    day = now.astimezone(SEOUL).replace(hour=0, minute=0, second=0, microsecond=0)
    week = day - timedelta(days=day.weekday())

    def state(session: Session) -> tuple[list[QueueCount], Plan | None, Deployment | None, int, Activity]:
        return (
            session.queue.counts(now),
            session.plans.in_force(now),
            session.deployments.active(),
            session.ledger.counts()["items"],
            session.ledger.activity(day=day, week=week),
        )

    queues, plan, deployment, items, activity = application.gateway.read(state)
    report = recent.report(against=WEEK)
    past = recent.past(())
    return Today(
        now=now,
        queues=sorted(queues, key=lambda queue: queue.queue),
        plan=plan,
        deployment=deployment,
        problem=application.champion.problem,
        report=report,
        items=items,
        activity=activity,
        alarms=alarms(
            report,
            sample=None if past is None else past.sample,
            plan=plan,
            activity=activity,
            waiting=sum(queue.waiting + queue.claimed for queue in queues),
            now=now,
        ),
    )
