"""
What the process that reads a file gives up before it looks at the first byte.

Two walls keep it from the network: a network namespace of its own (root, or user namespaces), and a filter
of system calls (any user; Linux on x86-64 and arm64), which also takes away opening files, writing to
the file system and starting programs. Where neither stands, only the limits hold; `Walls` says so.
"""

from __future__ import annotations

import ctypes
import platform
import resource
import struct
import sys
from typing import Final

_NEW_NETWORK, _NEW_USER, _NEW_IPC = 0x40000000, 0x10000000, 0x08000000
_NO_NEW_PRIVILEGES, _DIE_WITH_PARENT, _KILL = 38, 1, 9
_EVERY_THREAD, _SET_FILTER = 1, 1
_ALLOW, _ERROR, _EPERM, _ENOSYS = 0x7FFF0000, 0x00050000, 1, 38
_LOAD, _EQUAL, _AT_LEAST, _HAS_BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_THREAD: Final = 0x10000  # the bit of clone() that makes a thread, not a process

# Numbers of Linux's calls that open, change, connect, start or look into something.
# open creat openat openat2 · sockets · processes · files by name · files by number · rights, kernel
_CALLS: Final[dict[str, tuple[int, int, int, tuple[int, ...]]]] = {
    "x86_64": (0xC000003E, 317, 56, (
        2, 85, 257, 437, 304,
        41, 42, 43, 44, 46, 49, 50, 53, 288, 307,
        57, 58, 59, 322, 62, 200, 101, 310, 311, 424, 434, 438,
        76, 82, 83, 84, 86, 87, 88, 90, 92, 94, 133, 258, 259, 260, 263, 264, 265, 266, 268, 316, 452,
        188, 189, 77, 91, 93, 190, 280, 160, 302,
        155, 161, 165, 166, 272, 308, 248, 249, 250, 298, 319, 321, 323, 425,
    )),
    "aarch64": (0xC00000B7, 277, 220, (
        56, 437, 265,
        198, 199, 200, 201, 202, 203, 206, 211, 242, 269,
        221, 281, 129, 130, 117, 270, 271, 424, 434, 438,
        45, 33, 34, 35, 36, 37, 38, 276, 53, 54, 452, 5, 6,
        46, 52, 55, 7, 88, 164, 261,
        41, 51, 39, 40, 97, 268, 217, 218, 219, 241, 279, 280, 282, 425,
    )),
}  # fmt: skip
_CLONE3: Final = 435  # answered with "no such call", upon which the C library uses clone


def limit(*, memory_bytes: int, processor_s: int) -> None:
    """Set the limits of this process: memory, processor time, 32 open files, no byte written to a file."""
    for which, soft, hard in (
        (resource.RLIMIT_AS, memory_bytes, memory_bytes),
        (resource.RLIMIT_CPU, processor_s, processor_s + 1),  # the soft one tells "slow" from "killed"
        (resource.RLIMIT_FSIZE, 0, 0),
        (resource.RLIMIT_NOFILE, 32, 32),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        _, most = resource.getrlimit(which)
        known = [hard] if most == resource.RLIM_INFINITY else [hard, most]
        resource.setrlimit(which, (min(soft, *known), min(known)))


def leave_network() -> bool:
    """Move this process into a network of its own that has no way out; return whether that was permitted.

    As root of nothing (a user namespace without a mapping) it also loses every privilege. Call it before a
    thread is started.
    """
    if sys.platform != "linux":
        return False
    system = ctypes.CDLL(None, use_errno=True)
    system.prctl(_DIE_WITH_PARENT, _KILL, 0, 0, 0)
    system.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    apart = _NEW_NETWORK | _NEW_IPC
    return bool(system.unshare(_NEW_USER | apart) == 0 or system.unshare(apart) == 0)


def close_system() -> bool:
    """Give up every system call that opens, changes, connects or starts something; return whether it worked.

    Files that are open stay usable. Whatever must be imported must have been imported.
    """
    calls = _CALLS.get(platform.machine()) if sys.platform == "linux" else None
    if calls is None:
        return False
    architecture, seccomp, clone, refused = calls
    program = _program(architecture, clone, refused)
    held = ctypes.create_string_buffer(program, len(program))
    head = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(held))
    system = ctypes.CDLL(None, use_errno=True)
    system.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    return bool(
        system.syscall(seccomp, _SET_FILTER, _EVERY_THREAD, ctypes.create_string_buffer(head, len(head))) == 0
    )


def _program(architecture: int, clone: int, refused: tuple[int, ...]) -> bytes:
    """Return the filter in the kernel's form: code, steps if true, steps if false, operand."""
    no, no_such_call = _ERROR | _EPERM, _ERROR | _ENOSYS
    steps = [
        (_LOAD, 0, 0, 4),  # the architecture
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, no),
        (_LOAD, 0, 0, 0),  # the number of the call
        (_AT_LEAST, 0, 1, 0x40000000),  # calls in the dress of x32
        (_RETURN, 0, 0, no),
        (_EQUAL, 0, 1, _CLONE3),
        (_RETURN, 0, 0, no_such_call),
        (_EQUAL, 0, 4, clone),
        (_LOAD, 0, 0, 16),  # its first argument
        (_HAS_BITS, 0, 1, _THREAD),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, no),
    ]
    for number in refused:
        steps += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, no)]
    steps.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("=HBBI", *step) for step in steps)
