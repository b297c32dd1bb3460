"""How much was sent to people in a window, and how much of it is settled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluation.sample import Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """Counts of a window of some days."""

    days: float
    items: int
    full_review: int
    degraded: int
    """Items of ``full_review`` that went there because they could not be scored."""
    let_go: int
    """Flagged, and not drawn: reviewers could not see all that was flagged."""
    audits: int
    reviewed: int
    outstanding_full_review: int
    """Drawn for full review and not settled yet."""
    outstanding_audits: int

    @property
    def outstanding(self) -> int:
        """How many items were drawn and are not settled yet."""
        return self.outstanding_full_review + self.outstanding_audits

    @property
    def audits_per_day(self) -> float:
        """How many audits were drawn a day."""
        return self.audits / self.days

    @property
    def reviewed_per_day(self) -> float:
        """How many items were settled a day."""
        return self.reviewed / self.days


def count_workload(rows: Rows, *, days: float) -> Workload:
    """Count the work in a sample that took ``days`` days to come in."""
    if not days > 0:
        raise ValueError(f"days must be above 0; got {days!r}.")
    full, audits = rows.full_review & ~rows.lost, rows.drawn & ~rows.full_review
    open_ = rows.drawn & np.isnan(rows.violation)
    return Workload(
        days=days,
        items=int(rows.chance.size),
        full_review=int(full.sum()),
        degraded=int(rows.degraded.sum()),
        let_go=int(rows.lost.sum()),
        audits=int(audits.sum()),
        reviewed=int((~np.isnan(rows.violation)).sum()),
        outstanding_full_review=int((open_ & full).sum()),
        outstanding_audits=int((open_ & audits).sum()),
    )
