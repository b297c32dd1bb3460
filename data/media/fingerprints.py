"""
Is this file, or this picture, known? SHA-256 for the same bytes, PDQ for the same look.

Lists of PDQ hashes are what platforms exchange, so a list from elsewhere can be used as it is.
Whole videos are compared in `data.media.known`.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from data.media.pdq import BITS, bits_of

SAME_PICTURE: Final = 31
"""Bits that two hashes of one picture may differ in, as PDQ's authors advise. Unrelated pictures differ in
128 on average; by chance alone one pair in 10**36 would come this near, look-alikes do."""
GOOD_QUALITY: Final = 50
"""PDQ's own quality, 0 to 100: below, a picture has too little in it (black, one colour) to be told apart."""

Hashes = npt.NDArray[np.uint64]
"""Packed hashes, four numbers a row."""
_BLOCK: Final = 2**16  # known hashes looked at together: they stay in the processor's cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A hash that was asked about, the place of a known one, and the bits in which they differ."""

    asked: int
    known: int
    distance: int


def sha256(source: io.FileIO) -> str:
    """Return the SHA-256 of a file from its beginning, as 64 hexadecimal digits; read piece by piece."""
    source.seek(0)
    return hashlib.file_digest(source, "sha256").hexdigest()


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of the file at a path."""
    with io.FileIO(path) as source:
        return sha256(source)


def hashes_of(frames: npt.NDArray[np.uint8]) -> tuple[Hashes, npt.NDArray[np.uint8]]:
    """Return the packed PDQ hash and the quality (0 to 100) of every frame of an (n, h, w, 3) array.

    Examples
    --------
    >>> hashes, quality = hashes_of(np.zeros((2, 64, 64, 3), dtype=np.uint8))
    >>> hashes.shape, quality.tolist()
    ((2, 4), [0, 0])
    """
    bits, quality = bits_of(frames)
    return pack(bits), quality


def pack(bits: npt.NDArray[np.uint8]) -> Hashes:
    """Return rows of 256 zeros and ones as four numbers each.

    Examples
    --------
    >>> bool((unpack(pack(np.eye(2, 256, dtype=np.uint8))) == np.eye(2, 256)).all())
    True
    """
    if bits.ndim != 2 or bits.shape[1] != BITS:
        raise ValueError(f"bits must be (n, {BITS}); got {bits.shape!r}.")
    return np.packbits(bits, axis=1).view(np.uint64).reshape(-1, BITS // 64)


def unpack(hashes: Hashes) -> npt.NDArray[np.uint8]:
    """Return packed hashes as rows of 256 zeros and ones."""
    return np.unpackbits(np.ascontiguousarray(hashes).view(np.uint8).reshape(-1, BITS // 8), axis=1)


def to_text(hashes: Hashes) -> list[str]:
    """Return each hash as 64 hexadecimal digits, the form in which PDQ lists are exchanged."""
    return [row.tobytes().hex() for row in np.ascontiguousarray(hashes)]


def from_text(texts: list[str]) -> Hashes:
    """Return hashes that were written as 64 hexadecimal digits.

    Examples
    --------
    >>> to_text(from_text(["f0" * 32]))[0] == "f0" * 32
    True
    """
    for text in texts:
        if len(text) != BITS // 4:
            raise ValueError(f"texts must be of {BITS // 4} hexadecimal digits; got {text[:80]!r}.")
    return np.frombuffer(bytes.fromhex("".join(texts)), dtype=np.uint64).reshape(-1, BITS // 64)


def find(asked: Hashes, known: Hashes, *, within: int = SAME_PICTURE) -> list[Match]:
    """Return every pair of an asked and a known hash that differ in at most ``within`` bits.

    Every known hash is compared; a million of them take some milliseconds each time one is asked for.

    Returns
    -------
    list of Match
        By asked hash, the nearest first.

    Examples
    --------
    >>> known = pack(np.eye(3, 256, dtype=np.uint8))
    >>> [(match.known, match.distance) for match in find(known[:1], known, within=1)]
    [(0, 0)]
    """
    if not 0 <= within < BITS:
        raise ValueError(f"within must be 0 to {BITS - 1}; got {within!r}.")
    found = []
    for begin in range(0, len(known), _BLOCK):
        columns = np.ascontiguousarray(known[begin : begin + _BLOCK].T)
        for number, row in enumerate(asked):
            near, distances = _near(row, columns, within)
            found += [
                Match(asked=number, known=begin + int(place), distance=int(distance))
                for place, distance in zip(near, distances, strict=True)
            ]
    return sorted(found, key=lambda match: (match.asked, match.distance, match.known))


def _near(row: Hashes, columns: Hashes, within: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.uint8]]:
    # After half of the bits nearly every unrelated hash is out already (64 differ on average).
    half = np.bitwise_count(columns[0] ^ row[0]) + np.bitwise_count(columns[1] ^ row[1])
    left = np.flatnonzero(half <= within)
    rest = columns[:, left]
    more = np.bitwise_count(rest[2] ^ row[2]).astype(np.uint16) + np.bitwise_count(rest[3] ^ row[3])
    distances = half[left] + more
    near = distances <= within
    return left[near], distances[near]
