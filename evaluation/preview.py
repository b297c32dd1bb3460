"""What a draft of a plan would cost and catch, beside the plan in force: for a terminal and a notebook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from evaluation import tables
from evaluation.estimators import Estimate
from evaluation.plain import plain
from evaluation.planner import Outlook

_COUNTED: Final = (
    ("items a day", "items_per_day", ",.0f"),
    ("flagged a day", "flagged_per_day", ",.1f"),
    ("full reviews a day", "full_reviews_per_day", ",.1f"),
    ("audits a day", "audits_per_day", ",.1f"),
    ("smallest chance", "smallest_chance", ".2%"),
    ("reviewer hours a day", "hours_per_day", ",.1f"),
)

_ESTIMATED: Final = (
    ("recall", "recall", ".1%"),
    ("precision", "precision", ".1%"),
    ("missed a day", "missed_per_day", ",.1f"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """Two plans judged by the same recent items. `str` is a table, and so is its display in a notebook."""

    draft: Outlook
    in_force: Outlook | None
    version: str | None
    """Of the plan in force."""
    synthetic: bool
    """Whether any of the items were made up."""

    @property
    def heading(self) -> str:
        """By what the plans are judged."""
        level = self.draft.recall.interval.level
        mark = f" · {tables.SYNTHETIC['en']}" if self.synthetic else ""
        past = f"{self.draft.items:,} items of {self.draft.days:.1f} days"
        return f"Judged by {past}; intervals are at {level:.0%}{mark}"

    def rows(self) -> list[tuple[str, ...]]:
        """Return the table, its headings first: a row a number, a column a plan."""
        columns = [self.draft] if self.in_force is None else [self.draft, self.in_force]
        heads = ("this plan", f"in force ({self.version})")[: len(columns)]
        rows = [("", *heads)]
        rows += [
            (label, *(format(getattr(one, name), form) for one in columns)) for label, name, form in _COUNTED
        ]
        rows += [
            (label, *(_told(getattr(one, name), form) for one in columns)) for label, name, form in _ESTIMATED
        ]
        rows.append(("half-width of recall after as many days", *map(_bought, columns)))
        return rows

    def to_json(self) -> dict[str, Any]:
        """Return both as plain dictionaries and numbers."""
        return {
            "plan": plain(self.draft),
            "in_force": plain(self.in_force),
            "version": self.version,
            "synthetic": self.synthetic,
        }

    def __str__(self) -> str:
        return "\n".join([self.heading, "", *tables.aligned(self.rows())])

    def _repr_html_(self) -> str:
        return tables.grid(self.rows(), caption=self.heading, named=True)


def _told(one: Estimate, form: str) -> str:
    ends = f"{one.interval.lower:{form}} – {one.interval.upper:{form}}"
    mark = f" ({tables.FEW['en']})" if one.few_hits else ""
    return f"{'–' if one.value is None else format(one.value, form)} [{ends}]{mark}"


def _bought(one: Outlook) -> str:
    return "–" if one.buys is None else f"± {one.buys.half_width:.1%}"
