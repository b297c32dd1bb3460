"""Which items break a policy, which policy, and how much of it can be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import numpy as np

from evaluation.simulation.dice import Dice
from evaluation.simulation.population import Creator

VIOLATION_SHARE: Final = 0.02
SECOND_POLICY_SHARE: Final = 0.12


class Sign(StrEnum):
    """How much of a breach stands in the texts."""

    PLAIN = "plain"
    VEILED = "veiled"
    HIDDEN = "hidden"
    """Only the picture shows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What is true of an item, whether or not anybody ever looks."""

    policies: tuple[str, ...] = ()
    sign: Sign | None = None

    @property
    def violation(self) -> bool:
        """Whether the item breaks any policy."""
        return bool(self.policies)


CLEAN: Final = Truth()

_EVERYWHERE: Final = MappingProxyType({"*": 1.0})

POLICIES: Final[Mapping[str, tuple[float, Mapping[str, float]]]] = MappingProxyType(
    {
        "health_claim": (8.0, {"health_food": 1.0, "food": 0.1}),
        "cosmetics_as_medicine": (5.0, {"cosmetics": 1.0}),
        "misleading_price": (1.5, _EVERYWHERE),
        "counterfeit": (3.2, {"fashion": 1.0, "collectibles": 0.5, "electronics": 0.12}),
        "prohibited_goods": (0.45, {"*": 0.6, "health_food": 1.5, "pets": 1.5, "living": 1.0}),
        "off_platform": (1.1, _EVERYWHERE),
        "undisclosed_ad": (0.8, {"*": 0.5, "cosmetics": 1.5, "fashion": 1.0}),
        "sexual": (0.25, {"*": 0.2, "fashion": 1.6, "cosmetics": 0.8}),
        "violence": (0.15, {"*": 0.4, "pets": 2.0, "sports": 2.0, "living": 1.0}),
        "hate_harassment": (0.22, _EVERYWHERE),
        "minors": (0.14, {"*": 0.3, "kids": 4.0, "collectibles": 1.5}),
        "copyright": (0.5, {"*": 0.2, "collectibles": 5.0, "kids": 2.5, "living": 0.8}),
        "low_quality": (0.45, _EVERYWHERE),
    }
)
"""How usual each policy is broken, and in which categories (``*``: all others)."""

_HIDDEN: Final = MappingProxyType(
    {
        "sexual": 0.40, "violence": 0.35, "copyright": 0.35, "counterfeit": 0.20, "minors": 0.20,
        "low_quality": 0.20, "undisclosed_ad": 0.20, "prohibited_goods": 0.15,
    }
)  # fmt: skip
_USUALLY_HIDDEN: Final = 0.08
_PLAIN_OF_READABLE: Final = 0.70


def break_rules(*, creator: Creator, category: str, chance: float, dice: Dice) -> Truth:
    """Return what is true of one item of a creator.

    Parameters
    ----------
    creator : Creator
        Offenders have a policy they break again and again.
    category : str
        Only what fits it can be broken.
    chance : float
        The chance that anything is.
    dice : Dice
        The stream to throw.
    """
    if not dice.happens(chance):
        return CLEAN
    weights = _weights(creator, category)
    policy = dice.weighted(tuple(weights), tuple(weights.values()))
    policies = [policy]
    if dice.happens(SECOND_POLICY_SHARE):
        others = {name: weight for name, weight in weights.items() if name != policy}
        policies.append(dice.weighted(tuple(others), tuple(others.values())))
    if dice.happens(_HIDDEN.get(policy, _USUALLY_HIDDEN)):
        sign = Sign.HIDDEN
    else:
        sign = Sign.PLAIN if dice.happens(_PLAIN_OF_READABLE) else Sign.VEILED
    return Truth(policies=tuple(policies), sign=sign)


def _weights(creator: Creator, category: str) -> dict[str, float]:
    weights = {
        name: usual * where.get(category, where.get("*", 0.0)) for name, (usual, where) in POLICIES.items()
    }
    weights = {name: weight for name, weight in weights.items() if weight > 0}
    favourite = np.searchsorted(np.cumsum([*weights.values()]), creator.favourite * sum(weights.values()))
    weights[list(weights)[int(favourite)]] *= 3.0
    if creator.wave:
        weights["off_platform"] = 4.0 * sum(weights.values())
    return weights
