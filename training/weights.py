"""
What a reviewed item weighs: 1/chance, tempered while learning, in full wherever it is averaged. Pure.

Labels are missing by design given the score, so an unweighted model of the label is not misled; full
weights only make it noisy, because a few items of small chance outvote the rest. What is averaged over
the population (calibration, metrics) is wrong without them.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Tempering = Literal["none", "sqrt", "full"]

LARGEST = 20.0
"""While learning, no item weighs more than this many times the lightest one."""


def design(chances: ArrayLike) -> Floats:
    """Return 1/chance: how many items of the population a reviewed item stands for.

    Examples
    --------
    >>> design([1.0, 0.02]).tolist()
    [1.0, 50.0]
    """
    chances = np.asarray(chances, dtype=np.float64)
    if not ((chances > 0) & (chances <= 1)).all():
        raise ValueError("chances must be in (0, 1].")
    return np.asarray(1.0 / chances, dtype=np.float64)


def learning(chances: ArrayLike, tempering: Tempering) -> Floats:
    """Return what each item weighs while learning: tempered, clipped, 1 on average.

    Examples
    --------
    >>> learning([1.0, 1.0, 0.04, 0.04], "sqrt").round(3).tolist()
    [0.333, 0.333, 1.667, 1.667]
    """
    full = design(chances)
    power = {"none": 0.0, "sqrt": 0.5, "full": 1.0}[tempering]
    tempered = np.minimum((full / full.min()) ** power, LARGEST)
    return np.asarray(tempered / tempered.mean(), dtype=np.float64)
