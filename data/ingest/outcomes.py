"""What a mapping says about past review outcomes: verdicts, policies, chances."""

from __future__ import annotations

from functools import cached_property
from typing import Literal, Self

from pydantic import Field, model_validator

from data.checks import check_identifier
from data.ingest.sources import Name, Part, Source, TextList
from data.records import Verdict


def spelling(text: str) -> str:
    """Return a text as verdicts are compared: without capitals and outer spaces."""
    return text.strip().casefold()


class Verdicts(Part):
    """Which texts of a column mean which verdict; capitals do not matter.

    An empty cell is an item without an outcome. Any other text is refused, unless ``default`` names the
    verdict it means.
    """

    column: str
    violation: TextList = ()
    no_violation: TextList = ()
    unsure: TextList = ()
    unreviewable: TextList = ()
    default: Verdict | None = None

    @model_validator(mode="after")
    def _check_each_text_once(self) -> Self:
        texts = [text for verdict in Verdict for text in map(spelling, getattr(self, verdict))]
        if twice := sorted({text for text in texts if texts.count(text) > 1}):
            raise ValueError(f"{', '.join(map(repr, twice))} is listed twice.")
        if not texts:
            raise ValueError("list the texts that mean violation, and those that mean no_violation.")
        return self

    @cached_property
    def table(self) -> dict[str, Verdict]:
        """The verdict of each text, by its `spelling`."""
        return {spelling(text): verdict for verdict in Verdict for text in getattr(self, verdict)}


class Policies(Part):
    """Which policies a violation broke: a column, cut at ``split``, and its texts in our ids.

    Without ``map`` the texts are our ids. A text that is not in the map is refused; with ``unmapped:
    ignore`` the violation is kept without a policy. Read for violations only.
    """

    column: str
    split: str | None = Field(default=None, min_length=1)
    map: dict[str, str] | None = None
    unmapped: Literal["refuse", "ignore"] = "refuse"

    @model_validator(mode="after")
    def _check_ids(self) -> Self:
        for policy_id in (self.map or {}).values():
            check_identifier("policy id", policy_id)
        return self


class Outcome(Part):
    """A past review outcome.

    ``inclusion_probability`` has no default: it is the chance the item had of being reviewed at all, and
    1 is true only where everything was.
    """

    verdict: Verdicts
    inclusion_probability: Source
    policies: Policies | None = None
    reviewer: Name = Name(constant="unknown")
    reason: Source | None = None
    id: Name | None = None
