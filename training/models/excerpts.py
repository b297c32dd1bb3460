"""Which stretch of a text speaks for a violation: n-grams give their weight to the letters they cover."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

_LETTERS: Final = 24
"""Letters of an excerpt before it is widened to whole words."""
_WHOLE_WORD: Final = 16
"""A longer word is a sentence in a script without blanks; it is cut."""


def excerpt(text: str, worth: Mapping[str, float]) -> tuple[str, float] | None:
    """Return the heaviest stretch of a text and its weight; None where nothing in it weighs.

    Parameters
    ----------
    worth
        What each n-gram of the lower-cased text adds to the log odds, over all places where it stands;
        above 0 only.

    Examples
    --------
    >>> excerpt("오늘만 당뇨  완치 홍삼", {"완치": 1.0, " 완치": 0.5, "당뇨": 0.25})
    ('당뇨 완치', 1.75)
    """
    shown = f" {' '.join(text.split())} "
    searched = shown.lower()
    if len(searched) != len(shown):  # a few letters of some alphabets grow when they are lowered
        shown = searched
    letters = np.zeros(len(shown))
    for gram, weight in worth.items():
        places = _places(searched, gram)
        for place in places:
            letters[place : place + len(gram)] += weight / len(places) / len(gram)
    if not letters.any():
        return None
    sums = np.append(0.0, np.cumsum(letters))
    width = min(_LETTERS, len(shown))
    start = int(np.argmax(sums[width:] - sums[:-width]))
    weighty = start + np.flatnonzero(letters[start : start + width])
    first, last = _widened(shown, int(weighty[0]), int(weighty[-1]) + 1)
    return shown[first:last].strip(), round(float(sums[last] - sums[first]), 6)


def _places(text: str, gram: str) -> list[int]:
    found, place = [], text.find(gram)
    while place >= 0:
        found.append(place)
        place = text.find(gram, place + 1)
    return found


def _widened(text: str, first: int, last: int) -> tuple[int, int]:
    # To whole words at both ends, unless that adds a sentence.
    start = text.rfind(" ", 0, first + 1) + 1
    end = text.find(" ", last - 1)
    end = len(text) if end < 0 else end
    return (
        start if first - start <= _WHOLE_WORD else first,
        end if 0 <= end - last <= _WHOLE_WORD else last,
    )
