"""
Seal what was recorded, and tell whether it is still what was sealed.

Sealing happens beside requests and takes no part in them. What is younger than the newest seal is not
protected yet; `tamis_unsealed_facts` tells how much that is.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Final

import structlog

from data.errors import InvalidSettings, LedgerUnavailable, TriageError
from data.seals import FORM, Seal, SealKey, breaks, next_seal
from data.store.store import Store
from serving import metrics

SEAL_S: Final = 30.0
"""Seconds between two seals, while there is anything to seal."""

_NUMBERS_AT_ONCE: Final = 20_000
_SEALS_AT_ONCE: Final = 1_000

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """A seal that does not hold, and the sequence numbers it covers."""

    seal: int
    after: int
    until: int
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What a look at the whole chain found."""

    seals: int
    facts: int
    unsealed: bool
    """Whether there are facts after the newest seal."""
    head: str | None
    breaches: tuple[Breach, ...]
    head_found: bool = True
    """Whether the head that was given is in the chain."""

    @property
    def holds(self) -> bool:
        """Whether nothing was changed since it was sealed."""
        return not self.breaches and self.head_found


class Sealer:
    """Adds seals to the chain. Several processes may: of two that seal the same, one does.

    Parameters
    ----------
    store : Store
        The ledger.
    key : SealKey
        What seals are made with; all processes of an installation have the same.
    clock : callable
        The moment now.
    """

    def __init__(self, *, store: Store, key: SealKey, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._key = key
        self._clock = clock
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Seal now and then again every `SEAL_S` seconds, until closed."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._follow, name="sealer", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Seal no more."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join(timeout=10)

    def newest(self) -> Seal | None:
        """Return the newest seal, None where there is none.

        Raises
        ------
        InvalidSettings
            If the chain was made with another key.
        """
        with self._store.read() as session:
            newest = session.seals.newest()
        self._check_key(newest)
        return newest

    def run(self) -> Seal | None:
        """Seal everything that is recorded; return the newest seal, None where there is nothing.

        Raises
        ------
        InvalidSettings
            If the chain was made with another key.
        """
        while True:
            with self._store.read() as session:
                newest = session.seals.newest()
                after, last = (0 if newest is None else newest.until), session.seals.newest_fact()
                until = min(last, after + _NUMBERS_AT_ONCE)
                leaves = session.seals.leaves(self._key.secret, after=after, until=until, form=FORM)
            self._check_key(newest)
            metrics.unsealed(max(0, last - after))
            if until <= after:
                return newest
            made = next_seal(
                newest, (each for _, each in leaves), until=until, key=self._key, sealed_at=self._clock()
            )
            with self._store.begin() as session:
                added = session.seals.append(made)
            if added:
                # Beside the report, the place outside the ledger where the head is written down.
                _log.info("ledger_sealed", head=made.head, facts=made.facts)

    def verify(
        self, *, head: str | None = None, progress: Callable[[int, int], None] = lambda _done, _all: None
    ) -> Verified:
        """Read all facts and return which seals do not hold.

        Parameters
        ----------
        head
            A head that was written down earlier, as `Seal.head` gives it. Without one, nobody can tell
            whether the newest seals were cut off, with the facts they cover.
        progress
            Told how many seals were looked at, and of how many.

        Raises
        ------
        InvalidSettings
            If the chain was made with another key.
        """
        breaches: list[Breach] = []
        before: Seal | None = None
        facts = 0
        found = head is None
        with self._store.read() as session:
            newest, last = session.seals.newest(), session.seals.newest_fact()
            self._check_key(newest)
            while seals := session.seals.chain(after=before.number if before else 0, limit=_SEALS_AT_ONCE):
                for group in _together(seals):
                    places = session.seals.leaves(
                        self._key.secret, after=group[0].after, until=group[-1].until, form=group[0].form
                    )
                    facts += len(places)
                    for seal in group:
                        first, end = (
                            bisect_right(places, seal_end, key=itemgetter(0))
                            for seal_end in (seal.after, seal.until)
                        )
                        leaves = [each for _, each in places[first:end]]
                        if what := breaks(seal, before=before, leaves=leaves, key=self._key):
                            breaches.append(
                                Breach(seal=seal.number, after=seal.after, until=seal.until, what=what)
                            )
                        found = found or seal.head == head
                        before = seal
                    progress(seal.number, newest.number if newest else seal.number)
        return Verified(
            seals=0 if before is None else before.number,
            facts=facts,
            unsealed=last > (0 if before is None else before.until),
            head=None if before is None else before.head,
            breaches=tuple(breaches),
            head_found=found,
        )

    def _check_key(self, newest: Seal | None) -> None:
        if newest is not None and newest.key_id != self._key.key_id:
            raise InvalidSettings(
                f"The ledger was sealed with the key {newest.key_id}; var/keys/seal.json holds "
                f"{self._key.key_id}. Restore the key from a backup."
            )

    def _follow(self) -> None:
        while not self._closed.is_set():
            try:
                self.run()
            except LedgerUnavailable:
                pass  # said elsewhere, and tried again
            except TriageError as refused:
                _log.error("ledger_not_sealed", reason=str(refused))
            self._closed.wait(SEAL_S)


def _together(seals: Sequence[Seal]) -> Iterator[list[Seal]]:
    """Yield runs of seals whose facts are read at once."""
    group: list[Seal] = []
    for seal in seals:
        if group and (seal.until - group[0].after > _NUMBERS_AT_ONCE or seal.form != group[0].form):
            yield group
            group = []
        group.append(seal)
    yield group
