"""The table that training starts from."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import pandas as pd
import sqlalchemy as sa

from data.labels import KEY, blind_looks, settle
from data.records import Item, Route
from data.store.fields import fields_in
from data.store.frames import column, frame
from data.store.looks import LOOKS, called_for, looks
from data.store.schema import decision, item, routing
from data.store.transaction import Part

_FIELDS: Final = fields_in(item, Item)
_DTYPES: Final = {
    **dict.fromkeys(
        (*KEY, "item_type", "creator_id", "language", "category", "fingerprint", "source"), "str"
    ),
    "expected_views": "float64",
    "submitted_at": "moment",
}
_REVIEWED: Final = (
    sa.select(*(item.c[name] for name in _FIELDS), item.c.received_at)
    .where(
        sa.exists()
        .where(decision.c.item_id == item.c.item_id, decision.c.item_version == item.c.item_version)
        .where(decision.c.recorded_at <= sa.bindparam("as_of", type_=decision.c.recorded_at.type))
    )
    .order_by(item.c.sequence)
)


class Outcomes(Part):
    """The part of the ledger that training starts from."""

    def outcomes(self, *, as_of: datetime) -> pd.DataFrame:
        """Return every item whose label was settled by a moment, with the chance that it was observed.

        The columns are those of an `Item`, the ``item`` itself, ``received_at``, ``violation``,
        ``policies``, ``settled_at`` (recorded), ``chance`` and ``time`` (submitted, else received), in
        the order in which items were received. The chance is the routing's where a look that the draw
        called for settled the item, else the one an imported outcome came with. An item that has
        neither, such as a released one that somebody complained about, is left out: nobody knows how
        many others it stands for.
        """
        decisions = looks(self._connection, LOOKS.where(decision.c.recorded_at <= as_of))
        labels = settle(decisions).merge(self._chances(decisions, as_of), on=KEY)
        found = self._reviewed_items(as_of).merge(labels.drop(columns="sequence"), on=KEY)
        return found.assign(time=found["submitted_at"].fillna(found["received_at"]))

    def blind_looks(self, *, as_of: datetime) -> pd.DataFrame:
        """Return the independent opinions recorded up to a moment, see `data.labels.blind_looks`."""
        query = LOOKS.add_columns(decision.c.reviewer_id).where(decision.c.recorded_at <= as_of)
        return blind_looks(looks(self._connection, query))

    def clip_looks(self, *, after: int, limit: int) -> tuple[pd.DataFrame, int]:
        """Return what was decided about items that name a clip, and the last sequence number looked at.

        Parameters
        ----------
        after, limit
            So many decisions, of any items, after this sequence number.

        Returns
        -------
        pandas.DataFrame
            What `data.labels.settle` asks for, and ``media``.
        """
        query = (
            LOOKS.add_columns(item.c.data.label("media"))
            .join(item, sa.and_(*(item.c[name] == decision.c[name] for name in KEY)))
            .where(decision.c.sequence > after)
            .order_by(decision.c.sequence)
            .limit(limit)
        )
        found = looks(self._connection, query)
        last = int(found["sequence"].max()) if len(found) else after
        media = [Item(item_id="v", data=data).media for data in found["media"]]
        return found.assign(media=column(media, "object")).dropna(subset="media"), last

    def _chances(self, decisions: pd.DataFrame, as_of: datetime) -> pd.DataFrame:
        chance = routing.c.inclusion_probability.label("chance")
        drawn = frame(
            self._connection,
            sa.select(routing.c.item_id, routing.c.item_version, chance).where(
                routing.c.route != Route.RELEASE, routing.c.routed_at <= as_of
            ),
            {"item_id": "str", "item_version": "str", "chance": "float64"},
        ).merge(called_for(decisions), on=KEY)
        told = decisions[decisions["inclusion_probability"].notna()].sort_values("sequence")
        told = told.rename(columns={"inclusion_probability": "chance"})[[*KEY, "chance"]]
        return pd.concat([drawn, told.drop_duplicates(KEY, keep="last")]).drop_duplicates(KEY)

    def _reviewed_items(self, as_of: datetime) -> pd.DataFrame:
        rows = self._connection.execute(_REVIEWED, {"as_of": as_of}).all()
        items = [Item(**dict(zip(_FIELDS, row, strict=False))) for row in rows]
        columns = {
            name: column([getattr(each, name) for each in items], _DTYPES.get(name, "object"))
            for name in _FIELDS
        }
        received = column([row.received_at for row in rows], "moment")
        return pd.DataFrame({**columns, "item": column(items, "object"), "received_at": received})
