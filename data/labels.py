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
    ReviewType.ESCALATION: 2,
    ReviewType.APPEAL: 2,
}
"""Which look overrides which. A second review is blind: one more opinion. Who decides an escalation or an
appeal knows what was said before and why it is doubted, so that a blind look that was late to come does not
turn it again. A golden item is absent: its answer is known, so a reviewer's answer measures the reviewer and
says nothing about the item."""

BLIND: Final = (ReviewType.FIRST_REVIEW, ReviewType.AUDIT, ReviewType.SECOND_REVIEW)
"""Looks of people who were not told what others said."""

_SETTLING: Final = (Verdict.VIOLATION, Verdict.NO_VIOLATION)


def settle(decisions: pd.DataFrame) -> pd.DataFrame:
    """Return the label that each item's decisions settle to.

    Unsure and unreviewable settle nothing. An escalation or an appeal overrides a second review, and that
    a first review, an audit or an imported outcome, whichever came later; among looks of the same rank the
    latest in ledger order wins. The order of the rows handed in does not matter.

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


def story(decisions: pd.DataFrame) -> pd.DataFrame:
    """Return how each settled item came to its label.

    Parameters
    ----------
    decisions
        As for `settle`.

    Returns
    -------
    pandas.DataFrame
        One row for each item that is settled, in the order of `settle`: ``violation``; ``settled_by``, the
        review type of the deciding look; ``looks``, how many looks settled something; ``contested``,
        whether any two of them differ; ``overturned``, whether the label differs from the first look's.

    Examples
    --------
    >>> decisions = pd.DataFrame(
    ...     {
    ...         "item_id": "v1",
    ...         "item_version": "1",
    ...         "sequence": [1, 2, 3],
    ...         "verdict": ["violation", "unsure", "no_violation"],
    ...         "policies": [["counterfeit"], [], []],
    ...         "review_type": ["audit", "second_review", "appeal"],
    ...         "recorded_at": pd.to_datetime(["2026-03-01", "2026-03-02", "2026-03-04"], utc=True),
    ...     }
    ... )
    >>> story(decisions)[["settled_by", "looks", "overturned"]].to_dict("records")
    [{'settled_by': 'appeal', 'looks': 2, 'overturned': True}]
    """
    labels = settle(decisions)
    kept = decisions[decisions["verdict"].isin(_SETTLING) & decisions["review_type"].isin(list(RANKS))]
    kept = kept.assign(said=(kept["verdict"] == Verdict.VIOLATION).astype(bool)).sort_values("sequence")
    looks = (
        kept.groupby(KEY)["said"]
        .agg(looks="size", first="first", different="nunique")
        .reset_index()
        .astype({"looks": "int64", "first": "bool"})
    )
    by = kept[["sequence", "review_type"]].rename(columns={"review_type": "settled_by"})
    found = labels.merge(looks, on=KEY).merge(by, on="sequence")
    found = found.assign(
        contested=found["different"] > 1, overturned=found["violation"] != found["first"]
    ).sort_values(KEY, ignore_index=True)
    return found[[*KEY, "violation", "settled_by", "looks", "contested", "overturned"]]


def blind_looks(decisions: pd.DataFrame) -> pd.DataFrame:
    """Return the looks that count as independent opinions of an item.

    They are what `evaluation.annotators` learns from: first reviews, audits and second reviews that settled
    something, each reviewer's first of an item. Imported outcomes are left out, since nobody knows what
    those reviewers had been told; so are golden items, whose answer the ledger does not hold.

    Parameters
    ----------
    decisions
        As for `settle`, with ``reviewer_id``.

    Returns
    -------
    pandas.DataFrame
        ``item_id``, ``item_version``, ``reviewer_id``, ``label`` (whether it says violation) and
        ``informed``: whether an escalation or an appeal settled the item, whatever these looks say.
    """
    settling = decisions[decisions["verdict"].isin(_SETTLING)].sort_values("sequence")
    blind = settling[settling["review_type"].isin(BLIND)].drop_duplicates([*KEY, "reviewer_id"])
    above = settling[settling["review_type"].map(RANKS) > RANKS[ReviewType.SECOND_REVIEW]]
    informed = above[KEY].drop_duplicates().assign(informed=True)
    found = blind.merge(informed, on=KEY, how="left")
    found = found.assign(label=(found["verdict"] == Verdict.VIOLATION), informed=found["informed"].eq(True))
    found = found.sort_values([*KEY, "reviewer_id"], ignore_index=True)
    return found[[*KEY, "reviewer_id", "label", "informed"]].astype({"label": "bool", "informed": "bool"})


def mature(labels: pd.DataFrame, *, as_of: datetime, after: timedelta) -> pd.DataFrame:
    """Return the labels that have stood for at least ``after`` by ``as_of``.

    An appeal needs time to arrive; a label younger than that window may still turn. The window starts
    anew whenever a decision settles the label again, even if it only confirms it: what it says may be
    appealed as well.
    """
    return labels[labels["settled_at"] <= as_of - after]
