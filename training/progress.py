"""How long work says where it stands."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called with the stage, how much of it is done, and how much there is in all."""


def silent(stage: str, done: int, total: int) -> None:
    """Report nothing."""
