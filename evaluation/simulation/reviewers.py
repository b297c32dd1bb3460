"""People who look, and err as people do."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from data.records import Verdict
from evaluation.simulation.dice import seed_of, uniform


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewer:
    """A simulated reviewer: how well and how fast.

    ``sensitivity`` is the chance to see a violation, ``specificity`` the chance to let a clean item pass;
    ``unsure`` is the chance to settle nothing. A look takes ``minutes``, times or divided by up to 2 to the
    power of ``spread``; with 0 every look takes the same time.
    """

    reviewer_id: str
    sensitivity: float = 0.93
    specificity: float = 0.997
    unsure: float = 0.0
    minutes: float = 1.5
    spread: float = 1.0
    queues: tuple[str, ...] | None = None
    """The queues worked on, the first one first; None: any."""

    def __post_init__(self) -> None:
        for name in ("sensitivity", "specificity", "unsure"):
            if not 0 <= (value := getattr(self, name)) <= 1:
                raise ValueError(f"{name} must be in [0, 1]; got {value!r}.")
        if not self.minutes > 0:
            raise ValueError(f"minutes must be above 0; got {self.minutes!r}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a simulated reviewer concluded, and how long it took."""

    verdict: Verdict
    policies: tuple[str, ...]
    minutes: float


TEAM: Final = (
    Reviewer(
        reviewer_id="kim.seoyeon",
        sensitivity=0.96,
        specificity=0.998,
        unsure=0.002,
        minutes=1.7,
        queues=("ko", "general"),
    ),
    Reviewer(
        reviewer_id="park.jihoon",
        sensitivity=0.93,
        specificity=0.997,
        unsure=0.004,
        minutes=1.3,
        queues=("ko", "general"),
    ),
    Reviewer(
        reviewer_id="choi.minseo",
        sensitivity=0.90,
        specificity=0.998,
        unsure=0.003,
        minutes=1.1,
        queues=("ko", "general"),
    ),
    Reviewer(
        reviewer_id="emily.carter",
        sensitivity=0.93,
        specificity=0.996,
        unsure=0.004,
        minutes=1.5,
        queues=("en", "general"),
    ),
)
"""The team of the demonstration."""


def judge(
    reviewer: Reviewer,
    *,
    item_id: str,
    policies: Collection[str],
    known_policies: Sequence[str],
    seed: int,
    violation: bool | None = None,
) -> Judgement:
    """Return what a reviewer concludes about an item whose truth is known to the simulation.

    The same reviewer says the same about the same item, in whatever order items are looked at.

    Parameters
    ----------
    reviewer : Reviewer
        Who looks.
    item_id : str
        At what.
    policies : collection of str
        The policies that are truly broken.
    known_policies : sequence of str
        What somebody who sees a violation where none is may name.
    seed : int
        Another seed makes other errors.
    violation : bool, optional
        Whether any policy is truly broken; where it is not given, whether ``policies`` names one.
    """

    def chance(purpose: str) -> float:
        return uniform(seed, reviewer.reviewer_id, purpose, item_id)

    broken = bool(policies) if violation is None else violation
    minutes = reviewer.minutes * 2 ** (reviewer.spread * (2 * chance("minutes") - 1))
    if chance("unsure") < reviewer.unsure:
        return Judgement(verdict=Verdict.UNSURE, policies=(), minutes=minutes)
    seen = chance("verdict") < (reviewer.sensitivity if broken else 1 - reviewer.specificity)
    if not seen:
        return Judgement(verdict=Verdict.NO_VIOLATION, policies=(), minutes=minutes)
    named = tuple(policies)
    if not broken and known_policies:
        named = (
            known_policies[seed_of(seed, reviewer.reviewer_id, "policy", item_id) % len(known_policies)],
        )
    return Judgement(verdict=Verdict.VIOLATION, policies=named, minutes=minutes)
