"""
PDQ, the perceptual hash that platforms exchange, in NumPy. Pure.

A picture becomes grey, is smoothed and made 64 x 64; of its cosine transform, the 16 x 16 slowest waves (the
constant ones left out) give a bit each: above the median or not. The bits stay nearly the same when a picture
is made smaller, encoded again or slightly recoloured; turned, mirrored and strongly cut pictures become
others.

The package `pdqhash` computes the same, but there is only its C++ source for Linux; its hashes are the ones
that our tests compare with.

References
----------
Meta (2019). *The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm*.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

BITS: Final = 256
_SIDE: Final = 64
_WAVES: Final = 16
_GREY: Final = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # BT.601
_SMOOTHINGS: Final = 2
_FULL_QUALITY: Final = 90  # hundredths of gradients for each point of quality

Small = npt.NDArray[np.float64]


def bits_of(frames: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Return the 256 bits and the quality (0 to 100) of every frame of an (n, height, width, 3) array.

    The bits stand as in the hexadecimal form of a PDQ hash, the most significant first. Quality tells how
    much there is to recognise: black and plain pictures have nearly none.

    Examples
    --------
    >>> bits, quality = bits_of(np.zeros((2, 64, 48, 3), dtype=np.uint8))
    >>> bits.shape, quality.tolist()
    ((2, 256), [0, 0])
    """
    if frames.ndim != 4 or frames.shape[3] != 3 or 0 in frames.shape[1:]:
        raise ValueError(f"frames must be (n, height, width, 3); got {frames.shape!r}.")
    small = np.empty((len(frames), _SIDE, _SIDE))
    for number, frame in enumerate(frames):
        small[number] = _smaller(frame.astype(np.float32) @ _GREY)
    waves = _cosines() @ small @ _cosines().T
    levels = waves.reshape(len(frames), BITS)[:, ::-1]
    middle = np.sort(levels, axis=1)[:, BITS // 2 - 1, None]
    return (levels > middle).astype(np.uint8), _quality(small)


def _smaller(grey: npt.NDArray[np.float32]) -> Small:
    picture = grey.astype(np.float64)
    for _ in range(_SMOOTHINGS):
        picture = _mean_along_rows(picture)
        picture = _mean_along_rows(picture.T).T
    rows, columns = (((np.arange(_SIDE) + 0.5) * length / _SIDE).astype(np.intp) for length in grey.shape)
    return picture[np.ix_(rows, columns)]


def _mean_along_rows(picture: Small) -> Small:
    """Return the mean of a window round every pixel, cut off at the edges; two windows make a field."""
    length = picture.shape[1]
    window = -(-length // (2 * _SIDE))
    after = (window + 2) // 2
    first = np.clip(np.arange(length) - (window - after), 0, None)
    last = np.clip(np.arange(length) + after, None, length)
    sums = np.concatenate([np.zeros((len(picture), 1)), np.cumsum(picture, axis=1)], axis=1)
    means: Small = (sums[:, last] - sums[:, first]) / (last - first)
    return means


def _cosines() -> Small:
    wave, place = np.arange(1, _WAVES + 1)[:, None], np.arange(_SIDE)[None, :]
    cosines: Small = np.sqrt(2 / _SIDE) * np.cos(np.pi / (2 * _SIDE) * wave * (2 * place + 1))
    return cosines


def _quality(small: Small) -> npt.NDArray[np.uint8]:
    steps = [np.trunc(np.abs(np.diff(small, axis=axis)) * 100 / 255).sum(axis=(1, 2)) for axis in (1, 2)]
    return np.asarray(np.clip((steps[0] + steps[1]) // _FULL_QUALITY, 0, 100), dtype=np.uint8)
