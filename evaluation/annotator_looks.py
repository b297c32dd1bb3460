"""Tables of blind looks, checked and read as arrays for `evaluation.annotators`."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from evaluation.dawid_skene import Looks
from evaluation.intervals import Floats

NEEDED: Final = ("item_id", "reviewer_id", "label")
"""The columns of a table of looks."""


def read_looks(
    looks: pd.DataFrame, classes: tuple[Hashable, ...], golden: Mapping[Any, Hashable]
) -> tuple[pd.Index, pd.Index, Looks]:
    """Return who looked, what was looked at, and the looks as numbers, all checked."""
    if absent := [name for name in NEEDED if name not in looks.columns]:
        raise ValueError(f"looks must have the columns {', '.join(absent)}; got {list(looks.columns)!r}.")
    if len(set(classes)) != len(classes) or len(classes) < 2:
        raise ValueError(f"classes must be two or more, each once; got {classes!r}.")
    if looks.empty:
        raise ValueError("looks must have at least one row: nothing can be said of nobody.")
    if looks[["item_id", "reviewer_id"]].isna().to_numpy().any():
        raise ValueError("looks must name item_id and reviewer_id in every row.")
    if looks.duplicated(["item_id", "reviewer_id"]).any():
        raise ValueError("looks must have each reviewer once an item: nobody's second look is independent.")
    place = {kind: number for number, kind in enumerate(classes)}
    for name, values in (("label", looks["label"]), ("golden", golden.values())):
        if unknown := [value for value in values if value not in place]:
            raise ValueError(f"{name} must be one of {classes!r}; got {unknown[0]!r}.")
    item, items = pd.factorize(looks["item_id"], sort=True)
    reviewer, names = pd.factorize(looks["reviewer_id"], sort=True)
    read = Looks(
        item=item,
        reviewer=reviewer,
        label=np.array([place[value] for value in looks["label"]], dtype=np.intp),
        truth=np.array([place[golden[one]] if one in golden else -1 for one in items], dtype=np.intp),
        times=np.ones(len(items)),
        reviewers=len(names),
        classes=len(classes),
    )
    return pd.Index(names), pd.Index(items, name="item_id"), read


def read_weights(items: pd.Index, chances: Mapping[Any, float]) -> Floats:
    """Return as how many items each item counts."""
    if absent := [item for item in items if item not in chances]:
        raise ValueError(f"chances must name every item; got none for {absent[0]!r}.")
    chance = np.array([chances[item] for item in items], dtype=np.float64)
    if not ((chance > 0) & (chance <= 1)).all():
        raise ValueError("chances must be in (0, 1].")
    return np.asarray(1 / chance, dtype=np.float64)
