"""Numbers about a model, each with its interval and what it rests on. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from data.records import ANY
from evaluation.intervals import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One number about one policy, or about "any", with what it rests on."""

    name: str
    policy: str
    part: str = "all"
    """Which items: "all", or one language, as ``language:ko``."""
    value: float | None
    """None where it is not defined: without violations there is nothing to rank."""
    interval: Interval | None
    items: int
    hits: int

    def stored(self) -> dict[str, Any]:
        """Return the measure as JSON."""
        return asdict(self)


def find(measures: Iterable[Measure], name: str, *, policy: str = ANY, part: str = "all") -> Measure | None:
    """Return one measure by its name; None where it was not taken."""
    return next((m for m in measures if (m.name, m.policy, m.part) == (name, policy, part)), None)
