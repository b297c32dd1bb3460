"""Chance that can be repeated: every stream is named by what it is for."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Final, TypeVar

import numpy as np

_T = TypeVar("_T")
_BLOCK: Final = 4096


def seed_of(*name: object) -> int:
    """Return a number of 64 bits that depends on the whole name and on nothing else.

    Examples
    --------
    >>> seed_of(7, "texts") == seed_of(7, "texts") != seed_of(8, "texts")
    True
    """
    text = "\0".join(map(str, name))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def uniform(*name: object) -> float:
    """Return the one number in [0, 1) of a name: for decisions that must not depend on their order."""
    return (seed_of(*name) >> 11) / 2**53


class Dice:
    """A stream of chance. The same name throws the same numbers in the same order.

    Examples
    --------
    >>> Dice(7, "texts").pick("abcdef") == Dice(7, "texts").pick("abcdef")
    True
    """

    def __init__(self, *name: object) -> None:
        self.generator = np.random.default_rng(seed_of(*name))
        """For whole arrays."""
        self._block: list[float] = []

    def throw(self) -> float:
        """Return a number in [0, 1)."""
        # One call of numpy for thousands of throws: texts need about a hundred an item.
        if not self._block:
            self._block = self.generator.random(_BLOCK).tolist()
        return self._block.pop()

    def happens(self, chance: float) -> bool:
        """Return True with this chance."""
        return self.throw() < chance

    def pick(self, options: Sequence[_T]) -> _T:
        """Return one of the options, each as likely as the others."""
        return options[int(self.throw() * len(options))]

    def weighted(self, options: Sequence[_T], weights: Sequence[float]) -> _T:
        """Return one of the options, in proportion to its weight."""
        sums = list(accumulate(weights))
        return options[min(bisect_right(sums, self.throw() * sums[-1]), len(options) - 1)]

    def between(self, low: int, high: int) -> int:
        """Return a whole number from low to high, both included."""
        return low + int(self.throw() * (high - low + 1))

    def some(self, options: Sequence[_T], count: int) -> list[_T]:
        """Return some of the options, none of them twice."""
        left = list(dict.fromkeys(options))
        return [left.pop(int(self.throw() * len(left))) for _ in range(min(count, len(left)))]
