"""
Which items a model learns from and which it is judged on: by time and by creator. Pure.

A random split lets a model recognise a creator, or a clip that was uploaded twice, and calls that skill.
It is used only where there is neither a time nor a creator.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.examples import Examples, Places


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Places to learn from and places to judge on; ``by`` says how they were told apart."""

    learn: Places
    judge: Places
    by: str


def held_out(examples: Examples, *, share: float, seed: int) -> Split:
    """Return a split that keeps the newest items for judging.

    An item that shares its fingerprint, or its id, with one to learn from is in neither part: recognising
    it is no skill. Creators may stand on both sides, as they do in service, where the model has met most
    of them before. Without times, whole creators are kept; without either, items at random.
    """
    known = ~np.isnat(examples.times)
    if known.mean() < 0.5:
        by = "creator" if examples.has_creators else "chance"
        fold = folds(examples, count=max(2, round(1 / share)), seed=seed)
        return Split(learn=np.flatnonzero(fold != 0), judge=np.flatnonzero(fold == 0), by=by)
    border = np.quantile(examples.times[known].astype(np.int64), 1 - share)
    newest = known & (examples.times.astype(np.int64) > border)
    repeated = _repeats(examples, newest)
    return Split(learn=np.flatnonzero(~newest), judge=np.flatnonzero(newest & ~repeated), by="time")


def folds(examples: Examples, *, count: int, seed: int) -> NDArray[np.intp]:
    """Return the number of the part, from 0, in which each item is judged.

    Groups stay whole, and parts are alike in size and in violations. Where no item names a creator but
    times are known, parts are stretches of time.
    """
    if not examples.has_creators and not np.isnat(examples.times).any():
        order = np.argsort(examples.times, kind="stable")
        part = np.empty(len(examples), dtype=np.intp)
        part[order] = np.arange(len(examples)) * count // max(len(examples), 1)
        return part
    return _balanced(examples.groups, examples.violation, count=count, seed=seed)


def _repeats(examples: Examples, newest: NDArray[np.bool_]) -> NDArray[np.bool_]:
    repeated = np.zeros(len(examples), dtype=np.bool_)
    for names in (examples.fingerprints, examples.rows["item_id"].to_numpy(dtype=object)):
        seen = {name for name in names[~newest] if name is not None}
        repeated |= np.array([name in seen for name in names], dtype=np.bool_)
    return repeated


def _balanced(groups: Places, violation: NDArray[np.bool_], *, count: int, seed: int) -> NDArray[np.intp]:
    # Largest group first, each to the part that has least of what the group brings most of.
    _, numbers = np.unique(groups, return_inverse=True)
    items = np.bincount(numbers)
    hits = np.bincount(numbers, weights=violation)
    shuffled = np.random.default_rng(seed).permutation(items.size)
    order = shuffled[np.lexsort((-items[shuffled], -hits[shuffled]))]
    total = np.zeros((count, 2))
    wanted = np.array([max(float(hits.sum()), 1.0), max(float(items.sum()), 1.0)])
    part = np.zeros(items.size, dtype=np.intp)
    for group in order:
        brings = np.array([hits[group], items[group]])
        cost = (((total + brings) / wanted) ** 2).sum(axis=1) - ((total / wanted) ** 2).sum(axis=1)
        part[group] = int(np.argmin(cost))
        total[part[group]] += brings
    return part[numbers]
