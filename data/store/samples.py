"""The table that estimates start from, and the past that audit rates are solved from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import pandas as pd
import sqlalchemy as sa

from data.labels import KEY, RANKS, settle
from data.records import LONGEST_S, AuditRates, ReviewType, Route, Verdict
from data.store.columns import NumberWithin
from data.store.frames import column, frame
from data.store.looks import CALLED_FOR, LOOKS, as_text, called_for, looks
from data.store.schema import decision, item, routing, score, second_look
from data.store.transaction import Part

_ROUTED: Final = {
    **dict.fromkeys(
        ("id", "item_version", "route", "plan", "model", "language", "category", "creator_id"), "str"
    ),
    **dict.fromkeys(("source", "item_type", "degraded", "queue"), "str"),
    **dict.fromkeys(("pi", "draw", "score", "views"), "float64"),
    "flagged": "bool",
    "time": "moment",
}


_OF_ITEM: Final = sa.and_(item.c.item_id == routing.c.item_id, item.c.item_version == routing.c.item_version)
_OF_DECISION: Final = sa.and_(
    routing.c.item_id == decision.c.item_id, routing.c.item_version == decision.c.item_version
)
_SAMPLE: Final = (
    sa.select(
        routing.c.item_id.label("id"),
        routing.c.item_version,
        routing.c.inclusion_probability.label("pi"),
        routing.c.draw,
        routing.c.flagged,
        score.c.violation_probability.label("score"),
        item.c.expected_views.label("views"),
        routing.c.routed_at.label("time"),
        as_text(routing.c.route),
        routing.c.plan,
        routing.c.model,
        item.c.language,
        item.c.category,
        item.c.creator_id,
        item.c.source,
        as_text(item.c.item_type),
        routing.c.degraded,
        routing.c.queue,
        routing.c.flagged_policies,
    )
    .join(item, _OF_ITEM)
    .outerjoin(score, score.c.score_id == routing.c.score_id)
    .order_by(routing.c.sequence)
)


_SECOND_LOOKS: Final = (
    sa.select(
        second_look.c.item_id,
        second_look.c.item_version,
        second_look.c.chance.label("second_pi"),
        second_look.c.draw.label("second_draw"),
        decision.c.sequence.label("first_sequence"),
        decision.c.reviewer_id,
    )
    .join(decision, decision.c.decision_id == second_look.c.decision_id)
    .join(
        routing,
        sa.and_(
            routing.c.item_id == second_look.c.item_id,
            routing.c.item_version == second_look.c.item_version,
        ),
    )
)


class Samples(Part):
    """The part of the ledger that statistics start from."""

    def sample(
        self,
        *,
        since: datetime,
        until: datetime,
        as_of: datetime | None = None,
        contents: Sequence[str] = (),
    ) -> pd.DataFrame:
        """Return the sample table of a window: one row a routing, reviewed or not, with its chance.

        ``violation`` is 0 or 1 where a look that the draw called for settled it, else NaN: complaints,
        spot checks and imported outcomes stay out (`data.store.looks.CALLED_FOR`).

        Where second looks are drawn, ``second_pi`` is the chance of one, ``second_called`` whether it was
        drawn, ``second`` what it said (NaN: nothing yet) and ``first`` what the look before it said, by
        ``reviewer_id``; NaN, False and NaN for all other items. ``first_policies`` and ``second_policies``
        are what they named, lists, empty for all other items.

        Parameters
        ----------
        since, until
            Routings from the first moment on, and before the second.
        as_of
            Only what was recorded up to then; None: everything.
        contents
            Names within the items' content, each a column ``data.NAME`` of texts; missing where an item
            has none, or no single text, number or truth.
        """
        window = [routing.c.routed_at >= since, routing.c.routed_at < until]
        recorded = []
        if as_of is not None:
            window.append(routing.c.routed_at <= as_of)
            recorded.append(decision.c.recorded_at <= as_of)
        query = _SAMPLE.add_columns(item.c.data) if contents else _SAMPLE
        rows = frame(self._connection, query.where(*window), _ROUTED)
        if contents:
            data = rows.pop("data")
            rows = rows.assign(
                **{
                    f"data.{name}": column([_single(each.get(name)) for each in data], "str")
                    for name in contents
                }
            )
        decisions = looks(
            self._connection,
            LOOKS.join(routing, _OF_DECISION).where(
                *window,
                *recorded,
                routing.c.route != Route.RELEASE,
                decision.c.review_type.in_([*CALLED_FOR, ReviewType.APPEAL]),
            ),
        )
        labels = settle(decisions).merge(called_for(decisions), on=KEY)
        labels = labels.rename(columns={"item_id": "id"})[["id", "item_version", "violation", "policies"]]
        found = rows.merge(labels, on=["id", "item_version"], how="left")
        second = self._second_looks(decisions, window, as_of).rename(columns={"item_id": "id"})
        found = found.merge(second, on=["id", "item_version"], how="left")
        found["second_called"] = found["second_called"].eq(True)
        named = {
            name: column(
                [each if isinstance(each, list) else [] for each in found[name].to_numpy()], "object"
            )
            for name in ("policies", "first_policies", "second_policies")
        }
        return found.assign(violation=found["violation"].astype("float64"), **named)

    def _second_looks(
        self, decisions: pd.DataFrame, window: list[sa.ColumnElement[bool]], as_of: datetime | None
    ) -> pd.DataFrame:
        drawn = [] if as_of is None else [second_look.c.drawn_at <= as_of]
        rows = frame(
            self._connection,
            _SECOND_LOOKS.where(*window, *drawn),
            {
                **dict.fromkeys(("item_id", "item_version", "reviewer_id"), "str"),
                **dict.fromkeys(("second_pi", "second_draw"), "float64"),
                **dict.fromkeys(("first_sequence",), "int64"),
            },
        )
        before = decisions.set_index("sequence")
        said = before["verdict"].eq(Verdict.VIOLATION).astype("float64")
        again = decisions[decisions["review_type"].map(RANKS) > 0]
        second = settle(again)[[*KEY, "violation", "policies"]]
        second = second.rename(columns={"violation": "second", "policies": "second_policies"})
        rows = rows.assign(
            first=rows["first_sequence"].map(said),
            first_policies=rows["first_sequence"].map(before["policies"]),
            second_called=rows["second_draw"] < rows["second_pi"],
        ).merge(second.astype({"second": "float64"}), on=KEY, how="left")
        return rows.drop(columns=["first_sequence", "second_draw"])

    def expected_work(self, rates: AuditRates) -> tuple[float, float]:
        """Return the sums of the chances of what was routed under some rates: unflagged, and flagged.

        What could not be scored counts as flagged.
        """
        query = (
            sa.select(routing.c.flagged, sa.func.sum(routing.c.inclusion_probability))
            .where(routing.c.routed_at >= rates.set_at, routing.c.rates_id == rates.rates_id)
            .group_by(routing.c.flagged)
        )
        found = {bool(flagged): float(spent) for flagged, spent in self._connection.execute(query)}
        return found.get(False, 0.0), found.get(True, 0.0)

    def scored_history(self, *, since: datetime, until: datetime, most: int) -> tuple[pd.DataFrame, int]:
        """Return what was known of past items before any label; audit rates are solved from it.

        Of more than ``most`` items every n-th is returned, and n beside. Items without a score are left out.

        Returns
        -------
        DataFrame
            ``violation_probability``, ``policy_scores`` (dictionaries), ``views`` and ``duration`` in seconds
            (NaN: unknown), ``routed_at``.
        int
            How many items each row stands for.
        """
        window = sa.and_(
            routing.c.routed_at >= since, routing.c.routed_at < until, routing.c.score_id.is_not(None)
        )
        count = self._connection.execute(sa.select(sa.func.count()).where(window)).scalar_one()
        every = max(1, math.ceil(count / most))
        query = (
            sa.select(
                score.c.violation_probability,
                score.c.policy_scores,
                item.c.expected_views.label("views"),
                NumberWithin(item.c.data, "duration_s", below=LONGEST_S).label("duration"),
                routing.c.routed_at,
            )
            .select_from(routing)
            .join(item, _OF_ITEM)
            .join(score, score.c.score_id == routing.c.score_id)
            .where(window, routing.c.sequence % every == 0)
            .order_by(routing.c.sequence)
        )
        numbers = dict.fromkeys(("violation_probability", "views", "duration"), "float64")
        return frame(self._connection, query, {**numbers, "routed_at": "moment"}), every


def _single(value: object) -> str | None:
    return str(value) if isinstance(value, str | int | float) else None
