"""What a form asks a report for, and what is wrong with it. Days are those of Seoul."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from evaluation.report_numbers import AskedGrade
from serving.quality import SEOUL, is_slice

WINDOWS: Final = ("7", "28", "90", "days")
"""The last so many days, or from one day to another."""

COLUMNS: Final = ("language", "category", "item_type", "queue", "plan", "model", "source", "week")
"""What is offered to slice by; any other column can be typed."""

LEVELS: Final = ("0.8", "0.9", "0.95", "0.99")
GRADES: Final[tuple[AskedGrade, ...]] = ("report", "guarantee", "always")

_USUAL: Final = {"window": "28", "level": "0.95", "grade": "report", "other": "", "since": "", "until": ""}
_LONGEST: Final = timedelta(days=3660)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The report that is asked for."""

    since: datetime | None
    """None: so long before the end."""
    until: datetime | None
    """None: now."""
    length: timedelta
    by: tuple[str, ...]
    level: float
    grade: AskedGrade
    against: bool
    """Whether to tell what changed since the window before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A form as it came, and the report that it asks for."""

    typed: Mapping[str, str]
    by: Sequence[str]
    """The columns that are ticked."""
    wanted: Wanted | None
    """None where something is wrong."""
    problems: Mapping[str, str]
    """Codes of `serving.web.report.words.Words.problems`, by field."""


def read(fields: Mapping[str, str], by: Sequence[str], *, today: date) -> Asked:
    """Return what a form asks for; an empty one asks for the last 28 days by language and category.

    Parameters
    ----------
    fields : mapping of str to str
        What was sent, each name once.
    by : sequence of str
        The columns that were ticked.
    today : date
        The day in Seoul.
    """
    typed = _USUAL | {name: fields[name].strip() for name in fields.keys() & _USUAL.keys()}
    ticked = list(dict.fromkeys(by)) if fields else ["language", "category"]
    columns = [*ticked, *(part for part in typed["other"].replace(",", " ").split() if part)]
    problems = {
        name: "choice"
        for name, choices in (("window", WINDOWS), ("level", LEVELS), ("grade", GRADES))
        if typed[name] not in choices
    }
    if unknown := [one for one in columns if not all(is_slice(name) for name in one.split("+"))]:
        problems["by" if unknown[0] in ticked else "other"] = "column"
    since = until = None
    if typed["window"] == "days":
        since, until, wrong = _days(typed["since"], typed["until"], today=today)
        problems |= wrong
    asked = Asked(typed=typed, by=ticked, wanted=None, problems=problems)
    if problems:
        return asked
    length = until - since if since and until else int(typed["window"]) * _DAY
    wanted = Wanted(
        since=since,
        until=until,
        length=length,
        by=tuple(dict.fromkeys(columns)),
        level=float(typed["level"]),
        grade=next(grade for grade in GRADES if grade == typed["grade"]),
        against="against" in fields,
    )
    return Asked(typed=typed, by=ticked, wanted=wanted, problems={})


def _days(
    first: str, last: str, *, today: date
) -> tuple[datetime | None, datetime | None, Mapping[str, str]]:
    days, problems = {}, {}
    for name, text in (("since", first), ("until", last)):
        try:
            days[name] = date.fromisoformat(text)
        except ValueError:
            problems[name] = "day"
    if problems:
        return None, None, problems
    if days["since"] > today:
        return None, None, {"since": "future"}
    if days["since"] > days["until"]:
        return None, None, {"until": "before"}
    if days["until"] - days["since"] > _LONGEST:
        return None, None, {"since": "long"}
    begin, end = (datetime.combine(days[name], time(), tzinfo=SEOUL) for name in ("since", "until"))
    return begin, end + _DAY, {}
