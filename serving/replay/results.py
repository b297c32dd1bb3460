"""What a replay showed: day by day, and what the order of the queue was worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

from evaluation.estimators import Estimate

SIMULATED: Final = "Arrival times, creators of items without one, and reviewers are simulated."
"""Stands beside every number of a replay."""

WITHIN_HOURS: Final = (1, 4, 12, 24, 48)
"""By these hours after coming in, violations caught are counted."""

HEADER: Final = (
    "day  model    items  viol.  flagged  audits  looks  waiting  caught  missed  "
    "recall: estimate, truth            prevalence: estimate, truth"
)
"""The names of the columns of a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """An estimate beside the truth, both about everything played so far."""

    name: str
    value: float | None
    lower: float
    upper: float
    truth: float | None
    """None where it is undefined: no violation came yet."""

    @classmethod
    def of(cls, estimate: Estimate, *, truth: float | None) -> Compared:
        """Return an estimate beside the truth."""
        interval = estimate.interval
        return cls(
            name=estimate.name, value=estimate.value, lower=interval.lower, upper=interval.upper, truth=truth
        )

    @property
    def holds(self) -> bool | None:
        """Whether the interval contains the truth; None where there is none."""
        if self.truth is None:
            return None
        return self.lower - 1e-12 <= self.truth <= self.upper + 1e-12

    def __str__(self) -> str:
        value = "  -  " if self.value is None else f"{self.value:.3f}"
        truth = "  -  " if self.truth is None else f"{self.truth:.3f}"
        mark = "" if self.holds is not False else " !"
        return f"{value} [{self.lower:.3f}, {self.upper:.3f}] {truth}{mark}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day of a replay. Counts are of the day, comparisons of everything up to its end."""

    number: int
    date: date
    model: str
    plan: str
    items: int
    violations: int
    flagged: int
    audits: int
    looks: int
    waiting: int
    """Jobs that nobody had got to at the end of the day."""
    caught: int
    """Violating items that somebody looked at and found violating."""
    missed: int
    """Violating items that came in and were released."""
    recall: Compared
    prevalence: Compared

    def __str__(self) -> str:
        return (
            f"{self.number:3d}  {self.model[:7]:7s} {self.items:6d} {self.violations:6d} {self.flagged:8d} "
            f"{self.audits:7d} {self.looks:6d} {self.waiting:8d} {self.caught:7d} {self.missed:7d}  "
            f"{self.recall!s:33s}  {self.prevalence}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How soon violations in the queue were looked at: most urgent first, against first come first served.

    Both orders serve the same jobs with the same people at the same moments. What nobody got to counts
    until the end.
    """

    jobs: int
    violations: int
    mean_hours: float | None
    mean_hours_in_order_of_arrival: float | None
    caught_within: Mapping[int, int]
    """Hours since the job was made, and how many violations had been looked at by then."""
    caught_within_in_order_of_arrival: Mapping[int, int]

    def __str__(self) -> str:
        if self.mean_hours is None or self.mean_hours_in_order_of_arrival is None:
            return "Order of the queue: no violation was in it."
        within = ", ".join(
            f"{hours} h {self.caught_within[hours]} ({self.caught_within_in_order_of_arrival[hours]})"
            for hours in self.caught_within
        )
        return (
            f"Order of the queue ({self.violations} violations among {self.jobs} jobs): looked at after "
            f"{self.mean_hours:.1f} h on average, {self.mean_hours_in_order_of_arrival:.1f} h in order of "
            f"arrival. Looked at within (in order of arrival): {within}."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """One training."""

    day: int
    model: str
    promoted: bool
    reason: str

    def __str__(self) -> str:
        done = "promoted" if self.promoted else "not promoted"
        return f"After day {self.day}: model {self.model} {done}. {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayResult:
    """Everything a replay showed."""

    options: Mapping[str, Any]
    source: str
    history: int
    """Items of the warm-up, whose outcomes were learned from."""
    played: int
    violations: int
    capacity: float
    flag_share: float
    days: Sequence[Day]
    lessons: Sequence[Lesson]
    order: Order
    notes: Sequence[str]

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        plain = asdict(self)
        for day, told in zip(self.days, plain["days"], strict=True):
            told["date"] = day.date.isoformat()
            for name in ("recall", "prevalence"):
                told[name]["holds"] = getattr(day, name).holds
        for name in ("caught_within", "caught_within_in_order_of_arrival"):
            plain["order"][name] = {str(hours): count for hours, count in plain["order"][name].items()}
        return plain

    def __str__(self) -> str:
        last = self.days[-1]
        caught, missed = sum(day.caught for day in self.days), sum(day.missed for day in self.days)
        lines = [
            f"{self.source}: {self.history} items learned from, {self.played} played in {len(self.days)} "
            f"days, {self.violations} of them violating; about {self.capacity:.0f} looks a day.",
            f"Caught {caught}, missed {missed}; {last.waiting} jobs wait.",
            f"Recall      {last.recall}",
            f"Prevalence  {last.prevalence}",
            *map(str, self.lessons),
            str(self.order),
            *self.notes,
        ]
        return "\n".join(lines)
