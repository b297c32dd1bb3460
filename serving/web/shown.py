"""How numbers, moments and durations are written on the pages. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from serving.quality import SEOUL
from serving.web.words import Words


def moment(value: datetime) -> str:
    """Return a moment in Seoul, to the minute.

    Examples
    --------
    >>> from datetime import UTC
    >>> moment(datetime(2026, 11, 22, 23, 30, tzinfo=UTC))
    '2026-11-23 08:30'
    """
    return f"{value.astimezone(SEOUL):%Y-%m-%d %H:%M}"


def day(value: datetime) -> str:
    """Return the day in Seoul.

    Examples
    --------
    >>> from datetime import UTC
    >>> day(datetime(2026, 11, 22, 23, 30, tzinfo=UTC))
    '2026-11-23'
    """
    return f"{value.astimezone(SEOUL):%Y-%m-%d}"


def duration(value: timedelta, words: Words) -> str:
    """Return a duration in its two largest units.

    Examples
    --------
    >>> from serving.web.words import WORDS
    >>> duration(timedelta(hours=27, minutes=5), WORDS["ko"]), duration(timedelta(seconds=59), WORDS["en"])
    ('1일 3시간', 'under 1 min')
    """
    minutes = max(0, int(value.total_seconds() // 60))
    parts = [
        (words.days, minutes // 1440),
        (words.hours, minutes // 60 % 24),
        (words.minutes, minutes % 60),
    ]
    first = next((place for place, (_, count) in enumerate(parts) if count), None)
    if first is None:
        return words.under_a_minute
    shown = [template.format(count=count) for template, count in parts[first : first + 2] if count]
    return " ".join(shown)


def count(value: float) -> str:
    """Return a number of things, with thousands set apart.

    Examples
    --------
    >>> count(12345.6)
    '12,346'
    """
    return f"{value:,.0f}"


def share(value: float) -> str:
    """Return a share in per cent, with as many places as small shares need.

    Examples
    --------
    >>> share(0.714), share(0.0213), share(0.00042), share(0), share(1)
    ('71.4%', '2.13%', '0.042%', '0%', '100%')
    """
    percent = value * 100
    if percent in {0, 100}:
        return f"{percent:.0f}%"
    places = 1 if percent >= 10 else 2 if percent >= 1 else 3
    return f"{percent:.{places}f}%"


def setting(value: float) -> str:
    """Return a share that somebody chose, in per cent, as short as it can be told.

    Examples
    --------
    >>> setting(0.5), setting(0.7371), setting(0.05)
    ('50%', '73.7%', '5%')
    """
    return f"{value * 100:.3g}%"


def plain(value: float) -> str:
    """Return a number that somebody chose, with thousands set apart and no more places than it has.

    Examples
    --------
    >>> plain(1200.0), plain(0.125), plain(2.5)
    ('1,200', '0.125', '2.5')
    """
    return f"{value:,.4f}".rstrip("0").rstrip(".") or "0"
