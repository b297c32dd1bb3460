"""The days of a play, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import pandas as pd

from data.errors import NoChampion
from data.records import ANY, Item, Job, Route, Score, Verdict
from serving import drafts, jobs, rates
from serving.desk import Desk, Look, SimulatedClock, by_hour
from serving.drafts import Draft
from serving.replay import order
from serving.replay.lessons import ACTOR
from serving.replay.material import HANDOVER, Material, came
from serving.replay.options import ReplayOptions
from serving.replay.results import Compared, Day, Lesson, Order
from serving.routing import Answer
from serving.wiring import Application
from training.progress import Progress

TOGETHER: Final = 100
"""Items submitted in one call: what one request may hold."""

RECENT: Final = 2_000
"""Items by which a threshold is set, at most."""

_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)


class Course:
    """Plays items through the use cases of an application, and keeps count of what is true.

    Parameters
    ----------
    application, clock, desk : Application, SimulatedClock, Desk
        The real use cases, the time they believe, and the people at the queue.
    material : Material
        What is played.
    options : ReplayOptions
        How.
    flag_share : float
        Share of the items that people have time to review in full.
    teach : callable
        Makes a model on the given day, and puts it in charge where it may be.
    progress : callable
        Told the hours of the play.
    """

    def __init__(
        self,
        *,
        application: Application,
        clock: SimulatedClock,
        desk: Desk,
        material: Material,
        options: ReplayOptions,
        flag_share: float,
        teach: Callable[[int], Lesson],
        progress: Progress,
    ) -> None:
        self._application = application
        self._clock = clock
        self._desk = desk
        self.material = material
        self.options = options
        self._flag_share = flag_share
        self._teach = teach
        self._progress = progress
        self._answers: list[Answer] = []
        self._looks: list[Look] = []
        self.lessons: list[Lesson] = []

    def run(self, *, withheld: Sequence[Item], on_day: Callable[[Day], None]) -> list[Day]:
        """Play every day; ``withheld`` are past items that no model has learned from."""
        self._learn(0)
        self._set_plan(self._scored(withheld), reason="First plan, by items kept back from training")
        arrivals = dict(by_hour(self.material.played, [came(item) for item in self.material.played]))
        days: list[Day] = []
        for number in range(1, self.options.days + 1):
            before = len(self._answers), len(self._looks)
            for hour in range(24 * (number - 1) + 1, 24 * number + 1):
                self._progress("replay", hour, 24 * self.options.days)
                self._hour(HANDOVER + hour * _HOUR, arrivals)
            days.append(self._told(number, self._answers[before[0] :], self._looks[before[1] :]))
            on_day(days[-1])
            if number < self.options.days:
                self._overnight(number)
        return days

    def order(self) -> Order:
        """Return what the order of the queue was worth."""
        made = [(self._job(answer), self._violates(answer.item)) for answer in self._answers]
        queued = [(job, violates) for job, violates in made if job is not None]
        return order.compare(
            [job for job, _ in queued],
            self._looks,
            violating={job.job_id: violates for job, violates in queued},
            end=self.material.end,
        )

    def _hour(self, hour: datetime, arrivals: dict[datetime, list[Item]]) -> None:
        self._clock.reach(hour)
        items = arrivals.get(hour, [])
        for start in range(0, len(items), TOGETHER):
            self._answers += self._application.triage.submit(items[start : start + TOGETHER])
        if hour < self.material.end:
            self._looks += self._desk.work(until=hour + _HOUR)

    def _overnight(self, number: int) -> None:
        if number % self.options.retrain_days == 0:
            lesson = self._learn(number)
            if lesson.promoted:
                recent = [answer.item for answer in self._answers[-RECENT:]]
                self._set_plan(self._scored(recent), reason=f"Threshold for model {lesson.model}")
        elif self.lessons[-1].day == number - 1 and self.lessons[-1].promoted:
            # What the model said about items that it may have learned from was too sure of itself.
            scores = [(a.score, a.item) for a in self._answers if a.score and a.score.model == self._model()]
            self._set_plan(scores, reason="Threshold by the first day of the model")

    def _learn(self, number: int) -> Lesson:
        lesson = self._teach(number)
        self.lessons.append(lesson)
        return lesson

    def _scored(self, items: Sequence[Item]) -> list[tuple[Score, Item]]:
        scorer = self._application.champion.refresh().scorer
        if scorer is None:
            raise NoChampion(self._application.champion.problem)
        now = self._clock()
        creators = {item.creator_id for item in items if item.creator_id}
        with self._application.store.read() as session:
            histories = session.ledger.creator_histories(creators, before=now)
        scores = scorer.score(items, histories, scored_at=now)
        return [(score, item) for score, item in zip(scores, items, strict=True) if isinstance(score, Score)]

    def _set_plan(self, scored: Sequence[tuple[Score, Item]], *, reason: str) -> None:
        per_day = self.material.items_per_day
        past = pd.DataFrame(
            {
                "violation_probability": [score.violation_probability for score, _ in scored],
                "views": [item.expected_views for _, item in scored],
            }
        ).astype("float64")
        threshold = drafts.threshold(past["violation_probability"].to_numpy(), share=self._flag_share)
        plans = self._application.plans
        before = plans.current()
        plan = plans.set(
            Draft(
                thresholds={ANY: threshold},
                daily_budget=self.options.audit_share * per_day,
                queues={"*": "replay"},
            ),
            author=ACTOR,
            reason=reason,
            expected=before.version if before else None,
        )
        below = past[past["violation_probability"] < threshold]
        # The rates belong to the same scores, so that the budget holds from the first day on.
        solved = rates.solve(below, plan=plan, days=len(past) / per_day, now=self._clock())
        self._application.gateway.write(lambda session: session.ledger.add_rates(solved))

    def _told(self, number: int, answers: Sequence[Answer], looks: Sequence[Look]) -> Day:
        now = self._clock()
        report = self._application.quality.report(since=HANDOVER, until=now + timedelta(seconds=1), by=())
        violating = [answer for answer in self._answers if self._violates(answer.item)]
        flagged = sum(answer.routing.route is Route.FULL_REVIEW for answer in violating)
        prevalence = len(violating) / len(self._answers) if self._answers else None
        plan = self._application.plans.in_force()
        return Day(
            number=number,
            date=(HANDOVER + (number - 1) * _DAY).date(),
            model=self._model(),
            plan=plan.version,
            items=len(answers),
            violations=sum(self._violates(answer.item) for answer in answers),
            flagged=sum(answer.routing.route is Route.FULL_REVIEW for answer in answers),
            audits=sum(answer.routing.route is Route.AUDIT for answer in answers),
            looks=len(looks),
            waiting=sum(count.waiting + count.claimed for count in self._application.reviews.counts()),
            caught=sum(look.known.violation and look.verdict is Verdict.VIOLATION for look in looks),
            missed=sum(
                answer.routing.route is Route.RELEASE and self._violates(answer.item) for answer in answers
            ),
            recall=Compared.of(report.find("recall"), truth=flagged / len(violating) if violating else None),
            prevalence=Compared.of(report.find("prevalence"), truth=prevalence),
        )

    def _model(self) -> str:
        return next((lesson.model for lesson in reversed(self.lessons) if lesson.promoted), "")

    def _violates(self, item: Item) -> bool:
        return self.material.known[item.key].violation

    def _job(self, answer: Answer) -> Job | None:
        return jobs.job(answer.routing, created_at=answer.routing.routed_at)
