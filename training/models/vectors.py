"""Vectors that were computed once, found again by the digest of their text."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.models.files import parse_tensors, write_tensors

Floats = NDArray[np.float32]

_LARGEST: Final = 200_000
"""Vectors kept: 300 MB at 384 numbers each. Beyond it the older half is forgotten."""
_DIGEST_BYTES: Final = 16


class Vectors:
    """A memory of vectors. It holds digests of texts, never the texts."""

    def __init__(self, *, dimension: int, path: Path | None = None, largest: int = _LARGEST) -> None:
        self._dimension = dimension
        self._path = path
        self.largest = largest
        self._known: dict[bytes, Floats] = {}

    @classmethod
    def read(cls, path: Path, dimension: int) -> Vectors:
        """Return the memory kept in a file, empty where there is none or it is damaged."""
        vectors = cls(dimension=dimension, path=path)
        try:
            tensors = parse_tensors(path.read_bytes())
            digests, rows = tensors["digests"], tensors["vectors"]
        except (OSError, ValueError, KeyError):
            return vectors
        if rows.ndim == 2 and rows.shape[1] == dimension and np.isfinite(rows).all():
            vectors._known = {
                digest.tobytes(): row for digest, row in zip(digests, rows.astype(np.float32), strict=True)
            }
        return vectors

    def __len__(self) -> int:
        return len(self._known)

    def missing(self, texts: Sequence[str]) -> list[str]:
        """Return the distinct texts that have no vector yet, in order. An empty text needs none."""
        return [text for text in dict.fromkeys(texts) if text and _digest(text) not in self._known]

    def add(self, texts: Sequence[str], vectors: Floats) -> None:
        """Remember the vectors of texts."""
        self._known.update(zip(map(_digest, texts), vectors, strict=True))

    def get(self, texts: Sequence[str]) -> Floats:
        """Return the vectors of texts that are all known; 0 for an empty text."""
        found = np.zeros((len(texts), self._dimension), dtype=np.float32)
        for place, text in enumerate(texts):
            if text:
                found[place] = self._known[_digest(text)]
        if len(self._known) > self.largest:
            for digest in list(self._known)[: len(self._known) - self.largest // 2]:
                del self._known[digest]
        return found

    def keep(self) -> None:
        """Write the memory to its file, where it has one."""
        if self._path is None or not self._known:
            return
        digests = np.frombuffer(b"".join(self._known), dtype=np.uint8).reshape(-1, _DIGEST_BYTES)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        _write(self._path, digests, np.stack(list(self._known.values())))


def forget(folder: Path, texts: Sequence[str]) -> int:
    """Drop the vectors of texts from all memories kept in a folder; return how many there were."""
    gone = {_digest(text) for text in texts if text}
    dropped = 0
    for path in sorted(folder.glob("*.safetensors")):
        tensors = parse_tensors(path.read_bytes())
        keep = np.array([digest.tobytes() not in gone for digest in tensors["digests"]], dtype=np.bool_)
        if not keep.all():
            dropped += int((~keep).sum())
            _write(path, tensors["digests"][keep], tensors["vectors"][keep])
    return dropped


def _write(path: Path, digests: NDArray[np.uint8], vectors: Floats) -> None:
    unfinished = path.with_suffix(".unfinished")
    write_tensors(unfinished, {"digests": digests, "vectors": vectors})
    unfinished.replace(path)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:_DIGEST_BYTES]
