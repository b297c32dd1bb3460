"""What is known: quality reports and the timeline of an item."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from data.errors import Invalid, UnknownItem
from data.records import Role
from serving.api.endpoint import Call, Endpoint, Reply
from serving.api.fields import Answered, Asked, Moment
from serving.auth import Action
from serving.quality import SLICES, is_slice

KEPT_BACK: Final = ("draw", "inclusion_probability", "chance", "key_id", "rates_id")
"""What a queue does not learn from a timeline: it would tell which items are audited."""


def _names(value: Any) -> Any:
    return [name for name in value.split(",") if name] if isinstance(value, str) else value


def _decimal(value: Any) -> Any:
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _known(names: list[str]) -> list[str]:
    if unknown := [name for name in names if not all(map(is_slice, name.split("+")))]:
        reason = f"must be some of {', '.join(SLICES)}, data.NAME; got {unknown[0][:50]}"
        raise PydanticCustomError("slices", "{reason}", {"reason": reason})
    return names


class AskedReport(Asked):
    """Which report."""

    since: Moment | None = None
    """The beginning of the window of routing. Left out: 28 days before its end."""
    until: Moment | None = None
    """The end of the window, excluded. Left out: now."""
    by: Annotated[list[str], AfterValidator(_known), BeforeValidator(_names), Field(max_length=8)] = Field(
        default_factory=lambda: ["language", "category"]
    )
    """Columns to slice by, separated by commas; ``a+b`` slices by both together (write + as %2B)."""
    level: Annotated[float, Field(ge=0.5, le=0.999), BeforeValidator(_decimal)] = 0.95
    """Confidence of each interval."""
    grade: Literal["report", "guarantee", "always"] = "report"
    """``guarantee`` is wider, and covers also where the scores are blind; ``always`` holds however often
    somebody looks."""
    against_days: Annotated[float, Field(gt=0, le=3660), BeforeValidator(_decimal)] | None = None
    """Tell what changed since the window of so many days just before."""


class AnsweredInterval(BaseModel):
    """Where the truth lies, at a level of confidence."""

    model_config = ConfigDict(extra="allow")

    lower: float
    upper: float | None
    level: float


class AnsweredEstimate(BaseModel):
    """A number with everything that must travel with it. Undefined is null."""

    model_config = ConfigDict(extra="allow")

    name: str
    value: float | None
    interval: AnsweredInterval
    reviewed: int
    hits: int
    effective_hits: float | None
    few_hits: bool
    method: str
    slice: dict[str, Any]


class AnsweredReport(BaseModel):
    """Every estimate of a window."""

    model_config = ConfigDict(extra="allow")

    request_id: str
    since: datetime
    until: datetime
    generated_at: datetime
    level: float
    synthetic: bool
    """Whether any of the items were made up."""
    plans: list[str]
    models: list[str]
    sources: dict[str, int]
    estimates: list[AnsweredEstimate]
    slices: list[AnsweredEstimate]
    policies: list[AnsweredEstimate]
    """One policy at a time. ``recall`` counts what full review saw for any reason, ``threshold_recall`` what
    was flagged for that policy."""
    workload: dict[str, Any]
    notices: list[dict[str, Any]]
    as_of: datetime | None
    """With the grade ``always``: up to when everything is told."""
    trend: list[dict[str, Any]]
    """Recall, prevalence and missed from day to day, with ends that hold on all days at once."""
    changes: list[dict[str, Any]]
    """Since the window before, where it was asked for."""
    head: str | None
    """Head of the ledger's chain of seals at that moment; `tamis verify --head` checks it."""


class AnsweredTimeline(Answered):
    """Every fact about an item, in the order in which it was recorded."""

    request_id: str
    item_id: str
    facts: list[dict[str, Any]]


def quality(call: Call) -> Reply:
    """Return how well the process did: precision, recall, prevalence, what was missed, with intervals.

    The estimates rest on decisions that the draw called for. A value that cannot be estimated is null, and
    its interval is as wide as ignorance.
    """
    asked: AskedReport = call.query
    try:
        report = call.application.quality.report(
            since=asked.since,
            until=asked.until,
            by=asked.by,
            level=asked.level,
            grade=asked.grade,
            against=None if asked.against_days is None else timedelta(days=asked.against_days),
        )
    except ValueError as wrong:
        raise Invalid(str(wrong)) from wrong
    return Reply(200, AnsweredReport(request_id=call.request_id, **report.to_json()))


def timeline(call: Call) -> Reply:
    """Return what came in, how it was scored and routed, who decided what, and when."""
    item_id = call.path["item_id"]
    facts = call.application.gateway.read(lambda session: session.ledger.timeline(item_id))
    if not facts:
        raise UnknownItem(f"No item {item_id!r} was submitted or imported.")
    if call.actor.role is Role.QUEUE:
        facts = [{name: value for name, value in fact.items() if name not in KEPT_BACK} for fact in facts]
    return Reply(200, AnsweredTimeline(request_id=call.request_id, item_id=item_id, facts=facts))


ENDPOINTS: Final = (
    Endpoint(
        method="GET",
        path="/v1/items/{item_id:path}/timeline",
        action=Action.READ_TIMELINE,
        tag="review queue",
        summary="Follow an item",
        handle=timeline,
        answers={200: AnsweredTimeline},
        refusals=(404,),
    ),
    Endpoint(
        method="GET",
        path="/v1/reports/quality",
        action=Action.READ_REPORTS,
        tag="QC leads",
        summary="Read the quality report",
        handle=quality,
        query=AskedReport,
        answers={200: AnsweredReport},
        slow=True,
    ),
)
