"""
Which of the frames that were seen are kept. Pure.

Half of those kept stand evenly in time, whatever they show, so that no stretch is without one. The other
half are those that differ most from the frame before them: the first of a new scene. Differences are
those of small grey thumbnails. Same frames, same choice.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

THUMBNAIL: Final = 32
"""Rows and columns of a thumbnail."""
_GREY: Final = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # BT.601

Thumbnails = npt.NDArray[np.float32]


def thumbnails(frames: npt.NDArray[np.uint8]) -> Thumbnails:
    """Return the mean brightness (0 to 255) of 32 x 32 fields of every frame of an (n, h, w, 3) array.

    Examples
    --------
    >>> thumbnails(np.full((1, 64, 48, 3), 100, dtype=np.uint8))[0, 5, 7].round(3).item()
    100.0
    """
    _, height, width, _ = frames.shape
    rows, columns = _fields(height), _fields(width)
    small = np.empty((len(frames), THUMBNAIL, THUMBNAIL), dtype=np.float32)
    for number, frame in enumerate(frames):
        grey = frame.astype(np.float32) @ _GREY
        small[number] = rows @ grey @ columns.T
    return small


def changes(small: Thumbnails) -> npt.NDArray[np.float32]:
    """Return how much every frame differs from the one before it, 0 to 255; 0 for the first."""
    if len(small) == 0:
        return np.zeros(0, dtype=np.float32)
    steps = np.abs(np.diff(small, axis=0)).mean(axis=(1, 2))
    return np.concatenate([[0.0], steps]).astype(np.float32)


def choose(
    times: npt.NDArray[np.float64], change: npt.NDArray[np.float32], *, keep: int
) -> npt.NDArray[np.intp]:
    """Return the places of the frames to keep, in order of time.

    Parameters
    ----------
    times
        When each frame is shown, ascending.
    change
        How much each differs from the one before it, see `changes`.

    Examples
    --------
    >>> choose(np.arange(6.0), np.array([0, 1, 9, 1, 1, 1], dtype=np.float32), keep=4).tolist()
    [0, 1, 2, 5]
    """
    if len(times) <= keep:
        return np.arange(len(times))
    grid = np.linspace(times[0], times[-1], (keep + 1) // 2)
    even = {int(np.argmin(np.abs(times - moment))) for moment in grid}
    most_changed = (int(place) for place in np.argsort(-change, kind="stable") if int(place) not in even)
    chosen = even | {next(most_changed) for _ in range(keep - len(even))}
    return np.array(sorted(chosen), dtype=np.intp)


def _fields(length: int) -> npt.NDArray[np.float32]:
    """Return the weights that average ``length`` pixels into fields; pixels at an edge count in part."""
    edges = np.linspace(0, length, THUMBNAIL + 1)
    first = np.arange(length)
    begins, ends = edges[:-1, None], edges[1:, None]
    covered = np.clip(np.minimum(first + 1, ends) - np.maximum(first, begins), 0, None)
    weights: npt.NDArray[np.float32] = (covered / (ends - begins)).astype(np.float32)
    return weights
