"""What fills the slots of a phrase: the goods, the prices and the names of one item."""

from __future__ import annotations

import re
from functools import cache
from typing import Final, NamedTuple

from evaluation.simulation.dice import Dice
from evaluation.simulation.disguise import disguised
from evaluation.simulation.hangul import with_particle
from evaluation.simulation.languages import Language
from evaluation.simulation.phrases.forms import said_in

_TERM: Final = re.compile(r"\[([^\]]*)\]")
_SLOT: Final = re.compile(r"\{(\w+)(?:\|(\w+))?\}")
_NICKNAMES: Final = (
    "happy",
    "luv",
    "moon",
    "star",
    "mina",
    "joon",
    "sol",
    "bebe",
    "dal",
    "kkum",
    "zero",
    "haru",
    "nari",
)
_NUMBERS: Final = {"n": (2, 9, 1), "n2": (2, 9, 1), "k": (14, 19, 10), "pct": (1, 8, 5), "high": (14, 19, 5)}


class _Part(NamedTuple):
    text: str
    slot: str = ""
    particle: str = ""
    term: int = -1
    """Which term of the phrase the part belongs to; -1: none."""


class Scene:
    """One item's world. The same product, price and shop stand in all of its texts."""

    def __init__(self, *, language: Language, category: str, shop: str, week: int, dice: Dice) -> None:
        self._language, self._week, self._dice = language, week, dice
        goods = language.goods[category]
        names = said_in(goods.names, week)
        # What is in fashion moves on: every week another stretch of the list leads.
        lead = int(dice.throw() ** 2 * len(names))
        product = names[(lead + 3 * week) % len(names)]
        others = [name for name in names if name != product]
        price = goods.usual_price * 2 ** (2 * dice.throw() - 1)
        self._said = {
            "p": product,
            "p2": dice.pick(others),
            "m": dice.pick(said_in(goods.features, week)),
            "shop": shop,
        }
        self._said |= {"won": self._price(price), "was": self._price(price * (1.15 + 0.5 * dice.throw()))}
        self._said["big"] = self._price(price * dice.between(4, 12)).removesuffix("원")

    def write(self, phrase: str, *, disguise: float = 0.0) -> str:
        """Return a phrase with its slots filled; each of its terms is disguised with the given chance."""
        parts = _parts(phrase)
        written = [part.text or self._fill(part.slot, part.particle) for part in parts]
        if disguise == 0:
            return "".join(written)
        pieces: list[str] = []
        at = 0
        while at < len(parts):
            term, end = parts[at].term, at + 1
            while end < len(parts) and parts[end].term == term:
                end += 1
            piece = "".join(written[at:end])
            pieces.append(
                disguised(piece, self._dice) if term >= 0 and self._dice.happens(disguise) else piece
            )
            at = end
        return "".join(pieces)

    def _fill(self, slot: str, particle: str) -> str:
        word = self._said.get(slot) or self._made_up(slot)
        return with_particle(word, particle) if particle else word

    def _made_up(self, slot: str) -> str:
        dice = self._dice
        if slot in _NUMBERS:
            low, high, unit = _NUMBERS[slot]
            return str(dice.between(low, high) * unit)
        if slot == "id":
            return f"{dice.pick(_NICKNAMES)}{dice.pick(('_', '', '.'))}{dice.between(10, 9999)}"
        if slot == "code":
            return f"{dice.pick(_NICKNAMES).upper()}{dice.between(5, 30)}"
        return dice.pick(said_in(self._language.talk.slots[slot], self._week))

    def _price(self, thousands: float) -> str:
        rounded = max(1, round(thousands)) * 1000 - self._dice.pick((0, 100, 100, 200))
        if self._language.code == "ko":
            return f"{rounded:,}원" if self._dice.happens(0.8) else f"{rounded}원"
        return (
            f"${rounded / 1300:.2f}"
            if self._dice.happens(0.7)
            else f"{max(1, round(rounded / 1300))} dollars"
        )


@cache
def _parts(phrase: str) -> tuple[_Part, ...]:
    found: list[_Part] = []
    for place, stretch in enumerate(_TERM.split(phrase)):
        term = place // 2 if place % 2 else -1
        at = 0
        for slot in _SLOT.finditer(stretch):
            if slot.start() > at:
                found.append(_Part(stretch[at : slot.start()], term=term))
            found.append(_Part("", slot[1], slot[2] or "", term))
            at = slot.end()
        if at < len(stretch):
            found.append(_Part(stretch[at:], term=term))
    return tuple(found)
