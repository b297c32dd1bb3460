"""What happened lately: whether items and decisions still come in, and what people found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pandas as pd
import sqlalchemy as sa

from data.labels import KEY, settle
from data.records import ReviewType
from data.store.frames import frame
from data.store.looks import LOOKS, as_text, looks
from data.store.schema import decision, item, routing
from data.store.transaction import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """What happened since a day and a week began. Imported decisions do not count."""

    last_item_at: datetime | None = None
    last_decision_at: datetime | None = None
    degraded: int = 0
    """Items of the day that could not be scored."""
    decisions: int = 0
    """Of the day."""
    timed: int = 0
    """Decisions of which is known when they were begun."""
    review_time: timedelta = timedelta()
    """That these took."""
    caught: int = 0
    """Items that were settled as violations in the week."""
    policies: Mapping[str, int] = field(default_factory=dict)
    """How many of these break which policy, most first."""


class Activities(Part):
    """The part of the ledger that says what happened lately."""

    def activity(self, *, day: datetime, week: datetime) -> Activity:
        """Return what happened since the moments when a day and a week began."""
        last = sa.select(item.c.received_at).order_by(item.c.sequence.desc()).limit(1)
        by_people = decision.c.review_type != ReviewType.IMPORTED
        latest = sa.select(decision.c.recorded_at).where(by_people).order_by(decision.c.sequence.desc())
        degraded = sa.select(sa.func.count()).where(
            routing.c.routed_at >= day, routing.c.degraded.is_not(None)
        )
        today = self._connection.execute(
            sa.select(decision.c.started_at, decision.c.decided_at).where(
                by_people, decision.c.recorded_at >= day
            )
        ).all()
        spent = [row.decided_at - row.started_at for row in today if row.started_at is not None]
        caught, policies = self._caught(week)
        return Activity(
            last_item_at=self._connection.scalar(last),
            last_decision_at=self._connection.scalar(latest.limit(1)),
            degraded=self._connection.scalar(degraded) or 0,
            decisions=len(today),
            timed=len(spent),
            review_time=sum(spent, timedelta()),
            caught=caught,
            policies=policies,
        )

    def handled(self, *, since: datetime, until: datetime) -> pd.DataFrame:
        """Return the decisions recorded in a window: who, ``verdict``, and ``seconds`` (NaN: unknown)."""
        found = frame(
            self._connection,
            sa.select(
                decision.c.reviewer_id,
                as_text(decision.c.verdict),
                decision.c.started_at,
                decision.c.decided_at,
            ).where(
                decision.c.review_type != ReviewType.IMPORTED,
                decision.c.recorded_at >= since,
                decision.c.recorded_at < until,
            ),
            {"reviewer_id": "str", "verdict": "str", "started_at": "moment", "decided_at": "moment"},
        )
        spent = (found.pop("decided_at") - found.pop("started_at")).dt.total_seconds()
        return found.assign(seconds=spent.astype("float64"))

    def _caught(self, week: datetime) -> tuple[int, Mapping[str, int]]:
        lately = sa.select(decision.c.item_id, decision.c.item_version).where(
            decision.c.recorded_at >= week, decision.c.review_type != ReviewType.IMPORTED
        )
        key = sa.tuple_(decision.c.item_id, decision.c.item_version)
        settled = settle(looks(self._connection, LOOKS.where(key.in_(lately))))
        found = settled[settled["violation"] & (settled["settled_at"] >= week)]
        named = Counter(policy for policies in found["policies"] for policy in policies)
        return len(found[KEY].drop_duplicates()), dict(named.most_common())
