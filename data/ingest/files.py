"""
Files become records: CSV, TSV, JSON lines and Parquet, plain or gzipped, one record after the other.

A record that cannot be read is handed on with its problem, so that the rest still goes in. A file that
cannot be read at all is refused.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final, Literal

from data.errors import Invalid
from data.ingest.mapping import FileFormat
from data.ingest.opening import check_file, lines, open_bytes, open_text

_DELIMITERS: Final = {"csv": ",", "tsv": "\t"}
_SUFFIXES: Final = {
    ".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet",
}  # fmt: skip
_BATCH: Final = 500
_DEPTH: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One row as the file has it. ``line`` is where it begins, or its number where there are no lines."""

    line: int
    values: dict[str, Any] = field(default_factory=dict)
    problem: str = ""
    """Why it could not be read; empty where it could."""
    done: int
    """How much of the file was read, out of `size`, when this record came."""


def size(path: Path) -> int:
    """Return the bytes of a file, the unit of `Record.done`."""
    return path.stat().st_size


def records(path: Path, how: FileFormat) -> Iterator[Record]:
    """Yield the records of a file.

    Raises
    ------
    Invalid
        If the file is missing, empty, damaged, cut off, or not what its name or the mapping says.
    """
    kind = format_of(path, how)
    check_file(path)
    if kind == "parquet":
        yield from _parquet(path)
        return
    with open_text(path, how.encoding, newline="\n" if kind == "jsonl" else "") as (stream, tell):
        if kind == "jsonl":
            yield from _json_lines(stream, tell)
        else:
            yield from _table(stream, tell, delimiter=how.delimiter or _DELIMITERS[kind], quoting=how.quoting)


def column(path: Path, *, encoding: str, quoting: str) -> Iterator[str]:
    """Yield the records of a text file that has one column and no header."""
    check_file(path)
    with open_text(path, encoding, newline="") as (stream, _):
        # The unit separator occurs in no text, so a record is one field whatever it holds.
        reader = csv.reader(lines(stream), delimiter="\x1f", quoting=_quoting(quoting), strict=True)
        try:
            for cells in reader:
                yield cells[0] if cells else ""
        except csv.Error as error:
            raise Invalid(
                f"{path.name}, line {reader.line_num}: {error}. See beside.quoting.", field="beside"
            ) from error


def format_of(path: Path, how: FileFormat) -> str:
    """Return how a file is written: what the mapping says, else what its name says."""
    if how.format is not None:
        return how.format
    suffix = Path(path.name.lower().removesuffix(".gz")).suffix
    if suffix not in _SUFFIXES:
        raise Invalid(
            f"{path.name} does not say how it is written. Name it {', '.join(_SUFFIXES)} (or .gz of these), "
            "or set file.format in the mapping.",
            field="file.format",
        )
    return _SUFFIXES[suffix]


def _quoting(name: str) -> Literal[0, 3]:
    return csv.QUOTE_NONE if name == "none" else csv.QUOTE_MINIMAL


def _table(
    stream: io.TextIOWrapper, tell: Callable[[], int], *, delimiter: str, quoting: str
) -> Iterator[Record]:
    reader = csv.reader(lines(stream), delimiter=delimiter, quoting=_quoting(quoting), strict=True)
    header: list[str] | None = None
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if header is None:
                raise Invalid(f"The header cannot be read: {error}.", field="file") from error
            yield Record(
                line=line,
                problem=f"Lines {line} to {reader.line_num} cannot be read: {error}. A quote may be open.",
                done=tell(),
            )
            continue
        if not cells:
            continue
        if header is None:
            header = _header(cells, delimiter=delimiter)
        elif len(cells) != len(header):
            yield Record(
                line=line,
                values=dict(zip(header, cells, strict=False)),
                problem=f"{len(cells)} cells under {len(header)} columns. "
                f"Quote texts that hold {delimiter!r}, or see file.delimiter and file.quoting.",
                done=tell(),
            )
        else:
            yield Record(line=line, values=dict(zip(header, cells, strict=True)), done=tell())


def _header(cells: list[str], *, delimiter: str) -> list[str]:
    names = [cell.strip() for cell in cells]
    _refuse_twice(names, f" (cut at {delimiter!r})")
    return names


def _refuse_twice(names: list[str], how: str = "") -> None:
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise Invalid(f"The header names {', '.join(map(repr, twice))} twice{how}.", field="file")


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


def _json_lines(stream: io.TextIOWrapper, tell: Callable[[], int]) -> Iterator[Record]:
    for line, text in enumerate(lines(stream), start=1):
        if not text.strip():
            continue
        values: Any = None
        problem = ""
        try:
            values = json.loads(text, parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            problem = f"Not JSON: {error}."
        if line == 1 and isinstance(values, list):
            raise Invalid(
                "The file is one array. Write one object a line (jq -c '.[]').", field="file.format"
            )
        if not problem and not isinstance(values, dict):
            problem = "Not an object of JSON; write one object a line."
        if not problem and _is_deep(values):
            problem, values = f"Nested deeper than {_DEPTH} levels.", None
        given = values if isinstance(values, dict) else {"line": text.rstrip("\n")}
        yield Record(line=line, values=given, problem=problem, done=tell())


def _is_deep(values: Any) -> bool:
    level = [values]
    for _ in range(_DEPTH):
        inner = [part.values() if isinstance(part, dict) else part for part in level]
        level = [part for parts in inner for part in parts if isinstance(part, dict | list)]
    return bool(level)


def _rows(batch: Any) -> Iterator[tuple[dict[str, Any], str]]:
    try:
        yield from ((values, "") for values in batch.to_pylist())
        return
    except Exception:  # noqa: BLE001, S110 - dates beyond Python's, zones nobody knows, texts that are none
        pass
    for place in range(batch.num_rows):
        values, problems = {}, []
        for name in batch.schema.names:
            try:
                values[name] = batch.column(name)[place].as_py()
            except Exception as error:  # noqa: BLE001 - each its own way; the other rows still go in
                problems.append(f"{name} cannot be read: {error}.")
        yield values, " ".join(problems)


def _parquet(path: Path) -> Iterator[Record]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with tempfile.TemporaryFile() as unzipped, open_bytes(path) as (stream, _):
        source: IO[bytes] | gzip.GzipFile = stream
        if isinstance(stream, gzip.GzipFile):  # Parquet is read from its end
            shutil.copyfileobj(stream, unzipped)
            source = unzipped
            source.seek(0)
        try:
            table = pq.ParquetFile(source)
            _refuse_twice(table.schema_arrow.names)
            number = 0
            for batch in table.iter_batches(batch_size=_BATCH):
                for values, problem in _rows(batch):
                    number += 1
                    done = size(path) * number // table.metadata.num_rows
                    yield Record(line=number, values=values, problem=problem, done=done)
        except (pa.ArrowException, OSError) as error:
            raise Invalid(
                f"{path.name} is no Parquet file, or is damaged or cut off ({error}).", field="file"
            ) from error
