"""How sellers hide a word from filters, and how people mistype."""

from __future__ import annotations

from typing import Final

from evaluation.simulation.dice import Dice
from evaluation.simulation.hangul import apart, initial, is_syllable

_SIGNS: Final = ("*", ".", "·", "_", "^", "~", "/")
_EMOJI: Final = ("💊", "✨", "🔥", "❤️", "👀", "💸", "🙊", "⭐")
_LOOK_ALIKE: Final = str.maketrans(
    {"0": "O", "1": "l", "5": "S", "O": "0", "l": "1", "대": "머", "귀": "커", "이": "ㅇl"}
)
_LEET: Final = str.maketrans({"a": "4", "e": "3", "i": "1", "o": "0", "s": "5", "t": "7"})
_SLIPS: Final = (
    ("돼", "되"), ("됐", "됬"), ("에요", "예요"), ("예요", "에요"), ("던", "든"), ("없어", "업어"),
    ("괜찮", "괜찬"), ("할게요", "할께요"), ("드릴게요", "드릴께요"), ("the ", "teh "),
    ("you ", "u "), ("your", "ur"),    ("please", "pls"), ("it is", "its"), ("and ", "& "),
)  # fmt: skip


def disguised(term: str, dice: Dice) -> str:
    """Return a term as somebody writes it who expects a filter.

    Examples
    --------
    >>> [disguised("완치", Dice("example", stream)) for stream in (0, 2, 3, 4)]
    ['완💊치', 'ㅇㅊ', '완 치', '완ㅊㅣ']
    """
    korean = any(map(is_syllable, term))
    manner = dice.between(0, 5)
    if manner == 0:
        return " ".join(term.replace(" ", ""))
    if manner in {1, 2}:
        cut = dice.between(1, max(1, len(term) - 1))
        return term[:cut] + dice.pick(_SIGNS if manner == 1 else _EMOJI) + term[cut:]
    if not korean:
        return term.translate(_LEET)
    if manner == 3:
        place = dice.pick([place for place, letter in enumerate(term) if is_syllable(letter)])
        return term[:place] + apart(term[place]) + term[place + 1 :]
    if manner == 4:
        return "".join(map(initial, term))
    swapped = term.translate(_LOOK_ALIKE)
    return swapped if swapped != term else "".join(map(apart, term))


def mistyped(text: str, dice: Dice) -> str:
    """Return a text with one slip of somebody in a hurry: a wrong letter, a lost space, a doubled letter."""
    slips = [pair for pair in _SLIPS if pair[0] in text]
    if slips and dice.happens(0.5):
        wrong = dice.pick(slips)
        return text.replace(wrong[0], wrong[1], 1)
    spaces = [place for place, letter in enumerate(text) if letter == " "]
    if spaces and dice.happens(0.85):
        place = dice.pick(spaces)
        return text[:place] + text[place + 1 :]
    place = dice.between(0, max(0, len(text) - 1))
    return text[: place + 1] + text[place : place + 1] + text[place + 1 :]
