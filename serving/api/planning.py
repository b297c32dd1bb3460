"""What plans would do: previews, goals, reviewers' hours split over policies. Nothing is written."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Final

from pydantic import Field

from data.errors import Invalid
from evaluation import goals
from evaluation.estimators import Estimate
from serving.api.endpoint import Call, Endpoint, Reply
from serving.api.fields import Answered, Asked, ShortText
from serving.api.plans import EXAMPLE, AskedDraft, draft
from serving.api.reports import AnsweredEstimate
from serving.auth import Action


class AskedGoal(Asked):
    """What a plan should reach."""

    goal: ShortText
    """Like ``minimum workload @ recall >= 0.9``, ``maximum recall @ precision >= 0.9`` or
    ``maximum recall @ hours <= 40``, with or without ``confidence 0.9``."""
    strict: bool = False
    """Prove it by bets: it holds for any scores and any number of audits, and needs several times as many."""


class AskedSplit(Asked):
    """How many hours reviewers have."""

    hours_per_day: Annotated[float, Field(ge=0, le=1e6)]
    """Audits not among them."""


class AnsweredBudget(Answered):
    """What audits buy."""

    audits_per_day: float
    effective_hits: float | None
    """Expected; null where every item is reviewed."""
    relative_error: float | None
    """Half-width of the number missed, relative to it; null where no violation is expected."""
    half_width: float
    """Half-width of recall."""


class AnsweredPreview(Answered):
    """What a plan would cost and catch. Nulls where nothing was routed lately."""

    request_id: str
    items: int
    """How many items it is judged by."""
    days: float
    synthetic: bool = False
    """Whether any of the items were made up."""
    items_per_day: float | None = None
    flagged_per_day: float | None = None
    full_reviews_per_day: float | None = None
    """Fewer than are flagged where the plan limits them."""
    flagged_share: float | None = None
    reached_per_day: dict[str, float] = Field(default_factory=dict)
    audits_per_day: float | None = None
    smallest_chance: float | None = None
    hours_per_day: float | None = None
    recall: AnsweredEstimate | None = None
    precision: AnsweredEstimate | None = None
    missed_per_day: AnsweredEstimate | None = None
    buys: AnsweredBudget | None = None


class AnsweredSolution(Answered):
    """The threshold that reaches a goal, or why none does."""

    request_id: str
    goal: str
    threshold: float | None
    share: float | None
    hours_per_day: float | None
    recall: float | None
    lower: float | None
    """One-sided lower confidence bound of recall; for a precision goal, of precision."""
    next_hour_finds: float | None
    reason: str
    audits_needed: int | None


class AnsweredSplit(Answered):
    """How hours are best spent. Nulls where nothing was routed lately."""

    request_id: str
    hours: float | None = None
    """In the whole of the past by which it is judged."""
    share_caught: float | None = None
    """Of all expected harm: severity x probability x views."""
    next_hour_finds: float | None = None
    price: float | None = None
    """Harm that one more reviewer hour catches."""
    thresholds: dict[str, float] = Field(default_factory=dict)
    items: dict[str, int] = Field(default_factory=dict)


def preview(call: Call) -> Reply:
    """Say what a plan would cost and catch, judged by the items of the last 28 days.

    Recall, precision and what would be missed come with intervals about another window like this one.
    """
    found = call.application.plans.preview(draft(call))
    if found is None:
        return Reply(200, AnsweredPreview(request_id=call.request_id, items=0, days=0.0))
    values = asdict(found.draft) | {
        name: _estimate(getattr(found.draft, name)) for name in ("recall", "precision", "missed_per_day")
    }
    return Reply(200, AnsweredPreview(request_id=call.request_id, synthetic=found.synthetic, **values))


def reach(call: Call) -> Reply:
    """Return the threshold that reaches a goal with confidence, or the reason why none is known to."""
    try:
        goal = goals.parse(call.body.goal)
    except ValueError as wrong:
        raise Invalid(str(wrong), field="goal") from wrong
    found = call.application.plans.goal(goal, proof="exact" if call.body.strict else "gamma")
    return Reply(200, AnsweredSolution(request_id=call.request_id, **asdict(found) | {"goal": str(goal)}))


def split(call: Call) -> Reply:
    """Return the thresholds at which reviewers' hours catch the most harm over all policies together."""
    found = call.application.plans.split(call.body.hours_per_day)
    names = AnsweredSplit.model_fields.keys() - {"request_id"}
    values = {} if found is None else {name: getattr(found, name) for name in names}
    return Reply(200, AnsweredSplit(request_id=call.request_id, **values))


def _estimate(one: Estimate) -> dict[str, Any]:
    return {**asdict(one), "few_hits": one.few_hits}


ENDPOINTS: Final = (
    Endpoint(
        method="POST",
        path="/v1/plans/preview",
        action=Action.SET_PLANS,
        tag="QC leads",
        summary="Ask what a plan would cost and catch",
        handle=preview,
        body=AskedDraft,
        answers={200: AnsweredPreview},
        example={name: EXAMPLE[name] for name in ("thresholds", "audit")},
        slow=True,
    ),
    Endpoint(
        method="POST",
        path="/v1/plans/goal",
        action=Action.SET_PLANS,
        tag="QC leads",
        summary="Ask for the threshold that reaches a goal",
        handle=reach,
        body=AskedGoal,
        answers={200: AnsweredSolution},
        example={"goal": goals.FORMS[0]},
        slow=True,
    ),
    Endpoint(
        method="POST",
        path="/v1/plans/split",
        action=Action.SET_PLANS,
        tag="QC leads",
        summary="Ask how reviewers' hours are best spent",
        handle=split,
        body=AskedSplit,
        answers={200: AnsweredSplit},
        example={"hours_per_day": 8},
        slow=True,
    ),
)
