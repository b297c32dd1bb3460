"""
Clips are looked at before anything is scored.

An item whose clip cannot be read safely in time, or shows what was found to violate before, needs no score:
it goes to full review with the reason. Everything else is scored, by a model that finds the clip watched.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

import numpy as np
import pandas as pd
import structlog
from numpy.typing import NDArray

from data.errors import LedgerUnavailable, MediaRefused
from data.labels import KEY, settle
from data.media.fingerprints import Hashes
from data.media.known import Known
from data.records import Item
from data.store.store import Store
from training.models.watcher import Watcher

REFUSED: Final = "clip cannot be read"
LATE: Final = "clip took too long"
KNOWN: Final = "shows a known violation"

LOOK_S: Final = 30.0
"""Seconds between two looks at the ledger for videos that were found to violate."""
_LOOKS_AT_ONCE: Final = 20_000

_log = structlog.get_logger(__name__)


class Watching:
    """Watches the clips of items, and knows those of violations again.

    Parameters
    ----------
    watcher : Watcher
        Reads clips and remembers what it saw.
    store : Store
        The ledger, which says what was found to violate.
    at_once : int
        Clips read at the same time.
    """

    def __init__(self, *, watcher: Watcher, store: Store, at_once: int) -> None:
        self._watcher = watcher
        self._store = store
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="watching")
        self._known = Known.of({})
        self._hashes: dict[str, tuple[Hashes, NDArray[np.uint8]]] = {}
        self._looks = pd.DataFrame()
        self._last = 0
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Learn which videos violate, now and then again every `LOOK_S` seconds, until closed."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._follow, name="known-videos", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Watch no more."""
        self._closed.set()
        self._threads.shutdown(cancel_futures=True)
        if self._thread is not None:
            self._thread.join(timeout=10)

    def look(self, items: Sequence[Item], *, give_up_at: float) -> list[str | None]:
        """Return for each item why it needs no score, or None.

        Parameters
        ----------
        give_up_at
            By `time.monotonic`. What is watched later than that is remembered for the next time.
        """
        begun = [
            None if item.media is None else self._threads.submit(self._reason, item.media) for item in items
        ]
        return [None if one is None else _outcome(one, give_up_at) for one in begun]

    def learn(self) -> int:
        """Read what was decided since the last time; return how many known videos violate.

        A clip that was never watched here cannot be known again; it is asked for again each time.
        """
        violating = self._violating()
        known = {item_id: seen for item_id, seen in self._hashes.items() if item_id in violating}
        for item_id in violating.keys() - known.keys():
            seen = self._watcher.recall(violating[item_id])
            if seen is not None:
                known[item_id] = seen.hashes, seen.qualities
        if known.keys() != self._hashes.keys():
            self._hashes, self._known = known, Known.of(known)
        return len(known)

    def _violating(self) -> dict[str, str]:
        # The clips of items whose label is "violation", by item id.
        while True:
            with self._store.read() as session:
                looks, last = session.ledger.clip_looks(after=self._last, limit=_LOOKS_AT_ONCE)
            if last == self._last:
                break
            self._last = last
            self._looks = pd.concat([self._looks, looks], ignore_index=True) if len(self._looks) else looks
        if not len(self._looks):
            return {}
        labels = settle(self._looks.drop(columns="media"))
        violating = labels.loc[labels["violation"], KEY]
        named = self._looks.merge(violating)[["item_id", "media"]]
        return dict(named.itertuples(index=False, name=None))

    def _reason(self, media: str) -> str | None:
        try:
            seen = self._watcher.watch(media)
        except MediaRefused as refused:
            return f"{REFUSED}: {refused.reason}"
        same = self._known.matches(seen.hashes, seen.qualities)
        return f"{KNOWN}: {same[0].video}" if same else None

    def _follow(self) -> None:
        while not self._closed.is_set():
            try:
                self.learn()
            except LedgerUnavailable as away:
                _log.warning("known_videos_not_read", reason=repr(away.__cause__ or away))
            self._closed.wait(LOOK_S)


def _outcome(future: Future[str | None], give_up_at: float) -> str | None:
    try:
        return future.result(None if give_up_at == math.inf else max(0.0, give_up_at - time.monotonic()))
    except TimeoutError:
        future.cancel()
        return LATE
    except Exception as failed:  # noqa: BLE001 - whatever went wrong, a person looks
        _log.warning("clip_not_watched", reason=repr(failed))
        return f"{REFUSED}: {type(failed).__name__}"
