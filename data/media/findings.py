"""
What any viewer sees or hears at once: black, frozen, dark, silent, turned the wrong way. Pure.

Frames are looked at from time to time, so each stands for the stretch until the next one. A fault shorter
than the distance between two looks can be missed, and an end is known only as well as that.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from data.media.choosing import Thumbnails, changes
from data.media.sound import SILENCE_DB, Sound
from data.records import Evidence

Orientation = Literal["portrait", "landscape", "square"]

_BLACK: Final = 20.0  # of 255; the blackest that video can say is 16 of 255 in many encoders
_BRIGHT_SPOT: Final = 48.0  # a black picture has no field as bright as this
_DARK: Final = 50.0
_SAME: Final = 3.0  # the most a field of a frozen picture changes, encoding noise included
_STILL_S: Final = 1.0  # a picture that stands for less is not frozen, but shown often
_SQUARE: Final = 1.1

Labels = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a feed asks of its videos.

    Examples
    --------
    >>> Expected(orientation="portrait").shortest_s
    2.0
    """

    orientation: Orientation | None = None
    """How content should stand; None where any will do. A square fits everywhere."""
    shortest_s: float = 2.0
    """Faults that last less are not told, but count in the shares."""


def orientation_of(width: float, height: float) -> Orientation:
    """Return how a picture stands; nearly square counts as square.

    Examples
    --------
    >>> orientation_of(1080, 1920)
    'portrait'
    """
    if width > height * _SQUARE:
        return "landscape"
    return "portrait" if height > width * _SQUARE else "square"


def find(
    small: Thumbnails,
    times_s: npt.NDArray[np.float64],
    *,
    duration_s: float,
    unseen: Sequence[tuple[float, float, str]] = (),
    content_aspect: float,
    sound: Sound | None,
    expected: Expected,
) -> tuple[tuple[Evidence, ...], Mapping[str, float]]:
    """Return what is wrong, and the numbers behind it.

    Parameters
    ----------
    small
        Thumbnails of every frame that was seen, without black bars, see `data.media.choosing.thumbnails`.
    times_s
        When each is shown.
    unseen
        Stretches (from second, to second, why) for which no frame may speak.
    content_aspect
        Width by height of the picture as it is shown, without black bars.
    sound
        None where there is no sound track, or none that could be decoded.

    Returns
    -------
    findings
        ``signal`` is ``black``, ``frozen``, ``dark``, ``silent`` or ``wrong_orientation``; ``weight`` the
        share of the video.
    numbers
        Shares of the duration, ``brightness`` and ``motion`` (0 to 255), ``loudness_db`` (NaN without sound),
        ``share_speech_like`` (NaN without sound), ``content_aspect``.
    """
    ends = np.append(times_s[1:], max(duration_s, float(times_s[-1])))
    begins = times_s.copy()
    begins[0] = 0.0
    for unseen_from, _, _ in unseen:
        ends = np.where((begins <= unseen_from) & (unseen_from < ends), unseen_from, ends)
    flags = _flags(small, begins, ends)
    found: list[Evidence] = []
    numbers = {f"share_{name}": _share(flag, begins, ends) for name, flag in flags.items()}
    for name, flag in flags.items():
        found += _told(name, _stretches(flag, begins, ends), duration_s, expected.shortest_s)
    silent, numbers["share_silent"] = _silence(sound, duration_s)
    found += _told("silent", silent, duration_s, expected.shortest_s)
    stands = orientation_of(content_aspect, 1.0)
    if expected.orientation and stands not in (expected.orientation, "square"):
        excerpt = f"{stands} content, {expected.orientation} expected"
        found.append(_evidence("wrong_orientation", excerpt, 0.0, duration_s, 1.0))
    motion = changes(small)[1:]
    numbers |= {
        "brightness": float(small.mean()),
        "motion": float(motion.mean()) if len(motion) else math.nan,
        "content_aspect": content_aspect,
        "loudness_db": sound.loudness_db if sound else math.nan,
        "share_speech_like": sound.share_speech_like if sound else math.nan,
    }
    return tuple(sorted(found, key=lambda one: (one.start_ms or 0, one.signal))), numbers


def _flags(
    small: Thumbnails, begins: npt.NDArray[np.float64], ends: npt.NDArray[np.float64]
) -> dict[str, Labels]:
    mean = small.mean(axis=(1, 2))
    black = (mean < _BLACK) & (small.max(axis=(1, 2)) < _BRIGHT_SPOT)
    dark = (mean < _DARK) & ~black
    return {"black": black.astype(np.intp), "frozen": _still(small, begins, ends) * ~black, "dark": dark * 1}


def _still(small: Thumbnails, begins: npt.NDArray[np.float64], ends: npt.NDArray[np.float64]) -> Labels:
    """Give each stretch of one picture a number; compare with its first: slow movement adds up."""
    labels = np.zeros(len(small), dtype=np.intp)
    first = 0
    for place in range(1, len(small) + 1):
        if place < len(small) and np.abs(small[place] - small[first]).max() <= _SAME:
            continue
        known_s = begins[place - 1] - begins[first]
        if place - first > 1 and known_s >= min(_STILL_S, ends[-1] / 2):
            labels[first:place] = first + 1
        first = place
    return labels


def _stretches(
    labels: Labels, begins: npt.NDArray[np.float64], ends: npt.NDArray[np.float64]
) -> list[tuple[float, float]]:
    """Return from when to when the label is one and the same, and not 0."""
    edges = np.flatnonzero(np.diff(labels, prepend=0, append=0))
    return [(float(begins[one]), float(ends[other - 1])) for one, other in pairwise(edges) if labels[one]]


def _share(labels: Labels, begins: npt.NDArray[np.float64], ends: npt.NDArray[np.float64]) -> float:
    lengths = ends - begins
    whole = float(lengths.sum())
    return float(lengths[labels > 0].sum()) / whole if whole > 0 else float((labels > 0).mean())


def _silence(sound: Sound | None, duration_s: float) -> tuple[list[tuple[float, float]], float]:
    if sound is None:
        return [(0.0, duration_s)], 1.0
    silent = np.array(sound.levels_db) < SILENCE_DB
    begins = np.array(sound.seconds)
    # A long video is heard in stretches: what lies between two counts as silent if both its ends are.
    ends = np.minimum(begins + 1, np.append(begins[1:], max(duration_s, float(begins[-1]))))
    ends[:-1] = np.where(silent[1:], begins[1:], ends[:-1])
    return _stretches(silent * 1, begins, ends), float(silent.mean())


def _told(
    signal: str, stretches: Sequence[tuple[float, float]], duration_s: float, shortest_s: float
) -> list[Evidence]:
    shortest = min(shortest_s, duration_s / 2)  # of a very short video, half is long
    return [
        _evidence(
            signal, f"{signal} for {end - begin:.1f} s", begin, end, (end - begin) / max(duration_s, 1e-9)
        )
        for begin, end in stretches
        if end - begin >= shortest
    ]


def _evidence(signal: str, excerpt: str, begin: float, end: float, weight: float) -> Evidence:
    return Evidence(
        signal=signal, excerpt=excerpt, weight=round(min(1.0, weight), 4),
        start_ms=round(1000 * begin), end_ms=round(1000 * end),
    )  # fmt: skip
