"""
What a file says goes into the ledger, once, however often it is imported.

Ids of items and outcomes follow from the file, so what is known already is found and left alone. What
contradicts it is rejected: the ledger is never rewritten.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from collections.abc import Mapping as Dictionary
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Final

from data.errors import Invalid, InvalidMapping
from data.ingest.appending import append
from data.ingest.mapping import Mapping
from data.ingest.rows import Progress, Reject, Row, read
from data.ingest.sources import nearest
from data.store.store import Store

_CHUNK: Final = 500
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """What an import did. Importing the same file again turns every "new" into "known"."""

    name: str
    note: str
    new_items: int
    known_items: int
    new_outcomes: int
    known_outcomes: int
    rejected: int
    rejected_by_field: Dictionary[str, int]
    first_rejects: Sequence[Reject]
    rejects_path: Path | None
    """Where every reject is written, one object of JSON a line; None where there are none."""


def load(
    store: Store,
    path: Path,
    mapping: Mapping,
    *,
    now: datetime,
    rejects_path: Path | None = None,
    progress: Progress | None = None,
    policy_ids: Collection[str] | None = None,
) -> ImportResult:
    """Append the items and outcomes of a file to the ledger.

    Rows go in in short transactions, so that other writers are not kept waiting, and an import that was
    cut off is simply started again.

    Parameters
    ----------
    now
        The moment of the import: when its items were received and its outcomes recorded.
    rejects_path
        Where to write the rows that were not taken, with line, field and reason. An older file of that
        name is replaced.
    policy_ids
        The policies there are; others are refused. Not checked if absent.

    Raises
    ------
    Invalid
        If the file as a whole cannot be used.
    InvalidMapping
        If the mapping does not fit the file, or names a policy that there is not.
    """
    _check_policies(mapping, policy_ids)
    tally = _Tally()
    with rejects_file(rejects_path, kept=path) as write:
        for chunk in _chunks(read(path, mapping, now=now, progress=progress), tally):
            rejects = [each for each in chunk if isinstance(each, Reject)]
            rows = [each for each in chunk if isinstance(each, Row)]
            rejects += [_unknown_policy(row) for row in rows if not _has_known_policies(row, policy_ids)]
            rows = [row for row in rows if _has_known_policies(row, policy_ids)]
            with store.begin() as session:
                counts, refused = append(session, rows, now=now)
            tally.counts += counts
            for reject in sorted([*rejects, *refused], key=lambda reject: reject.line):
                tally.reject(reject)
                write(reject)
    return tally.result(mapping, rejects_path)


@dataclass(slots=True)
class _Tally:
    counts: Counter[str] = field(default_factory=Counter)
    fields: Counter[str] = field(default_factory=Counter)
    first: list[Reject] = field(default_factory=list)

    def reject(self, reject: Reject) -> None:
        self.fields[reject.field] += 1
        if len(self.first) < _SHOWN:
            self.first.append(reject)

    def result(self, mapping: Mapping, rejects_path: Path | None) -> ImportResult:
        return ImportResult(
            name=mapping.name,
            note=mapping.note,
            new_items=self.counts["new_items"],
            known_items=self.counts["known_items"],
            new_outcomes=self.counts["new_outcomes"],
            known_outcomes=self.counts["known_outcomes"],
            rejected=self.fields.total(),
            rejected_by_field=dict(self.fields.most_common()),
            first_rejects=tuple(self.first),
            rejects_path=rejects_path if self.fields else None,
        )


def _check_policies(mapping: Mapping, policy_ids: Collection[str] | None) -> None:
    policies = mapping.outcome.policies if mapping.outcome else None
    if policy_ids is None or policies is None:
        return
    for text, policy_id in (policies.map or {}).items():
        if policy_id not in policy_ids:
            raise InvalidMapping(
                f"outcome.policies.map sends {text!r} to {policy_id!r}, which is no policy"
                f"{nearest(policy_id, policy_ids)}",
                field="outcome.policies.map",
            )


def _has_known_policies(row: Row, policy_ids: Collection[str] | None) -> bool:
    return policy_ids is None or row.decision is None or set(row.decision.policies) <= set(policy_ids)


def _unknown_policy(row: Row) -> Reject:
    named = ", ".join(row.decision.policies if row.decision else ())
    return row.reject(
        "outcome.policies",
        f"{named}: not all of these are policies of ours. Map them in outcome.policies.map.",
    )


def _chunks(found: Iterator[Row | Reject], tally: _Tally) -> Iterator[list[Row | Reject]]:
    try:
        while chunk := list(islice(found, _CHUNK)):
            yield chunk
    except Invalid as error:
        if not tally.counts:
            raise
        raise type(error)(
            f"{error} {tally.counts['new_items']:,} new items before that place went in. Repair the file and "
            "import it again; what is known is left alone.",
            field=error.field,
        ) from error


@contextmanager
def rejects_file(path: Path | None, *, kept: Path) -> Iterator[Callable[[Reject], None]]:
    """Open a file for rows that are not taken; without any it is gone again afterwards.

    ``kept`` is the file that is read, which may not be written over.
    """
    if path is None:
        yield lambda _: None
        return
    if path.resolve() == kept.resolve():
        raise Invalid(
            f"Rejects cannot be written over {kept.name} itself; name another file.", field="rejects"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:

        def write(reject: Reject) -> None:
            said = {"line": reject.line, "field": reject.field, "reason": reject.reason, "row": reject.values}
            # Escapes, for a row may hold what is no character, and may be why it was rejected.
            file.write(json.dumps(said, default=str) + "\n")

        yield write
    if path.stat().st_size == 0:
        path.unlink()
