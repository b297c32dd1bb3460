"""
Which settled items somebody else looks at again.

Reviewers err, and a false "violation" in an audit stands for every item that the audit stands for. So a
second person looks at some of what the first one settled, each with a chance that depends on route and
verdict only and is written down with the verdict. The second one does not know that there was a first.
"""

from __future__ import annotations

from datetime import datetime

from data.records import Decision, Item, Job, ReviewType, Route, Routing, SecondLook, Verdict
from data.store.store import Session
from evaluation import design, priority
from evaluation.design import Key
from serving import jobs
from serving.sections import SecondLookSettings

PURPOSE = "second_review"
"""The purpose of the draws: they have nothing to do with those that routed."""


class SecondLooks:
    """Draws second looks, and makes their jobs.

    Parameters
    ----------
    key : Key
        The secret of the draws.
    settings : SecondLookSettings
        The chances.
    """

    def __init__(self, *, key: Key, settings: SecondLookSettings) -> None:
        self._key = key
        self._settings = settings

    @property
    def wanted(self) -> bool:
        """Whether there are any."""
        chances = self._settings
        return max(chances.audit_violations, chances.flagged_violations, chances.clean) > 0

    def draw(self, session: Session, item: Item, routing: Routing, decision: Decision, now: datetime) -> None:
        """Draw once, with the first verdict that settles a drawn item, and record it.

        What is decided again, or was settled before second looks were turned on, is left alone.
        """
        chance = self._chance(routing, decision.verdict)
        if chance <= 0 or session.ledger.second_looks([item.key]):
            return
        look = SecondLook(
            item_id=item.item_id,
            item_version=item.item_version,
            decision_id=decision.decision_id,
            chance=chance,
            draw=design.draw(self._key, PURPOSE, item.identity),
            key_id=self._key.key_id,
            drawn_at=now,
        )
        session.ledger.add_second_look(look)
        if look.drawn:
            session.queue.add([_job(look, routing, not_for=decision.reviewer_id)])

    def _chance(self, routing: Routing, verdict: Verdict) -> float:
        if routing.route is Route.RELEASE or verdict not in {Verdict.VIOLATION, Verdict.NO_VIOLATION}:
            return 0.0
        if verdict is Verdict.NO_VIOLATION:
            return self._settings.clean
        audit = routing.route is Route.AUDIT
        return self._settings.audit_violations if audit else self._settings.flagged_violations


def _job(look: SecondLook, routing: Routing, *, not_for: str) -> Job:
    return Job(
        job_id=jobs.second_job_id(routing.routing_id),
        item_id=look.item_id,
        item_version=look.item_version,
        routing_id=routing.routing_id,
        review_type=ReviewType.SECOND_REVIEW,
        queue=routing.queue,
        # Whatever is left undone must not depend on the risk, as with audits.
        priority=priority.place_audit(look.draw, look.chance)[0],
        due_at=look.drawn_at + (routing.due_at - routing.routed_at),
        created_at=look.drawn_at,
        not_for=not_for,
    )
