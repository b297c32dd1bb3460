"""
Use case: items come in.

Every item leaves with a route and a recorded chance. What cannot be scored goes to full review with its
reason; what cannot be recorded goes there too, says that nothing was recorded, and is recorded as soon as the
ledger answers (`serving.reconciling`). Nothing is ever released without a row in the ledger.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Final

import structlog

from data.errors import AlreadySubmitted, LedgerUnavailable, PlanChanged, StaleModel, TriageError
from data.records import Item, Score
from serving import metrics
from serving.champion import Champion
from serving.gateway import Gateway
from serving.routing import NO_PLAN, Answer, Key, Router, Situation
from serving.scoring import Scoring
from serving.spool import Spool, Told

__all__ = ["Answer", "Triage"]

STALE: Final = "model changed while scoring"
UNRECORDED: Final = "ledger unavailable"
MISTAKE: Final = "internal error"

ATTEMPTS: Final = 4
"""How often a request is scored when the model changes under it, before it goes to full review."""

_log = structlog.get_logger(__name__)


class Triage:
    """Scores items, routes them under the plan in force, writes both down.

    Parameters
    ----------
    gateway : Gateway
        The ledger.
    champion, scoring : Champion, Scoring
        The model in force, and the queue in front of it.
    router : Router
        What is read and written in one transaction each.
    spool : Spool
        Where an answer is kept that could not be recorded.
    clock : callable
        The moment now.
    patience_s : float
        Seconds to wait for a model that is being loaded.
    """

    def __init__(
        self,
        *,
        gateway: Gateway,
        champion: Champion,
        scoring: Scoring,
        router: Router,
        spool: Spool,
        clock: Callable[[], datetime],
        patience_s: float,
    ) -> None:
        self._gateway = gateway
        self._champion = champion
        self._scoring = scoring
        self._router = router
        self._spool = spool
        self._clock = clock
        self._patience_s = patience_s

    def submit(self, items: Sequence[Item], *, dry_run: bool = False) -> list[Answer]:
        """Return an answer for every item, in order, once it is committed.

        An item that was routed before gets the same answer again, without being scored. With ``dry_run``
        nothing is written, and ids and chances are those of a moment.

        Raises
        ------
        AlreadySubmitted
            An id and version came with other content, before or in the same request. Nothing is routed.
        Overloaded
            Too many items wait for the model. Nothing is routed; treat the items as full review.
        """
        items = [_in_utc(item) for item in items]
        places = _places(items)
        distinct = [items[place] for place in places.values()]
        try:
            answers = self._answers(distinct, places, dry_run=dry_run)
        except LedgerUnavailable as away:
            answers = self._unrecorded(distinct, UNRECORDED, away.__cause__ or away, keep=not dry_run)
        except TriageError:
            raise
        except Exception as failed:  # noqa: BLE001 - a mistake of ours must not leave the queue without a route
            answers = self._unrecorded(distinct, MISTAKE, failed, keep=not dry_run)
        if not dry_run:
            for answer in answers.values():
                if not answer.replay:
                    metrics.routed(answer.routing, recorded=answer.recorded)
        return [answers[item.key] for item in items]

    def _unrecorded(
        self, items: Sequence[Item], reason: str, why: BaseException, *, keep: bool
    ) -> dict[Key, Answer]:
        trace = "".join(traceback.format_exception(why))
        _log.error("routed_without_a_record", items=len(items), reason=reason, traceback=trace)
        now = self._clock()
        if keep:
            try:
                self._spool.keep(Told(items=tuple(items), reason=reason, told_at=now))
            except Exception as failed:  # noqa: BLE001 - full review is the answer also where no disk takes it
                _log.error("answer_not_kept", items=len(items), reason=repr(failed))
        return self._router.route(items, [reason] * len(items), Situation(now=now), recorded=False)

    def _answers(
        self, items: Sequence[Item], places: Mapping[Key, int], *, dry_run: bool
    ) -> dict[Key, Answer]:
        patient_until = time.monotonic() + self._patience_s
        if not self._champion.wait(0):
            self._champion.refresh(timeout_s=self._patience_s)
        for attempt in range(ATTEMPTS + 1):
            now = self._clock()
            found = self._gateway.read(partial(self._router.look, items=items, now=now))
            fresh = [item for item in items if item.key not in found.replays]
            if not fresh:
                return dict(found.replays)
            is_last = attempt == ATTEMPTS
            under = self._champion.standing.deployment
            scores = [STALE] * len(fresh) if is_last else self._scores(fresh, found)
            if dry_run:
                return {**found.replays, **self._router.route(fresh, scores, found, recorded=False)}
            record = partial(
                self._router.record,
                items=fresh,
                scores=scores,
                found=found,
                under=under,
                whatever_serves=is_last,
            )
            try:
                return {**found.replays, **self._gateway.write(record)}
            except AlreadySubmitted as refused:
                raise _placed(refused, [places[item.key] for item in fresh]) from None
            except StaleModel:
                # Waits while the new model is loaded: what comes in during a swap is late, not lost.
                self._champion.refresh(timeout_s=max(0.0, patient_until - time.monotonic()))
            except PlanChanged:
                self._router.forget()
        raise LedgerUnavailable

    def _scores(self, items: Sequence[Item], found: Situation) -> Sequence[Score | str]:
        if found.terms is None:
            return [NO_PLAN] * len(items)
        return self._scoring.score(items, found.histories)


def _in_utc(item: Item) -> Item:
    # Whoever sends the same moment in another zone sends the same item.
    if item.submitted_at is None or item.submitted_at.tzinfo is UTC:
        return item
    return replace(item, submitted_at=item.submitted_at.astimezone(UTC))


def _places(items: Sequence[Item]) -> dict[Key, int]:
    places: dict[Key, int] = {}
    for place, item in enumerate(items):
        first = places.setdefault(item.key, place)
        if items[first].digest() != item.digest():
            raise AlreadySubmitted(field=f"items/{place}/item_id")
    return places


def _placed(refused: AlreadySubmitted, places: Sequence[int]) -> AlreadySubmitted:
    # The ledger counts the items it was handed; the caller counts those that were sent.
    _, _, rest = (refused.field or "").partition("items/")
    number, _, name = rest.partition("/")
    if not number.isdigit():
        return refused
    return AlreadySubmitted(str(refused), field=f"items/{places[int(number)]}/{name}")
