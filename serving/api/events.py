"""What happened outside, above all decisions: POST /v1/events."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import Discriminator, Field, RootModel, Tag, model_validator
from pydantic_core import PydanticCustomError

from data.errors import LedgerUnavailable
from data.records import ReviewType, Segment, Verdict
from serving.api.endpoint import Call, Endpoint, Reply
from serving.api.errors import Problem, body_of, problem_of, status_of
from serving.api.fields import Answered, Asked, Free, Identifier, Moment, Person, Text
from serving.auth import Action
from serving.events import DECIDED, Event, Outcome, Receipt

MOST_EVENTS: Final = 100
"""Events of one request."""

_EXAMPLE: Final = {
    "event": DECIDED,
    "event_id": "event-1",
    "occurred_at": "2026-11-22T09:00:00Z",
    "payload": {
        "item_id": "video-1",
        "item_version": "1",
        "reviewer_id": "reviewer-1",
        "review_type": "first_review",
        "verdict": "violation",
        "policies": ["health_claim"],
    },
}


class AskedSegment(Asked):
    """A stretch of a clip that breaks a policy."""

    start_ms: Annotated[int, Field(ge=0, le=10**9)]
    end_ms: Annotated[int, Field(ge=0, le=10**9)]
    policy_id: Identifier

    @model_validator(mode="after")
    def _forward(self) -> AskedSegment:
        if self.start_ms > self.end_ms:
            raise PydanticCustomError("segment", "must not be before start_ms", {"path": "/end_ms"})
        return self


class AskedDecision(Asked):
    """What one reviewer concluded about one item."""

    item_id: Identifier
    item_version: Identifier = "1"
    reviewer_id: Person
    verdict: Verdict
    """``no_violation`` is as much news as ``violation``: send every decision."""
    policies: Annotated[list[Identifier], Field(max_length=50)] = Field(default_factory=list)
    """The policies that are broken. Empty unless the verdict is ``violation``."""
    segments: Annotated[list[AskedSegment], Field(max_length=500)] = Field(default_factory=list)
    reason: Text = ""
    job_id: Identifier | None = None
    review_type: (
        Literal[
            ReviewType.FIRST_REVIEW,
            ReviewType.AUDIT,
            ReviewType.SECOND_REVIEW,
            ReviewType.GOLDEN,
            ReviewType.APPEAL,
            ReviewType.ESCALATION,
        ]
        | None
    ) = None
    """Why a person looked. Left out: the reason the job was made for."""
    decision_id: Identifier | None = None
    started_at: Moment | None = None
    score_visible: bool = False
    """Whether the reviewer saw the score. It changes what people decide."""

    @model_validator(mode="after")
    def _consistent(self) -> AskedDecision:
        if self.policies and self.verdict is not Verdict.VIOLATION:
            where = {"path": "/policies"}
            raise PydanticCustomError("policies", "must be empty unless the verdict is violation", where)
        return self

    def outcome(self) -> Outcome:
        """Return what was said."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        segments = [Segment(**segment.model_dump()) for segment in self.segments]
        return Outcome(**{**values, "segments": segments})


class AskedDecisionEvent(Asked):
    """A decision."""

    event: Literal["decision.created"]
    event_id: Identifier
    occurred_at: Moment
    payload: AskedDecision


class AskedOtherEvent(Asked):
    """Anything else. It is kept, and said to be not handled."""

    event: Annotated[
        str,
        Field(
            pattern=r"^[a-z_]+(\.[a-z_]+)*$",
            max_length=64,
            examples=["job.skipped"],
            json_schema_extra={"not": {"const": DECIDED}},
        ),
    ]
    event_id: Identifier
    occurred_at: Moment
    payload: Free = Field(default_factory=dict)


def _kind(value: Any) -> str:
    event = value.get("event") if isinstance(value, dict) else getattr(value, "event", DECIDED)
    return "@decision" if event == DECIDED else "@other"


def _number(value: Any) -> str:
    return "@several" if isinstance(value, dict) and "events" in value else "@one"


