"""
Whether a name stands in a table twice, without holding all names.

Every name is hashed to 64 bits and the hashes are sorted. Equal hashes need not be equal names, so the names
behind them are compared one by one when the table is read again; that no good table is refused is certain.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data.sample_files.columns import is_text

Hashes = NDArray[np.uint64]

_ODD: Final = np.uint64(0x9E3779B97F4A7C15)
_FOLD: Final = np.uint64(32)
_HALF: Final = np.uint64(29)
_FIRST_BYTES: Final = np.array([(1 << 8 * count) - 1 for count in range(9)], dtype=np.uint64)
"""Masks that keep the first bytes of a word."""

_AT_ONCE: Final = 10_000
"""Repeated hashes whose names are compared in one reading, so that memory stays small."""
