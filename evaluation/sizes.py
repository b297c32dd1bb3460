r"""
How much there is to learn from looking at an item: its size. Chances are in proportion to it.

.. math:: g_i = \sqrt{q_i (1 + v_i^2 / E v^2) / c_i}

* :math:`q_i` is the spread of what is not known: :math:`p_i (1 - p_i)` of any violation and, where there are
  scores by policy, half of it the same of each policy. A policy counts by :math:`P / P_k`, so that each has
  the same part, rare or not (Bankier's power 1/2); one of which the scores see next to nothing has less.
* :math:`1 + v_i^2 / E v^2` serves counts and views alike: the first part is best for the number of
  violations, the second for their views.
* :math:`c_i` is what it costs to look, in units of the usual item: half of it for any, half by its length.

What is unknown counts as usual. Badly calibrated probabilities cost precision, never validity.

References
----------
Bankier (1988), *Power allocations: determining sample sizes for subnational areas*, Am. Stat. 42, 174-177.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from data.records import ANY, SizeUnits
from evaluation.intervals import Floats

MOST: Final = 1e15
"""Views and seconds above this count as this, so that no size overflows."""

LEAST_MEAN: Final = 0.01
"""A policy whose mean probability is below this part of that of any violation has less than a full part."""


def units_of(
    p: ArrayLike,
    *,
    views: ArrayLike | None = None,
    durations: ArrayLike | None = None,
    policies: Mapping[str, ArrayLike] | None = None,
) -> SizeUnits:
    """Return the units in which the sizes of items like these are measured.

    Parameters
    ----------
    p : array_like
        Violation probabilities.
    views, durations : array_like, optional
        Expected views, and lengths in seconds; NaN where unknown.
    policies : mapping of array_like, optional
        Probabilities by policy.

    Examples
    --------
    >>> units_of([0.1, 0.3, 0.2], views=[10.0, 30.0, float("nan")]).mean_square_views
    700.0
    """
    p = np.asarray(p, dtype=np.float64)
    means = (
        {}
        if not policies
        else {ANY: float(p.mean())}
        | {name: float(np.mean(np.asarray(policies[name], dtype=np.float64))) for name in sorted(policies)}
    )
    return SizeUnits(
        mean_square_views=None if views is None else _mean(_limited(views) ** 2, weight=p),
        mean_duration=None if durations is None else _mean(_limited(durations), weight=np.ones_like(p)),
        policy_means=means if means.get(ANY, 0.0) > 0 else {},
    )


def size(
    p: float,
    units: SizeUnits,
    *,
    views: float | None = None,
    duration: float | None = None,
    policies: Mapping[str, float] | None = None,
) -> float:
    """Return the size of one item; see `sizes`."""
    spread, relative, cost = p * (1.0 - p), 1.0, 1.0
    if policies and (parts := _parts(units)):
        scores = ((part, policies.get(name, 0.0)) for name, part in parts.items())
        spread = (spread + sum(part * one * (1.0 - one) for part, one in scores)) / 2
    if views is not None and units.mean_square_views is not None:
        relative = min(views, MOST) ** 2 / units.mean_square_views
    if duration is not None and units.mean_duration is not None:
        cost = (1.0 + min(duration, MOST) / units.mean_duration) / 2
    return math.sqrt(spread * (1.0 + relative) / cost)


def sizes(
    p: ArrayLike,
    views: ArrayLike | None = None,
    *,
    durations: ArrayLike | None = None,
    policies: Mapping[str, ArrayLike] | None = None,
    units: SizeUnits | None = None,
) -> Floats:
    """Return the size of every item.

    Parameters
    ----------
    p, views, durations, policies
        As for `units_of`.
    units : SizeUnits, optional
        Those of the rates in force; not given: of these items.

    Examples
    --------
    >>> sizes([0.5, 0.02]).round(3).tolist()
    [0.707, 0.198]
    """
    p = np.asarray(p, dtype=np.float64)
    units = units or units_of(p, views=views, durations=durations, policies=policies)
    spread, relative, cost = p * (1.0 - p), np.ones_like(p), np.ones_like(p)
    if policies and (parts := _parts(units)):
        scores = ((part, np.asarray(policies[name])) for name, part in parts.items() if name in policies)
        spread = (spread + sum(part * one * (1.0 - one) for part, one in scores)) / 2
    if views is not None and units.mean_square_views is not None:
        relative = np.nan_to_num(_limited(views) ** 2 / units.mean_square_views, nan=1.0)
    if durations is not None and units.mean_duration is not None:
        cost = np.nan_to_num((1.0 + _limited(durations) / units.mean_duration) / 2, nan=1.0)
    found: Floats = np.sqrt(spread * (1.0 + relative) / cost)
    return found


def _parts(units: SizeUnits) -> dict[str, float]:
    usual = units.policy_means.get(ANY, 0.0)
    named = {name: mean for name, mean in units.policy_means.items() if name != ANY}
    return {name: usual / (mean + LEAST_MEAN * usual) / len(named) for name, mean in named.items()}


def _limited(values: ArrayLike) -> Floats:
    return np.minimum(np.asarray(values, dtype=np.float64), MOST)


def _mean(values: Floats, *, weight: Floats) -> float | None:
    known = ~np.isnan(values)
    total = float(weight[known].sum())
    mean = float(weight[known] @ values[known]) / total if total > 0 else 0.0
    return mean if mean > 1e-9 else None
