"""
Datasets cut from the ledger: what was known as of a moment, each row with its chance.

A snapshot is named after its content. The same ledger gives the same name on every database, and nothing
that is recorded after ``as_of`` changes it.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from data import features, labels
from data.errors import Invalid, TooFewLabels
from data.records import TEXT_FIELDS, CreatorHistory, Verdict
from data.store.store import Session

FACTS: Final = (
    "creator_id",
    "time",
    "violation",
    "policies",
    "inclusion_probability",
    "settled_at",
    "source",
    "fingerprint",
)
"""What a snapshot knows of a row beside the model's input (`features.COLUMNS`)."""

_CONTENT: Final = list(TEXT_FIELDS)
_ABOUT: Final = ["creator_id", "fingerprint"]
_IMPORTED: Final = "import:"
_ROWS: Final = "rows.parquet"
_MANIFEST: Final = "manifest.json"

COLUMNS: Final = (*features.COLUMNS, *FACTS)
"""The columns of `Snapshot.rows`, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A dataset cut from the ledger.

    Attributes
    ----------
    id
        SHA-256 of the rows, in hex: the same rows are the same snapshot, whenever they were cut.
    rows
        One row an item version, ordered by id and version: `COLUMNS`. ``time`` is when the item came in,
        NaT where a file did not say; ``inclusion_probability`` is the chance it had of being reviewed.
    as_of
        Nothing recorded later is in it.
    counts
        How many rows there are, in all and by source, verdict and policy.
    """

    id: str
    rows: pd.DataFrame
    as_of: datetime
    counts: Mapping[str, Any]


def cut(
    session: Session,
    *,
    as_of: datetime,
    mature_after: timedelta = timedelta(0),
    sources: Collection[str] | None = None,
) -> Snapshot:
    """Return the settled outcomes of the ledger as a dataset to learn from.

    Parameters
    ----------
    as_of
        Only what was recorded up to this moment exists.
    mature_after
        How long a label must have stood, so that an appeal had time to arrive. Younger labels are
        absent, not negative.
    sources
        Which sources to take (``api``, ``import:NAME``, ``synthetic``); all if absent.

    Raises
    ------
    TooFewLabels
        If there is not a single row.

    Notes
    -----
    A creator's history is that of the moment the item came in. For items that went through this system
    that is what the ledger had recorded by then, which is what serving saw. For imported items it is
    what had happened by then elsewhere, by the file's own times; without times there is no past.
    """
    outcomes = labels.mature(session.ledger.outcomes(as_of=as_of), as_of=as_of, after=mature_after)
    if sources is not None:
        outcomes = outcomes[outcomes["source"].isin(list(sources))]
    if outcomes.empty:
        raise TooFewLabels
    # Not by the database: PostgreSQL sorts text as the locale of its server does.
    outcomes = outcomes.sort_values(["item_id", "item_version"], ignore_index=True)
    is_imported = outcomes["source"].str.startswith(_IMPORTED)
    outcomes["time"] = outcomes["submitted_at"].where(is_imported, outcomes["received_at"])
    inputs = features.rows_with(outcomes["item"].tolist(), _histories(session, outcomes, as_of=as_of))
    rows = pd.concat([inputs, _facts(outcomes)], axis=1)[list(COLUMNS)]
    return Snapshot(id=content_hash(rows), rows=rows, as_of=as_of, counts=_counts(rows))


def _histories(session: Session, outcomes: pd.DataFrame, *, as_of: datetime) -> list[CreatorHistory | None]:
    has_past = outcomes["creator_id"].notna() & outcomes["time"].notna()
    asked = outcomes.loc[has_past, ["creator_id", "time"]].itertuples(index=False, name=None)
    found = iter(session.ledger.histories_at(list(asked), as_of=as_of))
    is_known = outcomes["creator_id"].notna()
    return [
        next(found) if has else CreatorHistory() if known else None
        for has, known in zip(has_past, is_known, strict=True)
    ]


def _facts(outcomes: pd.DataFrame) -> pd.DataFrame:
    renamed = outcomes.rename(columns={"chance": "inclusion_probability"})[list(FACTS)]
    return renamed.assign(
        violation=renamed["violation"].astype(bool),
        policies=renamed["policies"].map(sorted),
    )


