"""
May the challenger replace the champion? Pure.

Every condition carries its number, so that whoever promotes reads why. The decision stays a person's:
`serving` shows this and asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from evaluation.comparison import Comparison
from training.measures import Measure, find

CHANCE: Final = 0.5
"""ROC-AUC of a model that knows nothing."""
FEWEST_HITS: Final = 20
"""Violations among the judged items below which no difference between two models can be seen."""
RECALL_MARGIN: Final = 0.05
"""How much recall at equal workload may be lost at most, by the lower end of its interval."""
PREVALENCE_RANGE: Final = (0.5, 2.0)
"""How many violations the probabilities may add up to, for each that there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One thing that must hold, and the number that says whether it does."""

    name: str
    met: bool
    value: float | None
    required: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether the challenger may serve, and every condition."""

    conditions: Sequence[Condition]

    @property
    def allowed(self) -> bool:
        """Whether every condition is met."""
        return all(condition.met for condition in self.conditions)


def may_promote(measures: Sequence[Measure], comparison: Comparison | None) -> Verdict:
    """Return whether a challenger may serve.

    Without a champion it must be better than chance and true on average. Beside a champion it must also
    find as many violations at equal workload, up to a margin that the interval has to keep, on items that
    neither model learned from.

    Parameters
    ----------
    measures
        Of the challenger, on held-out items.
    comparison
        With the champion on the same items; None where there is no champion.
    """
    conditions = [_better_than_chance(measures), _true_on_average(measures)]
    if comparison is not None:
        conditions += _against_champion(comparison)
    return Verdict(conditions=tuple(conditions))


def _better_than_chance(measures: Sequence[Measure]) -> Condition:
    auc = find(measures, "roc_auc")
    lower = auc.interval.lower if auc is not None and auc.interval is not None else None
    return Condition(
        name="better_than_chance",
        met=lower is not None and lower > CHANCE,
        value=lower,
        required=f"lower end of ROC-AUC above {CHANCE}",
    )


def _true_on_average(measures: Sequence[Measure]) -> Condition:
    ratio = find(measures, "predicted_to_true")
    least, most = PREVALENCE_RANGE
    value = None if ratio is None else ratio.value
    # A ratio outside the range is only held against the model where the items can tell it from one inside.
    met = value is not None and (
        least <= value <= most
        or (
            ratio is not None
            and ratio.interval is not None
            and ratio.interval.lower <= most
            and ratio.interval.upper >= least
        )
    )
    return Condition(
        name="true_on_average",
        met=met,
        value=value,
        required=f"predicted violations for each true one plausibly in [{least}, {most}]",
    )


def _against_champion(comparison: Comparison) -> list[Condition]:
    recall = comparison.recall
    share = f"{comparison.workload:.0%} of the items"
    return [
        Condition(
            name="enough_violations",
            met=comparison.hits >= FEWEST_HITS,
            value=float(comparison.hits),
            required=f"{FEWEST_HITS} violations among the items both models are judged on",
        ),
        Condition(
            name="recall_not_lost",
            met=recall.difference is not None and recall.interval.lower >= -RECALL_MARGIN,
            value=recall.interval.lower,
            required=f"lower end of the change in recall, reviewing {share}, at least {-RECALL_MARGIN}",
        ),
        Condition(
            name="recall_not_worse",
            met=recall.difference is not None and recall.difference >= 0,
            value=recall.difference,
            required=f"change in recall, reviewing {share}, at least 0",
        ),
    ]
