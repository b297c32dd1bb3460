"""
A chain of seals over the ledger: whoever changes a fact afterwards is found out. Pure.

Each fact has a *leaf*, a keyed digest of what it says. A *seal* covers all facts between two sequence
numbers by one digest of their leaves, and holds the code of the seal before it. So the code of the newest
seal, the *head*, stands for everything that was ever recorded. Facts that are changed, slipped in or taken
out no longer fit their seal; seals cut off the end are missed by whoever wrote a later head down elsewhere.

Who holds both the key and the database can make the chain anew from any head that was not written down.

References
----------
Haber and Stornetta (1991), How to time-stamp a digital document, J. Cryptology 3, 99-111.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

FORM = 1
"""Which columns a leaf reads; a migration that adds one to a sealed table makes a new form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealKey:
    """The secret that leaves and seals are made with, and its public name."""

    key_id: str
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """One link of the chain: the facts with ``after < sequence <= until``."""

    number: int
    after: int
    until: int
    facts: int
    root: str
    previous: str
    key_id: str
    form: int
    sealed_at: datetime
    code: str

    @property
    def head(self) -> str:
        """Return what is written down elsewhere: number and code."""
        return f"{self.number}:{self.code}"


def leaf(secret: bytes, table: str, values: Sequence[Any]) -> bytes:
    """Return the keyed digest of a fact, 32 bytes.

    Parameters
    ----------
    table
        The name of its table.
    values
        Its columns as stored: text, numbers, booleans, None or moments.

    Notes
    -----
    Keyed, so that nobody can guess at content that was erased by trying what gives the same digest.
    """
    said = json.dumps([table, *values], ensure_ascii=False, separators=(",", ":"), default=_moment)
    return hmac.digest(secret, said.encode(), "sha256")


def next_seal(
    newest: Seal | None, leaves: Iterable[bytes], *, until: int, key: SealKey, sealed_at: datetime
) -> Seal:
    """Return the seal that follows, over the leaves of all facts up to a sequence number, in order."""
    root = hashlib.sha256()
    count = 0
    for each in leaves:
        root.update(each)
        count += 1
    said: dict[str, Any] = {
        "number": 1 if newest is None else newest.number + 1,
        "after": 0 if newest is None else newest.until,
        "until": until,
        "facts": count,
        "root": root.hexdigest(),
        "previous": "" if newest is None else newest.code,
        "key_id": key.key_id,
        "form": FORM,
        "sealed_at": sealed_at,
    }
    return Seal(**said, code=_code(key.secret, said))


def breaks(seal: Seal, *, before: Seal | None, leaves: Sequence[bytes], key: SealKey) -> str | None:
    """Return what is wrong with a seal, None where it holds.

    Parameters
    ----------
    before
        The seal with the number before, None for the first.
    leaves
        Of the facts between its numbers, as they stand now.
    """
    said = asdict(seal)
    code = said.pop("code")
    if not hmac.compare_digest(code, _code(key.secret, said)):
        return "the seal itself was changed"
    follows = (1, 0, "") if before is None else (before.number + 1, before.until, before.code)
    if (seal.number, seal.after, seal.previous) != follows:
        return "it does not follow the seal before it"
    if len(leaves) != seal.facts:
        return f"{seal.facts} facts were sealed, {len(leaves)} are there"
    if hashlib.sha256(b"".join(leaves)).hexdigest() != seal.root:
        return "a fact was changed"
    return None


def _code(secret: bytes, said: dict[str, Any]) -> str:
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), default=_moment)
    return hmac.digest(secret, text.encode(), "sha256").hex()


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="microseconds")
