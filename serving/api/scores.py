"""Items in, routes out: POST /v1/scores."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import Field

from data.records import Item, ItemType
from serving.api.endpoint import Call, Endpoint, Reply
from serving.api.fields import (
    Answered,
    Asked,
    Content,
    Identifier,
    Moment,
    Probability,
    ShortText,
)
from serving.auth import Action
from serving.triage import Answer

MOST_ITEMS: Final = 100
"""Items of one request."""

MOST_VIEWS: Final = 1e15

_EXAMPLE: Final = {
    "items": [
        {
            "item_id": "video-1",
            "language": "ko",
            "creator_id": "seller-7",
            "category": "health_food",
            "expected_views": 54000,
            "data": {
                "title": "먹기만 하면 혈당이 뚝! 당뇨 완치 홍삼",
                "transcript": "약 끊으셔도 됩니다",
                "hashtags": ["홍삼", "당뇨"],
                "duration_s": 42,
            },
        }
    ]
}


class AskedItem(Asked):
    """Something to be looked at. The pair of ``item_id`` and ``item_version`` is routed once."""

    item_id: Identifier
    item_version: Identifier = "1"
    item_type: ItemType = ItemType.VIDEO
    creator_id: Identifier | None = None
    language: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,35}$")] | None = None
    category: ShortText | None = None
    submitted_at: Moment | None = None
    expected_views: Annotated[float, Field(ge=0, le=MOST_VIEWS)] | None = None
    fingerprint: Identifier | None = None
    """Of the content. The draw is keyed by it, so that uploading again is no second throw of the dice."""
    data: Content = Field(default_factory=dict)
    """``title``, ``description``, ``transcript``, ``ocr_text``, ``hashtags``, ``duration_s``; any JSON."""

    def item(self) -> Item:
        """Return the record."""
        return Item(**{name: getattr(self, name) for name in type(self).model_fields})


class AskedScores(Asked):
    """Items to be scored and routed."""

    items: Annotated[list[AskedItem], Field(min_length=1, max_length=MOST_ITEMS)]
    dry_run: bool = False
    """Say what would happen, and write nothing."""


class LedgerEntry(Answered):
    """What was recorded. Where nothing was, it will be, as full review; sending the item again is safe."""

    routing_id: str | None
    inclusion_probability_recorded: bool


class AnsweredScore(Answered):
    """Where one item goes, and why."""

    item_id: str
    item_version: str
    status: Literal["scored", "degraded"]
    replay: bool
    """The item was routed before; this is the same answer again."""
    score_id: str | None
    violation_probability: Probability | None
    """Calibrated. Null where the item could not be scored."""
    policy_scores: dict[str, float]
    priority: int
    """0 to 100, higher first. An order, not a probability."""
    priority_factors: dict[str, float]
    """The points of which the priority is made."""
    model: str | None
    plan: str
    route: Literal["full_review", "audit", "release"]
    queue: str
    due_at: datetime
    degraded: str | None
    """Why the item could not be scored or recorded. It then goes to full review."""
    ledger: LedgerEntry


class AnsweredScores(Answered):
    """One result an item, in the order of the request."""

    request_id: str
    results: list[AnsweredScore]


def rendered(answer: Answer) -> AnsweredScore:
    """Return what a caller may know. Draw and chance stay inside: they would tell who is audited."""
    score, routing = answer.score, answer.routing
    return AnsweredScore(
        item_id=routing.item_id,
        item_version=routing.item_version,
        status="degraded" if routing.degraded else "scored",
        replay=answer.replay,
        score_id=score.score_id if score else None,
        violation_probability=score.violation_probability if score else None,
        policy_scores=dict(score.policy_scores) if score else {},
        priority=routing.priority,
        priority_factors=dict(routing.priority_factors),
        model=routing.model,
        plan=routing.plan,
        route=routing.route.value,
        queue=routing.queue,
        due_at=routing.due_at,
        degraded=routing.degraded,
        ledger=LedgerEntry(
            routing_id=routing.routing_id if answer.recorded else None,
            inclusion_probability_recorded=answer.recorded,
        ),
    )


def submit(call: Call) -> Reply:
    """Score up to 100 items and route them under the plan in force.

    The answer comes after it is committed. Sending the same `item_id` and `item_version` again gives the
    same answer; with other content it is refused (409). An item that cannot be scored comes back with
    `status: "degraded"`, its reason, and `route: "full_review"`. **Treat every answer that is not 200, and
    every time-out, as full review, and send the same items again.**
    """
    answers = call.application.triage.submit(
        [asked.item() for asked in call.body.items], dry_run=call.body.dry_run
    )
    return Reply(
        200, AnsweredScores(request_id=call.request_id, results=[rendered(answer) for answer in answers])
    )


ENDPOINTS: Final = (
    Endpoint(
        method="POST",
        path="/v1/scores",
        action=Action.SCORE,
        tag="review queue",
        summary="Score and route items",
        handle=submit,
        body=AskedScores,
        answers={200: AnsweredScores},
        refusals=(409, 429),
        example=_EXAMPLE,
    ),
)
