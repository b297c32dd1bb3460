"""
What somebody wants from a plan, in one line, and the threshold that gives it.

==============================================  ==========================================================
``minimum workload @ recall >= 0.95``           the highest threshold whose recall is proved
``maximum recall @ precision >= 0.9``           the lowest threshold whose precision is proved
``maximum recall @ hours <= 40``                the lowest threshold that 40 reviewer hours a day can serve
==============================================  ==========================================================

Each may end in ``confidence 0.9`` or ``(90 % sure)``; without, confidence is 0.9. Shares may be written
``95 %``. Nothing else is understood: a goal that is half read would be the wrong plan.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
import pandas as pd

from evaluation.budgets import check_days
from evaluation.planner import share_of
from evaluation.sample import Rows, read_sample
from evaluation.thresholds import Proof, certify

Objective = Literal["minimum workload", "maximum recall"]
Condition = Literal["recall", "precision", "hours"]

FORMS: Final = (
    "minimum workload @ recall >= 0.95",
    "maximum recall @ precision >= 0.9",
    "maximum recall @ hours <= 40",
)
"""One goal of each kind that is understood."""

CONFIDENCE: Final = 0.9
"""The confidence of a goal that names none."""

_KINDS: Final[dict[tuple[str, str, str], tuple[Objective, Condition]]] = {
    ("minimum workload", "recall", ">="): ("minimum workload", "recall"),
    ("maximum recall", "precision", ">="): ("maximum recall", "precision"),
    ("maximum recall", "hours", "<="): ("maximum recall", "hours"),
}
_NUMBER: Final = r"\d{1,9}(?:\.\d{1,9})?|\.\d{1,9}"
_GOAL: Final = re.compile(
    rf"\s*(?P<objective>(?:minimum|maximum)\s+\w+)\s*@\s*(?P<condition>\w+)\s*(?P<sign>[<>]=)"
    rf"\s*(?P<bound>{_NUMBER})(?P<percent>\s*%)?"
    rf"(?:\s+confidence\s+(?P<confidence>{_NUMBER})|\s*\(\s*(?P<sure>{_NUMBER})\s*%\s*sure\s*\))?\s*",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What to make large or small, and what must hold.

    Examples
    --------
    >>> str(Goal(objective="minimum workload", condition="recall", bound=0.95))
    'minimum workload @ recall >= 0.95 confidence 0.9'
    """

    objective: Objective
    condition: Condition
    bound: float
    """A share, or reviewer hours a day."""
    confidence: float = CONFIDENCE

    def __post_init__(self) -> None:
        if (self.objective, self.condition) not in _KINDS.values():
            raise ValueError(
                f"objective must fit the condition, as in {_forms()}; "
                f"got {self.objective!r} @ {self.condition!r}."
            )
        if self.condition == "hours" and not 0 < self.bound < math.inf:
            raise ValueError(f"bound must be above 0 hours; got {self.bound!r}.")
        if self.condition != "hours" and not 0 < self.bound < 1:
            raise ValueError(f"bound must be a share between 0 and 1, ends excluded; got {self.bound!r}.")
        if not 0.5 < self.confidence < 1:
            raise ValueError(f"confidence must be between 0.5 and 1, ends excluded; got {self.confidence!r}.")

    def __str__(self) -> str:
        sign = "<=" if self.condition == "hours" else ">="
        return (
            f"{self.objective} @ {self.condition} {sign} {_short(self.bound)} "
            f"confidence {_short(self.confidence)}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """The threshold that gives what was wanted, or the reason why none does."""

    goal: Goal
    threshold: float | None = None
    """Items at or above it go to full review; None: refused."""
    share: float | None = None
    """The share of the items that it sends to full review."""
    hours_per_day: float | None = None
    """Of reviewing, the audits among it."""
    recall: float | None = None
    """Estimate at the threshold."""
    lower: float | None = None
    """One-sided lower confidence bound of recall there; for a precision goal, of precision."""
    next_hour_finds: float | None = None
    """Violations that one more reviewer hour is expected to find, just below the threshold."""
    reason: str = ""
    """Why there is no threshold and what would help; empty where there is one."""
    audits_needed: int | None = None
    """Refused: how many audits would do, as likely as not; None where more would not help."""


def parse(text: str) -> Goal:
    """Return the goal that a line states; `ValueError` shows the accepted forms.

    Examples
    --------
    >>> parse("maximum recall @ precision >= 90 % (95 % sure)").confidence
    0.95
    """
    read = _GOAL.fullmatch(text)
    if read is None:
        raise ValueError(f"goal must be like {_forms()}, with or without a confidence; got {text!r}.")
    objective = " ".join(read["objective"].split())
    kind = _KINDS.get((objective, read["condition"], read["sign"]))
    if kind is None or (kind[1] == "hours" and read["percent"]):
        raise ValueError(f"goal must be like {_forms()}, with or without a confidence; got {text!r}.")
    bound = float(read["bound"]) / (100 if read["percent"] else 1)
    confidence = CONFIDENCE
    if read["confidence"]:
        confidence = float(read["confidence"])
    if read["sure"]:
        confidence = float(read["sure"]) / 100
    return Goal(objective=kind[0], condition=kind[1], bound=bound, confidence=confidence)


def solve(
    goal: Goal,
    sample: pd.DataFrame,
    *,
    days: float,
    review_minutes: float = 1.0,
    audits_per_day: float = 0.0,
    proof: Proof = "gamma",
) -> Solution:
    """Return the threshold that reaches a goal, or the reason why none is known to.

    Parameters
    ----------
    goal : Goal
        What is wanted.
    sample : DataFrame
        The sample table of a recent window, with ``score``; see `evaluation.sample`.
    days : float
        How many days its items took to come in.
    review_minutes : float
        What one item takes.
    audits_per_day : float
        The audit budget; its hours come on top of full review, and out of the hours of a goal.
    proof : {"gamma", "exact"}
        How recall or precision is proved; see `evaluation.thresholds`.
    """
    check_days(days)
    if not 0 < review_minutes < math.inf:
        raise ValueError(f"review_minutes must be above 0; got {review_minutes!r}.")
    if not 0 <= audits_per_day < math.inf:
        raise ValueError(f"audits_per_day must be 0 or more; got {audits_per_day!r}.")

    def hours(share: float) -> float:
        return (share * len(sample) / days + audits_per_day) * review_minutes / 60

    if goal.condition == "hours":
        found = _within_hours(goal, read_sample(sample), hours=hours)
        return replace(found, next_hour_finds=_price(found, sample, minutes=review_minutes))
    proved = certify(
        sample, statistic=goal.condition, target=goal.bound, confidence=goal.confidence, proof=proof
    )
    found = Solution(
        goal=goal,
        threshold=proved.threshold,
        share=proved.share,
        hours_per_day=None if proved.share is None else hours(proved.share),
        recall=proved.recall,
        lower=proved.lower,
        reason=proved.reason,
        audits_needed=proved.audits_needed,
    )
    return replace(found, next_hour_finds=_price(found, sample, minutes=review_minutes))


def _price(found: Solution, sample: pd.DataFrame, *, minutes: float) -> float | None:
    # The next item to be seen is the likeliest of those that are left.
    if found.threshold is None:
        return None
    left = sample["score"][sample["score"] < found.threshold]
    return 0.0 if left.empty else float(left.max()) * 60 / minutes


def _within_hours(goal: Goal, rows: Rows, *, hours: Callable[[float], float]) -> Solution:
    score = np.where(rows.degraded, np.nan, rows.score)
    unscored = np.isnan(score)
    values, counts = np.unique(score[~unscored], return_counts=True)
    flagged = unscored.sum() + np.cumsum(counts[::-1])[::-1]
    shares = flagged / max(score.size, 1)
    served = np.flatnonzero([hours(float(share)) <= goal.bound for share in shares])
    if not served.size:
        least = hours(float(unscored.mean()) if score.size else 0.0)
        return Solution(
            goal=goal,
            reason=f"{goal.bound:g} hours a day serve no threshold: audits and items that cannot be scored "
            f"alone take {least:.1f}.",
        )
    first = int(served[0])
    threshold, share = float(values[first]), float(shares[first])
    # Hours and scores chose the threshold, labels did not, so one bound at it is all that is needed.
    found = share_of(rows, unscored | (score >= threshold), statistic="recall", level=2 * goal.confidence - 1)
    return Solution(
        goal=goal,
        threshold=threshold,
        share=share,
        hours_per_day=hours(share),
        recall=found.value,
        lower=found.interval.lower,
    )


def _forms() -> str:
    return ", ".join(f'"{form}"' for form in FORMS)


def _short(number: float) -> str:
    return f"{number:.9f}".rstrip("0").rstrip(".")
