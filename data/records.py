"""
The nouns.

Every record is frozen, built by keyword and checked once, when it is made. Moments are aware of their
time zone. Nothing here reads, writes or asks the clock.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from data.checks import (
    check_identifier,
    check_moment,
    check_person,
    check_probability,
    content_digest,
)

ANY: Final = "any"
"""The name under which "violates any policy" stands beside the policies."""

TEXT_FIELDS: Final = ("title", "description", "transcript", "ocr_text", "hashtags")
"""The text fields of ``Item.data`` that a model reads, in this order."""

LONGEST_S: Final = 3.6e9
"""A length of a million hours, in seconds, is a mistake."""


class ItemType(StrEnum):
    """What kind of thing is looked at."""

    VIDEO = "video"
    LIVE_SEGMENT = "live_segment"
    CREATOR = "creator"


class Route(StrEnum):
    """Where an item goes."""

    FULL_REVIEW = "full_review"
    AUDIT = "audit"
    RELEASE = "release"


class Verdict(StrEnum):
    """What a reviewer concludes. "No violation" is as much news as "violation"."""

    VIOLATION = "violation"
    NO_VIOLATION = "no_violation"
    UNSURE = "unsure"
    UNREVIEWABLE = "unreviewable"


class ReviewType(StrEnum):
    """Why a person looks."""

    FIRST_REVIEW = "first_review"
    AUDIT = "audit"
    SECOND_REVIEW = "second_review"
    GOLDEN = "golden"
    APPEAL = "appeal"
    ESCALATION = "escalation"
    IMPORTED = "imported"


class Role(StrEnum):
    """What a token allows."""

    QUEUE = "queue"
    REVIEWER = "reviewer"
    QC_LEAD = "qc_lead"
    DATA_SCIENTIST = "data_scientist"
    VIEWER = "viewer"
    """Sees what a QC lead sees and changes nothing: legal, the business, a regulator."""
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Something to be looked at: an upload, a window of a live stream, a creator.

    ``data`` holds what is known about the content: the text fields (`TEXT_FIELDS`; hashtags are a
    list), ``duration_s``, and anything else of JSON. ``source`` says where it came from (``api``,
    ``import:NAME``, ``synthetic``) and is shown wherever numbers about it are shown.

    Examples
    --------
    >>> Item(item_id="v1", data={"title": "홍삼 특가"}).identity
    'v1'
    """

    item_id: str
    item_version: str = "1"
    item_type: ItemType = ItemType.VIDEO
    creator_id: str | None = None
    language: str | None = None
    category: str | None = None
    submitted_at: datetime | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    expected_views: float | None = None
    fingerprint: str | None = None
    source: str = "api"

    def __post_init__(self) -> None:
        check_identifier("item_id", self.item_id)
        check_identifier("item_version", self.item_version)
        for name in ("creator_id", "fingerprint"):
            if (value := getattr(self, name)) is not None:
                check_identifier(name, value)
        check_moment("submitted_at", self.submitted_at)
        if self.expected_views is not None and not 0 <= self.expected_views < math.inf:
            raise ValueError(f"expected_views must be 0 or more; got {self.expected_views!r}.")

    @property
    def identity(self) -> str:
        """What the draw is keyed by: the content fingerprint, or the id where there is none."""
        return self.fingerprint or self.item_id

    @property
    def key(self) -> tuple[str, str]:
        """Id and version: the unit that is routed, reviewed and counted."""
        return self.item_id, self.item_version

    @property
    def duration_s(self) -> float | None:
        """Its length, where ``data`` has a number above 0 and below `LONGEST_S` for it."""
        value = self.data.get("duration_s")
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return None
        return float(value) if 0 < value < LONGEST_S else None

    @property
    def media(self) -> str | None:
        """The path of its clip below the media folder, where ``data`` names one."""
        value = self.data.get("media")
        return value if isinstance(value, str) and value else None

    def text(self, name: str) -> str:
        """Return one text field as a string, empty where it is missing."""
        value = self.data.get(name)
        if value is None:
            return ""
        return " ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)

    def digest(self) -> str:
        """Return the digest of everything the caller said about the item."""
        return content_digest(
            [
                *self.key, self.item_type, self.creator_id, self.language, self.category,
                self.submitted_at.astimezone(UTC).isoformat() if self.submitted_at else None,
                dict(self.data),
                None if self.expected_views is None else float(self.expected_views),
                self.fingerprint,
            ]
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatorHistory:
    """What was known about a creator at a moment: items seen, reviewed, found violating."""

    items: int = 0
    reviewed: int = 0
    violations: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A written content rule. It never holds a routing setting."""

    policy_id: str
    version: str
    title: Mapping[str, str]
    guidance: Mapping[str, str]
    severity: int

    def __post_init__(self) -> None:
        check_identifier("policy_id", self.policy_id)
        if not 1 <= self.severity <= 5:
            raise ValueError(f"severity must be 1 (mild) to 5 (worst); got {self.severity!r}.")
        for name in ("title", "guidance"):
            if {"ko", "en"} - set(getattr(self, name)):
                raise ValueError(f"{name} of policy {self.policy_id!r} needs both ko and en.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Where a score comes from: a field or a stretch of time, and how much it weighs."""

    signal: str
    excerpt: str = ""
    weight: float = 0.0
    start_ms: int | None = None
    end_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A model's opinion of an item: calibrated probabilities, never a verdict."""

    score_id: str
    item_id: str
    item_version: str
    model: str
    violation_probability: float
    policy_scores: Mapping[str, float]
    scored_at: datetime
    uncertainty: float | None = None
    evidence: Sequence[Evidence] = ()

    def __post_init__(self) -> None:
        check_probability("violation_probability", self.violation_probability)
        for policy_id, value in self.policy_scores.items():
            check_probability(f"policy_scores[{policy_id}]", value)
        check_moment("scored_at", self.scored_at)

    def probability(self, policy_id: str) -> float:
        """Return the probability for one policy, or for `ANY`."""
        return self.violation_probability if policy_id == ANY else self.policy_scores.get(policy_id, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditDesign:
    """How items below every threshold are sampled.

    ``floor_share`` of the budget is spread evenly, so that a model that is blind somewhere is still
    watched there. It may not be 0: what is never watched is never known.

    Examples
    --------
    >>> AuditDesign(daily_budget=100, floor_share=0.5).floor(unflagged_per_day=2000)
    0.025
    """

    daily_budget: float
    floor_share: float = 0.5

    def __post_init__(self) -> None:
        if not 0 < self.daily_budget < math.inf:
            raise ValueError(f"daily_budget must be above 0; got {self.daily_budget!r}.")
        if not 0 < self.floor_share <= 1:
            raise ValueError(f"floor_share must be in (0, 1]; got {self.floor_share!r}.")

    def floor(self, *, unflagged_per_day: float) -> float:
        """Return the smallest chance any item gets."""
        return min(1.0, self.floor_share * self.daily_budget / max(unflagged_per_day, 1.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeUnits:
    """What puts views, lengths and policies into units of the past when a size is made.

    ``mean_square_views`` and ``mean_duration`` (seconds) are None where nothing was known; ``policy_means``
    are mean probabilities, of `ANY` too, and empty where there were no scores by policy.
    """

    mean_square_views: float | None = None
    mean_duration: float | None = None
    policy_means: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("mean_square_views", "mean_duration"):
            if (value := getattr(self, name)) is not None and not 0 < value < math.inf:
                raise ValueError(f"{name} must be above 0; got {value!r}.")
        for name, value in self.policy_means.items():
            check_probability(f"policy_means[{name}]", value)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRates(SizeUnits):
    """The scale and the uniform rate in force for a day, fixed from the past before it begins.

    The chance of an unflagged item of size ``g`` is ``clip(scale * g, floor_share * uniform, 1)``, that of
    a flagged one of probability ``p`` is 1 or ``clip(flagged_scale * p, floor_share * flagged_uniform, 1)``.
    ``owed`` are the audits by which the plan was behind its budget when they were set, or ahead (below 0);
    ``flagged_owed`` the full reviews.
    """

    rates_id: str
    plan: str
    scale: float
    uniform: float
    unflagged_per_day: float
    set_at: datetime
    owed: float = 0.0
    flagged_scale: float | None = None
    flagged_uniform: float = 1.0
    flagged_owed: float = 0.0

    def __post_init__(self) -> None:
        SizeUnits.__post_init__(self)
        check_moment("set_at", self.set_at)
        for name in ("owed", "flagged_owed"):
            if not math.isfinite(getattr(self, name)):
                raise ValueError(f"{name} must be finite; got {getattr(self, name)!r}.")
        for name in ("uniform", "flagged_uniform"):
            check_probability(name, getattr(self, name), above_zero=True)
        for name in ("scale", "flagged_scale"):
            if not 0 <= (getattr(self, name) or 0.0) < math.inf:
                raise ValueError(f"{name} must be 0 or more; got {getattr(self, name)!r}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which probabilities go to full review and how the rest is sampled. Never edited, only succeeded.

    ``thresholds`` maps policy ids, or `ANY`, to probabilities; at or above one of them an item is
    flagged. ``queues`` maps a language to a queue name; ``"*"`` is for all others. With
    ``daily_full_reviews`` flagged items may have a chance below 1, so that about so many a day go to people;
    without it all of them do.
    """

    version: str
    thresholds: Mapping[str, float]
    audit: AuditDesign
    author: str
    reason: str
    in_force_from: datetime
    queues: Mapping[str, str] = field(default_factory=lambda: {"ko": "ko", "en": "en", "*": "general"})
    review_minutes: float = 1.0
    due_hours: float = 24.0
    daily_full_reviews: float | None = None

    def __post_init__(self) -> None:
        check_moment("in_force_from", self.in_force_from)
        if self.daily_full_reviews is not None and not 0 < self.daily_full_reviews < math.inf:
            raise ValueError(f"daily_full_reviews must be above 0; got {self.daily_full_reviews!r}.")
        if not self.thresholds:
            raise ValueError("thresholds must name at least one policy, or any.")
        for policy_id, value in self.thresholds.items():
            check_probability(f"thresholds[{policy_id}]", value)
        if len(self.reason.strip()) < 5:
            raise ValueError(f"reason must say why, in 5 characters or more; got {self.reason!r}.")
        if "*" not in self.queues:
            raise ValueError('queues must name a queue for "*", all other languages.')


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """Where an item was sent, with which chance, and why. Written once."""

    routing_id: str
    item_id: str
    item_version: str
    plan: str
    route: Route
    flagged: bool
    inclusion_probability: float
    draw: float
    priority: int
    queue: str
    due_at: datetime
    routed_at: datetime
    key_id: str
    score_id: str | None = None
    model: str | None = None
    rates_id: str | None = None
    flagged_policies: Sequence[str] = ()
    priority_factors: Mapping[str, float] = field(default_factory=dict)
    degraded: str | None = None
    """Why the item could not be scored; it then goes to full review with chance 1."""

    def __post_init__(self) -> None:
        check_probability("inclusion_probability", self.inclusion_probability, above_zero=True)
        check_moment("due_at", self.due_at)
        check_moment("routed_at", self.routed_at)
        if not 0 <= self.draw < 1:
            raise ValueError(f"draw must be in [0, 1); got {self.draw!r}.")
        if (self.draw < self.inclusion_probability) is (self.route is Route.RELEASE):
            raise ValueError(f"route {self.route} contradicts draw {self.draw!r} and its chance.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Work for a person: one item in one queue."""

    job_id: str
    item_id: str
    item_version: str
    routing_id: str
    review_type: ReviewType
    queue: str
    priority: int
    due_at: datetime
    created_at: datetime
    not_for: str | None = None
    """Who looked first: a second look is somebody else's."""
    claimed_by: str | None = None
    claimed_until: datetime | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondLook:
    """Whether somebody else looks at a settled item again, and with which chance. Written with the verdict.

    The draw has nothing to do with the one that routed; the chance depends on route and verdict only.
    """

    item_id: str
    item_version: str
    decision_id: str
    """The verdict that it may check."""
    chance: float
    draw: float
    key_id: str
    drawn_at: datetime

    def __post_init__(self) -> None:
        check_probability("chance", self.chance, above_zero=True)
        check_moment("drawn_at", self.drawn_at)
        if not 0 <= self.draw < 1:
            raise ValueError(f"draw must be in [0, 1); got {self.draw!r}.")

    @property
    def drawn(self) -> bool:
        """Whether somebody looks again."""
        return self.draw < self.chance


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A stretch of a clip that breaks a policy."""

    start_ms: int
    end_ms: int
    policy_id: str

    def __post_init__(self) -> None:
        if not 0 <= self.start_ms <= self.end_ms:
            raise ValueError(f"start_ms must be 0 or more and not after end_ms; got {self.start_ms!r}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What one reviewer concluded about one item."""

    decision_id: str
    item_id: str
    item_version: str
    reviewer_id: str
    review_type: ReviewType
    verdict: Verdict
    decided_at: datetime
    policies: Sequence[str] = ()
    segments: Sequence[Segment] = ()
    reason: str = ""
    job_id: str | None = None
    started_at: datetime | None = None
    score_visible: bool = False
    inclusion_probability: float | None = None
    """The chance this outcome had of being observed, where it was reviewed outside Tamis."""

    def __post_init__(self) -> None:
        check_identifier("decision_id", self.decision_id)
        check_person("reviewer_id", self.reviewer_id)
        check_moment("decided_at", self.decided_at)
        check_moment("started_at", self.started_at)
        if self.inclusion_probability is not None:
            check_probability("inclusion_probability", self.inclusion_probability, above_zero=True)
        if self.policies and self.verdict is not Verdict.VIOLATION:
            raise ValueError(
                f"policies must be empty for verdict {self.verdict}; got {list(self.policies)!r}."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What an item's decisions settle to. Mature once nobody can appeal any more."""

    item_id: str
    item_version: str
    violation: bool
    policies: Sequence[str]
    settled_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A model that was put in charge. The newest row serves."""

    generation: int
    model: str
    bundle: str
    digest: str
    actor: str
    reason: str
    deployed_at: datetime
