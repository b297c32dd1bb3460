"""Counts the character n-grams inside words, padded with a blank on both sides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from scipy.sparse import csr_array, vstack

_REMEMBERED: Final = 200_000
_AT_ONCE: Final = 2_000


def grams_of(word: str, longest: int) -> Iterator[tuple[int, str]]:
    """Yield the n-grams of a padded word with their places. A word shorter than n counts once.

    Examples
    --------
    >>> [gram for _, gram in grams_of(" 특가 ", 3)]
    [' ', '특', '가', ' ', ' 특', '특가', '가 ', ' 특가', '특가 ']
    """
    for length in range(1, longest + 1):
        if len(word) <= length:
            yield 0, word
            return
        for start in range(len(word) - length + 1):
            yield start, word[start : start + length]


class Counter:
    """Turns texts into a sparse table of counts.

    Parameters
    ----------
    longest
        Longest n-gram, in characters.
    grams
        The n-grams that have a column, in order. Without it, every n-gram met gets the next column.
    """

    def __init__(self, *, longest: int, grams: Sequence[str] | None = None) -> None:
        self.longest = longest
        self.columns = {gram: column for column, gram in enumerate(grams or ())}
        self._grows = grams is None
        self._words: dict[str, list[int]] = {}

    def count(self, texts: Sequence[str]) -> csr_array:
        """Return one row of counts a text."""
        parts = [
            self._count(texts[start : start + _AT_ONCE]) for start in range(0, max(len(texts), 1), _AT_ONCE)
        ]
        # A part that was counted before the last columns were met gets them now, empty.
        shaped = [
            csr_array((part.data, part.indices, part.indptr), shape=(part.shape[0], len(self.columns)))
            for part in parts
        ]
        return csr_array(vstack(shaped, format="csr"))

    def _count(self, texts: Sequence[str]) -> csr_array:
        met: list[int] = []
        ends = [0]
        for text in texts:
            for word in text.split():
                met += self._columns_of(word)
            ends.append(len(met))
        table = csr_array(
            (
                np.ones(len(met), dtype=np.float32),
                np.array(met, dtype=np.int32),
                np.array(ends, dtype=np.int32),
            ),
            shape=(len(texts), len(self.columns)),
        )
        table.sum_duplicates()
        return table

    def _columns_of(self, word: str) -> list[int]:
        found = self._words.get(word)
        if found is None:
            if len(self._words) >= _REMEMBERED:
                self._words.clear()
            grams = (gram for _, gram in grams_of(f" {word} ", self.longest))
            if self._grows:
                found = [self.columns.setdefault(gram, len(self.columns)) for gram in grams]
            else:
                found = [self.columns[gram] for gram in grams if gram in self.columns]
            self._words[word] = found
        return found
