"""
What a form of the planner asks for: the draft it describes, and what is wrong with it.

What was typed is kept as it was typed. Shares are typed in per cent.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from data.records import ANY, Plan
from serving.drafts import Draft

THRESHOLD: Final = "t."
"""Fields of thresholds are called so, with the policy behind it."""

FIRST: Final = Draft(thresholds={ANY: 0.5}, daily_budget=100.0)
"""What the sliders begin with where no plan is in force."""

MOST_A_DAY: Final = 1e7

SHORTEST_REASON: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A form as it came, and the draft that it describes."""

    typed: Mapping[str, str]
    """What stands in every field."""
    draft: Draft | None
    """None where something is wrong."""
    problems: Mapping[str, str]
    """Codes of `serving.web.planner.words.Words.problems`, by field."""

    @property
    def policies(self) -> list[str]:
        """The policies with a threshold, `ANY` first."""
        return [name.removeprefix(THRESHOLD) for name in self.typed if name.startswith(THRESHOLD)]


def read(fields: Mapping[str, str], *, plan: Plan | None, policies: Sequence[str]) -> Asked:
    """Return what a form asks for; an empty one asks for what is in force.

    Parameters
    ----------
    fields : mapping of str to str
        What was sent.
    plan : Plan or None
        The plan in force. What the form does not speak of stays as it is there.
    policies : sequence of str
        Those that are written, besides `ANY`.
    """
    start = FIRST if plan is None else Draft.of(plan)
    typed = _usual(start) | {name: fields[name].strip() for name in fields.keys() & _usual(start).keys()}
    if any(name.startswith(THRESHOLD) for name in fields):
        typed = {name: text for name, text in typed.items() if not name.startswith(THRESHOLD)}
        asked = [name.removeprefix(THRESHOLD) for name in fields if name.startswith(THRESHOLD)]
        typed |= {f"{THRESHOLD}{name}": fields[f"{THRESHOLD}{name}"].strip() for name in asked}
    if (added := fields.get("add", "")) and added in policies:
        typed.setdefault(f"{THRESHOLD}{added}", "100")
    if removed := fields.get("remove", ""):
        typed.pop(f"{THRESHOLD}{removed}", None)
    first = [name for name in (ANY, *policies) if f"{THRESHOLD}{name}" in typed]
    order = [f"{THRESHOLD}{name}" for name in first]
    return _checked({name: typed[name] for name in (*order, *(typed.keys() - set(order)))}, start, policies)


def _checked(typed: Mapping[str, str], start: Draft, policies: Sequence[str]) -> Asked:
    problems: dict[str, str] = {}
    shares = {name: _number(text) for name, text in typed.items() if name.startswith(THRESHOLD)}
    for name, value in shares.items():
        if name.removeprefix(THRESHOLD) not in {ANY, *policies}:
            problems[name] = "unknown_policy"
        elif value is None or not 0 <= value <= 100:
            problems[name] = "number" if value is None else "share"
    if not shares:
        problems[f"{THRESHOLD}{ANY}"] = "no_threshold"
    amounts = {name: _number(typed[name]) for name in ("daily_budget", "floor_share", "review_minutes")}
    for name, value in amounts.items():
        zero = "above_zero" if name == "review_minutes" else "audits_nothing"
        most = 100 if name == "floor_share" else MOST_A_DAY if name == "daily_budget" else 24 * 60
        if value is None or value <= 0:
            problems[name] = "number" if value is None else zero
        elif value > most:
            problems[name] = "share" if name == "floor_share" else "too_large"
    limit = _number(typed["daily_full_reviews"]) if typed["daily_full_reviews"] else None
    if typed["daily_full_reviews"] and (limit is None or not 0 < limit <= MOST_A_DAY):
        problems["daily_full_reviews"] = (
            "number" if limit is None else "above_zero" if limit <= 0 else "too_large"
        )
    if problems:
        return Asked(typed=typed, draft=None, problems=problems)
    draft = Draft(
        thresholds={
            name.removeprefix(THRESHOLD): _kept(
                (value or 0) / 100, start.thresholds.get(name.removeprefix(THRESHOLD))
            )
            for name, value in shares.items()
        },
        daily_budget=_kept(amounts["daily_budget"] or 0, start.daily_budget),
        floor_share=_kept((amounts["floor_share"] or 0) / 100, start.floor_share),
        queues=start.queues,
        review_minutes=_kept(amounts["review_minutes"] or 0, start.review_minutes),
        due_hours=start.due_hours,
        daily_full_reviews=limit,
    )
    return Asked(typed=typed, draft=draft, problems={})


def _usual(draft: Draft) -> dict[str, str]:
    return {
        **{f"{THRESHOLD}{name}": written(100 * value) for name, value in draft.thresholds.items()},
        "daily_budget": written(draft.daily_budget),
        "floor_share": written(100 * draft.floor_share),
        "daily_full_reviews": written(draft.daily_full_reviews) if draft.daily_full_reviews else "",
        "review_minutes": written(draft.review_minutes),
    }


def written(value: float) -> str:
    """Return a number as people type it.

    Examples
    --------
    >>> written(50.0), written(73.71134567), written(0.001)
    ('50', '73.7113', '0.001')
    """
    return f"{value:.4f}".rstrip("0").rstrip(".") or "0"


def _number(text: str) -> float | None:
    try:
        value = float(text.replace(",", ""))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _kept(value: float, before: float | None) -> float:
    # A field shows fewer digits than a plan may have: what was not touched stays exactly as it is.
    return before if before is not None and math.isclose(value, before, rel_tol=0, abs_tol=5.1e-5) else value
