"""What a replay is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from data.errors import Invalid


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayOptions:
    """How a replay goes.

    Parameters
    ----------
    source : str
        The name of the import, with or without ``import:``; empty where there is only one.
    days : int
        Days that are played, after the warm-up.
    warmup : float
        Share of the items whose outcomes are known from the start. They are learned from and never played.
    capacity : float, optional
        Looks a day that people have time for; a fifth of the items of a day where it is not given. What
        `audit_share` leaves of it goes to full review.
    audit_share : float
        Audits, as a share of all items.
    prevalence : float, optional
        Share of violations, reached by leaving violating items out; as imported where it is not given.
    reviewer_error : float
        The chance that a reviewer's verdict is wrong, on violating and clean items alike.
    retrain_days : int
        Days between two trainings.
    seed : int
        The same seed makes the same replay.

    Examples
    --------
    >>> ReplayOptions(days=0)
    Traceback (most recent call last):
    ...
    data.errors.Invalid: days must be 1 to 366; got 0.
    """

    source: str = ""
    days: int = 14
    warmup: float = 0.4
    capacity: float | None = None
    audit_share: float = 0.05
    prevalence: float | None = None
    reviewer_error: float = 0.0
    retrain_days: int = 7
    seed: int = 0

    def __post_init__(self) -> None:
        _check("days", self.days, 1 <= self.days <= 366, "1 to 366")
        _check("retrain_days", self.retrain_days, self.retrain_days >= 1, "1 or more")
        _check("warmup", self.warmup, 0.05 <= self.warmup <= 0.9, "0.05 to 0.9")
        _check("capacity", self.capacity, self.capacity is None or self.capacity > 0, "above 0")
        _check("audit_share", self.audit_share, 0 < self.audit_share < 1, "above 0 and below 1")
        _check(
            "prevalence",
            self.prevalence,
            self.prevalence is None or 0 < self.prevalence < 1,
            "above 0 and below 1",
        )
        _check("reviewer_error", self.reviewer_error, 0 <= self.reviewer_error < 0.5, "0 to below 0.5")
        _check("seed", self.seed, self.seed >= 0, "0 or more")

    @property
    def warmup_days(self) -> int:
        """Days before the play, at the same pace of items."""
        return max(1, round(self.days * self.warmup / (1 - self.warmup)))

    def to_json(self) -> Mapping[str, Any]:
        """Return them as plain JSON."""
        return asdict(self)


def _check(name: str, value: object, is_right: bool, demand: str) -> None:
    if not is_right:
        raise Invalid(f"{name} must be {demand}; got {value!r}.", field=name)
