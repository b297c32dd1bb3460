"""What a reviewer typed: read, checked and turned into what is recorded. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from data.records import Segment, Verdict

MOST_MARKS: Final = 8
"""Time marks on the form."""
LONGEST_REASON: Final = 2000
"""Characters."""

_POLICY: Final = "policy."
_TIME: Final = re.compile(r"(?:(?:(\d{1,3}):)?(\d{1,4}):)?(\d{1,6}(?:\.\d{1,3})?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A stretch of the clip, as it was typed."""

    start: str = ""
    end: str = ""
    policy_id: str = ""

    @property
    def empty(self) -> bool:
        """Whether no time was typed."""
        return not (self.start or self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """Everything on the form."""

    verdict: Verdict | None = None
    policies: Collection[str] = ()
    marks: Sequence[Mark] = ()
    reason: str = ""

    @property
    def rows(self) -> Sequence[Mark]:
        """The marks, and empty ones up to as many as there may be."""
        return [*self.marks, *[Mark()] * (MOST_MARKS - len(self.marks))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something on the form that cannot be recorded."""

    code: str
    """A key of `serving.web.review.words.Words.problems`."""
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """What is recorded. Policies and stretches belong to a violation, and are empty for all else."""

    verdict: Verdict
    policies: Sequence[str]
    segments: Sequence[Segment]
    reason: str


def read(form: Mapping[str, str]) -> Typed:
    """Return what the fields of a form hold."""
    said = form.get("verdict", "")
    marks = [
        Mark(
            start=form.get(f"start.{place}", "").strip(),
            end=form.get(f"end.{place}", "").strip(),
            policy_id=form.get(f"of.{place}", ""),
        )
        for place in range(MOST_MARKS)
    ]
    return Typed(
        verdict=Verdict(said) if said in set(Verdict) else None,
        policies=[name.removeprefix(_POLICY) for name in form if name.startswith(_POLICY)],
        marks=[mark for mark in marks if not mark.empty],
        reason=form.get("reason", "").strip(),
    )


def conclude(typed: Typed) -> tuple[Conclusion | None, list[Problem]]:
    """Return what is to be recorded, or None and everything that stands in the way.

    A stretch that names no policy is of the one that was chosen, where it was one; a policy that a stretch
    names was broken, chosen or not.
    """
    problems: list[Problem] = []
    segments: list[Segment] = []
    violation = typed.verdict is Verdict.VIOLATION
    if typed.verdict is None:
        problems.append(Problem(code="verdict"))
    if len(typed.reason) > LONGEST_REASON:
        problems.append(Problem(code="reason", value=str(len(typed.reason))))
    for mark in typed.marks if violation else ():
        made = _segment(mark, typed.policies)
        if isinstance(made, Segment):
            segments.append(made)
        else:
            problems.append(made)
    if problems or typed.verdict is None:
        return None, problems
    named = [*typed.policies, *(segment.policy_id for segment in segments)] if violation else []
    return Conclusion(
        verdict=typed.verdict,
        policies=tuple(dict.fromkeys(named)),
        segments=tuple(segments),
        reason=typed.reason,
    ), []


def milliseconds(text: str) -> int | None:
    """Return a time in a clip; None where it is none.

    Examples
    --------
    >>> [milliseconds(text) for text in ("1:15", "75", "1:02:03", "0:07.5", "soon")]
    [75000, 75000, 3723000, 7500, None]
    """
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    hours, minutes, seconds = found.groups()
    return (int(hours or 0) * 3600 + int(minutes or 0) * 60) * 1000 + round(float(seconds) * 1000)


def clock(milliseconds: float) -> str:
    """Return a time in a clip as people write it.

    Examples
    --------
    >>> clock(75_400), clock(3_723_000)
    ('1:15', '1:02:03')
    """
    seconds = int(milliseconds // 1000)
    hours, minutes, seconds = seconds // 3600, seconds // 60 % 60, seconds % 60
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _segment(mark: Mark, policies: Collection[str]) -> Segment | Problem:
    start, end = milliseconds(mark.start), milliseconds(mark.end or mark.start)
    if start is None or end is None:
        return Problem(code="time", value=mark.end if start is not None else mark.start)
    if end < start:
        return Problem(code="order", value=f"{mark.start} – {mark.end}")
    policy_id = mark.policy_id or (next(iter(policies)) if len(policies) == 1 else "")
    if not policy_id:
        return Problem(code="of", value=mark.start)
    return Segment(start_ms=start, end_ms=end, policy_id=policy_id)
