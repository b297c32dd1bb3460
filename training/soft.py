"""
Labels that say how sure they are, where several people looked and nobody knows who is right. Pure.

A model learns from a soft label as from two items, one of each kind, that share its weight: the expected
loss is the same, and no learner has to know of it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.labels import KEY
from evaluation.annotators import consensus

Floats = NDArray[np.float64]

PROBABILITY: Final = "violation_probability"
"""The column of a snapshot's rows that holds soft labels."""


def soften(rows: pd.DataFrame, looks: pd.DataFrame) -> pd.DataFrame:
    """Return a snapshot's rows with the chance that each item violates, as far as people tell.

    It is 0 or 1, as the settled label says, but where two or more people looked without knowing of each
    other and no appeal or escalation settled the item. There it is what `evaluation.annotators` concludes,
    which learns from all looks how far each reviewer may be relied on.

    Parameters
    ----------
    rows
        Rows of a snapshot, with ``item_id``, ``item_version`` and ``violation``.
    looks
        Blind looks, as `data.labels.blind_looks` returns them.
    """
    settled = rows["violation"].to_numpy(dtype=np.float64)
    if looks.empty:
        return rows.assign(**{PROBABILITY: settled})
    item = looks.groupby(KEY, sort=True).ngroup().rename("item_id")
    numbered = pd.concat([item, looks[["reviewer_id", "label"]]], axis=1)
    numbered["label"] = numbered["label"].astype(bool)
    said = looks[KEY].assign(
        number=item,
        looks=looks.groupby(KEY)["label"].transform("size"),
        informed=looks["informed"],
    )
    said = said[(said["looks"] > 1) & ~said["informed"]].drop_duplicates(KEY)
    found = consensus(numbered).posterior[True]
    said = said.assign(soft=said["number"].map(found))[[*KEY, "soft"]]
    soft = rows[KEY].merge(said, on=KEY, how="left")["soft"].to_numpy(dtype=np.float64)
    return rows.assign(**{PROBABILITY: np.where(np.isnan(soft), settled, soft)})


def split(probability: Floats, weights: Floats) -> tuple[NDArray[np.intp], NDArray[np.bool_], Floats]:
    """Return items as ones that surely violate or do not: places, labels, weights.

    An item of probability ``p`` and weight ``w`` becomes a violation of weight ``w p`` and a clean item of
    weight ``w (1 - p)``; a certain one stays one. Items keep their order, and what is clean in part
    follows.

    Examples
    --------
    >>> places, labels, weights = split(np.array([1.0, 0.25, 0.0]), np.array([1.0, 4.0, 1.0]))
    >>> places.tolist(), labels.tolist(), weights.tolist()
    ([0, 1, 2, 1], [True, True, False, False], [1.0, 1.0, 1.0, 3.0])
    """
    if not ((probability >= 0) & (probability <= 1)).all():
        raise ValueError("probability must be in [0, 1].")
    places = np.arange(probability.size)
    doubtful = np.flatnonzero((probability > 0) & (probability < 1))
    whole = np.where(probability > 0, weights * np.where(probability > 0, probability, 1.0), weights)
    return (
        np.concatenate([places, doubtful]),
        np.concatenate([probability > 0, np.zeros(doubtful.size, dtype=np.bool_)]),
        np.concatenate([whole, (weights * (1 - probability))[doubtful]]),
    )
