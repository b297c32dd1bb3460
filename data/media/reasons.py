"""Why a file is refused, and how far reading may go."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MIB: Final = 2**20


class Reason(StrEnum):
    """Why a file is refused; the whole list."""

    UNREADABLE = "unreadable"
    """There is no such file, it is no plain file, or it may not be opened."""
    EMPTY = "empty"
    """The file has no bytes, or no frame."""
    NOT_A_VIDEO = "not_a_video"
    """The file begins like none of the containers that are read."""
    PLAYLIST = "playlist"
    """The file names other files (HLS, DASH, ffconcat and the like); they are never followed."""
    CORRUPT = "corrupt"
    """The file begins like a video, and it or more than half of its picture cannot be decoded."""
    NO_PICTURE = "no_picture"
    """Sound only; the cover of an album is no picture."""
    TOO_LARGE = "too_large"
    """More pixels or more bytes than the limits allow."""
    TOO_LONG = "too_long"
    """Longer than the limits allow, or its header says so."""
    TOO_SLOW = "too_slow"
    """The processor time or the time of the clock ran out."""
    TOO_MUCH_MEMORY = "too_much_memory"
    """The reading asked for more memory than it may have."""
    CRASHED = "crashed"
    """The reading ended without an answer that can be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How far a reading may go. What lies beyond is refused, with a `Reason`.

    Examples
    --------
    >>> Limits(frames=0)
    Traceback (most recent call last):
    ValueError: frames must be above 0; got 0.
    """

    frames: int = 16
    """Frames that are kept; fewer where the video has fewer."""
    short_side: int = 224
    """Pixels of the shorter side of a kept frame, at most; nothing is enlarged."""
    pixels: int = 4096 * 4096
    """Pixels of the largest picture that is decoded."""
    file_bytes: int = 16 * 1024 * MIB
    duration_s: float = 12 * 3600.0
    decoded_pixels: int = 4_000_000_000
    """Pixels decoded where keyframes are too far apart: about 65 seconds of 1080p at 30 frames."""
    memory_bytes: int = 1536 * MIB
    """Address space of the process that reads."""
    processor_s: int = 10
    wall_s: float = 15.0
    answer_bytes: int = 96 * MIB

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be above 0; got {getattr(self, name)!r}.")
