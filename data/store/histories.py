"""What was known about creators at a moment."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

import numpy as np
import pandas as pd
import sqlalchemy as sa

from data.labels import KEY, RANKS
from data.records import CreatorHistory, ReviewType, Verdict
from data.store.columns import Moment
from data.store.frames import frame
from data.store.keys import Lookup, plain
from data.store.schema import decision, item
from data.store.transaction import Part

_PART: Final = 500
_COUNTED: Final = ("items", "reviewed", "violations")

_RANK: Final = sa.case(dict(RANKS), value=decision.c.review_type)
_SETTLING: Final = sa.and_(
    sa.or_(decision.c.verdict == Verdict.VIOLATION, decision.c.verdict == Verdict.NO_VIOLATION),
    _RANK.is_not(None),  # a golden item has none
)
_OF_ITEM: Final = sa.and_(
    decision.c.item_id == item.c.item_id, decision.c.item_version == item.c.item_version
)
_DECIDED: Final = sa.case(
    (decision.c.review_type == ReviewType.IMPORTED, decision.c.decided_at), else_=decision.c.recorded_at
)
_CAME_IN: Final = sa.case(
    (item.c.source.startswith("import:"), sa.func.coalesce(item.c.submitted_at, item.c.received_at)),
    else_=item.c.received_at,
)

_BEFORE: Final = sa.bindparam("before", type_=Moment())


def _received(whose: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return (
        sa.select(item.c.creator_id, sa.func.count().label("items"))
        .where(whose, item.c.received_at < _BEFORE)
        .group_by(item.c.creator_id)
    )


def _reviewed(whose: sa.ColumnElement[bool]) -> sa.Select[Any]:
    place = sa.func.row_number().over(
        partition_by=[decision.c.item_id, decision.c.item_version],
        order_by=[_RANK.desc(), decision.c.sequence.desc()],
    )
    looks = (
        sa.select(item.c.creator_id, decision.c.verdict, place.label("place"))
        .join(decision, _OF_ITEM)
        .where(whose, decision.c.recorded_at < _BEFORE, _SETTLING)
        .subquery()
    )
    violations = sa.func.count().filter(looks.c.verdict == Verdict.VIOLATION)
    return (
        sa.select(looks.c.creator_id, sa.func.count().label("reviewed"), violations.label("violations"))
        .where(looks.c.place == 1)
        .group_by(looks.c.creator_id)
    )


_RECEIVED: Final = Lookup(_received, item.c.creator_id)
_REVIEWED: Final = Lookup(_reviewed, item.c.creator_id)


class Histories(Part):
    """The part of the ledger that knows creators by what they sent before."""

    def creator_histories(
        self, creator_ids: Collection[str], *, before: datetime
    ) -> dict[str, CreatorHistory]:
        """Return each creator's history as it was recorded before a moment; unknown creators are absent.

        ``reviewed`` counts items that have a label, ``violations`` those whose label is a violation, as
        `data.labels.settle` settles them.
        """
        found: dict[str, dict[str, int]] = {}
        for query in (_RECEIVED, _REVIEWED):
            for row in query.select(self._connection, plain(creator_ids), before=before):
                found.setdefault(row.pop("creator_id"), {}).update(row)
        return {creator_id: CreatorHistory(**counts) for creator_id, counts in found.items()}

    def histories_at(
        self, moments: Sequence[tuple[str, datetime]], *, as_of: datetime
    ) -> list[CreatorHistory]:
        """Return, for each creator and moment, the history as it was before that moment.

        It is what `creator_histories` would have answered then, for the whole past at once: training
        learns from the same numbers that serving sees. What was imported later counts from when it
        happened (items: submitted, outcomes: decided), since the creator's past was known then, only
        not yet to this ledger. What was recorded after ``as_of`` does not count, however early it
        happened: a dataset that was cut as of a moment stays what it was.
        """
        if not moments:
            return []
        asked = pd.DataFrame(moments, columns=["creator_id", "moment"]).astype({"creator_id": "str"})
        asked["moment"] = pd.to_datetime(asked["moment"], utc=True).dt.as_unit("us")
        changes = self._changes(asked["creator_id"].unique().tolist(), as_of)
        changes[[*_COUNTED]] = changes.groupby("creator_id")[[*_COUNTED]].cumsum()
        found = pd.merge_asof(
            asked.reset_index().sort_values("moment", kind="stable"),
            changes,
            on="moment",
            by="creator_id",
            allow_exact_matches=False,
        )
        counts = found.set_index("index").sort_index()[[*_COUNTED]].fillna(0).astype(int)
        return [
            CreatorHistory(items=items, reviewed=reviewed, violations=violations)
            for items, reviewed, violations in counts.to_numpy().tolist()
        ]

    def _changes(self, creators: list[str], as_of: datetime) -> pd.DataFrame:
        whose = item.c.creator_id.in_(creators) if len(creators) <= _PART else item.c.creator_id.is_not(None)
        items = frame(
            self._connection,
            sa.select(item.c.creator_id, sa.type_coerce(_CAME_IN, Moment()).label("moment")).where(
                whose, item.c.received_at <= as_of
            ),
            {"creator_id": "str", "moment": "moment"},
        )
        decisions = frame(
            self._connection,
            sa.select(
                *(item.c[name] for name in ("creator_id", *KEY)),
                decision.c.sequence,
                _RANK.label("rank"),
                sa.type_coerce(_DECIDED, Moment()).label("moment"),
                (decision.c.verdict == Verdict.VIOLATION).label("violation"),
            )
            .join(decision, _OF_ITEM)
            .where(whose, _SETTLING, decision.c.recorded_at <= as_of),
            dict.fromkeys(("creator_id", *KEY), "str")
            | {"moment": "moment"}
            | dict.fromkeys(("sequence", "rank", "violation"), "int64"),
        )
        return (
            pd.concat(
                [
                    items.assign(items=1),
                    _turns_of_labels(decisions),
                ],
                ignore_index=True,
            )
            .fillna(dict.fromkeys(_COUNTED, 0))
            .sort_values("moment", kind="stable")
        )


def _turns_of_labels(decisions: pd.DataFrame) -> pd.DataFrame:
    """Return the moments at which an item got its label, or another one."""
    ordered = decisions.sort_values([*KEY, "moment", "sequence"])
    standing = ordered["rank"] * (ordered["sequence"].max() + 1 if len(ordered) else 1) + ordered["sequence"]
    best = standing.groupby([ordered[name] for name in KEY]).cummax()
    settling = ordered[standing == best]
    before = settling.groupby(KEY)["violation"].shift(fill_value=0)
    return pd.DataFrame(
        {
            "creator_id": settling["creator_id"],
            "moment": settling["moment"],
            "reviewed": (~settling.duplicated(KEY)).astype(np.int64),
            "violations": settling["violation"] - before,
        }
    )
