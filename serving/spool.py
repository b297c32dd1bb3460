"""
What was answered "full review" and could not be recorded, kept on disk until the ledger has it.

The ledger may be away when an item comes in; the queue is told full review all the same. Worse, a write
whose time ran out may be committed after that answer, with another route. So every such answer is written
here before it is given, one file a request, and `serving.reconciling` makes the ledger agree with it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final
from uuid import uuid4

from pydantic import TypeAdapter

from data.records import Item

WAITING: Final = ".json"
"""How the name of what waits for the ledger ends."""

REFUSED: Final = ".refused"
"""How the name of what the ledger will never take ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Items of one request that were answered "full review, not recorded"."""

    items: tuple[Item, ...]
    reason: str
    told_at: datetime


@cache
def _form() -> TypeAdapter[Told]:
    return TypeAdapter(Told)


class Spool:
    """A folder of answers, shared by the processes of one machine.

    Parameters
    ----------
    folder : Path
        Made with the first answer, for its owner alone: it holds what people said in their videos.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, told: Told) -> Path:
        """Write an answer down; it is on the disk when this returns.

        Raises
        ------
        OSError
            The disk is full or broken.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Named by the moment, so that the oldest comes first.
        path = self._folder / f"{told.told_at:%Y%m%dT%H%M%S%f}-{uuid4().hex}{WAITING}"
        aside = path.with_suffix(".new")
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(_form().dump_json(told))
            file.flush()
            os.fsync(file.fileno())
        aside.rename(path)
        self._sync()
        return path

    def waiting(self) -> list[Path]:
        """Return the answers that the ledger does not have yet, oldest first."""
        return sorted(self._folder.glob(f"*{WAITING}"))

    def refused(self) -> list[Path]:
        """Return the answers that it will not take: somebody has to look at them."""
        return sorted(self._folder.glob(f"*{REFUSED}"))

    def read(self) -> Iterator[tuple[Path, Told]]:
        """Yield what waits, oldest first. What cannot be read is set aside."""
        for path in self.waiting():
            try:
                told = _form().validate_json(path.read_bytes())
            except FileNotFoundError:
                continue  # another process was quicker
            except ValueError:
                self.set_aside(path)
                continue
            yield path, told

    def forget(self, path: Path) -> None:
        """Drop an answer: the ledger agrees with it."""
        path.unlink(missing_ok=True)

    def set_aside(self, path: Path) -> None:
        """Keep an answer for somebody to look at, and do not try it again."""
        if path.exists():
            path.rename(path.with_suffix(REFUSED))

    def _sync(self) -> None:
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
