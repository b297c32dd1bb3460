"""
A sample table out of a file, in checked parts: CSV (``.csv``, ``.csv.gz``) or Parquet.

It needs the columns ``id``, ``pi``, ``flagged`` and ``violation``, and reads ``score``, ``views``, ``drawn``
and ``draw`` where they are there. With a column ``policy`` a row is about an item *and* a policy. Other
columns are read if they are asked for. What cells may hold is said in `data.sample_files.columns`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NotRequired, TypedDict

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data.errors import Invalid
from data.sample_files.columns import Floats, Truths, codes, moments, numbers, truths
from data.sample_files.formats import Table, ahead, opened
from data.sample_files.repeats import Names, check_ids, numbered, refuse_repeated

NEEDED: Final = ("id", "pi", "flagged", "violation")
"""The columns that a table cannot do without."""

POLICY: Final = "policy"


Codes = tuple[NDArray[np.intp], Sequence[Any]]
"""A column to slice by: a number for each row, and the value that each number stands for."""


class Batch(TypedDict):
    """Some rows of a table, as the arguments of `evaluation.streams.Stream.add`."""

    first_row: int
    slices: Sequence[Codes]
    pi: Floats
    flagged: Truths
    violation: Floats
    score: NotRequired[Floats]
    views: NotRequired[Floats]
    drawn: NotRequired[Truths]
    draw: NotRequired[Floats]
    time: NotRequired[Floats]


class SampleFile:
    """A file that holds a sample table.

    Parameters
    ----------
    path : Path
        ``.csv``, ``.csv.gz`` or ``.parquet``.
    by : sequence of str
        Columns to slice by. A column ``policy`` is always one of them, and comes first.
    timed : bool
        Whether the column ``time`` is needed.

    Raises
    ------
    Invalid
        If the file cannot be read, or lacks a column.
    """

    def __init__(self, path: Path, *, by: Sequence[str] = (), timed: bool = False) -> None:
        self._table: Table = opened(path)
        self.name = path.name
        names = self._table.names
        _check_names(path.name, names, needed=[*NEEDED, *(["time"] if timed else [])], by=by)
        self.by = tuple(dict.fromkeys([POLICY, *by] if POLICY in names else by))
        """The columns whose values make a slice, together."""
        self._optional = [name for name in ("score", "views", "drawn", "draw") if name in names]
        self._timed = timed
        self._way: pa.DataType | None = None  # how times are written
        self._policies: dict[object, int] = {}
        self._numbers = bytearray()

    @property
    def rows(self) -> int | None:
        """How many rows there are; None where the file does not say so at once."""
        return self._table.rows

    def batches(self) -> Iterator[Batch]:
        """Return the rows in parts. Reading begins at once, beside the caller, and may be done again.

        Raises
        ------
        Invalid
            On the way, if there is no row, or a cell holds what it may not. The message names the column and
            the first such row.
        """
        columns = [*NEEDED, *self._optional, *self.by, *(["time"] if self._timed else [])]
        return self._checked(ahead(self._table.parts(columns, few_values=self.by)))

    def check_ids(self) -> None:
        """Refuse the table if an id is there twice. To be asked once all rows were read.

        Raises
        ------
        Invalid
            Names the id and its rows.
        """
        refuse_repeated(self._numbers, self._all_names)

    def _checked(self, parts: Iterator[pa.RecordBatch]) -> Iterator[Batch]:
        row, self._numbers = 1, bytearray()  # which grows without being copied
        for part in parts:
            slices = [codes(name, part.column(name)) for name in self.by]
            self._numbers += numbered(self._names(part, row, slices)).data
            yield self._batch(part, row, slices)
            row += part.num_rows
        if row == 1:
            raise Invalid(f"{self.name} has no row below its header; give it one for every item.")

    def _batch(self, part: pa.RecordBatch, row: int, slices: Sequence[Codes]) -> Batch:
        batch = Batch(
            first_row=row,
            slices=slices,
            pi=numbers("pi", part.column("pi"), first_row=row),
            flagged=truths("flagged", part.column("flagged"), first_row=row) == 1,
            violation=truths("violation", part.column("violation"), first_row=row),
        )
        if "score" in self._optional:
            batch["score"] = numbers("score", part.column("score"), first_row=row)
        if "views" in self._optional:
            batch["views"] = numbers("views", part.column("views"), first_row=row)
        if "draw" in self._optional:
            batch["draw"] = numbers("draw", part.column("draw"), first_row=row)
        if (drawn := self._drawn(part, batch, row)) is not None:
            batch["drawn"] = drawn
        if self._timed:
            batch["time"], self._way = moments(part.column("time"), first_row=row, how=self._way)
        return batch

    def _drawn(self, part: pa.RecordBatch, batch: Batch, row: int) -> Truths | None:
        drawn = batch["draw"] < batch["pi"] if "draw" in batch else None
        if "drawn" not in self._optional:
            return drawn
        told: Truths = truths("drawn", part.column("drawn"), first_row=row) == 1
        if (torn := (batch["pi"] == 1) & ~told).any():
            raise Invalid(
                f"drawn must be true where pi is 1; row {row + int(torn.argmax()):,} has false. Correct "
                "one of them."
            )
        return told if drawn is None else np.logical_and(told, drawn)

    def _names(self, part: pa.RecordBatch, row: int, slices: Sequence[Codes]) -> Names:
        within = np.zeros(part.num_rows, dtype=np.intp)
        if POLICY in self.by:
            policy, values = slices[0]  # which comes first
            places = [self._policies.setdefault(value, len(self._policies)) for value in values]
            within = np.array(places, dtype=np.intp)[policy]
        return check_ids(Names(ids=part.column("id"), within=within, first_row=row))

    def _all_names(self) -> Iterator[Names]:
        row = 1
        for part in self._table.parts(["id", *([POLICY] if POLICY in self.by else [])], few_values=self.by):
            policies = [codes(POLICY, part.column(POLICY))] if POLICY in self.by else []
            yield self._names(part, row, policies)
            row += part.num_rows


def _check_names(file: str, names: Sequence[str], *, needed: Sequence[str], by: Sequence[str]) -> None:
    there = f"There are: {', '.join(names)}."
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise Invalid(f"{file} has several columns of one name: {', '.join(twice)}. Rename all but one.")
    if absent := [name for name in needed if name not in names]:
        raise Invalid(
            f"{file} must have the columns {', '.join(needed)}; it lacks {', '.join(absent)}. {there}"
        )
    if absent := [name for name in by if name not in names]:
        raise Invalid(f"--by must name columns of {file}; it has no {', '.join(absent)}. {there}")
    if "violation" in by:
        raise Invalid("--by must name what is known of every item; violation is known of reviewed ones only.")
