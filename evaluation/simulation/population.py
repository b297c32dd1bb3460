"""Who sells: many small and honest, few large, and a handful that break rules again and again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from evaluation.simulation.dice import Dice

CATEGORIES: Final[Mapping[str, float]] = MappingProxyType(
    {
        "fashion": 0.20,
        "cosmetics": 0.17,
        "food": 0.14,
        "health_food": 0.12,
        "electronics": 0.11,
        "living": 0.09,
        "kids": 0.06,
        "sports": 0.05,
        "pets": 0.03,
        "collectibles": 0.03,
    }
)
"""Share of the creators who mainly sell each category."""

KOREAN_SHARE: Final = 0.8
ITEMS_A_CREATOR: Final = 11
"""Items of a month over creators: most have fewer, a few have hundreds."""

WAVE_WEEK: Final = 3
"""In this week new accounts come that lure people off the platform."""

_WAVE_SHARE: Final = 0.015
_LEVELS: Final = (("honest", 0.80, 0.003), ("careless", 0.155, 0.03), ("offender", 0.045, 0.22))


@dataclass(frozen=True, slots=True, kw_only=True)
class Creator:
    """A seller, with habits that show in every item."""

    creator_id: str
    language: str
    shop: str
    categories: Sequence[str]
    """What is sold, the main category first."""
    activity: float
    """Items in proportion to those of others."""
    audience: float
    """Views an item can expect."""
    breach_rate: float
    """Share of the items that break a policy, before the month's overall rate is set."""
    favourite: float
    """Which of the fitting policies is broken most, as a place in [0, 1)."""
    cunning: float
    """Chance that a telling word is disguised."""
    careful: float
    """Chance that an honest item carries a notice or a warning that sounds like a breach."""
    sloppy: float
    """Chance of a slip in each sentence."""
    lively: float
    """Chance of emoji and exclamation marks."""
    live_share: float
    """Share of broadcasts among what is made."""
    since: int = 1
    """The first week in which anything is made."""
    wave: bool = False
    """One of the accounts of the scam wave."""


def creators(*, items: int, seed: int, shops: Mapping[str, Sequence[Sequence[str]]]) -> list[Creator]:
    """Return the creators of a month.

    Parameters
    ----------
    items : int
        How many items the month will have.
    seed : int
        The same seed makes the same people.
    shops : mapping of str to two sequences
        First and second halves of shop names, by language.
    """
    dice = Dice(seed, "creators")
    count = max(40, items // ITEMS_A_CREATOR)
    late = max(2, round(count * _WAVE_SHARE))
    # Pareto sizes, cut so that no single seller is a tenth of everything.
    activity = np.minimum(dice.generator.pareto(1.3, count) + 0.3, 40.0)
    audience = np.exp(dice.generator.normal(7.2, 1.5, count)) * (1 + activity) ** 0.4
    return [
        _creator(
            number=number,
            activity=float(activity[number]),
            audience=float(audience[number]),
            shops=shops,
            wave=number >= count - late,
            dice=dice,
        )
        for number in range(count)
    ]


def _creator(
    *,
    number: int,
    activity: float,
    audience: float,
    shops: Mapping[str, Sequence[Sequence[str]]],
    wave: bool,
    dice: Dice,
) -> Creator:
    language = "ko" if dice.happens(KOREAN_SHARE) else "en"
    level, _, rate = dice.weighted(_LEVELS, [share for _, share, _ in _LEVELS])
    guilty = level == "offender" or wave
    main = dice.weighted(tuple(CATEGORIES), tuple(CATEGORIES.values()))
    others = [name for name in CATEGORIES if name != main]
    return Creator(
        creator_id=f"seller-{number:04d}",
        language=language,
        shop=(" " if language == "en" else "").join(dice.pick(half) for half in shops[language]),
        categories=(main, *dice.some(others, dice.between(0, 2))),
        activity=2.0 + 3.0 * dice.throw() if wave else activity,
        audience=audience,
        breach_rate=0.3 if wave else rate * (0.3 + 1.4 * dice.throw()),
        favourite=dice.throw(),
        cunning=0.05 + 0.45 * dice.throw() if guilty else 0.05,
        careful=0.18 * dice.throw(),
        sloppy=0.25 * dice.throw() ** 2,
        lively=dice.throw() ** 2,
        live_share=0.25 * dice.throw() ** 2,
        since=dice.between(WAVE_WEEK, 4) if wave else 1 if dice.happens(0.9) else dice.between(2, 4),
        wave=wave,
    )
