"""What an item says: title, description, transcript, text on screen, hashtags."""

from __future__ import annotations

from typing import Any, Final

from evaluation.simulation.breaking import Sign, Truth
from evaluation.simulation.dice import Dice
from evaluation.simulation.disguise import mistyped
from evaluation.simulation.languages import LANGUAGES
from evaluation.simulation.phrases.forms import Phrases, said_in
from evaluation.simulation.population import Creator
from evaluation.simulation.scene import Scene

_EMOJI: Final = ("✨", "💕", "🔥", "😍", "🎁", "🛒", "🙌", "💛", "👍", "❄️")
_PLACES: Final = (("transcript", 0.50), ("ocr_text", 0.20), ("title", 0.13), ("description", 0.17))
_HARMLESS_HINT: Final = 0.012
_COVER: Final = 0.15
"""Chance that a breach is covered with a notice that honest sellers use."""


class Script:
    """Writes the texts of one creator in one week."""

    def __init__(self, *, creator: Creator, category: str, week: int, dice: Dice) -> None:
        self._creator, self._category, self._week, self._dice = creator, category, week, dice
        self._language = LANGUAGES[creator.language]
        self._goods = self._language.goods[category]
        self._scene = Scene(
            language=self._language, category=category, shop=creator.shop, week=week, dice=dice
        )

    def front(self, *, live: bool) -> dict[str, Any]:
        """Return what a whole broadcast shares: title, description, hashtags."""
        dice, talk = self._dice, self._language.talk
        front: dict[str, Any] = {"title": self._one(talk.live_titles if live else talk.titles)}
        if dice.happens(0.35):
            front["title"] += " " + self._one(self._goods.features)
        if dice.happens(0.8):
            sentences = self._some(talk.descriptions, dice.between(1, 2))
            front["description"] = self._language.joint.join(map(self._written, sentences))
        tags = (*said_in(self._goods.tags, self._week), *said_in(talk.tags, self._week))
        front["hashtags"] = dice.some(tags, dice.between(0, 5))
        return front

    def back(self, *, live: bool) -> dict[str, Any]:
        """Return what one upload or one window of a broadcast says and shows."""
        dice, talk = self._dice, self._language.talk
        back: dict[str, Any] = {}
        if live or dice.happens(0.85):
            lines = [*self._some(talk.chatter, 2), *self._some(self._goods.lines, 2)]
            back["transcript"] = [self._spoken(line) for line in dice.some(lines, 4)]
        if dice.happens(0.85):
            back["ocr_text"] = [self._written(line) for line in self._some(talk.captions, dice.between(1, 3))]
        return back

    def said_about(self, truth: Truth) -> list[str]:
        """Return the sentences that have to do with a policy, honest or not."""
        dice, breaches = self._dice, self._language.breaches
        said: list[str] = []
        for policy in truth.policies if truth.sign is not Sign.HIDDEN else ():
            if truth.sign is Sign.PLAIN:
                said += map(self._told, self._pitch(breaches[policy].plain, dice.between(2, 3)))
            else:
                said += map(self._told, self._pitch(breaches[policy].veiled, dice.between(1, 2)))
        if dice.happens(_COVER if truth.violation else self._creator.careful):
            said.append(self._telling(breaches[dice.pick(self._fitting())].honest))
        if not truth.violation and dice.happens(_HARMLESS_HINT):
            said.append(self._telling(breaches[dice.pick(self._fitting())].veiled))
        return said

    def joined(self, texts: dict[str, Any], said: list[str], *, segment: bool) -> dict[str, Any]:
        """Return the texts with what was said about policies put where people put it."""
        joined = {name: list(value) if isinstance(value, list) else [value] for name, value in texts.items()}
        hashtags = joined.pop("hashtags")
        places = [
            (name, weight) for name, weight in _PLACES if not segment or name in {"transcript", "ocr_text"}
        ]
        for sentence in said:
            name = self._dice.weighted([name for name, _ in places], [weight for _, weight in places])
            stretch = joined.setdefault(name, [])
            if name == "title":
                joined[name] = [sentence]
            else:
                stretch.insert(self._dice.between(0, len(stretch)), sentence)
        result: dict[str, Any] = {
            name: (" " if name == "ocr_text" else self._language.joint).join(value)
            for name, value in joined.items()
        }
        return {**result, "hashtags": hashtags}

    def _fitting(self) -> list[str]:
        # What a seller of this category is asked about; price and payment concern everybody.
        usual = ["misleading_price", "off_platform", "undisclosed_ad", "low_quality"]
        own = {
            "health_food": ["health_claim"] * 5 + ["prohibited_goods"],
            "food": ["health_claim"],
            "pets": ["violence", "prohibited_goods"],
            "cosmetics": ["cosmetics_as_medicine"] * 5 + ["undisclosed_ad"],
            "fashion": ["counterfeit"] * 3 + ["sexual"],
            "collectibles": ["counterfeit", "copyright", "minors"],
            "kids": ["minors", "copyright"],
            "sports": ["violence"],
            "living": ["violence", "prohibited_goods"],
            "electronics": ["counterfeit", "copyright"],
        }
        return usual + ["hate_harassment"] * self._dice.happens(0.3) + own[self._category]

    def _some(self, phrases: Phrases, count: int) -> list[str]:
        return self._dice.some(said_in(phrases, self._week), count)

    def _pitch(self, phrases: Phrases, count: int) -> list[str]:
        # Some pitches are heard everywhere and most of them now and then.
        said = said_in(phrases, self._week)
        return list(dict.fromkeys(said[int(self._dice.throw() ** 1.6 * len(said))] for _ in range(count)))

    def _telling(self, phrases: Phrases) -> str:
        return self._told(self._dice.pick(said_in(phrases, self._week)))

    def _told(self, phrase: str) -> str:
        return self._finished(self._scene.write(phrase, disguise=self._creator.cunning))

    def _one(self, phrases: Phrases) -> str:
        return self._written(self._dice.pick(said_in(phrases, self._week)))

    def _written(self, phrase: str) -> str:
        return self._finished(self._scene.write(phrase))

    def _spoken(self, phrase: str) -> str:
        line = self._scene.write(phrase)
        if self._dice.happens(0.3):
            line = f"{self._dice.pick(said_in(self._language.talk.fillers, self._week))} {line}"
        return mistyped(line, self._dice) if self._dice.happens(self._creator.sloppy) else line

    def _finished(self, text: str) -> str:
        dice = self._dice
        if dice.happens(self._creator.sloppy):
            text = mistyped(text, dice)
        if dice.happens(self._creator.lively * 0.5):
            text += dice.pick(
                ("!", "!!", "~", " ㅎㅎ", "^^") if self._language.code == "ko" else ("!", "!!", " :)")
            )
        if dice.happens(self._creator.lively * 0.3):
            text += " " + dice.pick(_EMOJI)
        return text
