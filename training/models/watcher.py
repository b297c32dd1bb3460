"""
Videos are watched once: what was seen is kept, by the digest of the file's bytes, and found again.

What is kept is small and holds no picture: what any viewer would notice, hashes that know the video again,
and one vector a frame.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from data.errors import MediaRefused
from data.media.findings import Expected
from data.media.fingerprints import Hashes
from data.media.reading import Reading, read
from data.media.reasons import Limits, Reason
from data.records import Evidence
from training.models.encoder import Floats
from training.models.files import Tensors, parse_tensors, write_tensors
from training.models.vision import Vision

FORMAT: Final = 1
"""Raised when the same file would be seen otherwise; what was kept is then not used any more."""

_REMEMBERED: Final = 2_000
"""Videos kept in memory: 160 MB with vectors of 1,280 numbers."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seen:
    """What is kept of a video."""

    sha256: str
    findings: tuple[Evidence, ...]
    numbers: Mapping[str, float]
    """See `data.media.findings.find`; NaN where unknown."""
    times_ms: NDArray[np.int64]
    """When each frame is shown."""
    hashes: Hashes
    qualities: NDArray[np.uint8]
    vectors: Floats
    """One row a frame; no columns where no vision model looked."""


@dataclass(slots=True)
class Watcher:
    """Watches the clips of items below one folder. Threads may share it.

    Parameters
    ----------
    folder
        Where the clips lie; items name them by their path below it.
    kept
        Where what was seen is kept.
    load_vision
        Loads what looks at the frames, once a model asks for it (`see`).
    expected
        What the feed asks of its videos.
    limits
        How far reading goes.
    """

    folder: Path
    kept: Path
    load_vision: Callable[[], Vision]
    expected: Expected = field(default_factory=Expected)
    limits: Limits = field(default_factory=Limits)
    vision: Vision | None = field(default=None, init=False)
    """Looks at the frames; None as long as nobody has asked for it."""
    _memory: OrderedDict[str, tuple[list[int], Seen]] = field(default_factory=OrderedDict, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def see(self) -> Vision:
        """Look at frames from now on, and return what does.

        Raises
        ------
        MissingEncoder
            If the vision model cannot be loaded.
        """
        with self._lock:
            if self.vision is None:
                self.vision = self.load_vision()
                self._memory.clear()  # it holds no vectors
            return self.vision

    def watch(self, name: str) -> Seen:
        """Return what a clip shows, without opening it if it was seen before and has not changed since.

        Raises
        ------
        MediaRefused
            If it lies outside the folder, is missing, or cannot be read safely.
        """
        path = self._path(name)
        state = _state(path)
        vision = self.vision
        with self._lock:
            remembered = self._memory.get(name)
        if remembered is not None and remembered[0] == state:
            return remembered[1]
        seen = self._kept(name, vision, state=state)
        if seen is None:
            reading = read(path, self.limits, expected=self.expected)
            if _state(path) != state:
                raise MediaRefused(Reason.UNREADABLE, "the file changed while it was read")
            seen = self._by_content(reading.sha256, vision) or self._look(reading, vision)
            self._keep(name, state, seen, vision)
        self._remember(name, state, seen, vision)
        return seen

    def recall(self, name: str) -> Seen | None:
        """Return what was seen in a clip, without vectors; None if it was never watched.

        Its file may be gone by now.
        """
        return self._kept(name, None)

    def forget(self, name: str) -> bool:
        """Drop what was seen in a clip; say whether there was anything."""
        seen = self.recall(name)
        with self._lock:
            self._memory.pop(name, None)
        if seen is not None:
            for content in self._home.rglob(f"{seen.sha256}.safetensors"):
                content.unlink(missing_ok=True)
        self._pointer(name).unlink(missing_ok=True)
        return seen is not None

    @property
    def _home(self) -> Path:
        told = [FORMAT, asdict(self.expected)]
        return self.kept / hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]

    def _pointer(self, name: str) -> Path:
        return (
            self._home / "names" / f"{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()}.json"
        )

    def _content(self, sha256: str) -> Path:
        return self._home / f"{sha256}.safetensors"

    def _vectors(self, sha256: str, vision: Vision) -> Path:
        return self._home / vision.sight.key / f"{sha256}.safetensors"

    def _path(self, name: str) -> Path:
        root = self.folder.resolve()
        try:
            path = (root / name).resolve()
            if path.is_relative_to(root) and path.is_file():
                return path
        except (OSError, ValueError) as error:  # a name that no file can have
            raise MediaRefused(Reason.UNREADABLE, "no file can have this name") from error
        raise MediaRefused(Reason.UNREADABLE, "there is no such file in the media folder")

    def _kept(self, name: str, vision: Vision | None, *, state: list[int] | None = None) -> Seen | None:
        try:
            told = json.loads(self._pointer(name).read_bytes())
            if state is not None and told["state"] != state:
                return None
            return self._by_content(told["sha256"], vision)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _by_content(self, sha256: str, vision: Vision | None) -> Seen | None:
        try:
            seen = _parsed(self._content(sha256).read_bytes(), sha256)
            if vision is None:
                return seen
            tensors = parse_tensors(self._vectors(sha256, vision).read_bytes())
            return replace(seen, vectors=tensors["vectors"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _look(self, reading: Reading, vision: Vision | None) -> Seen:
        return Seen(
            sha256=reading.sha256,
            findings=reading.findings,
            numbers=reading.numbers,
            times_ms=reading.times_ms,
            hashes=reading.hashes,
            qualities=reading.qualities,
            vectors=_none(reading.times_ms) if vision is None else vision.vectors(reading.frames),
        )

    def _keep(self, name: str, state: list[int], seen: Seen, vision: Vision | None) -> None:
        facts = {
            "findings": [asdict(one) for one in seen.findings],
            "numbers": {one: None if math.isnan(value) else value for one, value in seen.numbers.items()},
        }
        tensors: Tensors = {
            "facts": np.frombuffer(json.dumps(facts).encode(), dtype=np.uint8),
            "times_ms": seen.times_ms,
            "hashes": seen.hashes,
            "qualities": seen.qualities,
        }
        _replace(self._content(seen.sha256), lambda path: write_tensors(path, tensors))
        if vision is not None:
            own: Tensors = {"vectors": seen.vectors}
            _replace(self._vectors(seen.sha256, vision), lambda path: write_tensors(path, own))
        told = json.dumps({"state": state, "sha256": seen.sha256})
        _replace(self._pointer(name), lambda path: path.write_text(told))

    def _remember(self, name: str, state: list[int], seen: Seen, vision: Vision | None) -> None:
        with self._lock:
            if vision is not self.vision:  # somebody asked for vectors meanwhile
                return
            self._memory[name] = state, seen
            self._memory.move_to_end(name)
            while len(self._memory) > _REMEMBERED:
                self._memory.popitem(last=False)


def _state(path: Path) -> list[int]:
    # What changes when a file is replaced or written to.
    try:
        told = path.stat()
    except OSError as error:
        raise MediaRefused(Reason.UNREADABLE, error.strerror or "") from error
    return [told.st_ino, told.st_size, told.st_mtime_ns]


def _parsed(content: bytes, sha256: str) -> Seen:
    tensors = parse_tensors(content)
    facts = json.loads(tensors["facts"].tobytes())
    return Seen(
        sha256=sha256,
        findings=tuple(Evidence(**one) for one in facts["findings"]),
        numbers={name: math.nan if value is None else value for name, value in facts["numbers"].items()},
        times_ms=tensors["times_ms"],
        hashes=tensors["hashes"],
        qualities=tensors["qualities"],
        vectors=_none(tensors["times_ms"]),
    )


def _none(times_ms: NDArray[np.int64]) -> Floats:
    return np.zeros((len(times_ms), 0), dtype=np.float32)


def _replace(path: Path, write: Any) -> None:
    # Whole or not at all; two threads that saw the same video write the same.
    path.parent.mkdir(parents=True, exist_ok=True)
    number, unfinished = tempfile.mkstemp(prefix=".", dir=path.parent)
    os.close(number)
    try:
        write(Path(unfinished))
        Path(unfinished).replace(path)
    finally:
        Path(unfinished).unlink(missing_ok=True)
