"""Thresholds and audit budgets: read, set, rolled back."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import Field

from data.records import Plan
from serving.api.endpoint import Call, Endpoint, Reply
from serving.api.fields import Answered, Asked, Identifier, Probability, Reason, ShortText
from serving.auth import Action
from serving.drafts import Draft

EXAMPLE: Final = {
    "thresholds": {"any": 0.35, "minors": 0.05},
    "audit": {"daily_budget": 120, "floor_share": 0.5},
    "reason": "Recall was below 0.9 for two weeks",
    "expected": "plan-1",
}


class AskedAudit(Asked):
    """How items below every threshold are sampled."""

    daily_budget: Annotated[float, Field(le=1e7)]
    """Audits a day, expected. Above 0: what is never audited is never known."""
    floor_share: Annotated[float, Field(le=1)] = 0.5
    """Share of the budget that is spread evenly, whatever the model says."""


class AskedDraft(Asked):
    """What a plan says. What is left out stays as it is in the plan in force."""

    thresholds: Annotated[dict[Identifier, Probability], Field(min_length=1, max_length=200)]
    """By policy, or ``any``: at or above one of them an item goes to full review."""
    audit: AskedAudit
    queues: Annotated[dict[ShortText, ShortText], Field(max_length=100)] | None = None
    """By language; ``*`` is for all others."""
    review_minutes: Annotated[float, Field(gt=0, le=1440)] | None = None
    due_hours: Annotated[float, Field(gt=0, le=8760)] | None = None
    daily_full_reviews: Annotated[float, Field(ge=0, le=1e7)] | None = None
    """Flagged items a day that go to people, drawn by probability; the others are let go. 0: all do."""


class AskedPlan(AskedDraft):
    """A plan, why it is wanted, and the plan its author saw."""

    reason: Reason
    expected: Identifier | None
    """The version of the newest plan; null for the first. Another one in between is a refusal (409)."""


class AskedReturn(Asked):
    """Why an earlier plan is wanted again."""

    reason: Reason
    expected: Identifier | None


class AnsweredAudit(Answered):
    """How items below every threshold are sampled."""

    daily_budget: float
    floor_share: float


class AnsweredPlan(Answered):
    """A plan. It is never edited, only succeeded."""

    version: str
    thresholds: dict[str, float]
    audit: AnsweredAudit
    queues: dict[str, str]
    review_minutes: float
    due_hours: float
    daily_full_reviews: float | None
    """Null: everything that is flagged goes to people."""
    author: str
    reason: str
    in_force_from: datetime


class AnsweredPlans(Answered):
    """The plan in force, and all plans, newest first."""

    request_id: str
    in_force: str | None
    plans: list[AnsweredPlan]


class AnsweredSet(Answered):
    """The plan that is in force now."""

    request_id: str
    plan: AnsweredPlan


def listed(call: Call) -> Reply:
    """Return the version in force and every plan that ever was, newest first."""
    plans = call.application.plans
    history = plans.history()
    current = plans.current()
    return Reply(
        200,
        AnsweredPlans(
            request_id=call.request_id,
            in_force=current.version if current else None,
            plans=[_rendered(plan) for plan in history],
        ),
    )


def put_in_force(call: Call) -> Reply:
    """Put a plan in force now. What was routed before keeps its plan and its chance."""
    plan = call.application.plans.set(
        draft(call), author=call.actor.name, reason=call.body.reason, expected=call.body.expected
    )
    return Reply(201, AnsweredSet(request_id=call.request_id, plan=_rendered(plan)))


def roll_back(call: Call) -> Reply:
    """Put in force again what an earlier plan said, as a new version that names the old one."""
    plan = call.application.plans.roll_back(
        call.path["version"],
        author=call.actor.name,
        reason=call.body.reason,
        expected=call.body.expected,
    )
    return Reply(201, AnsweredSet(request_id=call.request_id, plan=_rendered(plan)))


def draft(call: Call) -> Draft:
    """Return what is asked for; what is left out stays as it is in the plan in force."""
    asked: AskedDraft = call.body
    asked_for = Draft(
        thresholds=asked.thresholds,
        daily_budget=asked.audit.daily_budget,
        floor_share=asked.audit.floor_share,
    )
    current = call.application.plans.current()
    left_out = {"queues", "review_minutes", "due_hours", "daily_full_reviews"}
    kept = {name: getattr(current, name) for name in left_out} if current else {}
    given = {name: value for name in left_out if (value := getattr(asked, name)) is not None}
    return replace(asked_for, **{**kept, **given})


def _rendered(plan: Plan) -> AnsweredPlan:
    values: dict[str, Any] = asdict(plan)
    return AnsweredPlan.model_validate(values)


ENDPOINTS: Final = (
    Endpoint(
        method="GET",
        path="/v1/plans",
        action=Action.READ_PLANS,
        tag="QC leads",
        summary="See the plans",
        handle=listed,
        answers={200: AnsweredPlans},
    ),
    Endpoint(
        method="POST",
        path="/v1/plans",
        action=Action.SET_PLANS,
        tag="QC leads",
        summary="Put a plan in force",
        handle=put_in_force,
        body=AskedPlan,
        answers={201: AnsweredSet},
        refusals=(409,),
        example=EXAMPLE,
    ),
    Endpoint(
        method="POST",
        path="/v1/plans/{version}/roll-back",
        action=Action.SET_PLANS,
        tag="QC leads",
        summary="Return to an earlier plan",
        handle=roll_back,
        body=AskedReturn,
        answers={201: AnsweredSet},
        refusals=(404, 409),
        example={"reason": "Too many flagged items", "expected": "plan-2"},
    ),
)
