"""A record of a file becomes an item and, where it was reviewed, a decision; or a reject with its reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

from data.errors import Invalid, InvalidMapping
from data.ingest.facts import read_decision, read_item, read_moment
from data.ingest.files import Record, column, records, size
from data.ingest.mapping import Beside, Mapping
from data.ingest.sources import nearest
from data.ingest.values import has
from data.records import Decision, Item

Progress = Callable[[str, int, int], None]
"""Called with the stage, how much of it is done, and how much there is in all."""

_LOOK_AHEAD: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one line of the file says."""

    line: int
    item: Item
    decision: Decision | None
    is_dated: bool
    """Whether the file says when it was decided. If not, ``decided_at`` is the moment of the import."""
    values: dict[str, Any]

    def reject(self, field: str, reason: str) -> Reject:
        """Return the reject of a row that could be read and yet cannot be taken."""
        return Reject(line=self.line, field=field, reason=reason, values=self.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """A line that was not taken: which field is at fault, and what would help."""

    line: int
    field: str
    reason: str
    values: dict[str, Any]


def read(
    path: Path, mapping: Mapping, *, now: datetime, progress: Progress | None = None
) -> Iterator[Row | Reject]:
    """Yield what each line of a file says, in the order of the file.

    Parameters
    ----------
    path
        CSV, TSV, JSON lines or Parquet, plain or gzipped.
    now
        The moment of the import: when outcomes were decided that carry no moment of their own.
    progress
        Called now and then with "import", the bytes read and the bytes there are.

    Raises
    ------
    Invalid
        If the file as a whole cannot be used. Nothing was yielded then, unless a plain file turns out to
        be damaged further down.
    InvalidMapping
        If the mapping names a column that the file does not have.
    """
    found = _with_columns_beside(path, mapping)
    head = list(islice(found, _LOOK_AHEAD))
    _check_columns(head, path, mapping)
    total = size(path)
    for number_of_row, record in enumerate(chain(head, found)):
        if progress is not None and number_of_row % _LOOK_AHEAD == 0:
            progress("import", record.done, total)
        try:
            if record.problem:
                raise Invalid(record.problem, field="row")
            yield _row(record, mapping, now)
        except (Invalid, ValueError) as error:
            field = getattr(error, "field", None) or "row"
            yield Reject(line=record.line, field=field, reason=str(error), values=record.values)
    if progress is not None:
        progress("import", total, total)


def _check_columns(head: list[Record], path: Path, mapping: Mapping) -> None:
    readable = [record.values for record in head if not record.problem]
    if not head:
        raise Invalid(f"{path.name} has no rows. Nothing was imported.", field="file")
    for name, field in mapping.columns().items():
        if readable and not any(has(values, name) for values in readable):
            known = {known for values in readable for known in values}
            raise InvalidMapping(
                f"{path.name} has no column {name!r}{nearest(name, known)} Correct {field} in the mapping, "
                "or set optional: true there.",
                field=field,
            )


def _with_columns_beside(path: Path, mapping: Mapping) -> Iterator[Record]:
    if not mapping.beside:
        yield from records(path, mapping.file)
        return
    others = {beside.column: (beside, _path_beside(path, beside)) for beside in mapping.beside}
    count = sum(1 for _ in records(path, mapping.file))
    for beside, other in others.values():
        beside_count = sum(1 for _ in column(other, encoding=beside.encoding, quoting=beside.quoting))
        if beside_count != count:
            raise Invalid(
                f"{other.name} has {beside_count:,} records, {path.name} has {count:,} rows; they must go "
                "together line by line. See beside.quoting.",
                field="beside",
            )
    columns = [
        column(other, encoding=beside.encoding, quoting=beside.quoting) for beside, other in others.values()
    ]
    for record, *cells in zip(records(path, mapping.file), *columns, strict=True):
        record.values.update(zip(others, cells, strict=True))
        yield record


def _path_beside(path: Path, beside: Beside) -> Path:
    match = beside.match.fullmatch(path.name)
    if match is None:
        raise Invalid(
            f"{path.name} does not match {beside.match.pattern!r}, so the file beside it is not known. "
            "Correct beside.match in the mapping.",
            field="beside.match",
        )
    groups = {name: text or "" for name, text in match.groupdict().items()}
    try:
        return path.parent / beside.file.format_map(groups)
    except (KeyError, IndexError, ValueError) as error:
        raise InvalidMapping(
            f"beside.file {beside.file!r} names {error}, which is no group of beside.match.",
            field="beside.file",
        ) from error


def _row(record: Record, mapping: Mapping, now: datetime) -> Row:
    item = read_item(record.values, mapping)
    decided = read_moment(record.values, mapping, "decided")
    return Row(
        line=record.line,
        item=item,
        decision=read_decision(record.values, mapping, item, decided=decided, now=now),
        is_dated=decided is not None,
        values=record.values,
    )
