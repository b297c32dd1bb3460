"""Which stretch of a text speaks for a violation: n-grams give their weight to the letters they cover."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.models.grams import Counter, grams_of

_WORD: Final = re.compile(r"\S+")
_LONGEST: Final = 24
"""Letters of an excerpt before it is widened to whole words."""
_WHOLE_WORD: Final = 16
"""A longer word is a sentence in a script without blanks; it is cut."""


def heat(text: str, counter: Counter, worth: Mapping[int, float]) -> tuple[str, NDArray[np.float64]]:
    """Return the text and how much each of its letters weighs.

    Parameters
    ----------
    worth
        What each column of the counter adds to the log odds, over all places where its n-gram stands.
    """
    places: dict[int, list[tuple[int, int]]] = {}
    for match in _WORD.finditer(text):
        for start, gram in grams_of(f" {match.group()} ", counter.longest):
            column = counter.columns.get(gram)
            if column is not None and column in worth:
                first = match.start() + max(start - 1, 0)
                last = min(match.start() + start - 1 + len(gram), match.end())
                places.setdefault(column, []).append((first, max(last, first + 1)))
    letters = np.zeros(len(text))
    for column, stretches in places.items():
        share = worth[column] / len(stretches)
        for first, last in stretches:
            letters[first:last] += share / (last - first)
    return text, letters


def hottest(heated: tuple[str, NDArray[np.float64]]) -> tuple[int, int, float] | None:
    """Return start, end and weight of the heaviest stretch; None where nothing speaks for a violation."""
    text, letters = heated
    if not text:
        return None
    sums = np.append(0.0, np.cumsum(letters))
    first, last, most = 0, 0, 0.0
    for end in range(1, len(sums)):
        begin = max(0, end - _LONGEST)
        start = begin + int(np.argmin(sums[begin:end]))
        if sums[end] - sums[start] > most + 1e-9:
            first, last, most = start, end, float(sums[end] - sums[start])
    if most <= 0:
        return None
    for match in _WORD.finditer(text):
        if match.end() - match.start() <= _WHOLE_WORD:
            if match.start() < first < match.end():
                first = match.start()
            if match.start() < last < match.end():
                last = match.end()
    return first, last, float(sums[last] - sums[first])
