"""One video file becomes a `Reading`, or is refused with a reason."""

from __future__ import annotations

import io
import math
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from data.errors import MediaRefused
from data.media import bars, fingerprints, sandbox
from data.media.choosing import changes, choose, thumbnails
from data.media.findings import Expected, Orientation, find, orientation_of
from data.media.kinds import HEAD_BYTES, kind_of
from data.media.reasons import Limits, Reason
from data.media.sandbox import Answer, Walls
from data.media.sound import Sound, measure
from data.records import Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the file says of itself, as far as it was found to be true."""

    container: str
    duration_s: float
    width: int
    """As it is shown: turned upright, with square pixels."""
    height: int
    orientation: Orientation
    rotation: int
    """By how many degrees a player turns the picture against the clock; done already in the frames."""
    video_codec: str
    audio_codec: str
    """Empty where there is no sound track."""
    frames_per_s: float
    """0 where the file does not say."""
    unseen: tuple[tuple[float, float, str], ...]
    """Stretches (from second, to second) of which nothing was seen: ``damaged``, or ``budget``."""

    @property
    def has_audio(self) -> bool:
        """Whether there is a sound track."""
        return bool(self.audio_codec)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reading:
    """What was read of one video."""

    frames: npt.NDArray[np.uint8]
    """RGB, (n, height, width, 3), upright, in order of time."""
    times_ms: npt.NDArray[np.int64]
    """When each frame is shown, from the beginning of the picture."""
    facts: Facts
    sound: Sound | None
    """None where there is no sound track, or none that could be decoded."""
    findings: tuple[Evidence, ...]
    numbers: Mapping[str, float]
    """What may become columns, see `data.media.findings.find`."""
    hashes: fingerprints.Hashes
    """Packed PDQ of each frame, without black bars."""
    qualities: npt.NDArray[np.uint8]
    """PDQ's quality of each frame, 0 to 100."""
    sha256: str
    walls: Walls
    """Which walls stood around the process that decoded it."""


def read(path: Path, limits: Limits | None = None, *, expected: Expected | None = None) -> Reading:
    """Return frames, facts, sound, findings and hashes of a local video file.

    Everything that parses the file runs in a process that has no network, may open and write nothing, and is
    ended when time or memory runs out. The file is opened once, here, and never followed elsewhere.

    Parameters
    ----------
    path
        A plain file; its name says nothing about what it is.
    limits
        How far to go; the defaults of `Limits` where not given.
    expected
        What the feed asks for, see `Expected`.

    Raises
    ------
    MediaRefused
        With one of `Reason`. Whoever catches it sends the item to full review.
    """
    limits = limits or Limits()
    with _opened(path, limits) as source:
        kind = kind_of(source.read(HEAD_BYTES))
        asked = {name: getattr(limits, name) for name in limits.__slots__} | {"kind": kind}
        answer = sandbox.call(source.fileno(), "data.media.looking:look", asked, limits=limits)
        digest = fingerprints.sha256(source)
    return _reading(answer, digest, limits, expected or Expected())


@contextmanager
def _opened(path: Path, limits: Limits) -> Iterator[io.FileIO]:
    try:
        number = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a pipe does not hold us up
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise MediaRefused(Reason.UNREADABLE, f"{path.name}: {why}") from error
    try:
        status = os.fstat(number)
        if not stat.S_ISREG(status.st_mode):
            raise MediaRefused(Reason.UNREADABLE, f"{path.name} is no plain file")
        if status.st_size > limits.file_bytes:
            raise MediaRefused(Reason.TOO_LARGE, f"{status.st_size} bytes")
        with io.FileIO(number, closefd=False) as source:
            yield source
    finally:
        os.close(number)


def _reading(answer: Answer, digest: str, limits: Limits, expected: Expected) -> Reading:
    try:
        facts, turn = _facts(answer.facts)
        times = np.array(answer.facts["times_ms"], dtype=np.int64)
        width, height = int(answer.facts["frame_width"]), int(answer.facts["frame_height"])
        seen = np.frombuffer(answer.buffers["frames"], dtype=np.uint8).reshape(len(times), height, width, 3)
        if not len(times) or (np.diff(times) <= 0).any():
            raise ValueError("times that do not ascend")
        windows = [(_number(begin), int(length)) for begin, length in answer.facts["windows"]]
        sound = measure(np.frombuffer(answer.buffers["sound"], dtype=np.int16), windows)
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise MediaRefused(Reason.CRASHED, f"the answer of the reading is none ({error})"[:300]) from error
    upright = np.rot90(seen, turn, axes=(1, 2))
    box = bars.content(upright)
    small = thumbnails(box.cut(upright))
    stretch = (
        facts.width / facts.height * upright.shape[1] / upright.shape[2]
    )  # of very long shapes, 1 for others
    findings, numbers = find(
        small,
        times / 1000,
        duration_s=facts.duration_s,
        unseen=facts.unseen,
        content_aspect=box.aspect * stretch,
        sound=sound,
        expected=expected,
    )
    kept = choose(times / 1000, changes(small), keep=limits.frames)
    hashes, qualities = fingerprints.hashes_of(box.cut(upright[kept]))
    return Reading(
        frames=np.ascontiguousarray(upright[kept]),
        times_ms=times[kept],
        facts=facts,
        sound=sound,
        findings=findings,
        numbers=numbers,
        hashes=hashes,
        qualities=qualities,
        sha256=digest,
        walls=answer.walls,
    )


def _facts(told: Mapping[str, Any]) -> tuple[Facts, int]:
    rotation = int(told["rotation"]) % 360
    turn = rotation // 90
    width, height = int(told["width"]), int(told["height"])
    if turn % 2:
        width, height = height, width
    if width <= 0 or height <= 0:
        raise ValueError("a picture without a size")
    facts = Facts(
        container=str(told["container"])[:32],
        duration_s=_number(told["duration_s"]),
        width=width,
        height=height,
        orientation=orientation_of(width, height),
        rotation=rotation,
        video_codec=str(told["video_codec"])[:32],
        audio_codec=str(told["audio_codec"])[:32],
        frames_per_s=_number(told["frames_per_s"]),
        unseen=_stretches(told["unseen"]),
    )
    return facts, turn


def _stretches(told: Sequence[Sequence[Any]]) -> tuple[tuple[float, float, str], ...]:
    return tuple((_number(begin), _number(end), str(why)[:16]) for begin, end, why in told)


def _number(value: object) -> float:
    number = float(value) if isinstance(value, (int, float)) else math.nan
    if not math.isfinite(number) or number < 0:
        raise ValueError(f"{value!r} where a number from 0 stands")
    return number
