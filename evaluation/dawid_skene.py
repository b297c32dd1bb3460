r"""
The model of Dawid and Skene: a truth nobody sees, and looks that each err as their reviewer does.

An item of true class ``k`` (with chance ``p_k``) is called ``l`` by reviewer ``j`` with chance
``theta_jkl``, whatever others call it. The E-step asks which class each item has, the M-step how each
reviewer errs:

.. math::

   q_{ik} \propto p_k \prod_{(i, j, l)} \theta_{jkl}, \qquad
   \theta_{jkl} = \frac{\sum_{(i, j, l)} q_{ik} + s_k m_{kl}}{\sum_{(i, j, \cdot)} q_{ik} + s_k}, \qquad
   p_k = \frac{\sum_i q_{ik} + a}{N + K a}

The rows of a reviewer's confusion matrix have the prior Dirichlet(``s_k m_k``): as if the reviewer had
been seen ``s_k`` times before, erring as all reviewers do. The pooled matrix ``m`` is fitted first, to all
looks as if one person had made them, with a prior of its own. Estimates are the mode of the log odds, which
for a Dirichlet is its mean, so that prior counts are simply added. EM never lowers the log posterior;
it starts from the majority vote, so that nothing is random.

Items of known truth (golden) keep it, and stay out of ``p``: somebody chose them.

References
----------
Dawid and Skene (1979), Applied Statistics 28, 20-28; Paun, Carpenter, Chamberlain, Hovy, Kruschwitz and
Poesio (2018), TACL 6, 571-585 (pooled and hierarchical priors).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special
from scipy.sparse import csr_array

from evaluation.intervals import Floats

Places = NDArray[np.intp]

_LEAST: Final = 1e-10
_SMALL: Final = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """Who called which item what, as numbers from 0 on."""

    item: Places
    reviewer: Places
    label: Places
    truth: Places
    """The known class of each item; -1 where nobody knows it."""
    times: Floats
    """As how many items of the same looks each item counts."""
    reviewers: int
    classes: int

    @property
    def items(self) -> int:
        """How many items there are."""
        return int(self.truth.size)

    @property
    def hidden(self) -> NDArray[np.bool_]:
        """Which items have a truth that nobody knows."""
        return self.truth < 0

    def table(self) -> csr_array:
        """Return how often each item got each label of each reviewer: items by reviewers and labels."""
        shape = self.items, self.reviewers * self.classes
        column = self.reviewer * self.classes + self.label
        return csr_array((np.ones(self.item.size), (self.item, column)), shape=shape)

    def votes(self) -> Floats:
        """Return how many looks call each item each class, once for all that are alike."""
        cell = np.bincount(self.item * self.classes + self.label, minlength=self.items * self.classes)
        return cell.reshape(self.items, self.classes).astype(np.float64)

    @property
    def made(self) -> float:
        """How many looks there are."""
        return float(self.times[self.item].sum())

    @property
    def tell(self) -> bool:
        """Whether anything tells errors from truths: an item of two reviewers, or a known truth."""
        pairs = np.unique(self.item * self.reviewers + self.reviewer)
        return bool((np.bincount(pairs // self.reviewers) > 1).any() or not self.hidden.all())


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Where EM came to rest."""

    posterior: Floats
    """Chance of each class, items by classes."""
    confusion: Floats
    """Reviewers by true classes by labels."""
    counts: Floats
    """How many looks of each kind are expected, like ``confusion``, without the prior."""
    prior: Floats
    """The prior counts that were added, like ``confusion``."""
    prevalence: Floats
    history: tuple[float, ...]
    """The log posterior after each iteration."""
    converged: bool


def majority(looks: Looks) -> Floats:
    """Return the votes an item got as shares, with one more vote split as all votes are.

    Examples
    --------
    >>> zero, one, who = np.zeros(2, dtype=np.intp), np.ones(2, dtype=np.intp), np.arange(2)
    >>> about = {"item": zero, "reviewer": who, "label": one, "truth": -one[:1], "times": np.ones(1)}
    >>> majority(Looks(**about, reviewers=2, classes=2)).tolist()
    [[0.0, 1.0]]
    """
    votes = looks.votes()
    split = looks.times @ votes / looks.made
    return _known((votes + split) / (votes.sum(axis=1, keepdims=True) + 1), looks.truth)


