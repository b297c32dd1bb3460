"""When things come, and what becomes of them where the first in line is served first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Final

import numpy as np
from numpy.typing import NDArray

KST: Final = timezone(timedelta(hours=9), "Asia/Seoul")
"""Korean time. There is no daylight saving, so a fixed offset is the whole truth."""

_HOURS: Final = (9, 6, 4, 2, 2, 2, 3, 5, 8, 11, 13, 14, 15, 13, 12, 12, 13, 15, 18, 24, 30, 32, 26, 16)
"""Weight of each hour of a Korean day: a rise at noon, the peak between 19 and 23."""
_WEEKDAYS: Final = (0.92, 0.93, 0.98, 1.04, 1.08, 1.02, 1.03)
"""Weight of each weekday, Monday first."""


def moments(count: int, *, end: datetime, days: int, generator: np.random.Generator) -> list[datetime]:
    """Return moments in ``[end - days, end)``, in order, with the rhythm of Korean days and weeks.

    Every day of the window gets what its weekday deserves, up to chance; within an hour moments are even.
    """
    if days < 1:
        raise ValueError(f"days must be 1 or more; got {days!r}.")
    start = end - timedelta(days=days)
    hours = [start + timedelta(hours=hour) for hour in range(24 * days)]
    weights = np.array(
        [_WEEKDAYS[(at := hour.astimezone(KST)).weekday()] * _HOURS[at.hour] for hour in hours]
    )
    sums = np.cumsum(weights / weights.sum())
    places = np.minimum(np.searchsorted(sums, generator.random(count), side="right"), len(hours) - 1)
    # Whole milliseconds: moments survive any database and any JSON.
    within = np.minimum((generator.random(count) * 3_600_000).astype(np.int64), 3_599_999)
    thousandths = np.sort(places.astype(np.int64) * 3_600_000 + within)
    return [start + timedelta(milliseconds=int(thousandth)) for thousandth in thousandths]


def served_in_order(created: Sequence[datetime], free: Sequence[datetime]) -> list[datetime | None]:
    """Return when each job is looked at if the oldest waiting job is always taken first.

    Parameters
    ----------
    created : sequence of datetime
        When each job came.
    free : sequence of datetime
        The moments at which somebody was free to take one job. A moment with nothing waiting is lost.

    Returns
    -------
    list of datetime or None
        In the order of ``created``; None for jobs nobody got to.

    Examples
    --------
    >>> noon = datetime(2026, 11, 2, 12, tzinfo=KST)
    >>> late, early = noon + timedelta(minutes=2), noon
    >>> looked = served_in_order([late, early], [noon + timedelta(minutes=m) for m in (1, 3)])
    >>> [at.minute for at in looked if at]
    [3, 1]
    """
    looked: list[datetime | None] = [None] * len(created)
    line = sorted(range(len(created)), key=created.__getitem__)
    head = 0
    for moment in sorted(free):
        if head < len(line) and created[line[head]] <= moment:
            looked[line[head]] = moment
            head += 1
    return looked


def hours_to(
    created: Sequence[datetime], looked: Sequence[datetime | None], *, end: datetime
) -> NDArray[np.float64]:
    """Return the hours from coming to being looked at; what nobody got to counts until the end.

    Counting until the end, and not leaving out, keeps an order from looking fast by never reaching the slow.
    """
    return np.array(
        [((at or end) - came).total_seconds() / 3600 for came, at in zip(created, looked, strict=True)]
    )
