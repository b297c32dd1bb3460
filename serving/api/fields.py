"""
What may stand in a request: strict types, and strings that both databases and every hash can carry.

Nothing is coerced. A field that nobody declared is refused, so that a misspelt name is not silently lost.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
)
from pydantic_core import PydanticCustomError

from data.checks import check_person
from data.records import TEXT_FIELDS

MOST_CHARACTERS: Final = 20_000
"""Characters of one string."""
MOST_DEPTH: Final = 16
"""Levels of lists and objects in free JSON."""
EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)
"""Moments outside are mistakes, and some of them cannot be brought to another time zone."""

_MOMENT: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:?\d\d)", flags=re.ASCII
)
# What is said of them to whoever generates requests from the document.
_MOMENT_WRITTEN: Final = (
    r"^(19[7-9]|20\d|21\d)\d-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:?\d\d)$"
)
_TEXT_WRITTEN: Final = r"^[^\u0000]*$"
IDENTIFIER_PATTERN: Final = r"^[A-Za-z0-9._:@/+-]{1,128}$"


class Asked(BaseModel):
    """A part of a request."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)


class Answered(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _plain(text: str) -> str:
    if reason := _unfit(text):
        raise PydanticCustomError("text", "{reason}", {"reason": reason})
    return text


def _unfit(text: str) -> str | None:
    if len(text) > MOST_CHARACTERS:
        return f"must have at most {MOST_CHARACTERS} characters"
    if "\0" in text:
        return "must not contain the character NUL"
    if any("\ud800" <= character <= "\udfff" for character in text):
        return "must not contain half a surrogate pair"
    return None


def _of_this_age(moment: datetime) -> datetime:
    if not EARLIEST <= moment <= LATEST:
        raise PydanticCustomError("moment", "must lie between the years 1970 and 2200")
    return moment


def _read_moment(value: Any) -> datetime:
    # Read here, because pydantic would take digits alone for seconds since 1970.
    try:
        if isinstance(value, str) and _MOMENT.fullmatch(value):
            return datetime.fromisoformat(value.upper())
    except ValueError:
        pass
    raise PydanticCustomError("moment", "must be a date and time with a zone: 2026-11-22T09:00:00Z")


def _free(content: dict[str, JsonValue]) -> dict[str, JsonValue]:
    _check_free(content, path="", depth=1)
    return content


def _check_free(value: Any, *, path: str, depth: int) -> None:
    reason = None
    if isinstance(value, str):
        reason = _unfit(value)
    elif isinstance(value, dict | list):
        if depth > MOST_DEPTH:
            reason = f"must not be nested deeper than {MOST_DEPTH} levels"
        else:
            entries = value.items() if isinstance(value, dict) else enumerate(value)
            for name, entry in entries:
                inner = f"{path}/{pointer_part(name)}"
                if isinstance(name, str) and (wrong := _unfit(name)):
                    raise PydanticCustomError("free", "a name here {reason}", {"reason": wrong, "path": path})
                _check_free(entry, path=inner, depth=depth + 1)
    elif isinstance(value, float) and not math.isfinite(value):
        reason = "must be a finite number"
    elif isinstance(value, int) and not -(2**63) <= value < 2**63:
        reason = "must fit into 64 bits"
    if reason:
        raise PydanticCustomError("free", "{reason}", {"reason": reason, "path": path})


def pointer_part(name: object) -> str:
    """Return one step of a JSON pointer (RFC 6901)."""
    return str(name).replace("~", "~0").replace("/", "~1")


def _readable(content: dict[str, JsonValue]) -> dict[str, JsonValue]:
    for name in TEXT_FIELDS:
        value = content.get(name)
        texts = value if isinstance(value, list) else [value]
        if not all(text is None or isinstance(text, str) for text in texts):
            raise PydanticCustomError(
                "free", "{reason}", {"reason": "must be text, or a list of texts", "path": f"/{name}"}
            )
    return content


def _person(name: str) -> str:
    check_person("a name", name)
    return name


Identifier = Annotated[str, Field(pattern=IDENTIFIER_PATTERN, examples=["video-1"])]
Person = Annotated[str, Field(min_length=1, max_length=128, examples=["reviewer-1"]), AfterValidator(_person)]
_Plain = Annotated[str, Field(json_schema_extra={"pattern": _TEXT_WRITTEN}), AfterValidator(_plain)]
Text = Annotated[_Plain, Field(max_length=MOST_CHARACTERS)]
ShortText = Annotated[_Plain, Field(max_length=200)]
Reason = Annotated[_Plain, Field(min_length=5, max_length=2000)]
Moment = Annotated[
    AwareDatetime,
    Field(json_schema_extra={"pattern": _MOMENT_WRITTEN}),
    BeforeValidator(_read_moment),
    AfterValidator(_of_this_age),
]
Probability = Annotated[float, Field(ge=0, le=1)]
Free = Annotated[dict[str, JsonValue], AfterValidator(_free)]
Content = Annotated[dict[str, JsonValue], AfterValidator(_free), AfterValidator(_readable)]
