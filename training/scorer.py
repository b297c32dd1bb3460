"""The few lines serving needs from any model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from data.records import CreatorHistory, Item, Score


@runtime_checkable
class Scorer(Protocol):
    """A loaded model: items in, calibrated probabilities out."""

    @property
    def version(self) -> str:
        """The registered version, as written on every score."""
        ...

    def score(
        self,
        items: Sequence[Item],
        histories: Mapping[str, CreatorHistory],
        *,
        scored_at: datetime,
    ) -> list[Score | Exception]:
        """Return one entry an item, in order.

        An item that cannot be scored gets the exception that says why. It is never left out, and never
        given a harmless-looking number: whoever routes it sends it to full review.
        """
        ...
