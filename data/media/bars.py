"""Where the content of a picture is, without the black bars round it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

_BLACK: Final = 28.0  # of 255; bars are black as an encoder writes it, with some noise
_LEAST_LEFT: Final = 0.2  # bars that leave less than this share of the picture are no bars

Frames = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """Rows from ``top`` to before ``bottom``, columns from ``left`` to before ``right``."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def aspect(self) -> float:
        """Width by height, in pixels."""
        return (self.right - self.left) / (self.bottom - self.top)

    def cut(self, frames: Frames) -> Frames:
        """Return what is inside, of every frame of an (n, height, width, 3) array."""
        return frames[:, self.top : self.bottom, self.left : self.right]


def content(frames: Frames) -> Box:
    """Return what is left of (n, height, width, 3) frames without the bars that are black in all of them.

    The whole picture, where there are none, where there is nothing but black, and where no frame is given.

    Examples
    --------
    >>> frames = np.zeros((1, 90, 160, 3), dtype=np.uint8)
    >>> frames[:, 20:70] = 200
    >>> content(frames)
    Box(top=20, bottom=70, left=0, right=160)
    """
    _, height, width, _ = frames.shape
    whole = Box(top=0, bottom=height, left=0, right=width)
    if not len(frames):
        return whole
    brightest = frames.max(axis=(0, 3)).astype(np.float32)
    rows = np.flatnonzero(brightest.mean(axis=1) >= _BLACK)
    if not len(rows):
        return whole
    columns = np.flatnonzero(brightest[rows[0] : rows[-1] + 1].mean(axis=0) >= _BLACK)
    if not len(columns):
        return whole
    box = Box(top=int(rows[0]), bottom=int(rows[-1]) + 1, left=int(columns[0]), right=int(columns[-1]) + 1)
    left = (box.bottom - box.top) * (box.right - box.left) / (height * width)
    return box if left >= _LEAST_LEFT else whole
