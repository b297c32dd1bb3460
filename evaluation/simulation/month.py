"""
A made-up month of Korean and English video commerce, with its truth.

About two in a hundred items break one of the thirteen policies. What makes it as hard as the real thing:
breaches that only the picture shows, words in disguise, hints that honest sellers use too, honest notices
that sound like breaches, sellers of every size, words and goods that change from week to week, and a wave of
scam accounts in the second half.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
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
        return week_of(item.submitted_at or self.start, start=self.start)


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


def item_id(number: int, *, seed: int) -> str:
    """Return the id of the item that came in at a place, from 1.

    Examples
    --------
    >>> item_id(42, seed=7)
    'syn-7-000042'
    """
    return f"syn-{seed}-{number:06d}"


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
    made = [_item(clip, item_id=item_id(number, seed=seed)) for number, clip in enumerate(clips, start=1)]
    truth = {item.item_id: clip.truth for item, clip in zip(made, clips, strict=True)}
    return Month(items=made, truth=truth, start=start, end=end)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    at: Sequence[datetime]
    creator: Creator
    category: str
    live: bool
    chance: float


def _clips(*, items: int, seed: int, start: datetime, end: datetime, days: int) -> Iterator[_Clip]:
    halves = {
        code: [[phrase.text for phrase in half.all] for half in language.talk.shops]
        for code, language in LANGUAGES.items()
    }
    people = creators(items=items, seed=seed, shops=halves)
    drafts = list(_drafts(people=people, items=items, seed=seed, start=start, end=end, days=days))
    expected = sum(draft.chance * len(draft.at) for draft in drafts)
    factor = VIOLATION_SHARE * items / expected
    dice = Dice(seed, "texts")
    for draft in drafts:
        yield from _filmed(draft, chance=min(draft.chance * factor, 0.9), start=start, dice=dice)


def _drafts(
    *, people: Sequence[Creator], items: int, seed: int, start: datetime, end: datetime, days: int
) -> Iterator[_Draft]:
    dice = Dice(seed, "drafts")
    moments = arrivals.moments(items, end=end, days=days, generator=dice.generator)
    active = {
        week: [person for person in people if person.since <= week]
        for week in range(1, week_of(moments[-1], start=start) + 1)
    }
    sums = {week: np.cumsum([person.activity for person in those]) for week, those in active.items()}
    left = items
    # In any order but that of time: a broadcast takes several places, and the last days must not pay for it.
    for place in dice.generator.permutation(items):
        if left == 0:
            return
        at = moments[int(place)]
        week = week_of(at, start=start)
        creator = active[week][int(np.searchsorted(sums[week], dice.throw() * sums[week][-1], side="right"))]
        live = dice.happens(creator.live_share)
        windows = min(dice.between(2, 6), left) if live else 1
        category = dice.weighted(creator.categories, (0.7, 0.2, 0.1)[: len(creator.categories)])
        mood = (3.4 if dice.happens(0.2) else 0.4) if live else 1.0
        yield _Draft(
            at=[min(at + (window + 1) * WINDOW, end - timedelta(seconds=1)) for window in range(windows)]
            if live
            else [at],
            creator=creator,
            category=category,
            live=live,
            chance=creator.breach_rate * _RISKY.get(category, 0.6) * mood,
        )
        left -= windows


_RISKY: Final = {"health_food": 2.6, "cosmetics": 1.7, "fashion": 1.0}


def _filmed(draft: _Draft, *, chance: float, start: datetime, dice: Dice) -> Iterator[_Clip]:
    creator = draft.creator
    script = Script(
        creator=creator, category=draft.category, week=week_of(draft.at[0], start=start), dice=dice
    )
    front = script.front(live=draft.live)
    stream = f"live-{dice.between(0, 16**9):09x}"
    reach = creator.audience * float(np.exp(dice.generator.normal(0.0, 1.0)))
    views = None if dice.happens(0.02) else float(round(reach))
    for window, at in enumerate(draft.at):
        truth = break_rules(creator=creator, category=draft.category, chance=chance, dice=dice)
        texts = script.joined(
            {**front, **script.back(live=draft.live)}, script.said_about(truth), segment=draft.live
        )
        if draft.live:
            begins = window * int(WINDOW.total_seconds() * 1000)
            ends = begins + int(WINDOW.total_seconds() * 1000)
            place = {"stream_id": stream, "window_start_ms": begins, "window_end_ms": ends}
            content = {**texts, "duration_s": WINDOW.total_seconds(), **place}
        else:
            seconds = float(np.exp(dice.generator.normal(3.8, 0.6)))
            content = {**texts, "duration_s": round(min(max(seconds, 8.0), 600.0), 1)}
        yield _Clip(
            at=at, creator=creator, category=draft.category, content=content, truth=truth, views=views
        )


def _item(clip: _Clip, *, item_id: str) -> Item:
    live = "stream_id" in clip.content
    return Item(
        item_id=item_id,
        item_type=ItemType.LIVE_SEGMENT if live else ItemType.VIDEO,
        creator_id=clip.creator.creator_id,
        language=clip.creator.language,
        category=clip.category,
        submitted_at=clip.at,
        data=clip.content,
        expected_views=clip.views,
        source=SOURCE,
    )
