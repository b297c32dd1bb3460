"""Bytes become a checked body, query parameters a checked query, or a refusal that names the place."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.datastructures import Headers

from serving.api.errors import Refused
from serving.api.fields import Asked, pointer_part

MOST_BYTES: Final = 1024 * 1024
"""Of one body."""

_Model = TypeVar("_Model", bound=BaseModel)


class Nothing(Asked):
    """No parameters."""


def body(model: type[_Model], raw: bytes) -> _Model:
    """Return the body of a request.

    Of a name that stands in an object twice the last one counts, here and in the digest of the content.
    """
    try:
        return model.model_validate_json(raw)
    except ValidationError as invalid:
        if invalid.errors(include_url=False, include_input=False)[0]["type"] != "json_invalid":
            raise Refused.of(invalid) from None
        raise _malformed(raw, invalid) from None


def query(model: type[_Model], pairs: Sequence[tuple[str, str]]) -> _Model:
    """Return the query of a request. A parameter that stands there twice is refused."""
    values: dict[str, str] = {}
    for name, value in pairs:
        if name in values:
            raise Refused(422, "Invalid field", f"{name} stands there twice. Send it once.")
        values[name] = value
    try:
        return model.model_validate_json(json.dumps(values))
    except ValidationError as invalid:
        refused = Refused.of(invalid)
        # A pointer is one into the body.
        refused.problems = [(title, detail.lstrip("/"), None) for title, detail, _ in refused.problems]
        raise refused from None


def check_headers(headers: Headers, *, empty: bool) -> None:
    """Refuse bodies that are not JSON in plain bytes."""
    if empty:
        return
    kinds = [kind.partition(";")[0].strip().lower() for kind in headers.getlist("content-type")]
    if kinds != ["application/json"]:
        raise Refused(415, "Unsupported media type", "Send the body as Content-Type: application/json.")
    if any(coding.lower() != "identity" for coding in headers.getlist("content-encoding")):
        raise Refused(415, "Unsupported media type", "Send the body without a Content-Encoding.")


def too_large() -> Refused:
    """Return the refusal of a body above the limit."""
    return Refused(413, "Body too large", f"A body may have {MOST_BYTES} bytes. Send fewer items at once.")


def _malformed(raw: bytes, invalid: ValidationError) -> Refused:
    # Half a surrogate pair is JSON by its grammar; what holds it deserves to be named.
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError):
        content = None
    for pointer in _with_surrogates(content, ""):
        detail = f"{pointer}: must not contain half a surrogate pair."
        return Refused(422, "Invalid field", detail, pointer=pointer)
    reason = str(invalid.errors(include_url=False, include_input=False)[0]["msg"])
    return Refused(400, "Malformed body", f"The body is no JSON. {reason}")


def _with_surrogates(content: Any, pointer: str) -> Iterator[str]:
    if isinstance(content, str):
        if any("\ud800" <= character <= "\udfff" for character in content):
            yield pointer
    elif isinstance(content, dict | list):
        for name, value in content.items() if isinstance(content, dict) else enumerate(content):
            if isinstance(name, str):
                # The pointer itself must travel: it names what holds the broken name.
                yield from _with_surrogates(name, pointer)
            yield from _with_surrogates(value, f"{pointer}/{pointer_part(name)}")
