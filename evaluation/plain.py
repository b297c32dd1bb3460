"""Objects as plain data, for JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from datetime import datetime, timedelta
from typing import Any


def plain(value: Any) -> Any:
    """Return dictionaries, lists, strings and numbers.

    A number without end is None, and a span of time is told in seconds.

    Examples
    --------
    >>> plain({"a": (1.5, math.inf)})
    {'a': [1.5, None]}
    """
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    return None if isinstance(value, float) and not math.isfinite(value) else value
