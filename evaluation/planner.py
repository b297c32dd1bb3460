"""
What a plan will cost and catch, before it is set.

A plan is judged by a recent sample, whatever plan that was drawn under: its chances are known, so its items
speak for all. The plan may flag more than the old one, or less. The intervals are about another window like
this one (`evaluation.proofs`). They promise nothing about a threshold that was chosen by looking at them;
that is what `evaluation.thresholds` is for.

`evaluation.budgets` has what more or fewer audits would tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.records import ANY, Plan
from evaluation.budgets import Budget, budget, check_days, planned_rates, planning_recall
from evaluation.candidates import Share, draws_of
from evaluation.estimators import Estimate
from evaluation.intervals import Floats, Interval, check_level, share_bounds
from evaluation.proofs import Side, part
from evaluation.rates import chances, flagged_chances
from evaluation.sample import Rows, read_sample
from evaluation.sizes import sizes

METHOD = "gamma_superpopulation"
"""The method of the estimates: gamma intervals about another window like this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """A day under a plan, and what it would catch and miss."""

    items: int
    """How many items it is judged by."""
    days: float
    """How many days these took to come in."""
    items_per_day: float
    flagged_per_day: float
    """With those that cannot be scored."""
    full_reviews_per_day: float
    """Fewer than are flagged where the plan limits them."""
    flagged_share: float
    reached_per_day: Mapping[str, float]
    """Items a day at or above each threshold. One item may be above several."""
    audits_per_day: float
    smallest_chance: float
    """The chance of the item that is least likely to be audited."""
    hours_per_day: float
    """Of reviewing, audits among it, at ``review_minutes`` an item."""
    recall: Estimate
    """Of what people get to see."""
    precision: Estimate
    missed_per_day: Estimate
    buys: Budget | None
    """What the plan's audits would tell in as many days, whatever recall of its interval is true; None where
    recall is not known yet."""


def outlook(sample: pd.DataFrame, plan: Plan, *, days: float, level: float = 0.95) -> Outlook:
    """Return what a plan would cost and catch, judged by a recent sample.

    Parameters
    ----------
    sample : DataFrame
        The sample table of the recent window; see `evaluation.sample`. Where the plan has thresholds for
        policies, it needs a column of probabilities for each; the one for `ANY` is ``score``. NaN there
        reaches no threshold.
    plan : Plan
        The plan to judge.
    days : float
        How many days the items took to come in.
    level : float
        Confidence of each interval, two-sided.
    """
    check_days(days)
    check_level(level)
    columns = {name: "score" if name == ANY else name for name in plan.thresholds}
    if absent := sorted({"score", *columns.values()} - set(sample.columns)):
        raise ValueError(f"sample must have the columns {', '.join(absent)}; got {list(sample.columns)!r}.")
    rows = read_sample(sample)
    reached = {
        name: sample[columns[name]].to_numpy(np.float64) >= least for name, least in plan.thresholds.items()
    }
    unscored = rows.degraded | np.isnan(rows.score)
    flagged = np.logical_or.reduce(list(reached.values())) & ~unscored
    full = flagged | unscored
    rest = rows.score[~full]
    chance, seen = _planned(rows, flagged=flagged, full=full, days=days, plan=plan)
    recall = share_of(rows, full, statistic="recall", level=level, seen=seen)
    return Outlook(
        items=full.size,
        days=days,
        items_per_day=full.size / days,
        flagged_per_day=float(full.sum()) / days,
        full_reviews_per_day=float(seen.sum()) / days,
        flagged_share=float(full.mean()) if full.size else 0.0,
        reached_per_day={name: float(above.sum()) / days for name, above in reached.items()},
        audits_per_day=float(chance.sum()) / days,
        smallest_chance=float(chance.min(initial=1.0)),
        hours_per_day=float(seen.sum() + chance.sum()) / days * plan.review_minutes / 60,
        recall=recall,
        precision=share_of(rows, flagged, statistic="precision", level=level),
        missed_per_day=_missed(rows, seen, days=days, level=level),
        buys=None
        if recall.value is None
        else budget(rest, chance, recall=planning_recall(recall.interval), days=days, level=level),
    )


