"""
The two transactions of a request that routes items: what is looked up before scoring, and what is written.

The second one repeats every question whose answer may have changed in between: is the item routed by now,
does this model still serve, is this plan still in force? Only then is the routing a fact.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from data.errors import PlanChanged, StaleModel
from data.records import (
    ANY,
    AuditDesign,
    AuditRates,
    CreatorHistory,
    Deployment,
    Item,
    Plan,
    Policy,
    Routing,
    Score,
)
from data.store.store import Session
from evaluation import design, priority
from serving import jobs
from serving.rates import DailyRates, is_of_today, recorded_today

NO_PLAN: Final = "no plan in force"
NO_PLAN_VERSION: Final = "none"
"""What stands in place of a plan's version where no plan was in force."""

Key = tuple[str, str]
"""Id and version of an item."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is said about one item."""

    item: Item
    score: Score | None
    routing: Routing
    replay: bool = False
    """The item was routed before; this is the same answer again."""
    recorded: bool = True
    """The routing, and with it the chance, is committed in the ledger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The plan in force and the audit rates of the day under it."""

    plan: Plan
    rates: AuditRates
    recorded: bool
    """The rates are in the ledger; others will not take their place today."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What the ledger said when the request came in."""

    now: datetime
    replays: Mapping[Key, Answer] = field(default_factory=dict)
    histories: Mapping[str, CreatorHistory] = field(default_factory=dict)
    terms: Terms | None = None
    """None where no plan is in force."""


class Router:
    """Reads what routing needs, routes, and writes it down.

    Parameters
    ----------
    policies : mapping of str to Policy
        Severities for the priority.
    key : Key
        The secret of the draws.
    rates : DailyRates
        The audit rates of the day.
    """

    def __init__(self, *, policies: Mapping[str, Policy], key: design.Key, rates: DailyRates) -> None:
        self._policies = policies
        self._key = key
        self._rates = rates
        # Kept from one request to the next, because whoever records asks the ledger again.
        self._terms: Terms | None = None

    def look(self, session: Session, items: Sequence[Item], *, now: datetime) -> Situation:
        """Return what is known before anything is scored."""
        replays = _replays(session, items)
        creators = {item.creator_id for item in items if item.creator_id and item.key not in replays}
        return Situation(
            now=now,
            replays=replays,
            histories=session.ledger.creator_histories(creators, before=now) if creators else {},
            terms=self._terms_at(session, now),
        )

    def forget(self) -> None:
        """Ask the ledger for plan and rates next time: they changed."""
        self._terms = None

    def record(
        self,
        session: Session,
        items: Sequence[Item],
        scores: Sequence[Score | str],
        found: Situation,
        *,
        under: Deployment | None,
        whatever_serves: bool = False,
    ) -> dict[Key, Answer]:
        """Write items, scores, routings and jobs; return the answers.

        Parameters
        ----------
        session : Session
            One that writes.
        items, scores : sequence of Item, sequence of Score or str
            What is routed, and its scores or the reasons why there are none.
        found : Situation
            What was found before scoring.
        under : Deployment or None
            What served while the items were scored.
        whatever_serves : bool
            Do not ask whether it still serves; for items that have no score.

        Raises
        ------
        StaleModel
            Another model serves by now.
        PlanChanged
            Another plan is in force by now.
        """
        is_new = session.ledger.add_items(items, received_at=found.now)
        # Somebody else may have sent the same items a moment ago. Other content was just refused.
        known = [item for item, new in zip(items, is_new, strict=True) if not new]
        replays = _replays(session, known, same=True) if known else {}
        fresh = [(item, score) for item, score in zip(items, scores, strict=True) if item.key not in replays]
        if not whatever_serves:
            _check_model(session.deployments.active(), under, [score for _, score in fresh])
        found = replace(found, terms=_settled(session, found))
        answers = self.route([item for item, _ in fresh], [score for _, score in fresh], found)
        _write(session, answers.values())
        return replays | answers

    def make_true(self, session: Session, item: Item, *, reason: str, told_at: datetime) -> None:
        """Make the ledger agree with "full review", which was told when it could not be asked.

        Where the item has no routing, one is recorded as it was told. Where it was released by then, a
        person looks all the same: a job is opened, and the recorded chance stays as it is. A routing made
        later was told later, and is left alone. Doing it again changes nothing.

        Raises
        ------
        AlreadySubmitted
            The item has no routing, and is known with other content.
        """
        known = session.ledger.routings([item.key]).get(item.key)
        if known is None:
            session.ledger.add_items([item], received_at=told_at)
            plan = session.plans.in_force(told_at)
            terms = None if plan is None else _terms(plan, told_at)
            [answer] = self.route([item], [reason], Situation(now=told_at, terms=terms)).values()
            # With chance 1, whatever the rates of that day were.
            _write(session, [replace(answer, routing=replace(answer.routing, rates_id=None))])
        elif known.routed_at <= told_at:
            promised = jobs.promised(known, created_at=told_at)
            if promised is not None and not session.queue.has(promised.job_id):
                session.queue.add([promised])

    def route(
        self, items: Sequence[Item], scores: Sequence[Score | str], found: Situation, *, recorded: bool = True
    ) -> dict[Key, Answer]:
        """Return where items go; ``scores`` holds the reason where an item has none. Writes nothing."""
        terms = found.terms or _no_terms(found.now)
        answers: dict[Key, Answer] = {}
        for item, outcome in zip(items, scores, strict=True):
            score = outcome if isinstance(outcome, Score) else None
            points, factors = priority.rank(item=item, score=score, policies=self._policies)
            routing = design.assign(
                item=item,
                score=score,
                plan=terms.plan,
                rates=terms.rates,
                key=self._key,
                routing_id=jobs.new_routing_id(),
                routed_at=found.now,
                priority=points,
                factors=factors,
                degraded=None if isinstance(outcome, Score) else outcome,
            )
            if found.terms is None:
                routing = replace(routing, rates_id=None)
            answers[item.key] = Answer(item=item, score=score, routing=routing, recorded=recorded)
        return answers

    def _terms_at(self, session: Session, now: datetime) -> Terms | None:
        terms = self._terms
        if terms is not None and is_of_today(terms.rates, plan=terms.plan, now=now):
            return terms
        plan = session.plans.in_force(now)
        if plan is None:
            return None
        recorded = recorded_today(session, plan=plan, now=now)
        if recorded is None:
            return Terms(plan=plan, rates=self._rates.solved(session, plan=plan, now=now), recorded=False)
        self._terms = Terms(plan=plan, rates=recorded, recorded=True)
        return self._terms


