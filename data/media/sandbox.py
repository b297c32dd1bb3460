"""
Read a file in a process of its own that may do nothing else, and take back numbers.

The answer is JSON and raw buffers of a bounded size, never a pickle: the process that reads counts as
taken over by the file. What it says is checked where it is used.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from data.errors import MediaRefused
from data.media.child import MARK
from data.media.reasons import Limits, Reason

_ROOT: Final = Path(__file__).resolve().parents[2]
# Our packages are found first, so that no other `data` is, and the place is then taken back.
_START: Final = "import sys; sys.path.insert(0, sys.argv.pop(1)); import data.media.child; del sys.path[0]; data.media.child.main()"  # fmt: skip  # noqa: E501
_KEPT: Final = ("LD_LIBRARY_PATH", "SYSTEMROOT")  # no secret of the parent's environment goes in
_MOST_SAID: Final = 2000
_LAST_WAIT_S: Final = 2.0  # for a process that was killed
_HEAD_BYTES: Final = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Walls:
    """Which walls stood around a reading."""

    namespace: bool
    """It had a network of its own, without a way out, and no privileges."""
    filter: bool
    """It could open no file, write none, connect to nothing and start nothing."""

    @property
    def keeps_from_network(self) -> bool:
        """Whether the reading could not reach the network."""
        return self.namespace or self.filter


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a reading said. It may be a lie: check before use."""

    facts: Mapping[str, Any]
    buffers: Mapping[str, memoryview]
    walls: Walls


def call(
    source: int, entry: str, asked: Mapping[str, Any], *, limits: Limits, path: tuple[Path, ...] = ()
) -> Answer:
    """Return what ``entry`` (``module:function``, see `data.media.child.Entry`) says of an open file.

    Parameters
    ----------
    source
        The number of a file that is open for reading. Only that one file can be read.
    path
        Folders to look for the module of ``entry`` before all others.

    Raises
    ------
    MediaRefused
        For any reason: the entry's own, or how its process ended.
    """
    order = {
        "source": source, "entry": entry, "asked": dict(asked), "path": [str(one) for one in path],
        "memory_bytes": limits.memory_bytes, "processor_s": limits.processor_s,
    }  # fmt: skip
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own words
        [sys.executable, "-I", "-c", _START, str(_ROOT), json.dumps(order)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        cwd="/", env=environment | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        pass_fds=(source,), start_new_session=True,
    )  # fmt: skip
    try:
        said, complaint, status = _listen(process, limits)
    finally:
        _end(process)
    if status != 0:
        raise MediaRefused(*_how_it_ended(status, complaint))
    return _parse(said)


def walls() -> Walls:
    """Return which walls stand on this machine, by starting a process that reads nothing."""
    with Path(os.devnull).open("rb") as nothing:
        return call(nothing.fileno(), "data.media.sandbox:nothing", {}, limits=Limits()).walls


def nothing(_source: IO[bytes], _asked: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Read nothing; the entry behind `walls`."""
    return {}, {}


def _listen(process: subprocess.Popen[bytes], limits: Limits) -> tuple[bytearray, bytes, int]:
    """Return both outputs and the status once it ended; refuse when time or room runs out."""
    said, complaint = bytearray(), bytearray()
    until = time.monotonic() + limits.wall_s
    with selectors.DefaultSelector() as waiting:
        for pipe, kept in ((process.stdout, said), (process.stderr, complaint)):
            if pipe is not None:  # it never is; the types do not know
                waiting.register(pipe, selectors.EVENT_READ, kept)
        while waiting.get_map():
            left = until - time.monotonic()
            ready = waiting.select(left) if left > 0 else []
            if not ready:
                raise _too_slow(limits)
            for key, _ in ready:
                part = os.read(key.fd, 2**20)
                key.data.extend(part)
                if not part:
                    waiting.unregister(key.fileobj)
            del complaint[:-_MOST_SAID]
            if len(said) > limits.answer_bytes:
                raise MediaRefused(
                    Reason.CRASHED, f"the reading answered more than {limits.answer_bytes} bytes"
                )
    try:  # it may have closed its outputs and go on
        status = process.wait(max(0.0, until - time.monotonic()))
    except subprocess.TimeoutExpired as error:
        raise _too_slow(limits) from error
    return said, bytes(complaint), status


def _too_slow(limits: Limits) -> MediaRefused:
    return MediaRefused(Reason.TOO_SLOW, f"not done after {limits.wall_s:g} s")


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
        with contextlib.suppress(
            subprocess.TimeoutExpired
        ):  # the kernel may hold it; we do not wait for that
            process.wait(_LAST_WAIT_S)
    for pipe in (process.stdout, process.stderr):
        if pipe:
            pipe.close()


def _how_it_ended(status: int, complaint: bytes) -> tuple[Reason, str]:
    if status == -signal.SIGXCPU:
        return Reason.TOO_SLOW, "the processor time ran out"
    last = complaint.decode(errors="replace").strip().rpartition("\n")[2]
    if last.startswith("MemoryError"):
        return Reason.TOO_MUCH_MEMORY, "an allocation was refused"
    how = f"ended by signal {-status}" if status < 0 else f"ended with status {status}"
    return Reason.CRASHED, f"{how} {last[:200]}".strip()


def _parse(said: bytearray) -> Answer:
    try:
        if said[:4] != MARK:
            raise ValueError("no mark")
        length = int.from_bytes(said[4:8], "little")
        if length > _HEAD_BYTES:
            raise ValueError("a long head")
        head = json.loads(bytes(said[8 : 8 + length]))
        if "reason" in head:
            raise MediaRefused(Reason(head["reason"]), str(head["detail"])[:400])
        return Answer(
            facts=dict(head["facts"]),
            buffers=_buffers(memoryview(said)[8 + length :], head["buffers"]),
            walls=Walls(**{name: value is True for name, value in head["walls"].items()}),
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise MediaRefused(Reason.CRASHED, f"the answer of the reading is none ({error})"[:300]) from error


def _buffers(rest: memoryview, sizes: Mapping[str, Any]) -> dict[str, memoryview]:
    buffers, place = {}, 0
    for name, size in sizes.items():
        if type(size) is not int or size < 0:
            raise ValueError("a size that is none")
        buffers[name] = rest[place : place + size]
        place += size
    if place != len(rest):
        raise ValueError(f"{len(rest)} bytes where {place} were named")
    return buffers
