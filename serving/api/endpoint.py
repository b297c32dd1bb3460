"""What an endpoint is: everything the application and its OpenAPI document must know about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from serving.auth import Action, Actor
from serving.wiring import Application


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request, checked: who asks, and what for."""

    application: Application
    actor: Actor
    request_id: str
    body: Any = None
    """An instance of the endpoint's ``body`` model."""
    query: Any = None
    """An instance of the endpoint's ``query`` model."""
    path: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """Status and content of an answer."""

    status: int
    content: BaseModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An address, who may use it, what it takes and gives."""

    method: str
    path: str
    action: Action
    tag: str
    summary: str
    """One line."""
    handle: Callable[[Call], Reply]
    """Its docstring is the description in the document."""
    answers: Mapping[int, type[BaseModel]]
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    refusals: tuple[int, ...] = ()
    """Statuses of refusals besides those that every endpoint has."""
    body_required: bool = True
    slow: bool = False
    """Reads much. Few of these run at the same time, so that scoring goes on beside them."""
    example: Any = None
    """A body that works."""
