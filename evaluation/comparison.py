"""
Which of two models ranks better, on the same reviewed items.

Both models are judged on the very same items, weighted by the inverse of their chances, so what makes
the items hard or easy cancels in the difference. Whole groups (creators) are drawn with replacement for
the interval, the same draw for both models.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from evaluation.intervals import Floats, Interval, check_level
from evaluation.metrics import (
    Metric,
    average_precision,
    checked,
    group_codes,
    percentile_interval,
    resamples,
    steps,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One metric of both models, and by how much the challenger is better."""

    name: str
    champion: float | None
    challenger: float | None
    difference: float | None
    """Challenger minus champion; None where the items hold no violation."""
    interval: Interval
    """Of the difference; all of [-1, 1] where nothing can be said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What the same reviewed items say about two models."""

    recall: Difference
    """Recall when both send the same share of items to full review."""
    average_precision: Difference
    workload: float
    """That share."""
    reviewed: int
    hits: int
    groups: int


def recall_at_workload(y: ArrayLike, p: ArrayLike, weights: ArrayLike, *, workload: float) -> float | None:
    """Return the share of the violations among the highest-ranked share of the items.

    Items of equal probability are taken in proportion, so the workload is met exactly and the order of
    the rows does not matter.

    Examples
    --------
    >>> recall_at_workload([1, 0, 1, 0], [0.9, 0.8, 0.7, 0.1], [1, 1, 1, 1], workload=0.5)
    0.5
    """
    check_workload(workload)
    true, false, _ = steps(*checked(y, p, weights))
    if true.size == 0 or true[-1] <= 0:
        return None
    share = np.append(0.0, true + false) / (true[-1] + false[-1])
    return float(np.interp(workload, share, np.append(0.0, true) / true[-1]))


def check_workload(workload: float) -> None:
    """Refuse a share of the items that is not in (0, 1]."""
    if not 0 < workload <= 1:
        raise ValueError(f"workload must be in (0, 1]; got {workload!r}.")


def compare(
    *,
    y: ArrayLike,
    champion: ArrayLike,
    challenger: ArrayLike,
    weights: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    workload: float,
    seed: int,
    repeats: int = 400,
    level: float = 0.95,
) -> Comparison:
    """Compare two models' probabilities of the same reviewed items.

    Parameters
    ----------
    y : array_like
        1 for a violation, 0 for none.
    champion, challenger : array_like
        Both models' probabilities. Neither model may have learned from these items.
    weights : array_like, optional
        Inverse inclusion probabilities; 1 where not given.
    groups : array_like, optional
        What resembles each other: creators. Every item its own where not given.
    workload : float
        Share of the items that go to full review, in (0, 1]. Both models get the same.
    seed : int
        The same seed gives the same intervals.
    """
    check_level(level)
    check_workload(workload)
    y, champion, weights = checked(y, champion, weights)
    _, challenger, _ = checked(y, challenger, weights)
    codes, count = group_codes(groups, y.size)
    drawn = resamples(np.random.default_rng(seed), count, repeats) if count > 1 else []
    reweighted = [weights, *(weights * times[codes] for times in drawn)]

    def difference(name: str, metric: Metric) -> Difference:
        before = _under(metric, y, champion, reweighted)
        after = _under(metric, y, challenger, reweighted)
        pairs = zip(before[1:], after[1:], strict=True)
        gains = [new - old for old, new in pairs if old is not None and new is not None]
        return Difference(
            name=name,
            champion=before[0],
            challenger=after[0],
            difference=None if before[0] is None or after[0] is None else after[0] - before[0],
            interval=percentile_interval(gains, level=level) if gains else Interval(-1.0, 1.0, level),
        )

    return Comparison(
        recall=difference("recall", partial(recall_at_workload, workload=workload)),
        average_precision=difference("average_precision", average_precision),
        workload=workload,
        reviewed=int(y.size),
        hits=int(y.sum()),
        groups=count,
    )


def _under(metric: Metric, y: Floats, p: Floats, weightings: Sequence[Floats]) -> list[float | None]:
    # Ranked once: sorting what is sorted already costs each weighting next to nothing.
    order = np.argsort(-p, kind="stable")
    y, p = y[order], p[order]
    return [metric(y, p, weights[order]) for weights in weightings]
