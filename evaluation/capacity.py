"""
Which items a number of reviewer hours should see, over all policies at once.

Reviewing an item is worth the harm it is expected to stop, ``sum_k harm_k p_ik`` times its views: one review
serves all policies. The hours go to the items that are worth most an hour, until they run out. What the
first item left out is worth an hour is the *shadow price*: one more reviewer hour catches that much. At one
price, thresholds of all policies follow: ``price * hours of an item / (harm_k * views)``. Equal thresholds or
equal hours a policy catch less.

Where recall of a policy is certified at a threshold, what is at or above it is taken first, whatever it is
worth; the price rules over the hours that are left.

References
----------
Dantzig (1957), Oper. Res. 5, 266-288: the best filling of a knapsack, up to one item.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaluation.intervals import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Who is reviewed, and what one more hour would catch."""

    reviewed: NDArray[np.bool_]
    """Which items, in the order they came."""
    hours: float
    """What they take; more than was asked for only where the certified items alone take more."""
    caught: float
    """Expected harm among them: harm x probability x views."""
    share_caught: float | None
    """Share of all expected harm; None where there is none."""
    price: float
    """Harm that one more reviewer hour catches; 0 where everything is reviewed."""
    next_hour_finds: float
    """Violations that it is expected to find, any policy counting."""
    thresholds: Mapping[str, float]
    """At this price, of an item of mean length and views; at most the certified ones; 1 flags none."""
    items: Mapping[str, int]
    """Reviewed items by the policy for which each is worth most."""


def split_capacity(
    probabilities: Mapping[str, ArrayLike],
    *,
    harms: Mapping[str, float],
    hours: float,
    minutes: ArrayLike = 1.0,
    views: ArrayLike = 1.0,
    certified: Mapping[str, float] | None = None,
) -> Split:
    """Return which items some reviewer hours should see.

    Parameters
    ----------
    probabilities : mapping of str to array_like
        For every policy the calibrated probabilities of all items.
    harms : mapping of str to float
        Harm of one view of a violation of each policy, above 0, in any unit.
    hours : float
        Reviewer hours for these items, audits not among them.
    minutes : array_like
        Of reviewing, an item or for all; above 0.
    views : array_like
        Expected, an item or for all; NaN, unknown, counts as the mean of the known.
    certified : mapping of str to float, optional
        Thresholds that must be kept, for some policies.

    Examples
    --------
    >>> split = split_capacity({"scam": [0.9, 0.1, 0.5]}, harms={"scam": 1.0}, hours=1 / 60)
    >>> split.reviewed.tolist(), split.price
    ([True, False, False], 30.0)
    """
    names = list(probabilities)
    p, minutes, views = _checked(probabilities, harms, hours, minutes, views)
    least = np.array([(certified or {}).get(name, math.inf) for name in names])
    if unknown := sorted(set(certified or {}) - set(names)):
        raise ValueError(f"certified must name policies of probabilities; got {unknown!r}.")
    worth = np.array([harms[name] for name in names])[:, None] * p * views
    density = worth.sum(axis=0) / minutes
    kept = (p >= least[:, None]).any(axis=0)
    order = np.argsort(np.where(kept, -math.inf, -density), kind="stable")
    filled = np.cumsum(minutes[order])
    # Rounding may not leave out an item that exactly fills the last minute.
    count = max(int(np.searchsorted(filled, hours * 60 * (1 + 1e-12), side="right")), int(kept.sum()))
    reviewed = np.zeros(density.size, dtype=bool)
    reviewed[order[:count]] = True
    marginal = order[count : count + 1]
    price = float(density[marginal].sum()) * 60
    total, caught = float(worth.sum()), float(worth[:, reviewed].sum())
    found = 1 - np.prod(1 - p[:, marginal], axis=0)
    best = worth.argmax(axis=0)
    return Split(
        reviewed=reviewed,
        hours=float(minutes[reviewed].sum()) / 60,
        caught=caught,
        share_caught=caught / total if total > 0 else None,
        price=price,
        next_hour_finds=float((found / minutes[marginal]).sum()) * 60,
        thresholds=_thresholds(names, harms, least, price=price, minutes=minutes, views=views),
        items={name: int((reviewed & (best == place)).sum()) for place, name in enumerate(names)},
    )


def _thresholds(
    names: list[str],
    harms: Mapping[str, float],
    least: Floats,
    *,
    price: float,
    minutes: Floats,
    views: Floats,
) -> dict[str, float]:
    hours, reach = float(minutes.mean()) / 60, float(views.mean())
    priced = (price * hours / (harms[name] * reach) if reach > 0 else 1.0 for name in names)
    return {name: min(1.0, one, float(kept)) for name, one, kept in zip(names, priced, least, strict=True)}


def _checked(
    probabilities: Mapping[str, ArrayLike],
    harms: Mapping[str, float],
    hours: float,
    minutes: ArrayLike,
    views: ArrayLike,
) -> tuple[Floats, Floats, Floats]:
    if not probabilities:
        raise ValueError("probabilities must name at least one policy.")
    columns = [np.asarray(values, dtype=np.float64) for values in probabilities.values()]
    size = columns[0].size
    if not size or any(values.shape != (size,) for values in columns):
        raise ValueError("probabilities must have one number an item for every policy, of one item or more.")
    p = np.array(columns)
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError("probabilities must be in [0, 1].")
    if set(harms) != set(probabilities) or not all(0 < harm < math.inf for harm in harms.values()):
        raise ValueError(f"harms must be above 0, one a policy of probabilities; got {dict(harms)!r}.")
    if not 0 <= hours < math.inf:
        raise ValueError(f"hours must be 0 or more; got {hours!r}.")
    wide, seen = _wide("minutes", minutes, size), _wide("views", views, size)
    if not ((wide > 0) & np.isfinite(wide)).all():
        raise ValueError("minutes must be above 0 for every item.")
    if (seen < 0).any() or np.isinf(seen).any():
        raise ValueError("views must be 0 or more, or NaN where unknown.")
    known = seen[~np.isnan(seen)]
    return p, wide, np.where(np.isnan(seen), known.mean() if known.size else 1.0, seen)


def _wide(name: str, values: ArrayLike, size: int) -> Floats:
    values = np.asarray(values, dtype=np.float64)
    if values.shape not in ((), (size,)):
        raise ValueError(f"{name} must be one number, or one an item; got shape {values.shape}.")
    return np.broadcast_to(values, (size,))
