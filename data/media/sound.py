"""
How loud a sound is, and how much of it is like speech. Pure.

``speech_like`` is no recogniser of voices. It says where a sound is loud enough, lies in the band of the
voice, crosses zero as rarely as voices do, and swells and fades as syllables do. Singing and busy music
often pass; steady tones, hum, noise and silence do not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

RATE: Final = 16_000
SILENCE_DB: Final = -50.0
"""Below this root mean square a second is silent; 0 is the loudest that can be written."""
_FLOOR_DB: Final = -96.0
_FRAME: Final = 512  # 32 ms
_VOICE_HZ: Final = (100.0, 4000.0)
_SPEECH_DB: Final = -45.0
_IN_BAND: Final = 0.7
_CROSSINGS: Final = (0.005, 0.25)  # of the steps from one sample to the next
_SWELL_DB: Final = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """The sound that was heard, second by second. Long videos are heard in stretches."""

    seconds: tuple[float, ...]
    """When each second that was heard begins."""
    levels_db: tuple[float, ...]
    """Root mean square of each, in dB below full scale; -96 where there is nothing at all."""
    speech_like: tuple[bool, ...]
    """Whether each is like speech; see above for what that means."""
    loudness_db: float
    """Root mean square of all that was heard."""

    @property
    def share_speech_like(self) -> float:
        """Share of the seconds heard that are like speech."""
        return sum(self.speech_like) / len(self.speech_like)


def measure(samples: npt.NDArray[np.int16], windows: list[tuple[float, int]]) -> Sound | None:
    """Return the levels of 16-kHz samples, stretch by stretch; None where nothing was heard.

    Parameters
    ----------
    windows
        The second at which each stretch begins, and its number of samples, in the order of ``samples``.

    Examples
    --------
    >>> measure(np.zeros(16_000, dtype=np.int16), [(0.0, 16_000)]).levels_db
    (-96.0,)
    """
    if sum(length for _, length in windows) != len(samples):
        raise ValueError(f"windows must add up to {len(samples)} samples; got {windows!r}.")
    seconds: list[float] = []
    pieces: list[npt.NDArray[np.float32]] = []
    place = 0
    for begin, length in windows:
        stretch = samples[place : place + length].astype(np.float32) / 32768.0
        place += length
        for number, offset in enumerate(range(0, max(1, length - RATE // 2), RATE)):
            piece = stretch[offset : offset + RATE]
            if len(piece):
                seconds.append(begin + number)
                pieces.append(piece)
    if not pieces:
        return None
    return Sound(
        seconds=tuple(seconds),
        levels_db=tuple(_level(piece) for piece in pieces),
        speech_like=tuple(_is_like_speech(piece) for piece in pieces),
        loudness_db=_level(np.concatenate(pieces)),
    )


def _level(piece: npt.NDArray[np.float32]) -> float:
    power = float(np.mean(np.square(piece, dtype=np.float64)))
    return round(max(_FLOOR_DB, 10 * math.log10(power)), 2) if power > 0 else _FLOOR_DB


def _is_like_speech(piece: npt.NDArray[np.float32]) -> bool:
    if len(piece) < RATE // 2 or _level(piece) < _SPEECH_DB:
        return False
    frames = piece[: len(piece) // _FRAME * _FRAME].reshape(-1, _FRAME)
    power = np.square(np.abs(np.fft.rfft(frames * np.hanning(_FRAME), axis=1))).sum(axis=0)
    hertz = np.fft.rfftfreq(_FRAME, 1 / RATE)
    heard = hertz > 50  # below: hum and wind
    in_band = power[(hertz >= _VOICE_HZ[0]) & (hertz <= _VOICE_HZ[1])].sum() / max(power[heard].sum(), 1e-12)
    crossings = np.mean(np.signbit(piece[1:]) != np.signbit(piece[:-1]))
    levels = 10 * np.log10(np.square(frames).mean(axis=1) + 1e-10)
    swell = np.percentile(levels, 90) - np.percentile(levels, 10)
    return bool(in_band >= _IN_BAND and _CROSSINGS[0] <= crossings <= _CROSSINGS[1] and swell >= _SWELL_DB)
