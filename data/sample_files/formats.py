"""How a table is stored: Parquet and CSV, read in parts, a few columns only."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from data.errors import Invalid
from data.sample_files.columns import is_text

_Part = TypeVar("_Part")

_ROWS: Final = 1 << 17
"""Rows of a part of a Parquet file: few enough that the processor has them at hand."""

_AHEAD: Final = 8
"""Parts that are made before they are asked for: enough to be busy while what uses them is still loaded."""

_BLOCK: Final = 1 << 23
"""Bytes of a part of a CSV file. A row must fit in."""


class Table(Protocol):
    """A stored table."""

    @property
    def names(self) -> Sequence[str]:
        """The columns."""
        ...

    @property
    def rows(self) -> int | None:
        """How many rows there are; None where that takes reading them."""
        ...

    def parts(self, columns: Sequence[str], *, few_values: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Yield some columns in parts. Those of ``few_values`` may come as dictionaries."""
        ...


def opened(path: Path) -> Table:
    """Return the table in a file.

    Raises
    ------
    Invalid
        If it cannot be read, or does not say by its name how it is stored.
    """
    with _telling(path):
        if path.name.endswith((".csv", ".csv.gz")):
            return CsvTable(path)
        if path.name.endswith(".parquet"):
            return ParquetTable(path)
        path.stat()
    raise Invalid(
        f"{path.name} must be a .csv, .csv.gz or .parquet; its name says nothing else that is known."
    )


class ParquetTable:
    """A Parquet file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        schema, metadata = pq.read_schema(path), pq.read_metadata(path)
        self.names: Sequence[str] = schema.names
        self._texts = {field.name for field in schema if is_text(field.type)}
        self.rows: int | None = metadata.num_rows

    def parts(self, columns: Sequence[str], *, few_values: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Yield some columns in parts; those of ``few_values``, if texts, as dictionaries."""
        dictionaries = [name for name in few_values if name in self._texts]
        with (
            _telling(self._path),
            pq.ParquetFile(self._path, read_dictionary=dictionaries, memory_map=True) as file,
        ):
            for part in file.iter_batches(batch_size=_ROWS, columns=list(columns)):
                if part.num_rows:
                    yield part


class CsvTable:
    """A CSV file in UTF-8 with a header, plain or gzipped. Every column is read as text."""

    rows: int | None = None

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._bytes() as stream:
            header = io.TextIOWrapper(io.BufferedReader(stream), "utf-8-sig", newline="")
            self.names: Sequence[str] = next(csv.reader(header), [])
        if not self.names:
            raise Invalid(f"{path.name} is empty. Give it a header and one row for every item.")

    def parts(self, columns: Sequence[str], *, few_values: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Yield some columns in parts; those of ``few_values`` as dictionaries."""
        from pyarrow import csv as arrow_csv

        kinds = {name: pa.string() for name in columns}
        kinds |= {name: pa.dictionary(pa.int32(), pa.string()) for name in few_values}
        with _telling(self._path), self._bytes() as stream:
            yield from arrow_csv.open_csv(
                stream,
                read_options=arrow_csv.ReadOptions(block_size=_BLOCK, use_threads=False),
                # A title may have a line break in it.
                parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
                convert_options=arrow_csv.ConvertOptions(
                    include_columns=list(columns),
                    column_types=kinds,
                    null_values=[""],
                    strings_can_be_null=True,
                ),
            )
            if stream.quotes % 2:
                raise Invalid(
                    f"{self._path.name} has an odd number of quotes, so one may be open and rows behind it "
                    'lost. Put texts that hold a quote in quotes, and write it twice: "".'
                )

    @contextmanager
    def _bytes(self) -> Iterator[_Counting]:
        with self._path.open("rb") as stored:
            zipped = self._path.name.endswith(".gz")
            yield _Counting(gzip.GzipFile(fileobj=stored) if zipped else stored)


class _Counting(io.RawIOBase):
    # Counts quotes while bytes pass: a quote that is never closed makes one cell of what follows, silently.
    def __init__(self, stream: gzip.GzipFile | io.BufferedReader) -> None:
        self._stream, self.quotes = stream, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        read = self._stream.read(len(buffer))
        buffer[: len(read)] = read
        self.quotes += read.count(b'"')
        return len(read)


def ahead(parts: Iterator[_Part]) -> Iterator[_Part]:
    """Return the same parts, made by another thread, some before they are asked for.

    The first ones are begun at once.
    """
    maker = ThreadPoolExecutor(max_workers=1)
    coming = deque(maker.submit(next, parts, None) for _ in range(_AHEAD))

    def handed_on() -> Iterator[_Part]:
        with maker:
            while (part := coming.popleft().result()) is not None:
                coming.append(maker.submit(next, parts, None))
                yield part

    return handed_on()


@contextmanager
def _telling(path: Path) -> Iterator[None]:
    try:
        yield
    except UnicodeDecodeError as error:
        raise Invalid(f"{path.name} is not in UTF-8 ({error.reason}). Save it as UTF-8.") from error
    except (pa.ArrowException, csv.Error, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Invalid(f"{path.name} cannot be read, or is damaged or cut off: {error}.") from error
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror or error}.") from error
