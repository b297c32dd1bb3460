"""
What items truly are and how reviewers err, from looks that contradict each other.

`evaluation.agreement` takes second looks for the truth. Here nobody is: every blind look is one opinion,
and how much it counts is learned from how its reviewer agrees with the others and with golden items
(`evaluation.dawid_skene`). Two things are assumed, and neither can be checked from the looks alone: given
the truth, reviewers err independently of each other, and each errs alike on all items of a class. Only blind
looks belong here; who decides an appeal or an escalation has read what was said before.

What an item is and how reviewers err is only told apart where looks overlap. Where no item has looks of two
reviewers and none is golden, the answer leans on the prior, is as wide as that, and a note says so.

References
----------
See `evaluation.dawid_skene` and, for the intervals, `evaluation.annotator_ends`.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from evaluation.annotator_ends import correct_bounds
from evaluation.annotator_fit import Prior, fit_reviewers, pooled_confusion, reviewer_counts
from evaluation.annotator_looks import read_looks, read_weights
from evaluation.dawid_skene import Fit, Looks, alike, population_prevalence
from evaluation.intervals import Floats, Interval, check_level

NO_OVERLAP: Final = "no_overlap"
"""No item has looks of two reviewers and none is golden: what is said of reviewers leans on the prior."""
NOT_CONVERGED: Final = "not_converged"
"""EM was stopped before it came to rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How often a reviewer calls items of one class by their name."""

    value: float
    interval: Interval
    effective: float
    """How many looks at items of known truth would tell as much, the prior's included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotator:
    """How one reviewer errs."""

    reviewer_id: Hashable
    looks: int
    confusion: Floats
    """Chance of each label (column) given each true class (row)."""
    correct: Sequence[Rate]
    """The diagonal of ``confusion``, with intervals."""

    @property
    def specificity(self) -> Rate:
        """How often an item of the first of two classes is called so."""
        return self._of_two(0)

    @property
    def sensitivity(self) -> Rate:
        """How often an item of the last of two classes is called so."""
        return self._of_two(1)

    def _of_two(self, place: int) -> Rate:
        if len(self.correct) != 2:
            raise ValueError(f"classes must be two for this rate; got {len(self.correct)}.")
        return self.correct[place]


@dataclass(frozen=True, slots=True, kw_only=True)
class Consensus:
    """What items are and how reviewers err, as far as looks tell."""

    classes: tuple[Hashable, ...]
    posterior: pd.DataFrame
    """The chance that each item (row) is of each class (column)."""
    annotators: Sequence[Annotator]
    """By name."""
    pooled: Floats
    """The confusion matrix of all reviewers together."""
    prevalence: tuple[float, ...]
    """Share of each class among the items handed in, without golden ones."""
    population: tuple[float, ...] | None
    """The same among all items, of which these were drawn with known chances; None without chances."""
    log_posterior: float
    iterations: int
    converged: bool
    notes: tuple[str, ...]
    """`NO_OVERLAP` and `NOT_CONVERGED`, where they hold."""

    def next_label(self) -> pd.DataFrame:
        """Return the chance that somebody else, erring as all do, would call each item each class.

        What an item is and what the next person says of it are two numbers: people err.
        """
        chance = self.posterior.to_numpy(np.float64) @ self.pooled
        return pd.DataFrame(chance, index=self.posterior.index, columns=self.posterior.columns)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a reviewer and class: how often it is recognised, with both ends."""
        return pd.DataFrame(
            [
                {
                    "reviewer_id": one.reviewer_id,
                    "class": kind,
                    "looks": one.looks,
                    "correct": rate.value,
                    "lower": rate.interval.lower,
                    "upper": rate.interval.upper,
                    "effective": rate.effective,
                }
                for one in self.annotators
                for kind, rate in zip(self.classes, one.correct, strict=True)
            ]
        )


def consensus(
    looks: pd.DataFrame,
    *,
    classes: Sequence[Hashable] = (False, True),
    golden: Mapping[Any, Hashable] | None = None,
    chances: Mapping[Any, float] | None = None,
    prior: Prior | None = None,
    level: float = 0.95,
    tolerance: float = 1e-9,
    most: int = 10_000,
) -> Consensus:
    """Return what items are and how reviewers err.

    Parameters
    ----------
    looks : DataFrame
        One row a blind look: ``item_id``, ``reviewer_id``, ``label``. A second look is one more row. Looks
        that settled nothing (unsure) are to be left out before.
    classes : sequence
        The labels there are, at least two; of two the last one is what is looked for.
    golden : mapping, optional
        Item ids to their known class. Such an item tells how reviewers err, and nothing of prevalence.
    chances : mapping, optional
        Item ids to the chance in (0, 1] that each had of being looked at. Each item then counts as
        ``1 / chance`` items in ``population``; the rest describes the items at hand, and needs no weights.
    prior : Prior, optional
        What is believed beforehand. Absent: `Prior` as it comes.
    level : float
        Confidence of each interval, two-sided.
    tolerance : float
        The rise of the log posterior per look below which EM has converged.
    most : int
        Iterations, at most.

    Examples
    --------
    Kim and Lee mostly agree, Park says what comes to mind:

    >>> said = {"kim": "1110000000", "lee": "1110000000", "park": "1010101010"}
    >>> looks = pd.DataFrame(
    ...     [(item, name, label == "1") for name, all_ in said.items() for item, label in enumerate(all_)],
    ...     columns=["item_id", "reviewer_id", "label"],
    ... )
    >>> found = consensus(looks, prior=Prior(strength=2))
    >>> bool(found.posterior.loc[1, True] > 0.8 > 0.2 > found.posterior.loc[4, True])
    True
    >>> [round(one.specificity.value, 1) for one in found.annotators]
    [1.0, 1.0, 0.6]
    """
    check_level(level)
    prior = prior or Prior()
    names, items, read = read_looks(looks, tuple(classes), golden or {})
    read, kind = alike(read)
    fit, iterations = fit_reviewers(read, prior, tolerance=tolerance, most=most)
    notes = [] if read.tell else [NO_OVERLAP]
    population = None
    if chances is not None:
        found = population_prevalence(
            fit, read, read_weights(items, chances), kind, prevalence_counts=prior.prevalence, most=most
        )
        population = tuple(map(float, found))
    return Consensus(
        classes=tuple(classes),
        posterior=pd.DataFrame(fit.posterior[kind], index=items, columns=list(classes)),
        annotators=_annotators(names, read, fit, prior, level=level),
        pooled=pooled_confusion(fit, prior),
        prevalence=tuple(map(float, fit.prevalence)),
        population=population,
        log_posterior=fit.history[-1],
        iterations=iterations,
        converged=fit.converged,
        notes=(*notes, *[NOT_CONVERGED] * (not fit.converged)),
    )


def _annotators(names: pd.Index, looks: Looks, fit: Fit, prior: Prior, *, level: float) -> list[Annotator]:
    effective = reviewer_counts(looks, fit, prior)
    rates = np.diagonal(fit.confusion, axis1=1, axis2=2)
    lower, upper = correct_bounds(rates, effective, level=level)
    made = np.bincount(looks.reviewer, looks.times[looks.item], minlength=looks.reviewers)
    return [
        Annotator(
            reviewer_id=name,
            looks=int(made[place]),
            confusion=fit.confusion[place],
            correct=[
                Rate(
                    value=float(rates[place, kind]),
                    interval=Interval(float(lower[place, kind]), float(upper[place, kind]), level),
                    effective=float(effective[place, kind]),
                )
                for kind in range(looks.classes)
            ],
        )
        for place, name in enumerate(names)
    ]