def content_hash(rows: pd.DataFrame) -> str:
    """Return the SHA-256 of the rows' content in their order, as 64 hex digits.

    It depends on the values only, not on how a file or a database writes them.
    """
    digest = hashlib.sha256(json.dumps(list(rows.columns)).encode())
    for row in zip(*(_plain(rows[name]) for name in rows.columns), strict=True):
        digest.update(b"\n" + json.dumps(row, ensure_ascii=False, allow_nan=False).encode())
    return digest.hexdigest()


def _plain(values: pd.Series[Any]) -> list[Any]:
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        moments = values.dt.tz_convert(None).dt.as_unit("us").to_numpy()
        return [str(moment) for moment in np.datetime_as_string(moments)]
    if values.dtype == object:
        return values.tolist()
    return values.astype(object).where(values.notna(), None).tolist()


def _counts(rows: pd.DataFrame) -> dict[str, Any]:
    verdicts = rows["violation"].map({True: Verdict.VIOLATION.value, False: Verdict.NO_VIOLATION.value})
    tables = {"source": rows["source"], "verdict": verdicts, "policy": rows["policies"].explode().dropna()}
    counted = {name: values.value_counts().sort_index() for name, values in tables.items()}
    return {"rows": len(rows)} | {
        name: {str(value): int(count) for value, count in counts.items()} for name, counts in counted.items()
    }


def write(snapshot: Snapshot, folder: Path) -> Path:
    """Write a snapshot below a folder, in one named after it, and return that folder.

    It holds the rows as Parquet and ``manifest.json``: id, as_of, counts, columns, and the SHA-256 of
    the file of rows.
    """
    path = folder / snapshot.id[:16]
    path.mkdir(parents=True, exist_ok=True)
    about = {"id": snapshot.id, "as_of": snapshot.as_of.isoformat(), "counts": snapshot.counts}
    _write(path, snapshot.rows, about)
    return path


def _write(path: Path, rows: pd.DataFrame, about: Mapping[str, Any]) -> None:
    content = rows.to_parquet(index=False, compression="zstd")
    manifest = {
        **about,
        "columns": list(rows.columns),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    # The rows first: a manifest that does not fit them is refused, and written anew with the next snapshot.
    _replace(path / _ROWS, content)
    _replace(path / _MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=2).encode())


def _replace(path: Path, content: bytes) -> None:
    # Renamed when it is whole: whoever reads finds the old file or the new one, never half of one.
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def read(path: Path) -> Snapshot:
    """Return a snapshot that was written to a folder.

    Raises
    ------
    Invalid
        If a file is missing or differs from the manifest.
    """
    try:
        manifest = json.loads((path / _MANIFEST).read_text("utf-8"))
        content = (path / _ROWS).read_bytes()
        rows = pd.read_parquet(io.BytesIO(content))
        expected = manifest["sha256"], manifest["columns"]
        snapshot_id, as_of, counts = (
            manifest["id"],
            datetime.fromisoformat(manifest["as_of"]),
            manifest["counts"],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Invalid(f"{path} holds no snapshot: {error}. Cut it again.", field="snapshot") from error
    if (hashlib.sha256(content).hexdigest(), list(rows.columns)) != expected:
        raise Invalid(f"{path / _ROWS} differs from its manifest. Cut the snapshot again.", field="snapshot")
    rows["policies"] = [list(policies) for policies in rows["policies"]]
    return Snapshot(id=snapshot_id, rows=rows, as_of=as_of, counts=counts)


def erase(folder: Path, item_id: str) -> int:
    """Empty the content of an item in all snapshots below a folder; return in how many it was.

    Labels and chances stay. A snapshot keeps its name, which is that of what a model learned from; its
    manifest counts the rows that were emptied since (``erased``).
    """
    changed = 0
    for path in sorted(folder.glob(f"*/{_MANIFEST}")):
        rows = pd.read_parquet(path.parent / _ROWS)
        here = (rows["item_id"] == item_id) & (rows[_CONTENT] != "").any(axis="columns")
        if not here.any():
            continue
        rows.loc[here, _CONTENT] = ""
        rows.loc[here, _ABOUT] = None
        manifest = json.loads(path.read_text("utf-8"))
        _write(path.parent, rows, manifest | {"erased": manifest.get("erased", 0) + int(here.sum())})
        changed += 1
    return changed
