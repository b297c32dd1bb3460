"""What Korean letters ask for: particles that fit, syllables taken apart."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

PARTICLES: Final = MappingProxyType(
    {
        "은": ("은", "는"),
        "이": ("이", "가"),
        "을": ("을", "를"),
        "과": ("과", "와"),
        "으로": ("으로", "로"),
        "이라": ("이라", "라"),
        "이라서": ("이라서", "라서"),
        "이랑": ("이랑", "랑"),
        "이면": ("이면", "면"),
        "이고": ("이고", "고"),
        "이에요": ("이에요", "예요"),
        "도": ("도", "도"),
    }
)
"""The particle after a final consonant, and after a vowel."""

_INITIALS: Final = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS: Final = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_FINALS: Final[tuple[str, ...]] = ("", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")
_FIRST: Final = ord("가")
_LAST: Final = ord("힣")
_ENDS_IN_CONSONANT: Final = frozenset(
    "013678lmnrLMNR"
)  # as they are read aloud: 영 일 삼 육 칠 팔, 엘 엠 엔 알
_L_SOUND: Final = frozenset("178lrLR")


def with_particle(word: str, particle: str) -> str:
    """Return a word with the form of a particle that fits its last sound.

    Examples
    --------
    >>> with_particle("홍삼", "은"), with_particle("루테인", "을"), with_particle("앰플", "으로")
    ('홍삼은', '루테인을', '앰플로')
    >>> with_particle("크로스백", "이랑"), with_particle("쿠션", "이라"), with_particle("LP", "과")
    ('크로스백이랑', '쿠션이라', 'LP와')
    """
    consonant, vowel = PARTICLES[particle]
    last = next((letter for letter in reversed(word) if letter.isalnum()), "")
    if is_syllable(last):
        final = _FINALS[(ord(last) - _FIRST) % 28]
        closed, l_sound = bool(final), final == "ㄹ"
    else:
        closed, l_sound = last in _ENDS_IN_CONSONANT, last in _L_SOUND
    return word + (consonant if closed and not (particle == "으로" and l_sound) else vowel)


def is_syllable(letter: str) -> bool:
    """Return whether a letter is one full Korean syllable."""
    return len(letter) == 1 and _FIRST <= ord(letter) <= _LAST


def apart(syllable: str) -> str:
    """Return the letters of a syllable, one after the other; anything else unchanged.

    Examples
    --------
    >>> apart("완"), apart("A")
    ('ㅇㅘㄴ', 'A')
    """
    if not is_syllable(syllable):
        return syllable
    place = ord(syllable) - _FIRST
    return _INITIALS[place // 588] + _VOWELS[place % 588 // 28] + _FINALS[place % 28]


def initial(syllable: str) -> str:
    """Return the first letter of a syllable; anything else unchanged.

    Examples
    --------
    >>> initial("완")
    'ㅇ'
    """
    return _INITIALS[(ord(syllable) - _FIRST) // 588] if is_syllable(syllable) else syllable
