"""
Weighted totals of a sample, for all its slices at once.

The unit of everything here is a *part* of the routed items: those sent to full review, or those below
every threshold. For a part, `totals` returns the Horvitz-Thompson total of the violations (or of their
views), its variance under Poisson sampling, and what the interval needs to know about hits nobody saw.

Items that share a draw (the same clip uploaded again, another version of an item) are in the sample
together, so they do not count as independent evidence: for two of them the joint inclusion probability
is the smaller of both chances instead of the product.

Most items are never drawn. What a total needs of those with a draw of their own is a sum or a maximum, so
a table too large for memory is read in parts and hands them over as `Undrawn` (`evaluation.streams`).

References
----------
Sarndal, Swensson and Wretman (1992), *Model Assisted Survey Sampling*, sections 2.8 and 3.5.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from evaluation.intervals import Bounds, Floats, gamma_bounds
from evaluation.sample import Rows, sums

Grade = Literal["report", "guarantee"]
"""``report``: an unseen hit weighs what scores and found hits suggest; ``guarantee``: as any could."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Undrawn:
    """The items of a part that are no rows of the sample, as sums: one entry a slice in every array.

    None of them was drawn, and each has a draw of its own. A score is p, a value v, a chance c.
    """

    items: Floats
    mass: Floats
    largest: Floats
    """The largest v / c."""
    likely: Floats
    """Sum of p v; here and in `excess`, of the items with a score."""
    excess: Floats
    """Sum of p v² (1 - c) / c."""
    unscored: Floats
    """Sum of v of the items without a score."""
    unscored_excess: Floats
    """Sum of v² (1 - c) / c of the items without a score."""
    scores: float
    """Sum of all scores, whatever the slice."""
    scored: float
    """Number of items that have one."""

    @classmethod
    def none(cls, slices: int) -> Undrawn:
        """Return what there is where every item is a row of the sample."""
        nothing = np.zeros(slices)
        return cls(
            items=nothing,
            mass=nothing,
            largest=nothing,
            likely=nothing,
            excess=nothing,
            unscored=nothing,
            unscored_excess=nothing,
            scores=0.0,
            scored=0.0,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What is known about one part of the items: one entry a slice in every array.

    ``certain`` is what was found where the chance was 1; there is nothing to estimate about it, and
    `variance`, `expected_extra` and `largest_extra` concern ``total - certain`` only.
    """

    items: Floats
    mass: Floats
    """Number of items, or their views."""
    drawn: Floats
    reviewed: Floats
    hits: Floats
    found: Floats
    """Unweighted mass of the hits: found hits are real."""
    clean: Floats
    """Unweighted mass of what was reviewed and does not violate."""
    certain: Floats
    total: Floats
    """Horvitz-Thompson total of the violations: unbiased for any chances fixed before the labels."""
    variance: Floats
    """Unbiased estimate of its variance under Poisson sampling."""
    expected_extra: Floats
    """The ratio of variance to total that the scores lead us to expect: the weight of an unseen hit."""
    largest_extra: Floats
    """The largest weight an unseen hit could have."""
    known: NDArray[np.bool_]
    """Something was reviewed, or there was nothing to review."""
    census: NDArray[np.bool_]
    """Every item was certain to be reviewed, and was."""
    at_all_looks: Bounds | None = None
    """Both ends of a confidence sequence, where one was asked for: `ends` then returns them."""
    effective_hits: Floats = field(init=False)
    """How many equally weighted hits would tell as much about the total."""

    def __post_init__(self) -> None:
        spread = self.variance > 0
        effective = np.divide(self.total**2, self.variance, out=self.hits.copy(), where=spread)
        object.__setattr__(self, "effective_hits", effective)

    @property
    def most(self) -> Floats:
        """What the total would be if everything not seen to be clean violated."""
        return self.mass - self.clean

    @property
    def estimate(self) -> Floats:
        """The total, but never more than is logically possible."""
        return np.minimum(self.total, self.most)

    def ends(self, *, level: float, grade: Grade) -> Bounds:
        """Return both ends of the total, within what is possible: of the gamma interval, if no other."""
        if grade not in get_args(Grade):
            raise ValueError(f"grade must be report or guarantee; got {grade!r}.")
        if self.at_all_looks is not None:
            return self.at_all_looks
        rest = self.total - self.certain
        ratio = np.divide(self.variance, rest, out=np.zeros_like(rest), where=rest > 0)
        suggested = np.maximum(ratio, self.expected_extra)
        extra = np.where((rest > 0) & (grade == "report"), suggested, self.largest_extra)
        lower, upper = gamma_bounds(total=rest, variance=self.variance, extra=extra, level=level)
        # Where work was called for and none is done, the absence of hits says nothing.
        silent = (self.drawn > 0) & (self.reviewed == 0)
        lower = np.clip(lower + self.certain, self.found, self.most)
        return lower, np.where(silent, self.most, np.minimum(upper + self.certain, self.most))


def totals(rows: Rows, part: NDArray[np.bool_], values: Floats, undrawn: Undrawn | None = None) -> Totals:
    """Return the totals of ``values`` over the violations in one part of the items, by slice.

    Parameters
    ----------
    rows : Rows
        The sample.
    part : array of bool
        Which rows belong to the part.
    values : array of float
        1 for every row to count items, the views to count views.
    undrawn : Undrawn, optional
        The items of the part that are no rows.
    """
    undrawn = undrawn or Undrawn.none(rows.slices)
    at = np.flatnonzero(part)
    group, chance, value, cluster = rows.group[at], rows.chance[at], values[at], rows.cluster(at)
    reviewed, hit, open_ = ~np.isnan(rows.violation[at]), rows.violation[at] == 1, chance < 1
    weight = value / chance

    def by_group(amounts: Floats, where: NDArray[np.bool_]) -> Floats:
        return sums(group[where], amounts[where], slices=rows.slices)

    everything, ones, seen = np.ones(at.size, dtype=bool), np.ones(at.size), hit & open_
    items, checked = by_group(ones, everything) + undrawn.items, by_group(ones, reviewed)
    certain = by_group(value, hit & ~open_)
    rest = chance[open_], value[open_], cluster[open_], group[open_]
    largest = np.maximum(_largest(weight[open_], *rest[2:], rows.slices), undrawn.largest)
    return Totals(
        items=items,
        mass=by_group(value, everything) + undrawn.mass,
        drawn=by_group(ones, rows.drawn[at]),
        reviewed=checked,
        hits=by_group(ones, hit),
        found=by_group(value, hit),
        clean=by_group(value, reviewed & ~hit),
        certain=certain,
        total=certain + by_group(weight, seen),
        variance=_paired(weight[seen], 1 - chance[seen], cluster[seen], group[seen], rows.slices),
        expected_extra=_expected(rows.score[at][open_], *rest, largest=largest, undrawn=undrawn),
        largest_extra=largest,
        known=(items == 0) | (checked > 0),
        census=(by_group(ones, open_) == 0) & (items == checked),
    )


def _paired(
    amounts: Floats, factors: Floats, cluster: NDArray[np.intp], group: NDArray[np.intp], slices: int
) -> Floats:
    # Sum over all pairs within a cluster of amount * amount * (factor of the larger chance). Factors fall
    # as chances rise, so each pair is charged to the member that comes later by falling factor.
    contribution = factors * amounts**2
    shared = np.flatnonzero(cluster >= 0)
    order = shared[np.lexsort((-factors[shared], cluster[shared]))]
    first = np.append(True, np.diff(cluster[order]) != 0)[: order.size]
    running = np.cumsum(amounts[order]) - amounts[order]
    start = np.maximum.accumulate(np.where(first, np.arange(order.size), 0))
    contribution[order] += 2 * factors[order] * amounts[order] * (running - running[start])
    return sums(group, contribution, slices=slices)


def _expected(
    score: Floats,
    chance: Floats,
    value: Floats,
    cluster: NDArray[np.intp],
    group: NDArray[np.intp],
    *,
    largest: Floats,
    undrawn: Undrawn,
) -> Floats:
    known = ~np.isnan(score)
    scored = np.count_nonzero(known) + undrawn.scored
    usual = (score[known].sum() + undrawn.scores) / scored if scored else 1.0
    p = np.where(known, score, usual)
    # Items of one cluster violate together, so E[y y'] is sqrt(p p') and not p p'.
    variance = _paired(np.sqrt(p) * value, (1 - chance) / chance, cluster, group, largest.size)
    variance += undrawn.excess + usual * undrawn.unscored_excess
    total = sums(group, p * value, slices=largest.size) + undrawn.likely + usual * undrawn.unscored
    return np.divide(variance, total, out=largest.copy(), where=total > 0)


def _largest(weight: Floats, cluster: NDArray[np.intp], group: NDArray[np.intp], slices: int) -> Floats:
    largest = np.zeros(slices)
    np.maximum.at(largest, group, weight)
    shared = np.flatnonzero(cluster >= 0)
    _, first, member = np.unique(cluster[shared], return_index=True, return_inverse=True)
    np.maximum.at(largest, group[shared[first]], sums(member, weight[shared], slices=first.size))
    return largest
