"""Models: which are registered, which serves, and who decided that."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from data.records import Deployment
from serving.api.endpoint import Call, Endpoint, Reply
from serving.api.fields import Answered, Asked, Reason
from serving.auth import Action

REGISTRY_S: Final = 10.0
"""Seconds the registry has to answer."""


class AskedRollBack(Asked):
    """Why the model before shall serve again."""

    reason: Reason


class AskedPromotion(Asked):
    """Why this model shall serve."""

    reason: Reason
    although: bool = False
    """Also where it does not pass the gate."""


class AnsweredDeployment(Answered):
    """A model that was put in charge."""

    generation: int
    model: str
    bundle: str
    digest: str
    actor: str
    reason: str
    deployed_at: datetime


class AnsweredVersion(Answered):
    """A registered model, with what was measured on items it did not learn from."""

    version: str
    digest: str
    snapshot: str
    created_at: datetime
    aliases: list[str]
    metrics: dict[str, float]


class AnsweredModels(Answered):
    """The model in force, every deployment, and what is registered."""

    request_id: str
    serving: str | None
    """The version that scores now. Null where none can, and ``problem`` says why."""
    problem: str | None
    deployments: list[AnsweredDeployment]
    registered: list[AnsweredVersion] | None
    """Every registered version, newest first. Null where the registry does not answer."""


class AnsweredPromotion(Answered):
    """The model that is in charge now."""

    request_id: str
    deployment: AnsweredDeployment


def listed(call: Call) -> Reply:
    """Return the model in force, every deployment and every registered version, newest first."""
    retraining, champion = call.application.retraining, call.application.champion.standing
    registered = retraining.registered(timeout_s=REGISTRY_S)
    return Reply(
        200,
        AnsweredModels(
            request_id=call.request_id,
            serving=champion.scorer.version if champion.scorer else None,
            problem=champion.problem,
            deployments=[_rendered(deployment) for deployment in retraining.deployments()],
            registered=None
            if registered is None
            else [
                AnsweredVersion(
                    version=one.version,
                    digest=one.digest,
                    snapshot=one.snapshot,
                    created_at=one.created_at,
                    aliases=list(one.aliases),
                    metrics=dict(one.metrics),
                )
                for one in registered
            ],
        ),
    )


def promote(call: Call) -> Reply:
    """Put a registered model in charge, once it has been loaded and has scored something.

    After the answer no routing is made by another model. A model that cannot be loaded is refused (422).
    """
    deployment = call.application.retraining.promote(
        call.path["version"], actor=call.actor.name, reason=call.body.reason, although=call.body.although
    )
    return Reply(201, AnsweredPromotion(request_id=call.request_id, deployment=_rendered(deployment)))


def roll_back(call: Call) -> Reply:
    """Put the model before the present one in charge again."""
    deployment = call.application.retraining.roll_back(actor=call.actor.name, reason=call.body.reason)
    return Reply(201, AnsweredPromotion(request_id=call.request_id, deployment=_rendered(deployment)))


def _rendered(deployment: Deployment) -> AnsweredDeployment:
    return AnsweredDeployment(**{name: getattr(deployment, name) for name in AnsweredDeployment.model_fields})


_EXAMPLE: Final = {"reason": "Two points more recall on the last month"}

ENDPOINTS: Final = (
    Endpoint(
        method="GET",
        path="/v1/models",
        action=Action.READ_MODELS,
        tag="data scientists",
        summary="See the models",
        handle=listed,
        answers={200: AnsweredModels},
        slow=True,
    ),
    Endpoint(
        method="POST",
        path="/v1/models/{version}/promote",
        action=Action.PROMOTE,
        tag="data scientists",
        summary="Put a model in charge",
        handle=promote,
        body=AskedPromotion,
        answers={201: AnsweredPromotion},
        refusals=(404, 409),
        example=_EXAMPLE,
        slow=True,
    ),
    Endpoint(
        method="POST",
        path="/v1/models/roll-back",
        action=Action.PROMOTE,
        tag="data scientists",
        summary="Return to the model before",
        handle=roll_back,
        body=AskedRollBack,
        answers={201: AnsweredPromotion},
        refusals=(409,),
        example=_EXAMPLE,
        slow=True,
    ),
)
