"""What a process that was taken over by a file might do; run inside the sandbox by test_sandbox.py."""

from __future__ import annotations

import ctypes
import os
import socket
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from data.media.child import Answer


def _tried(act: Callable[[], object]) -> str:
    try:
        act()
    except OSError as error:
        return type(error).__name__
    return "done"


def break_out(_source: BinaryIO, asked: Mapping[str, Any]) -> Answer:
    acts: dict[str, Callable[[], object]] = {
        "connect": lambda: socket.create_connection(("127.0.0.1", asked["port"]), timeout=2),
        "listen": lambda: socket.create_server(("127.0.0.1", 0)),
        "read": lambda: os.open(asked["file"], os.O_RDONLY),
        "write": lambda: os.open(asked["file"] + ".new", os.O_WRONLY | os.O_CREAT),
        "remove": Path(asked["file"]).unlink,
        "chmod": lambda: Path(asked["file"]).chmod(0o777),
        "start": lambda: os.execv("/bin/true", ["true"]),
        "fork": os.fork,
        "kill": lambda: os.kill(os.getppid(), 0),
        "write into the source": lambda: os.write(_source.fileno(), b"x"),
    }
    return {name: _tried(act) for name, act in acts.items()}, {}


def environment(_source: BinaryIO, _asked: Mapping[str, Any]) -> Answer:
    return {"names": sorted(os.environ), "files": _open_files()}, {}


def _open_files() -> list[int]:
    found = []
    for number in range(64):
        try:
            os.fstat(number)
        except OSError:
            continue
        found.append(number)
    return found


def eat_memory(_source: BinaryIO, _asked: Mapping[str, Any]) -> Answer:
    held = [bytearray(2**26) for _ in range(1000)]
    return {"held": len(held)}, {}


def compute_for_ever(_source: BinaryIO, _asked: Mapping[str, Any]) -> Answer:
    while True:
        sum(range(1000))


def sleep_for_ever(_source: BinaryIO, _asked: Mapping[str, Any]) -> Answer:
    while True:
        time.sleep(1)


def hang_up_and_sleep(_source: BinaryIO, _asked: Mapping[str, Any]) -> Answer:
    os.close(1)
    os.close(2)
    while True:
        time.sleep(1)


def talk_for_ever(_source: BinaryIO, _asked: Mapping[str, Any]) -> Answer:
    while True:
        os.write(1, b"x" * 65536)


def complain_for_ever(_source: BinaryIO, _asked: Mapping[str, Any]) -> Answer:
    while True:
        os.write(2, b"x" * 65536)


def fall_over(_source: BinaryIO, _asked: Mapping[str, Any]) -> Answer:
    ctypes.string_at(0)
    return {}, {}


def say_nothing(_source: BinaryIO, _asked: Mapping[str, Any]) -> Answer:
    os._exit(0)


def raise_something(_source: BinaryIO, _asked: Mapping[str, Any]) -> Answer:
    raise LookupError("where am I?")


def say(_source: BinaryIO, asked: Mapping[str, Any]) -> Answer:
    os.write(1, bytes.fromhex(asked["hex"]))
    os._exit(0)


def echo(source: BinaryIO, asked: Mapping[str, Any]) -> Answer:
    return dict(asked), {"first": source.read(4), "rest": source.read()}
