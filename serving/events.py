"""What is told about the world outside: events, and the outcomes of reviews they carry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from data.checks import check_identifier, check_moment, content_digest
from data.errors import TriageError
from data.records import Decision, ReviewType, Segment, Verdict

DECIDED: Final = "decision.created"
"""The kind of event that carries a decision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one reviewer says about one item.

    ``review_type`` and ``decision_id`` may be left open: the job says why a person looked, and the event
    gives a name.
    """

    item_id: str
    reviewer_id: str
    verdict: Verdict
    item_version: str = "1"
    policies: Sequence[str] = ()
    segments: Sequence[Segment] = ()
    reason: str = ""
    job_id: str | None = None
    review_type: ReviewType | None = None
    decision_id: str | None = None
    started_at: datetime | None = None
    score_visible: bool = False

    def decision(self, event: Event, *, review_type: ReviewType) -> Decision:
        """Return the record of it."""
        return Decision(
            decision_id=self.decision_id or f"decision-{content_digest(event.event_id)[:32]}",
            item_id=self.item_id,
            item_version=self.item_version,
            reviewer_id=self.reviewer_id,
            review_type=review_type,
            verdict=self.verdict,
            decided_at=event.occurred_at,
            policies=tuple(self.policies),
            segments=tuple(self.segments),
            reason=self.reason,
            job_id=self.job_id,
            started_at=self.started_at,
            score_visible=self.score_visible,
        )

    def payload(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {
            "item_id": self.item_id,
            "item_version": self.item_version,
            "reviewer_id": self.reviewer_id,
            "verdict": str(self.verdict),
            "policies": list(self.policies),
            "segments": [
                {"start_ms": part.start_ms, "end_ms": part.end_ms, "policy_id": part.policy_id}
                for part in self.segments
            ],
            "reason": self.reason,
            "job_id": self.job_id,
            "review_type": None if self.review_type is None else str(self.review_type),
            "decision_id": self.decision_id,
            "started_at": None if self.started_at is None else _utc(self.started_at),
            "score_visible": self.score_visible,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened, under a name that the teller gave it."""

    event_id: str
    occurred_at: datetime
    event: str = DECIDED
    outcome: Outcome | None = None
    """The decision it carries; None for every other kind."""
    other: Mapping[str, Any] = field(default_factory=dict)
    """What an event of another kind says."""

    def __post_init__(self) -> None:
        check_identifier("event_id", self.event_id)
        check_moment("occurred_at", self.occurred_at)

    @property
    def payload(self) -> Mapping[str, Any]:
        """What it says, as plain JSON."""
        return self.outcome.payload() if self.outcome else self.other

    def digest(self) -> str:
        """Return the digest of everything that was told."""
        return content_digest([self.event, _utc(self.occurred_at), dict(self.payload)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of an event."""

    event_id: str
    duplicate: bool = False
    handled: bool = True
    note: str | None = None
    refusal: TriageError | None = None


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
