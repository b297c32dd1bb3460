"""Decisions as a table, and which of them the draw called for."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd
import sqlalchemy as sa

from data.labels import KEY
from data.records import ReviewType, Verdict
from data.store.columns import Words
from data.store.frames import column, frame
from data.store.schema import decision

CALLED_FOR: Final = (
    ReviewType.FIRST_REVIEW,
    ReviewType.AUDIT,
    ReviewType.SECOND_REVIEW,
    ReviewType.ESCALATION,
)
"""Looks that follow from the draw. An appeal follows from a complaint, an import from somebody else's rule,
a golden item from nobody's doubt. Once a look that the draw called for has settled an item, an appeal may
correct its label; alone it says nothing about the items that nobody complained about."""


def as_text(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    """Return a column whose enumeration is read as plain text, as tables want it."""
    return sa.type_coerce(column, Words()).label(column.name)


LOOKS: Final = sa.select(
    decision.c.item_id,
    decision.c.item_version,
    decision.c.sequence,
    as_text(decision.c.verdict),
    decision.c.policies,
    as_text(decision.c.review_type),
    decision.c.recorded_at,
    decision.c.inclusion_probability,
)
"""What settling a label needs to know of a decision, and the chance an imported one came with."""

_DTYPES: Final = {
    **dict.fromkeys((*KEY, "verdict", "review_type"), "str"),
    "sequence": "int64",
    "recorded_at": "moment",
    "inclusion_probability": "float64",
}


def looks(connection: sa.Connection, query: sa.Select[Any]) -> pd.DataFrame:
    """Return the decisions that a selection of `LOOKS` finds."""
    found = frame(connection, query, _DTYPES)
    policies = column([list(each) for each in found["policies"]], "object")
    return found.assign(policies=policies)


def called_for(decisions: pd.DataFrame) -> pd.DataFrame:
    """Return the keys of the items that a look which the draw called for has settled."""
    settling = decisions["verdict"].isin([Verdict.VIOLATION, Verdict.NO_VIOLATION])
    return decisions.loc[settling & decisions["review_type"].isin(CALLED_FOR), KEY].drop_duplicates()
