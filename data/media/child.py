"""
The process in which one file is read: limits first, then the walls, then the file.

It answers on its standard output: eight bytes, a head in JSON, and the raw buffers that the head names.
Nothing else than the standard library is imported before the limits stand.
"""

from __future__ import annotations

import importlib
import json
import os
import struct
import sys
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO, Final

from data.errors import MediaRefused
from data.media import walls
from data.media.reasons import Reason

MARK: Final = b"TMS1"
"""The first bytes of an answer; the length of the head follows in four more."""

Answer = tuple[Mapping[str, Any], Mapping[str, bytes | bytearray]]
"""Facts that JSON can hold, and buffers by name."""
Entry = Callable[[BinaryIO, Mapping[str, Any]], Answer]
"""What reads: it is given the open file and what was asked."""


def main() -> None:
    """Do what the first argument asks (JSON), answer, and end without cleaning up."""
    asked = json.loads(sys.argv[1])
    walls.limit(memory_bytes=asked["memory_bytes"], processor_s=asked["processor_s"])
    stand = {"namespace": walls.leave_network(), "filter": False}
    try:
        module, _, name = asked["entry"].partition(":")
        sys.path[:0] = asked["path"]
        entry: Entry = getattr(importlib.import_module(module), name)
        stand["filter"] = walls.close_system()
        with open(asked["source"], "rb", buffering=0) as source:  # noqa: PTH123 - a number, not a path
            source.seek(0)
            facts, buffers = entry(source, asked["asked"])
        head: dict[str, Any] = {"facts": facts}
    except MediaRefused as refused:
        head, buffers = {"reason": refused.reason, "detail": refused.detail}, {}
    except MemoryError:
        head, buffers = {"reason": Reason.TOO_MUCH_MEMORY, "detail": "an allocation was refused"}, {}
    except Exception as error:  # noqa: BLE001 - the answer must be an answer, whatever went wrong
        head, buffers = {"reason": Reason.CRASHED, "detail": f"{type(error).__name__}: {error}"[:300]}, {}
    _answer(head | {"walls": stand}, buffers)
    os._exit(0)  # what FFmpeg holds goes with the process


def _answer(head: Mapping[str, Any], buffers: Mapping[str, bytes | bytearray]) -> None:
    sizes = {name: len(buffer) for name, buffer in buffers.items()}
    text = json.dumps({**head, "buffers": sizes}, allow_nan=False).encode()
    for part in (MARK + struct.pack("<I", len(text)), text, *buffers.values()):
        left = memoryview(part)
        while left:
            left = left[os.write(1, left) :]
