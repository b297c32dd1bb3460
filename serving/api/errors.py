"""Refusals become answers: one table of statuses, one form of body."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from pydantic import ValidationError

from data.errors import (
    Conflict,
    Denied,
    Invalid,
    LedgerUnavailable,
    NotFound,
    NotSignedIn,
    Overloaded,
    TriageError,
    UnknownPolicy,
    Unprepared,
)
from serving.api.fields import Answered, pointer_part

STATUS: Final[dict[type[TriageError], int]] = {
    NotFound: 404,
    UnknownPolicy: 422,  # it stands in the body; the address is right
    Conflict: 409,
    Invalid: 422,
    Denied: 403,
    NotSignedIn: 401,
    Unprepared: 503,
    Overloaded: 429,
    LedgerUnavailable: 503,
}
"""The status of every family of refusals; the nearest family of a refusal counts."""

RETRY_AFTER_S: Final = {429: "1", 503: "2"}
"""When to try again, where that may help."""

MOST_PROBLEMS: Final = 20
"""So many problems of one request are named."""


class Problem(Answered):
    """One thing that is wrong with a request."""

    status: int
    type: str
    title: str
    detail: str
    pointer: str | None
    """Where in the body, as a JSON pointer; null where it is not about one place."""
    request_id: str


class Errors(Answered):
    """What is wrong with a request."""

    errors: list[Problem]


class Refused(Exception):
    """A request that is refused before any use case sees it."""

    def __init__(self, status: int, title: str, detail: str, *, pointer: str | None = None) -> None:
        self.problems: Sequence[tuple[str, str, str | None]] = [(title, detail, pointer)]
        self.status = status
        super().__init__(detail)

    @classmethod
    def of(cls, invalid: ValidationError) -> Refused:
        """Return the refusal of a body or query that does not have the form it must have."""
        problems = [_problem(problem) for problem in invalid.errors(include_url=False)[:MOST_PROBLEMS]]
        too_many = any(problem["type"] == "too_long" and problem["loc"][-1:] in {("items",), ("events",)}
                       for problem in invalid.errors(include_url=False))  # fmt: skip
        refused = cls(413 if too_many else 422, *problems[0][:2])
        refused.problems = problems
        return refused


def status_of(error: TriageError) -> int:
    """Return the status of a refusal."""
    return next(STATUS[family] for family in type(error).__mro__ if family in STATUS)


def body_of(status: int, problems: Sequence[tuple[str, str, str | None]], *, request_id: str) -> Errors:
    """Return the body of an answer that refuses."""
    return Errors(
        errors=[
            Problem(
                status=status,
                type="/errors/" + re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-"),
                title=title,
                detail=detail,
                pointer=pointer,
                request_id=request_id,
            )
            for title, detail, pointer in problems
        ]
    )


def problem_of(error: TriageError, *, within: str = "") -> tuple[str, str, str | None]:
    """Return title, detail and pointer of a refusal; ``within`` is where its part of the body begins."""
    pointer = None
    if error.field is not None:
        pointer = within + "".join(f"/{pointer_part(part)}" for part in error.field.split("/"))
    return _words(type(error).__name__), str(error), pointer


def _words(name: str) -> str:
    words = re.sub(r"(?<!^)(?=[A-Z])", " ", name).lower()
    return words[0].upper() + words[1:]


def _problem(problem: Any) -> tuple[str, str, str | None]:
    # Parts that begin with @ are names of alternatives, not of fields.
    place = [part for part in problem["loc"] if not str(part).startswith("@")]
    pointer = "".join(f"/{pointer_part(part)}" for part in place) + problem.get("ctx", {}).get("path", "")
    said = str(problem["msg"]).removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        said = "no field has this name; /docs lists those there are"
    titles = {"missing": "Missing field", "extra_forbidden": "Unknown field", "too_long": "Too many"}
    return titles.get(problem["type"], "Invalid field"), f"{pointer or 'The body'}: {said}.", pointer or None
