"""The parts that a plan makes of a sample: flagged, seen, and what people do not get to see."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.records import Plan
from evaluation.intervals import Floats
from evaluation.ordered import Counts, Kind, Ordered, Places, Shared, Sums, Truths
from evaluation.rates import flagged_chances, solve_rates


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Which of the scored items a plan flags: those from a place on, and some before it."""

    place: int
    besides: Truths
    """Of the items before the place, which another policy flags."""
    places: Places
    """Where these are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Sums and counts of every part."""

    good: Sums
    """Violations among what people get to see."""
    bad: Sums
    """Those among what they do not."""
    flagged_sides: tuple[Sums, Sums]
    """Violating and clean, of the flagged."""
    seen: float
    """Expected full reviews."""
    all: Counts
    full: Counts
    """Flagged, or without a score."""
    flagged: Counts
    below: Counts
    """Those that may not be seen."""


def part(scored: Ordered, unscored: Ordered, shared: Shared, cut: Cut, *, plan: Plan, days: float) -> Parts:
    """Return the parts that a plan makes.

    Parameters
    ----------
    scored, unscored, shared
        A sample: by rising score, those that always go to full review, and the rows that share a draw.
    cut : Cut
        Which of the scored items are flagged.
    plan : Plan
        Whether it limits full reviews counts, and its audit design then.
    days : float
        How many days the items took to come in.
    """
    end = scored.p.size
    besides = scored.counts_of(cut.places)
    flagged = scored.counts(cut.place, end) + besides
    rest, others = scored.counts(0, cut.place) - besides, unscored.counts(0, unscored.p.size)
    twins = _flags(shared.place, cut, end).astype(np.float64)
    seen_twins = np.where(shared.place >= end, 1.0, twins)
    violating, clean = (_flagged(scored, cut, kind) for kind in ("hits", "clean"))
    found, seen, partly = violating, float(flagged.items), Counts()
    missed = scored.below(cut.place, "hits", without=cut.besides)
    if plan.daily_full_reviews is not None and flagged.items:
        places = np.concatenate([np.arange(cut.place, end), cut.places])
        chance, of_twins = _limited(scored.p[places], shared.p, plan=plan, days=days)
        some, seen = chance < 1, float(chance.sum())
        found, partly = scored.some(places, "hits", chance), scored.counts_of(places[some])
        missed = missed + scored.some(places[some], "hits", 1 - chance[some])
        seen_twins = np.where(twins > 0, of_twins, seen_twins)
    return Parts(
        good=found + unscored.between(0, unscored.p.size, "hits") + shared.sums("hits", seen_twins),
        bad=missed + shared.sums("hits", 1 - seen_twins),
        flagged_sides=(violating + shared.sums("hits", twins), clean + shared.sums("clean", twins)),
        seen=seen + others.items,
        all=flagged + rest + others,
        full=flagged + others,
        flagged=flagged,
        below=rest + partly,
    )


def _flagged(scored: Ordered, cut: Cut, kind: Kind) -> Sums:
    return scored.between(cut.place, scored.p.size, kind) + scored.some(cut.places, kind)


def _flags(place: Places, cut: Cut, end: int) -> Truths:
    before = place < cut.place
    flags = ~before & (place < end)
    flags[before] = cut.besides[place[before]]
    return flags


def _limited(flagged: Floats, twins: Floats, *, plan: Plan, days: float) -> tuple[Floats, Floats]:
    """Return the chances of what is flagged where reviewers cannot see all, and of twins that are."""
    rates = solve_rates(
        p=(), flagged=flagged, days=days, plan=plan, set_at=plan.in_force_from, rates_id="planner"
    )
    return flagged_chances(flagged, rates, plan.audit), flagged_chances(twins, rates, plan.audit)