def share_of(
    rows: Rows,
    flagged: NDArray[np.bool_],
    *,
    statistic: Share,
    level: float,
    seen: Floats | None = None,
) -> Estimate:
    """Return recall or precision if exactly these items had been flagged.

    ``seen`` is every item's chance of full review, where that is not 1 for what is flagged; recall is then
    of what is seen. Undefined is None: where a part has items and none of them is settled, or nothing
    counts.
    """
    good, bad, at = _sides(rows, flagged, statistic, seen=seen)
    ends = good.ends(level=level), bad.ends(level=level)
    lower, upper = share_bounds(good.total, ends[0], bad.total, ends[1])
    total = float(good.total[0] + bad.total[0])
    known = total > 0 and all(_known(rows, where) for where in at)
    # MOVER-R knows nothing without anything good: the share may be 0, and at most what unseen good allows.
    least, most = (float(lower[0]), float(upper[0])) if good.total[0] > 0 else (0.0, 1.0)
    return _estimate(
        statistic,
        float(good.total[0]) / total if known else None,
        Interval(least, most, level) if known else Interval(0.0, 1.0, level),
        rows,
        at[0] | at[1],
        hits=bad,
    )


def _planned(
    rows: Rows, *, flagged: NDArray[np.bool_], full: NDArray[np.bool_], days: float, plan: Plan
) -> tuple[Floats, Floats]:
    """Return the chances of the items below the thresholds, and every item's chance of full review."""
    rest, seen = ~full, full.astype(np.float64)
    rates = planned_rates(
        rows.score[rest], rows.views[rest], flagged=rows.score[flagged], days=days, plan=plan
    )
    seen[flagged] = flagged_chances(rows.score[flagged], rates, plan.audit)
    return chances(sizes(rows.score[rest], rows.views[rest], units=rates), rates, plan.audit), seen


def _missed(rows: Rows, seen: Floats, *, days: float, level: float) -> Estimate:
    missed, released = _sides(rows, seen > 0, "recall", seen=seen)[1], seen < 1
    known, most = _known(rows, released), float(released.sum())
    lower, upper = missed.ends(level=level)
    ends = (float(lower[0]), min(float(upper[0]), most)) if known else (0.0, most)
    return _estimate(
        "missed_per_day",
        min(float(missed.total[0]), most) / days if known else None,
        Interval(min(ends) / days, ends[1] / days, level),
        rows,
        released,
        hits=missed,
    )


def _sides(
    rows: Rows, flagged: NDArray[np.bool_], statistic: Share, *, seen: Floats | None = None
) -> tuple[Side, Side, tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    known = ~np.isnan(rows.score)
    p = np.where(known, rows.score, rows.score[known].mean() if known.any() else 1.0)
    hit, weight, cluster = np.nan_to_num(rows.violation), 1 / rows.chance, draws_of(rows)
    if statistic == "recall":
        seen = flagged.astype(np.float64) if seen is None else seen
        away, below = 1 - seen, seen < 1
        good = part(flagged, hits=hit * seen, p=p * seen, weight=weight, cluster=cluster)
        bad = part(below, hits=hit * away, p=p * away, weight=weight, cluster=cluster)
        return good, bad, (flagged, below)
    good = part(flagged, hits=hit, p=p, weight=weight, cluster=cluster)
    clean = (~np.isnan(rows.violation)).astype(np.float64) - hit
    bad = part(flagged, hits=clean, p=1 - p, weight=weight, cluster=cluster)
    return good, bad, (flagged, flagged)


def _known(rows: Rows, where: NDArray[np.bool_]) -> bool:
    return not where.any() or bool((~np.isnan(rows.violation[where])).any())


def _estimate(
    name: str,
    value: float | None,
    interval: Interval,
    rows: Rows,
    where: NDArray[np.bool_],
    *,
    hits: Side,
) -> Estimate:
    reviewed = ~np.isnan(rows.violation) & where
    return Estimate(
        name=name,
        value=value,
        interval=interval,
        reviewed=int(reviewed.sum()),
        outstanding=int((rows.drawn & where).sum() - reviewed.sum()),
        hits=int((rows.violation[where] == 1).sum()),
        effective_hits=float(hits.effective_hits[0]),
        method="undefined" if value is None else METHOD,
        se=None,
    )
