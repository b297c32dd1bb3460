"""
The YAML files: where they are found, and what they may say.

What is shipped (policies, plans to start from) lies in the package ``configs``, in a checkout and in an
installed wheel alike.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from data.errors import InvalidSettings
from data.records import ANY, Policy

_STRICT: Final = ConfigDict(extra="forbid", frozen=True, strict=True)
_ADDRESSES: Final = ("url", "uri")
_Model = TypeVar("_Model", bound=BaseModel)


class AuditRecipe(BaseModel):
    """How many items below every threshold are looked at."""

    model_config = _STRICT

    share: float = Field(gt=0, le=1)
    """Audits a day, as a share of all items that come in."""
    floor_share: float = Field(default=0.5, gt=0, le=1)
    """Share of the budget that is spread evenly, whatever the model says."""


class PlanRecipe(BaseModel):
    """A plan to start from, before scores and daily volume are known."""

    model_config = _STRICT

    title: Mapping[str, str]
    flag_share: float = Field(gt=0, lt=1)
    """Share of all items that go to full review: the riskiest."""
    audit: AuditRecipe
    queues: Mapping[str, str] = {"ko": "ko", "en": "en", "*": "general"}
    review_minutes: float = Field(default=1.0, gt=0)
    due_hours: float = Field(default=24.0, gt=0)


class _PolicyText(BaseModel):
    model_config = _STRICT

    policy_id: str
    version: str
    title: Mapping[str, str]
    guidance: Mapping[str, str]
    severity: int


class _Policies(BaseModel):
    model_config = _STRICT

    policies: list[_PolicyText] = Field(min_length=1)


def policies(path: str = "") -> Mapping[str, Policy]:
    """Return the content policies by id, in the order of the file.

    Parameters
    ----------
    path : str
        A YAML file; the one that is shipped where it is empty.
    """
    source = Path(path) if path else shipped("policies.yaml")
    found: dict[str, Policy] = {}
    for text in _parsed(_Policies, source).policies:
        if text.policy_id in found or text.policy_id == ANY:
            reason = "means all of them" if text.policy_id == ANY else "stands there twice"
            raise InvalidSettings(f"{source}: policy_id {text.policy_id!r} {reason}. Choose another id.")
        try:
            found[text.policy_id] = Policy(**text.model_dump())
        except ValueError as wrong:
            raise InvalidSettings(f"{source}: policy {text.policy_id!r}: {wrong}") from wrong
    return found


def plan_names() -> list[str]:
    """Return the names of the plans to start from."""
    return sorted(
        entry.name.removesuffix(".yaml")
        for entry in shipped("plans").iterdir()
        if entry.name.endswith(".yaml")
    )


def plan_recipe(name: str) -> PlanRecipe:
    """Return a plan to start from by its name in configs/plans."""
    check_name(name, plan_names(), where="configs/plans")
    return _parsed(PlanRecipe, shipped("plans").joinpath(f"{name}.yaml"))


def shipped(*parts: str) -> Traversable:
    """Return a file or folder of ``configs``."""
    return resources.files("configs").joinpath(*parts)


class _PlainLoader(yaml.SafeLoader):
    """Refuses aliases: nothing here needs them, and a few lines of them unfold without end."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "aliases (*name) are not read here", mark)
        return super().compose_node(parent, index)


def mapping(source: Traversable) -> dict[str, Any]:
    """Return what a YAML file says: names and values."""
    try:
        content = yaml.load(source.read_text(encoding="utf-8"), Loader=_PlainLoader)  # noqa: S506 - a safe one
    except OSError as missing:
        raise InvalidSettings(f"{source} cannot be read: {missing.strerror}.") from missing
    except (yaml.YAMLError, ValueError, RecursionError) as broken:
        # A ValueError, too, is what a date like 2026-02-30 gives, and bytes that are no text.
        raise InvalidSettings(f"{source} is not YAML: {broken}") from broken
    if not isinstance(content, dict | None):
        raise InvalidSettings(f"{source} must hold names and values; got a {type(content).__name__}.")
    return content or {}


def names(model: type[BaseModel], *, before: str = "") -> list[str]:
    """Return the dotted name of every field of a model, down to those that hold values."""
    found: list[str] = []
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found += names(field.annotation, before=f"{before}{name}.")
        else:
            found.append(before + name)
    return found


def leaves(values: Mapping[Any, Any], *, before: str = "") -> list[str]:
    """Return the dotted name of every value of a file."""
    found: list[str] = []
    for name, value in values.items():
        if isinstance(value, dict) and value:
            found += leaves(value, before=f"{before}{name}.")
        else:
            found.append(f"{before}{name}")
    return found


def check_name(name: str, known: Collection[str], *, where: str) -> None:
    """Refuse a name that nobody declared, with the nearest one that is known."""
    if name in known:
        return
    near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise InvalidSettings(f"{name} is unknown (written in {where}).{hint}")


def _parsed(model: type[_Model], source: Traversable) -> _Model:
    content = mapping(source)
    try:
        return model.model_validate(content)
    except ValidationError as refused:
        raise InvalidSettings(f"{source}: {problems(refused, known=model.model_fields)}") from refused


def problems(refused: ValidationError, *, known: Collection[str] = ()) -> str:
    """Return what pydantic found, in one line that names fields and remedies."""
    lines = []
    for problem in refused.errors(include_url=False):
        place = ".".join(map(str, problem["loc"]))
        said = problem["msg"].removeprefix("Value error, ")
        near = difflib.get_close_matches(str(problem["loc"][-1]), known, n=1) if problem["loc"] else []
        if problem["type"] == "extra_forbidden":
            lines.append(f"{place} is unknown." + (f" Did you mean {near[0]}?" if near else ""))
        else:
            # An address may hold a password.
            got = "" if place.endswith(_ADDRESSES) else f" (got {problem['input']!r})"
            lines.append(f"{place}: {said.removesuffix('.')}{got}.")
    return " ".join(lines)
