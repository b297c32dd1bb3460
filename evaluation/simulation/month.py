"""
A made-up month of Korean and English video commerce, with its truth.

About two in a hundred items break one of the thirteen policies. What makes it as hard as the real thing:
breaches that only the picture shows, words in disguise, hints that honest sellers use too, honest notices that
sound like breaches, sellers of every size, words and goods that change from week to week, and a wave of scam
accounts in the second half.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

import numpy as np

from data.records import Item, ItemType
from evaluation.simulation import arrivals
from evaluation.simulation.breaking import VIOLATION_SHARE, Truth, break_rules
from evaluation.simulation.dice import Dice
from evaluation.simulation.languages import LANGUAGES
from evaluation.simulation.population import Creator, creators
from evaluation.simulation.script import Script

SOURCE: Final = "synthetic"
"""What every made-up item says about where it comes from."""

WINDOW: Final = timedelta(minutes=10)
"""The length of one window of a broadcast."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """Items in the order in which they come in, and what is true of each."""

    items: Sequence[Item]
    truth: Mapping[str, Truth]
    """By item id. Never written to a ledger: a reviewer is asked instead."""
    start: datetime
    end: datetime

    def week(self, item: Item) -> int:
        """Return the week of the month in which an item came, from 1."""
        assert item.submitted_at is not None  # every item of a month has its moment
        return week_of(item.submitted_at, start=self.start)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Clip:
    at: datetime
    creator: Creator
    category: str
    content: Mapping[str, Any]
    truth: Truth
    views: float | None


def week_of(moment: datetime, *, start: datetime) -> int:
    """Return the week of a month that began at ``start``, from 1."""
    return (moment - start).days // 7 + 1


def generate(*, items: int, seed: int, end: datetime, days: int = 28) -> Month:
    """Return a month that ends at ``end``: the same arguments make the same month.

    Parameters
    ----------
    items : int
        How many items come in, 100 or more.
    seed : int
        0 or more; part of every item id.
    end : datetime
        Nothing comes at or after it.
    days : int
        How long the month is.
    """
    if items < 100:
        raise ValueError(f"items must be 100 or more; got {items!r}.")
    if seed < 0:
        raise ValueError(f"seed must be 0 or more; got {seed!r}.")
    start = end - timedelta(days=days)
    clips = sorted(_clips(items=items, seed=seed, start=start, end=end, days=days), key=lambda clip: clip.at)
    made = [_item(clip, item_id=f"syn-{seed}-{number:06d}") for number, clip in enumerate(clips, start=1)]
    truth = {item.item_id: clip.truth for item, clip in zip(made, clips, strict=True)}
    return Month(items=made, truth=truth, start=start, end=end)
