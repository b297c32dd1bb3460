r"""
How sure one may be of a reviewer's rates when nobody knows the truth.

Were the truth known, a rate of ``C`` looks would have the posterior Beta(``C t``, ``C (1 - t)``). It is not:
of the information in these looks, part is missing. What remains is (Louis)

.. math::

   I = \sum_{j,k} C_{jk} (\mathrm{diag}\,\theta_{jk} - \theta_{jk} \theta_{jk}') + \ldots
       - \sum_i \sum_{k < l} q_{ik} q_{il} (S_{ik} - S_{il})(S_{ik} - S_{il})'

with the complete-data scores ``S`` of the log odds of all rates and of the prevalence. The inverse gives
the variance of the log odds of each rate, and the rate's ends are those of the beta distribution whose
count ``C`` is lowered until it says as much: where no two looks fall on one item, only the prior remains.

References
----------
Louis (1982), JRSS B 44, 226-233.
"""

from __future__ import annotations

from itertools import combinations
from typing import Final

import numpy as np
from scipy import stats
from scipy.sparse import coo_array

from evaluation.dawid_skene import Fit, Looks, shares
from evaluation.intervals import Bounds, Floats

_HALF: Final = 0.5
_SMALL: Final = 1e-8


def effective_counts(fit: Fit, looks: Looks, *, prior: Floats, prevalence_counts: float) -> Floats:
    """Return how many looks of known truth would tell as much of each rate, reviewers by classes.

    Parameters
    ----------
    fit : Fit
        Where EM came to rest.
    looks : Looks
        What was called what.
    prior : array of float
        Prior counts, like ``fit.confusion``; they count as looks.
    prevalence_counts : float
        Items added to each class.
    """
    reviewers, classes, _ = fit.confusion.shape
    counts = fit.counts + prior
    total = counts.sum(axis=-1)
    # A rate of exactly 0 or 1 has no log odds.
    share = np.clip(shares(counts), _SMALL, 1 - _SMALL)
    missing = _missing(fit, looks, share)
    known = np.zeros_like(missing)
    free = classes - 1
    for number, (row, count) in enumerate(zip(share.reshape(-1, classes), total.reshape(-1), strict=True)):
        at = slice(number * free, (number + 1) * free)
        known[at, at] = count * (np.diag(row) - np.outer(row, row))[:-1, :-1]
    p, items = fit.prevalence, float(looks.times @ looks.hidden + classes * prevalence_counts)
    known[-free:, -free:] = items * (np.diag(p) - np.outer(p, p))[:-1, :-1]
    covariance = _inverse(known - missing)
    effective = np.empty((reviewers, classes))
    for reviewer in range(reviewers):
        for kind in range(classes):
            at = slice((reviewer * classes + kind) * free, (reviewer * classes + kind + 1) * free)
            row = share[reviewer, kind]
            slope = ((np.arange(classes) == kind) - row)[:-1] / (1 - row[kind])
            variance = float(slope @ covariance[at, at] @ slope)
            effective[reviewer, kind] = 1 / (variance * row[kind] * (1 - row[kind]))
    return np.asarray(np.minimum(effective, total), dtype=np.float64)


def correct_bounds(rates: Floats, effective: Floats, *, level: float) -> Bounds:
    """Return both ends of rates that so many looks of known truth would leave plausible.

    Nobody is taken to be flawless: either side counts half a look at least (Jeffreys).

    Examples
    --------
    >>> lower, upper = correct_bounds(np.array([1.0]), np.array([10.0]), level=0.95)
    >>> lower.round(2).tolist(), upper.tolist()
    ([0.77], [1.0])
    """
    right, wrong = (np.maximum(effective * share, _HALF) for share in (rates, 1 - rates))
    lower, upper = (stats.beta.ppf(q, right, wrong) for q in ((1 - level) / 2, (1 + level) / 2))
    return np.minimum(lower, rates), np.maximum(upper, rates)


def _missing(fit: Fit, looks: Looks, share: Floats) -> Floats:
    reviewers, classes, _ = share.shape
    free = classes - 1
    size = reviewers * classes * free + free
    missing = np.zeros((size, size))
    said = np.eye(classes)[looks.label][:, :-1]
    for one, other in combinations(range(classes), 2):
        doubt = np.sqrt(looks.times * fit.posterior[:, one] * fit.posterior[:, other])
        parts = []
        for kind, sign in ((one, 1.0), (other, -1.0)):
            values = sign * doubt[looks.item, None] * (said - share[looks.reviewer, kind, :-1])
            column = ((looks.reviewer * classes + kind) * free)[:, None] + np.arange(free)
            parts.append((values, np.broadcast_to(looks.item[:, None], values.shape), column))
            if kind < free:
                place = np.full(looks.items, reviewers * classes * free + kind)
                parts.append((sign * doubt, np.arange(looks.items), place))
        values, row, column = (np.concatenate([part[n].ravel() for part in parts]) for n in range(3))
        scores = coo_array((values, (row, column)), shape=(looks.items, size)).tocsr()
        missing += (scores.T @ scores).toarray()
    return missing


def _inverse(information: Floats) -> Floats:
    # Off the mode by rounding, what is nearly unknown could come out as less than unknown.
    values, vectors = np.linalg.eigh((information + information.T) / 2)
    return np.asarray((vectors / np.maximum(values, _SMALL)) @ vectors.T, dtype=np.float64)