def expectation_maximisation(
    looks: Looks, *, prior: Floats, prevalence_counts: float, tolerance: float, most: int, start: Floats
) -> Fit:
    """Return the mode of the log odds given a prior.

    Parameters
    ----------
    looks : Looks
        What was called what.
    prior : array of float
        Counts added to the looks: reviewers by true classes by labels.
    prevalence_counts : float
        Items added to each class.
    tolerance : float
        The rise of the log posterior per look below which it has converged.
    most : int
        Iterations, at most.
    start : array of float
        Chances of the classes to start from.
    """
    table, shape, hidden, times = looks.table(), prior.shape, looks.hidden, looks.times[:, None]
    posterior, history, converged = _known(start, looks.truth), [-np.inf], False
    while True:
        # Kept as labels by classes while multiplying, because the table's columns are labels.
        counts = (table.T @ (posterior * times)).reshape(shape[0], shape[2], shape[1]).transpose(0, 2, 1)
        confusion, prevalence = (
            shares(counts + prior),
            looks.times[hidden] @ posterior[hidden] + prevalence_counts,
        )
        prevalence = shares(prevalence)
        if converged or len(history) > most:
            break
        said = table @ np.log(confusion).transpose(0, 2, 1).reshape(-1, shape[1])
        joint = said + np.log(prevalence)
        total = special.logsumexp(joint, axis=1, keepdims=True)
        posterior = _known(np.exp(joint - total), looks.truth)
        total = np.where(hidden, total[:, 0], said[np.arange(looks.items), looks.truth])
        value = float(looks.times @ total)
        value += float((prior * np.log(confusion)).sum() + prevalence_counts * np.log(prevalence).sum())
        converged = value - history[-1] < tolerance * looks.made
        history.append(value)
    return Fit(
        posterior=posterior,
        confusion=confusion,
        counts=counts,
        prior=prior,
        prevalence=prevalence,
        history=tuple(history[1:]),
        converged=converged,
    )


def alike(looks: Looks) -> tuple[Looks, Places]:
    """Return the looks with items of the same looks and truth as one, and where each item went.

    Mostly few people look at an item, so that there are far fewer kinds of items than items.
    """
    code = np.sort(
        looks.item * (looks.reviewers * looks.classes) + looks.reviewer * looks.classes + looks.label
    )
    item, said = np.divmod(code, looks.reviewers * looks.classes)
    each = np.bincount(item, minlength=looks.items)
    place = np.arange(item.size) - np.repeat(np.cumsum(each) - each, each)
    rows = np.full((looks.items, int(each.max()) + 1), -1, dtype=np.intp)
    rows[item, place] = said
    rows[:, -1] = looks.truth
    kinds, where, times = np.unique(rows, axis=0, return_inverse=True, return_counts=True)
    at, column = np.nonzero(kinds[:, :-1] >= 0)
    reviewer, label = np.divmod(kinds[at, column], looks.classes)
    kept = replace(
        looks, item=at, reviewer=reviewer, label=label, truth=kinds[:, -1], times=times.astype(np.float64)
    )
    return kept, where.reshape(-1)


def as_one(looks: Looks) -> Looks:
    """Return the looks as if one person had made all of them."""
    return replace(looks, reviewer=np.zeros_like(looks.reviewer), reviewers=1)


def population_prevalence(
    fit: Fit, looks: Looks, weight: Floats, kind: Places, *, prevalence_counts: float, most: int
) -> Floats:
    """Return the prevalence among all items, of which these were reviewed with known chances.

    The same EM for ``p`` alone, each item counting as ``weight`` items and reviewers erring as fitted;
    ``kind`` says where each item went, see `alike`.
    What is reviewed is richer in violations than the rest, so the chances of the reviewed items
    must not be judged by this prevalence, nor this one be made from theirs.
    """
    hidden = looks.hidden
    if not hidden.any():
        return fit.prevalence
    own = hidden[kind]
    # The prior counts as many items as it does without weights: those that equal ones would stand for.
    scale = weight[own].sum() / (weight[own] @ weight[own])
    together = np.bincount(kind, weight * scale, minlength=looks.items)[hidden]
    said = looks.table() @ np.log(fit.confusion).transpose(0, 2, 1).reshape(-1, looks.classes)
    said = np.exp(said - said.max(axis=1, keepdims=True))
    prevalence = fit.prevalence
    for _ in range(most):
        joint = said[hidden] * prevalence
        share = together @ (joint / joint.sum(axis=1, keepdims=True)) + prevalence_counts
        after = shares(share)
        moved = float(np.abs(after - prevalence).max())
        prevalence = after
        if moved < _SMALL:
            break
    return prevalence


def shares(counts: Floats) -> Floats:
    """Return the counts as shares of their last axis, none of them quite 0."""
    kept = np.maximum(counts, _LEAST)
    return np.asarray(kept / kept.sum(axis=-1, keepdims=True), dtype=np.float64)


def _known(posterior: Floats, truth: Places) -> Floats:
    return np.where((truth >= 0)[:, None], truth[:, None] == np.arange(posterior.shape[1]), posterior)
