"""
Reviewers who err each in their own way, around the way of all.

References
----------
Paun, Carpenter, Chamberlain, Hovy, Kruschwitz and Poesio (2018), TACL 6, 571-585 (the hierarchical model);
see also `evaluation.dawid_skene`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from evaluation.annotator_ends import effective_counts
from evaluation.dawid_skene import Fit, Looks, as_one, expectation_maximisation, majority, shares
from evaluation.intervals import Floats

_SETTLED: Final = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """What is believed of reviewers before they have looked at anything.

    Examples
    --------
    >>> Prior(correct=0.75, anchor=8).pooled(2).tolist()
    [[6.0, 2.0], [2.0, 6.0]]
    """

    strength: float = 5.0
    """As how many looks at items of each class the rates of all reviewers count for each of them. 0: maximum
    likelihood."""
    correct: float = 0.9
    """How often reviewers are expected to be right, at items of any class."""
    anchor: float = 10.0
    """As how many looks at items of each class ``correct`` counts for all reviewers together."""
    prevalence: float = 0.5
    """Items added to each class."""

    def __post_init__(self) -> None:
        for name in ("anchor", "prevalence", "strength"):
            if not 0 <= (value := getattr(self, name)) < np.inf:
                raise ValueError(f"{name} must be 0 or more; got {value!r}.")
        if not 0 < self.correct < 1:
            raise ValueError(f"correct must be in (0, 1); got {self.correct!r}.")

    def pooled(self, classes: int) -> Floats:
        """Return the counts that are added to the looks of all reviewers together."""
        wrong = (1 - self.correct) / (classes - 1)
        return self.anchor * np.where(np.eye(classes) > 0, self.correct, wrong)


def fit_reviewers(looks: Looks, prior: Prior, *, tolerance: float, most: int) -> tuple[Fit, int]:
    """Return the fit of all reviewers, and how many iterations it took.

    The pooled matrix, the centre of the reviewers' prior, starts as that of all looks as if one person had
    made them. Then the reviewers' matrices and the pooled one are fitted in turn, until neither moves: how
    reviewers differ tells more of what items are than all looks in one heap. Where nothing tells them
    apart, the pooled matrix stays.
    """
    start = majority(looks)
    first = expectation_maximisation(
        as_one(looks), prior=prior.pooled(looks.classes)[None], prevalence_counts=prior.prevalence,
        tolerance=tolerance, most=most, start=start,
    )  # fmt: skip
    pooled, iterations, settled = first.confusion[0], len(first.history), False
    while True:
        fit = expectation_maximisation(
            looks,
            prior=prior.strength * np.broadcast_to(pooled, (looks.reviewers, *pooled.shape)),
            prevalence_counts=prior.prevalence,
            tolerance=tolerance,
            most=max(most - iterations, 1),
            start=start,
        )
        start, iterations = fit.posterior, iterations + len(fit.history)
        after = pooled_confusion(fit, prior)
        settled = not (prior.strength and looks.tell) or bool(np.abs(after - pooled).max() < _SETTLED)
        if settled or not fit.converged:
            return fit, iterations
        pooled = after


def pooled_confusion(fit: Fit, prior: Prior) -> Floats:
    """Return the confusion matrix of all reviewers together."""
    return shares(fit.counts.sum(axis=0) + prior.pooled(fit.prevalence.size))


def reviewer_counts(looks: Looks, fit: Fit, prior: Prior) -> Floats:
    """Return how many looks of known truth would tell as much of each rate, reviewers by classes.

    What all reviewers do is not known for certain either: the variances of both levels add up.
    """
    together = replace(
        fit,
        confusion=pooled_confusion(fit, prior)[None],
        counts=fit.counts.sum(axis=0, keepdims=True),
        prior=prior.pooled(looks.classes)[None],
    )
    known = effective_counts(
        together, as_one(looks), prior=together.prior, prevalence_counts=prior.prevalence
    )
    share = known[0] / np.maximum(prior.strength + known[0], 1e-9)
    found = effective_counts(fit, looks, prior=fit.prior * share[:, None], prevalence_counts=prior.prevalence)
    # At the edge, where nobody ever says one of the labels, the curvature alone would claim to know.
    return found if looks.tell else np.minimum(found, prior.strength * share)