AskedEvent = Annotated[
    Annotated[AskedDecisionEvent, Tag("@decision")] | Annotated[AskedOtherEvent, Tag("@other")],
    Discriminator(_kind),
]


class AskedSeveral(Asked):
    """Several events. Each is recorded or refused for itself."""

    events: Annotated[list[AskedEvent], Field(min_length=1, max_length=MOST_EVENTS)]


class AskedEvents(
    RootModel[
        Annotated[
            Annotated[AskedEvent, Tag("@one")] | Annotated[AskedSeveral, Tag("@several")],
            Discriminator(_number),
        ]
    ]
):
    """One event, or several."""


class AnsweredEvent(Answered):
    """What became of an event."""

    event_id: str
    status: int
    """201 recorded, 200 known already, otherwise the status it would have been refused with alone."""
    received: bool
    handled: bool
    duplicate: bool
    not_handled_reason: str | None
    error: Problem | None


class AnsweredOne(AnsweredEvent):
    """What became of the event."""

    request_id: str


class AnsweredSeveral(Answered):
    """What became of each event, in the order of the request."""

    request_id: str
    results: list[AnsweredEvent]


class AnsweredEvents(RootModel[AnsweredOne | AnsweredSeveral]):
    """For one event its result; for several a list of them."""


def record(call: Call) -> Reply:
    """Record what reviewers decided, one event or up to 100.

    Idempotent on `event_id`: the same event again is answered with 200 and changes nothing; another body
    under the same id is refused (409). A decision finishes its job. Decisions about released items and
    decisions that contradict each other are all kept. Events of other kinds are kept and answered with
    `handled: false`. With several events, 207 says that some were refused; `results` says which.
    """
    body = call.body.root
    several = isinstance(body, AskedSeveral)
    asked = body.events if isinstance(body, AskedSeveral) else [body]
    receipts = call.application.reviews.decide([_event(one) for one in asked], actor=call.actor)
    for receipt in receipts:
        # Unavailable for one is unavailable for all; what was recorded is known when it is sent again.
        if receipt.refusal and (not several or isinstance(receipt.refusal, LedgerUnavailable)):
            raise receipt.refusal
    results = [
        _rendered(receipt, within=f"/events/{place}", request_id=call.request_id)
        for place, receipt in enumerate(receipts)
    ]
    if not several:
        one = AnsweredOne(**results[0].model_dump(), request_id=call.request_id)
        return Reply(one.status, one)
    statuses = {result.status for result in results}
    status = 207 if statuses - {200, 201} else max(statuses)
    return Reply(status, AnsweredSeveral(request_id=call.request_id, results=results))


def _event(asked: AskedDecisionEvent | AskedOtherEvent) -> Event:
    told = {"event": asked.event, "event_id": asked.event_id, "occurred_at": asked.occurred_at}
    if isinstance(asked, AskedDecisionEvent):
        return Event(**told, outcome=asked.payload.outcome())  # type: ignore[arg-type]
    return Event(**told, other=asked.payload)  # type: ignore[arg-type]


def _rendered(receipt: Receipt, *, within: str, request_id: str) -> AnsweredEvent:
    status, error = (200 if receipt.duplicate else 201), None
    if receipt.refusal:
        status = status_of(receipt.refusal)
        error = body_of(status, [problem_of(receipt.refusal, within=within)], request_id=request_id).errors[0]
    return AnsweredEvent(
        event_id=receipt.event_id,
        status=status,
        received=error is None,
        handled=receipt.handled,
        duplicate=receipt.duplicate,
        not_handled_reason=receipt.note,
        error=error,
    )


ENDPOINTS: Final = (
    Endpoint(
        method="POST",
        path="/v1/events",
        action=Action.RECORD_EVENTS,
        tag="review queue",
        summary="Record decisions",
        handle=record,
        body=AskedEvents,
        answers={201: AnsweredEvents, 200: AnsweredEvents, 207: AnsweredSeveral},
        refusals=(404, 409),
        example=_EXAMPLE,
    ),
)
