"""
How phrases are written down.

One line is one phrase. ``{p}`` is a slot; in Korean ``{p|을}`` adds the particle that fits what was put in.
``[term]`` marks the word that a filter would look for, and that a seller may disguise. ``@3`` at the end
means "not said before week 3".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Phrase:
    """One phrase with its slots, and the week from which on it is said."""

    text: str
    since: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Phrases:
    """A list of phrases. Two lists are never equal: a list is looked up often, and by what it is."""

    all: tuple[Phrase, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """What is said around one policy, by those who break it and by those who do not."""

    plain: Phrases
    """Nobody who reads it can doubt."""
    veiled: Phrases
    """Hints that are sometimes harmless."""
    honest: Phrases
    """Sounds alike, breaks nothing: required notices, warnings, quotations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """One product category: what is sold, what it is praised for, what it costs."""

    names: Phrases
    features: Phrases
    lines: Phrases
    """What an honest seller of this category says."""
    tags: Phrases
    usual_price: float
    """In thousand won."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """What every seller says, whatever the category, and what fills the slots."""

    titles: Phrases
    live_titles: Phrases
    chatter: Phrases
    """Spoken lines of a broadcast."""
    descriptions: Phrases
    captions: Phrases
    """Text on the screen."""
    tags: Phrases
    fillers: Phrases
    """Sounds between the words of a transcript."""
    shops: tuple[Phrases, Phrases]
    """First and second halves of shop names."""
    slots: Mapping[str, Phrases]


def lines(text: str) -> Phrases:
    r"""Return one phrase a line.

    Examples
    --------
    >>> [(phrase.text, phrase.since) for phrase in lines("[완치]됐어요\n 품절 임박 @3").all]
    [('[완치]됐어요', 1), ('품절 임박', 3)]
    """
    return Phrases(tuple(_phrase(line.strip()) for line in text.splitlines() if line.strip()))


def words(text: str) -> Phrases:
    """Return one phrase for every word between slashes.

    Examples
    --------
    >>> [phrase.text for phrase in words("홍삼 스틱 / 루테인").all]
    ['홍삼 스틱', '루테인']
    """
    return Phrases(tuple(_phrase(word) for part in text.split("/") if (word := " ".join(part.split()))))


@cache
def said_in(phrases: Phrases, week: int) -> tuple[str, ...]:
    """Return what is said in a week; what is new is said more often than what is old.

    Examples
    --------
    >>> goods = words("old / new @3")
    >>> said_in(goods, 2), said_in(goods, 3)
    (('old',), ('old', 'new', 'new', 'new'))
    """
    return tuple(
        phrase.text
        for phrase in phrases.all
        if phrase.since <= week
        for _ in range(3 if phrase.since > 1 and week - phrase.since < 2 else 1)
    )


def _phrase(line: str) -> Phrase:
    text, mark, week = line.rpartition(" @")
    return Phrase(text, int(week)) if mark and week.isdigit() else Phrase(line)
