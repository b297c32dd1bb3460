"""Use case: take what is known of an item out of everything that keeps it, for good."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from data import datasets
from data.checks import holds
from data.errors import Invalid, NotSealed
from data.records import TEXT_FIELDS
from data.seals import SealKey
from data.store.store import Store
from serving.reconciling import Reconciler
from serving.sealing import Sealer
from serving.settings import Settings
from serving.spool import Spool
from training.models import vectors
from training.models.watcher import Watcher

_SHORTEST_REASON = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What was emptied, and what others have to delete."""

    item_id: str
    facts: Mapping[str, int] = field(default_factory=dict)
    """How many facts of the ledger, by table."""
    snapshots: int = 0
    """In how many snapshots."""
    vectors: int = 0
    """How many vectors of its texts, and memories of its clips, were kept."""
    refused_rows: int = 0
    """How many rows that an import or the ledger had refused."""
    scrubbed: bool = True
    """Whether the database has dropped its copies, too; False: somebody was reading it."""
    files: tuple[str, ...] = ()
    """Clips and frames that the item names; they belong to others and are still there."""


class Eraser:
    """Takes content out of the ledger and of all that was copied from it.

    Parameters
    ----------
    store : Store
        The ledger.
    sealer, key : Sealer, SealKey
        What is erased is sealed first, so that the chain still tells that nothing else was changed.
    reconciler, spool : Reconciler, Spool
        Answers that are not in the ledger yet hold content, too.
    settings : Settings
        Where copies lie.
    clock : callable
        The moment now.
    """

    def __init__(
        self,
        *,
        store: Store,
        sealer: Sealer,
        key: SealKey,
        reconciler: Reconciler,
        spool: Spool,
        settings: Settings,
        watcher: Watcher | None,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._sealer = sealer
        self._key = key
        self._reconciler = reconciler
        self._spool = spool
        self._settings = settings
        self._watcher = watcher
        self._clock = clock

    def erase(self, item_id: str, *, actor: str, reason: str) -> Erased:
        """Erase all versions of an item. Doing it again erases what has come in since.

        Raises
        ------
        UnknownItem
            If there is no such item.
        NotSealed
            If something about it came in just now.
        Invalid
            If the reason says nothing.
        """
        if len(reason.strip()) < _SHORTEST_REASON:
            raise Invalid(f"reason must say why, in {_SHORTEST_REASON} characters or more.", field="reason")
        self._reconciler.run()
        self._sealer.run()
        with self._store.read() as session:
            items = session.ledger.versions(item_id)
        texts = [one.text(name) for one in items for name in TEXT_FIELDS]
        files = [name for one in items for name in (one.data.get("media"), *_list(one.data.get("frames")))]
        # The vectors first: once the texts are gone nobody can tell which they were.
        forgotten = vectors.forget(self._settings.vectors, texts)
        if self._watcher is not None:
            clips = {one.media for one in items if one.media is not None}
            forgotten += sum(map(self._watcher.forget, sorted(clips)))
        with self._store.begin() as session:
            facts = session.erasures.erase(
                item_id,
                secret=self._key.secret,
                actor=actor,
                reason=reason.strip(),
                erased_at=self._clock(),
            )
        refused = self._drop_from_spool(item_id)
        for path in sorted(self._settings.imports.glob("*.jsonl")):
            refused += _drop_lines(path, item_id)
        return Erased(
            item_id=item_id,
            facts=facts,
            snapshots=datasets.erase(self._settings.snapshots, item_id),
            vectors=forgotten,
            refused_rows=refused,
            scrubbed=self._store.scrub(),
            files=tuple(dict.fromkeys(name for name in files if isinstance(name, str))),
        )

    def _drop_from_spool(self, item_id: str) -> int:
        if any(holds(json.loads(path.read_bytes()), item_id) for path in self._spool.waiting()):
            raise NotSealed
        return sum(_drop_lines(path, item_id) for path in self._spool.refused())


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _drop_lines(path: Path, item_id: str) -> int:
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not holds(_parsed(line), item_id)]
    if len(kept) == len(lines):
        return 0
    if kept:
        path.write_text("".join(kept), encoding="utf-8")
    else:
        path.unlink()
    return len(lines) - len(kept)


def _parsed(line: str) -> object:
    try:
        return json.loads(line)
    except ValueError:
        return line.strip()
