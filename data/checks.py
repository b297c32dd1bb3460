"""What every record asks of its fields: ids that travel, moments with a zone, probabilities in range."""

from __future__ import annotations

import hashlib
import json
import math
import re
from datetime import datetime

_IDENTIFIER = re.compile(r"[A-Za-z0-9._:@/+-]{1,128}")
_LONGEST_NAME = 128


def check_identifier(name: str, value: str) -> None:
    """Refuse an id that could not travel through addresses, hashes and both databases."""
    if not _IDENTIFIER.fullmatch(value):
        raise ValueError(f"{name} must be 1 to 128 of A-Z a-z 0-9 . _ : @ / + -; got {value!r}.")


def check_person(name: str, value: str) -> None:
    """Refuse what is no name of a person: of any script, without ends of space and without controls.

    Examples
    --------
    >>> check_person("reviewer_id", "정민")
    >>> check_person("reviewer_id", " ")
    Traceback (most recent call last):
    ValueError: reviewer_id must be 1 to 128 printable characters without space at its ends; got ' '.
    """
    if not (0 < len(value) <= _LONGEST_NAME and value.isprintable() and value == value.strip()):
        raise ValueError(
            f"{name} must be 1 to {_LONGEST_NAME} printable characters without space at its ends; "
            f"got {value!r}."
        )


def check_moment(name: str, value: datetime | None) -> None:
    """Refuse a moment without a time zone."""
    if value is not None and value.utcoffset() is None:
        raise ValueError(f"{name} must carry a time zone; got {value!r}.")


def check_probability(name: str, value: float, *, above_zero: bool = False) -> None:
    """Refuse what is not a number in [0, 1], or in (0, 1] with ``above_zero``."""
    if not (math.isfinite(value) and 0 <= value <= 1) or (above_zero and value == 0):
        raise ValueError(f"{name} must be in {'(0' if above_zero else '[0'}, 1]; got {value!r}.")


def content_digest(content: object) -> str:
    """Return the SHA-256 of the canonical JSON of ``content``, as 64 hex digits."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def holds(value: object, wanted: str) -> bool:
    """Tell whether plain JSON holds a text or number that reads like this, however deep, or as a name.

    Examples
    --------
    >>> holds({"items": [{"item_id": "v1", "title": "v2 and more"}]}, "v1")
    True
    >>> holds({"items": [{"item_id": "v1", "title": "v2 and more"}]}, "v2")
    False
    """
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting += [*one, *one.values()]
        elif isinstance(one, list):
            waiting += one
        elif str(one) == wanted:
            return True
    return False
