"""
Datasets cut from the ledger: what was known as of a moment, each row with its chance.

A snapshot is named after its content. The same ledger gives the same name on every database, and nothing
that is recorded after ``as_of`` changes it.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pandas as pd

from data import features, labels
from data.errors import Invalid, TooFewLabels
from data.records import CreatorHistory, Item, ReviewType, Verdict
from data.store.store import Session

FACTS: Final = (
    "creator_id", "time", "violation", "policies", "inclusion_probability", "settled_at", "source", "fingerprint",
)  # fmt: skip
"""What a snapshot knows of a row beside the model's input (`features.COLUMNS`)."""

_IMPORTED: Final = "import:"
_ITEM_FIELDS: Final = tuple(each.name for each in fields(Item))
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
    outcomes = outcomes.sort_values(["item_id", "item_version"], ignore_index=True)
    outcomes["time"] = _came_in(outcomes)
    items = [_item(row) for row in outcomes.to_dict("records")]
    inputs = features.rows_with(items, _histories(session, outcomes, as_of=as_of))
    rows = pd.concat([inputs, _typed(outcomes)], axis=1)[list(COLUMNS)]
    return Snapshot(id=content_hash(rows), rows=rows, as_of=as_of, counts=_counts(rows))


def _is_imported(table: pd.DataFrame) -> pd.Series[bool]:
    return table["source"].str.startswith(_IMPORTED).astype(bool)


def _moments(values: pd.Series) -> pd.Series:
    return pd.to_datetime(values, utc=True).dt.as_unit("us")


def _came_in(items: pd.DataFrame) -> pd.Series:
    # By the ledger's clock where we received it, by the file's where somebody else did.
    return _moments(items["received_at"]).where(~_is_imported(items), _moments(items["submitted_at"]))


def _item(row: Mapping[Any, Any]) -> Item:
    return Item(**{name: None if _is_missing(row[name]) else row[name] for name in _ITEM_FIELDS})


def _is_missing(value: object) -> bool:
    return value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value))


def _histories(session: Session, outcomes: pd.DataFrame, *, as_of: datetime) -> list[CreatorHistory | None]:
    arrivals = session.ledger.arrivals(as_of=as_of)
    verdicts = session.ledger.verdicts(as_of=as_of)
    recorded = _moments(verdicts["recorded_at"])
    known_here = arrivals.assign(moment=_moments(arrivals["received_at"])), verdicts.assign(moment=recorded)
    decided = _moments(verdicts["decided_at"])
    known_elsewhere = (
        arrivals.assign(moment=_came_in(arrivals).fillna(_moments(arrivals["received_at"]))),
        verdicts.assign(moment=decided.where(verdicts["review_type"] == ReviewType.IMPORTED, recorded)),
    )
    histories: dict[Any, CreatorHistory | None] = {}
    is_imported = _is_imported(outcomes)
    for rows, (arrived, judged) in (
        (outcomes[~is_imported], known_here),
        (outcomes[is_imported], known_elsewhere),
    ):
        found = features.histories(
            [None if _is_missing(creator) else creator for creator in rows["creator_id"]],
            rows["time"],
            arrivals=arrived,
            reviews=_first(judged),
            violations=_first(judged[judged["verdict"] == Verdict.VIOLATION]),
        )
        histories |= dict(zip(rows.index, found, strict=True))
    return [histories[place] for place in outcomes.index]


def _first(verdicts: pd.DataFrame) -> pd.DataFrame:
    return verdicts.sort_values("moment").drop_duplicates(labels.KEY)


def _typed(outcomes: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "creator_id": outcomes["creator_id"].astype("str"),
            "time": outcomes["time"],
            "violation": outcomes["violation"].astype(bool),
            "policies": [sorted(policies) for policies in outcomes["policies"]],
            "inclusion_probability": outcomes["inclusion_probability"].astype("float64"),
            "settled_at": _moments(outcomes["settled_at"]),
            "source": outcomes["source"].astype("str"),
            "fingerprint": outcomes["fingerprint"].astype("str"),
        }
    )


def content_hash(rows: pd.DataFrame) -> str:
    """Return the SHA-256 of the rows' content in their order, as 64 hex digits.

    It depends on the values only, not on how a file or a database writes them.
    """
    digest = hashlib.sha256(json.dumps(list(rows.columns)).encode())
    for row in zip(*(_plain(rows[name]) for name in rows.columns), strict=True):
        digest.update(b"\n" + json.dumps(row, ensure_ascii=False, allow_nan=False).encode())
    return digest.hexdigest()


def _plain(values: pd.Series) -> list[Any]:
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        return [None if moment is pd.NaT else moment.isoformat() for moment in values]
    return [None if _is_missing(value) else value for value in values.tolist()]


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
    rows = path / _ROWS
    _replace(rows, snapshot.rows.to_parquet(index=False, compression="zstd"))
    manifest = {
        "id": snapshot.id,
        "as_of": snapshot.as_of.isoformat(),
        "counts": snapshot.counts,
        "columns": list(snapshot.rows.columns),
        "sha256": hashlib.sha256(rows.read_bytes()).hexdigest(),
    }
    _replace(path / _MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=2).encode())
    return path


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
