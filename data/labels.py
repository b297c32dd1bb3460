"""
Decisions become one settled label an item. Pure.

A reviewer may be unsure, a second reviewer may disagree, an appeal may be upheld: the ledger keeps every
decision, and this module says which of them counts.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import pandas as pd

from data.records import ReviewType, Verdict

KEY: Final = ["item_id", "item_version"]
"""What a label is about: one version of one item."""

COLUMNS: Final = (*KEY, "violation", "policies", "settled_at", "sequence")
"""The columns of a table of labels."""

RANKS: Final = {
    ReviewType.FIRST_REVIEW: 0,
    ReviewType.AUDIT: 0,
    ReviewType.IMPORTED: 0,
    ReviewType.SECOND_REVIEW: 1,
    ReviewType.ESCALATION: 1,
    ReviewType.APPEAL: 1,
}
"""Which look overrides which. A golden item is absent: its answer is known, so a reviewer's answer
measures the reviewer and says nothing about the item."""

_SETTLING: Final = (Verdict.VIOLATION, Verdict.NO_VIOLATION)


def settle(decisions: pd.DataFrame) -> pd.DataFrame:
    """Return the label that each item's decisions settle to.

    Unsure and unreviewable settle nothing. A second review, an escalation or an appeal overrides a first
    review, an audit or an imported outcome, whichever came later; among looks of the same rank the latest
    in ledger order wins. The order of the rows handed in does not matter.

    Parameters
    ----------
    decisions
        One row a decision, with ``item_id``, ``item_version``, ``sequence`` (ledger order), ``verdict``,
        ``policies`` (a list), ``review_type`` and ``recorded_at``. Hand in only what was recorded up to
        the moment of interest: the label is then the one that was known at that moment.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`, one row for each item that is settled, ordered by item id and version: ``violation``
        (bool), ``policies``, ``settled_at`` (when the deciding decision was recorded) and its
        ``sequence``. Items without a settling decision are absent, not negative.

    Examples
    --------
    >>> decisions = pd.DataFrame(
    ...     {
    ...         "item_id": ["v1", "v1"],
    ...         "item_version": ["1", "1"],
    ...         "sequence": [1, 2],
    ...         "verdict": ["violation", "no_violation"],
    ...         "policies": [["counterfeit"], []],
    ...         "review_type": ["first_review", "appeal"],
    ...         "recorded_at": pd.to_datetime(["2026-03-01", "2026-03-04"], utc=True),
    ...     }
    ... )
    >>> settle(decisions)[["item_id", "violation", "policies"]].to_dict("records")
    [{'item_id': 'v1', 'violation': False, 'policies': []}]
    """
    rank = decisions["review_type"].map(RANKS)
    settling = decisions["verdict"].isin(_SETTLING) & rank.notna()
    ordered = decisions[settling].assign(rank=rank[settling]).sort_values([*KEY, "rank", "sequence"])
    last = ordered.drop_duplicates(KEY, keep="last").reset_index(drop=True)
    return last.assign(
        violation=(last["verdict"] == Verdict.VIOLATION).astype(bool), settled_at=last["recorded_at"]
    )[list(COLUMNS)]


def mature(labels: pd.DataFrame, *, as_of: datetime, after: timedelta) -> pd.DataFrame:
    """Return the labels that have stood for at least ``after`` by ``as_of``.

    An appeal needs time to arrive; a label younger than that window may still turn.
    """
    return labels[labels["settled_at"] <= as_of - after]
