r"""
Totals of a sample in two phases: some items were reviewed, some of their reviews were checked.

A first look said violation or not. A probability sample of the reviewed items got a second, expert look
whose verdict is **taken as the truth**; its chance ``r`` was fixed once the first look was known, for
example 1 for what an audit found and less for the rest. Nothing is assumed of the first looks.

The table is that of `evaluation.sample`, where ``violation`` is the verdict of the *first* look, and

* ``second_pi``: the chance ``r``, in (0, 1], of every reviewed item; NaN where nobody looked;
* ``second``: the expert's verdict, 1 or 0; NaN where there is none. A first look that was unsure goes to
  the expert for certain and counts as 0 here, because it recognised nothing;
* ``second_called``, if it is there: whether the draw called for a second look. Without it, that is where
  there is one and where ``r`` is 1. Second looks that are called for and not made are *outstanding*:
  within a slice, ``r`` of flagged items, of items without a score and of audits that the first look
  judged alike is multiplied by the share of second looks that is made.

With the weights ``w = v / pi`` of the first phase, the total of the true violations is what the first
looks found, less their false alarms, plus what they overlooked:

.. math::

   \hat T = \sum_S w y - \sum_{I} \frac{w}{r} y (1 - g) + \sum_{I} \frac{w}{r} (1 - y) g,
   \qquad \hat V = \sum_S (1 - \pi) w^2 \tilde y + \sum_I \frac{1 - r}{r^2} w^2 (g - y)^2

over the reviewed items ``S`` and their second looks ``I``, with first looks ``y``, second looks ``g`` and
``y~ = y + (g - y) I / r``. Where ``r`` is 1 the second look simply replaces the first. The errors of the
first phase and of both corrections are uncorrelated, so their gamma intervals are combined by their
distances (MOVER). Copies that share a draw are taken to share their draw for a second look too.

References
----------
Sarndal, Swensson and Wretman (1992), *Model Assisted Survey Sampling*, chapter 9 (two-phase sampling);
Donner and Zou (2012), Stat. Methods Med. Res. 21, 347-359 (MOVER).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from evaluation.intervals import Bounds, Floats
from evaluation.sample import NEEDED, Rows, read_sample, sums
from evaluation.totals import Grade, Totals, totals

if TYPE_CHECKING:
    import pandas as pd

Truths = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """A checked sample with both looks, as arrays."""

    rows: Rows
    """The sample; ``violation`` is the second look where it was certain and is made, and else the first."""
    first: Floats
    second: Floats
    chance: Floats
    """Chance of a second look, times the share of them that is made; NaN where nobody looked."""
    called: Truths
    """The draw called for a second look."""

    @property
    def reviewed(self) -> Truths:
        """Which items had their first look."""
        return ~np.isnan(self.first)

    @property
    def settled(self) -> Truths:
        """Which items had their second look."""
        return ~np.isnan(self.second)

    @property
    def sampled(self) -> Truths:
        """Which items had a first look that a second one checks by chance only, or not yet."""
        return self.reviewed & ((self.chance < 1) | ~self.settled)

    def errors(self, part: Truths, weight: Floats) -> Totals:
        """Return the totals of the sampled first looks in a part that second looks overturn.

        They are about the reviewed items, each standing for ``weight`` items: the second phase alone.
        """
        wrong = np.where(self.settled, self.second != self.first, np.nan)
        score = np.where(self.first == 1, 1 - self.rows.score, self.rows.score)
        rows = replace(self.rows, chance=self.chance, violation=wrong, score=score, drawn=self.called)
        return totals(rows, part & self.sampled, weight)


def read_looks(sample: pd.DataFrame, *, by: Sequence[str] = ()) -> Looks:
    """Check a sample table with second looks, see the module, and return its arrays."""
    if absent := [name for name in (*NEEDED, "second_pi", "second") if name not in sample.columns]:
        raise ValueError(f"sample must have the columns {', '.join(absent)}; got {list(sample.columns)!r}.")
    first, second, chance = (
        sample[name].to_numpy(dtype=np.float64, na_value=np.nan)
        for name in ("violation", "second", "second_pi")
    )
    reviewed, settled = ~np.isnan(first), ~np.isnan(second)
    if not np.isin(second[settled], (0.0, 1.0)).all():
        raise ValueError("second must be 0, 1, or NaN where there is no second look.")
    if (settled & ~reviewed).any():
        raise ValueError("second must be NaN where violation is: a second look follows a first one.")
    if not ((chance > 0) & (chance <= 1))[reviewed].all():
        raise ValueError("second_pi must be in (0, 1] for every reviewed item: no first look is above doubt.")
    called = settled | (reviewed & (chance == 1))
    if "second_called" in sample.columns:
        called = reviewed & sample["second_called"].to_numpy(dtype=bool, na_value=False)
        if (settled & ~called).any():
            raise ValueError("second must be NaN where second_called is false: no draw called for it.")
    latest = read_sample(sample.assign(violation=np.where(settled, second, first)), by=by)
    cell = (latest.group * 3 + latest.flagged + 2 * latest.degraded) * 2 + (first == 1)
    chance = np.where(reviewed, chance * _made(cell, called, settled), np.nan)
    rows = read_sample(sample.assign(violation=np.where(settled & (chance == 1), second, first)), by=by)
    # An overlooked violation had the chance of a violation to be settled by now, not that of the others.
    hit_chance = np.where(latest.violation == 1, latest.chance, rows.chance)
    rows = replace(rows, chance=hit_chance)
    return Looks(rows=rows, first=first, second=second, chance=chance, called=called)


def _made(cell: NDArray[np.intp], called: Truths, settled: Truths) -> Floats:
    asked = np.bincount(cell[called], minlength=int(cell.max(initial=0)) + 1)
    done = np.bincount(cell[settled], minlength=asked.size)
    # Where none is made the share is unknown; the totals say so by themselves.
    return np.divide(done, asked, out=np.ones(asked.size), where=done > 0)[cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed(Totals):
    """The totals of the true violations of a part, from both looks."""

    first_phase: Totals
    """The totals as far as the first phase alone makes them uncertain."""
    false_alarms: Totals
    overlooked: Totals
    sampled: Truths
    """Second looks checked some of the first ones by chance only."""

    @property
    def estimate(self) -> Floats:
        """The total, but within what is logically possible: confirmed hits are real."""
        return np.clip(self.total, self.found, self.most)

    def ends(self, *, level: float, grade: Grade) -> Bounds:
        """Return both ends of the interval of the total, within what is logically possible."""
        lower, upper = self.first_phase.ends(level=level, grade=grade)
        down, up = self.distances(self.estimate - lower, upper - self.estimate, level=level, grade=grade)
        return (
            np.where(self.sampled, np.clip(self.estimate - down, self.found, self.most), lower),
            np.where(self.sampled, np.clip(self.estimate + up, self.found, self.most), upper),
        )

    def distances(self, down: Floats, up: Floats, *, level: float, grade: Grade) -> Bounds:
        """Return how far the ends are from the estimate, given how far those of the first phase are."""
        fewer, more = (
            _ends_apart(errors, level=level, grade=grade) for errors in (self.false_alarms, self.overlooked)
        )
        return (
            np.sqrt(np.maximum(down, 0.0) ** 2 + fewer[1] ** 2 + more[0] ** 2),
            np.sqrt(np.maximum(up, 0.0) ** 2 + fewer[0] ** 2 + more[1] ** 2),
        )


def _ends_apart(errors: Totals, *, level: float, grade: Grade) -> Bounds:
    # No error seen is no reason to expect the next one where it would weigh most: errors of reviewers are
    # a second order term, and the largest weight of a second phase would drown what the first one found.
    if grade == "report":
        errors = replace(errors, largest_extra=errors.expected_extra)
    lower, upper = errors.ends(level=level, grade=grade)
    return errors.estimate - lower, upper - errors.estimate


def confirmed_totals(
    looks: Looks, part: Truths, values: Floats, *, counted: Truths | None = None
) -> Confirmed:
    """Return the totals of ``values`` over the true violations in one part of the items, by slice.

    Parameters
    ----------
    looks : Looks
        The sample.
    part : array of bool
        Which rows belong to the part.
    values : array of float
        1 for every row to count items, the views to count views.
    counted : array of bool, optional
        Which reviewed items count if they violate, for example those whose first look said so. None: all.
    """
    counts = looks.reviewed if counted is None else looks.reviewed & counted
    first_phase = _first_phase(looks, part, values, counts)
    weight, chance = values / looks.rows.chance, looks.rows.chance
    false_alarms, overlooked = (
        looks.errors(part & counts & (looks.first == said), weight) for said in (1, 0)
    )

    def by_group(amounts: Floats, where: Truths) -> Floats:
        return sums(looks.rows.group[where & part], amounts[where & part], slices=looks.rows.slices)

    # What is confirmed is there, whatever the weights of false alarms take off for others.
    real = counts & (looks.second == 1) & (chance < 1)
    floored = replace(
        first_phase,
        total=np.maximum(first_phase.total, first_phase.certain + by_group(values, real)),
        variance=np.maximum(first_phase.variance, by_group((1 - chance) * weight**2, real)),
    )
    sampled, ones = false_alarms.items + overlooked.items > 0, np.ones(chance.size)
    return Confirmed(
        items=first_phase.items,
        mass=first_phase.mass,
        drawn=first_phase.drawn + by_group(ones, looks.called & ~looks.settled),
        reviewed=first_phase.reviewed,
        hits=first_phase.hits,
        found=first_phase.found,
        clean=first_phase.clean,
        certain=first_phase.certain,
        total=first_phase.total,
        variance=first_phase.variance + false_alarms.variance + overlooked.variance,
        expected_extra=first_phase.expected_extra,
        largest_extra=first_phase.largest_extra,
        known=first_phase.known & (~sampled | (by_group(ones, looks.settled) > 0)),
        census=first_phase.census & ~sampled,
        first_phase=floored,
        false_alarms=false_alarms,
        overlooked=overlooked,
        sampled=sampled,
    )


def _first_phase(looks: Looks, part: Truths, values: Floats, counts: Truths) -> Totals:
    # The corrected total, with the variance that it would have if every first look had been checked.
    rows, second = looks.rows, looks.second
    label = np.where(counts | ~looks.reviewed, rows.violation, 0.0)
    weight, open_, error = values / rows.chance, rows.chance < 1, second - looks.first
    checked = part & counts & looks.sampled & looks.settled
    overturned, missed = checked & (error != 0), checked & (error > 0)

    def by_group(amounts: Floats, where: Truths) -> Floats:
        return sums(rows.group[where], amounts[where], slices=rows.slices)

    base = totals(replace(rows, violation=label), part, values)
    shift, spread = error * weight / looks.chance, (1 - rows.chance) * weight**2 / looks.chance
    fixed = by_group(shift, overturned & ~open_)
    # An overlooked violation stands for 1 / r of them, which share its draw with what was found.
    stands_for = np.where(missed, values / looks.chance, values)
    linked = totals(replace(rows, violation=np.where(missed, 1.0, label)), part, stands_for)
    # In the square of its weight 1 / r is one time too many, and a false alarm was no violation.
    surplus = np.where(missed, spread * (1 / looks.chance - 1), spread)
    return replace(
        base,
        hits=base.hits + by_group(error, overturned),
        found=by_group(values, part & counts & (second == 1)),
        clean=by_group(values, part & looks.reviewed & (~counts | (second == 0))),
        certain=base.certain + fixed,
        total=base.total + fixed + by_group(shift, overturned & open_),
        variance=linked.variance - by_group(surplus, overturned),
    )
