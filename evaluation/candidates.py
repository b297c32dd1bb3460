"""
The thresholds that a proof may try, in order, with what is seen and expected at each.

A threshold *passes* an item when it moves on to the next: for recall, from the lowest up, the item is
then missed; for precision, from the highest down, it is then flagged. Scores and chances make the order
and its beginning; labels have no say in either.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evaluation.intervals import Floats
from evaluation.proofs import BETS, Bets, Side, accumulate, lower_bound, running, within
from evaluation.sample import Rows

Share = Literal["recall", "precision"]
"""What can be proved to be large enough."""

MOST_CANDIDATES = 400
"""No more thresholds than this are tried, spread evenly over the items."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """All thresholds that may be tried, in order: one entry a threshold in every array."""

    threshold: Floats
    share: Floats
    """The share of all items that goes to full review."""
    seen: tuple[Side, Side]
    """The good and the bad part, by the labels."""
    expected: tuple[Side, Side]
    """The same by the scores alone."""
    place: NDArray[np.intp]
    """How many items each threshold has passed."""
    bets: Bets
    likely: Bets
    """The bets that scores and chances expect."""
    weight: Floats
    """Inverse chance of every item, in order."""

    def easiest(self, *, confidence: float) -> int:
        """Return where scores and chances expect the proof to be easiest."""
        if not self.threshold.size:
            return 0
        return int(lower_bound(*self.expected, confidence=confidence).argmax())

    def log_evidence(self, target: float) -> Floats:
        """Return the log evidence against a share below the target, at every threshold."""
        return self.bets.log_evidence(target, place=self.place)

    def lower_by_bets(self, at: int, target: float, enough: float) -> float:
        """Return the largest share, from the target up, against which one threshold has the evidence."""
        low, high = target, 1.0
        for _ in range(30):
            middle = (low + high) / 2
            proved = self.bets.log_evidence(middle, place=self.place[[at]])[0] >= enough
            low, high = (middle, high) if proved else (low, middle)
        return low

    def windows_by_bounds(self, target: float, *, confidence: float) -> float | None:
        """Return how many windows like this let the gamma bounds prove some threshold, as expected."""

        def enough(factor: float) -> bool:
            good, bad = (side.times(factor) for side in self.expected)
            return bool((lower_bound(good, bad, confidence=confidence) >= target).any())

        low, high = 1e-3, 1e6
        if not enough(high):
            return None
        while high / low > 1.01:
            middle = math.sqrt(low * high)
            low, high = (low, middle) if enough(middle) else (middle, high)
        return max(1.0, high / self._scale)

    def windows_by_bets(self, target: float, *, confidence: float) -> float | None:
        """Return how many windows like this let the bets prove some threshold, as expected."""
        before, after, bad = self.likely.before, self.likely.added, self.likely.bad
        best = 0.0
        for theta in BETS / (target * self.bets.largest):
            gain, loss = np.log1p(theta * (1 - target) * self.weight), np.log1p(-theta * target * self.weight)
            passed = running(after * gain + bad * loss - before * gain)[self.place]
            best = max(best, float((before @ gain + passed).max(initial=0.0)))
        if best <= 0:
            return None
        return max(1.0, (math.log(BETS.size) - math.log(1 - confidence)) / best / self._scale)

    @property
    def _scale(self) -> float:
        # Scores say where hits will be; how many there are is taken from what was found, if anything was.
        seen, likely = (float((good.total + bad.total).max()) for good, bad in (self.seen, self.expected))
        return seen / likely if seen > 0 and likely > 0 else 1.0


def candidates(rows: Rows, statistic: Share) -> Candidates:
    """Return the thresholds to try for recall or precision; `ValueError` without a single score."""
    score = np.where(rows.degraded, np.nan, rows.score)
    scored = ~np.isnan(score)
    if not scored.any():
        raise ValueError("score must be known for at least one item.")
    if ((score < 0) | (score > 1)).any():
        raise ValueError("score must be a probability, or NaN where unknown.")
    # What could not be scored is never passed on the way up, and never flagged by a score.
    key = np.where(scored, score, np.inf)
    order = np.argsort(key, kind="stable")
    if statistic == "precision":
        order = order[: scored.sum()][::-1]
    cluster = draws_of(rows)[order]
    key, weight = key[order], 1 / rows.chance[order]
    known, hit = (~np.isnan(rows.violation[order])).astype(np.float64), np.nan_to_num(rows.violation[order])
    p = np.where(np.isfinite(key), key, score[scored].mean())
    edge = np.flatnonzero(np.isfinite(key[1:]) & (key[1:] != key[:-1])) + 1
    none, largest = np.zeros_like(p), float((weight * within(np.ones_like(p), cluster)).max())
    if statistic == "recall":
        place = _thinned(edge)
        threshold, share = key[place], 1 - place / score.size
        good = accumulate(hits=hit, p=p, weight=weight, cluster=cluster, reverse=True)
        bad = accumulate(hits=hit, p=p, weight=weight, cluster=cluster)
        moves, likely = (hit * weight, none, hit * weight), (p / weight, none, p / weight)
    else:
        place = _thinned(np.append(edge, key.size))
        threshold, share = key[place - 1], (place + (~scored).sum()) / score.size
        good = accumulate(hits=hit, p=p, weight=weight, cluster=cluster)
        bad = accumulate(hits=known - hit, p=1 - p, weight=weight, cluster=cluster)
        moves = none, known * weight, (known - hit) * weight
        likely = none, p / weight, (1 - p) / weight
    return Candidates(
        threshold=threshold,
        share=share,
        seen=(good[0].at(place), bad[0].at(place)),
        expected=(good[1].at(place), bad[1].at(place)),
        place=place,
        bets=Bets(before=moves[0], added=moves[1], bad=moves[2], cluster=cluster, largest=largest),
        likely=Bets(before=likely[0], added=likely[1], bad=likely[2], cluster=cluster, largest=largest),
        weight=weight,
    )


def draws_of(rows: Rows) -> NDArray[np.intp]:
    """Return a number for the draw of every item; items that share a draw share the number."""
    apart = rows.identity.max(initial=-1) + 1 + np.arange(rows.identity.size)
    return np.where(rows.identity < 0, apart, rows.identity)


def _thinned(place: NDArray[np.intp]) -> NDArray[np.intp]:
    wanted = np.linspace(0, place.size - 1, min(place.size, MOST_CANDIDATES))
    return place[np.round(wanted).astype(np.intp)]