def _replays(session: Session, items: Sequence[Item], *, same: bool = False) -> dict[Key, Answer]:
    routings = session.ledger.routings([item.key for item in items])
    if not routings:
        return {}
    stored, scores = session.ledger.items(list(routings)), session.ledger.scores(list(routings))
    return {
        item.key: Answer(item=item, score=scores.get(item.key), routing=routings[item.key], replay=True)
        for item in items
        # Other content under the same name is no replay; adding it to the ledger refuses it.
        if item.key in routings and (same or stored[item.key].digest() == item.digest())
    }


def _check_model(active: Deployment | None, under: Deployment | None, scores: Sequence[Score | str]) -> None:
    if active != under or any(
        isinstance(score, Score) and (active is None or score.model != active.model) for score in scores
    ):
        raise StaleModel


def _settled(session: Session, found: Situation) -> Terms | None:
    plan, terms = session.plans.in_force(found.now), found.terms
    if (plan.version if plan else None) != (terms.plan.version if terms else None):
        raise PlanChanged
    if plan is None or terms is None or terms.recorded:
        return terms
    recorded = recorded_today(session, plan=plan, now=found.now)
    if recorded is None:
        session.ledger.add_rates(terms.rates)
    return replace(terms, rates=recorded or terms.rates)


def _write(session: Session, answers: Collection[Answer]) -> None:
    session.ledger.record(
        [answer.score for answer in answers if answer.score], [answer.routing for answer in answers]
    )
    made = (jobs.job(answer.routing, created_at=answer.routing.routed_at) for answer in answers)
    session.queue.add([job for job in made if job])


def _no_terms(now: datetime) -> Terms:
    plan = Plan(
        version=NO_PLAN_VERSION,
        thresholds={ANY: 1.0},
        audit=AuditDesign(daily_budget=1),
        author="tamis",
        reason=NO_PLAN,
        in_force_from=now,
    )
    return _terms(plan, now)


def _terms(plan: Plan, now: datetime) -> Terms:
    # Rates for what has no score, and so needs none.
    rates = AuditRates(
        rates_id="none", plan=plan.version, scale=0.0, uniform=1.0, unflagged_per_day=0.0, set_at=now
    )
    return Terms(plan=plan, rates=rates, recorded=False)
