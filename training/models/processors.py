"""How many processor cores one computation takes."""

from __future__ import annotations

import os
import sys


def available() -> int:
    """Return the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def take(count: int) -> None:
    """Let what this thread computes from now on run on so many cores.

    It holds for the calling thread alone. Where torch was never loaded there is nothing to tell.
    """
    torch = sys.modules.get("torch")
    if torch is not None and torch.get_num_threads() != count:
        torch.set_num_threads(count)
