"""Opening a file as bytes or text, plain or gzipped, and refusing one that is damaged."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from data.errors import Invalid
from data.ingest.encodings import check_encoding

LINE_LIMIT: Final = 1 << 24
"""Characters in a line above which a file is no table, and memory would not be flat."""


Bytes = io.BufferedReader | gzip.GzipFile


def check_file(path: Path) -> None:
    """Refuse a file that is missing, empty, or damaged where gzip can tell, before a row goes in."""
    try:
        with open_bytes(path) as (stream, _):
            head = stream.read(4)
            if not head:
                raise Invalid(f"{path.name} is empty. Nothing was imported.", field="file")
            if head == b"PK\x03\x04":
                raise Invalid(f"{path.name} is a zip or Excel file. Save it as CSV in UTF-8.", field="file")
            if isinstance(stream, gzip.GzipFile):
                while stream.read(1 << 20):
                    pass
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Invalid(
            f"{path.name} is damaged or cut off ({error}). Nothing was imported; copy the file again.",
            field="file",
        ) from error
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror or error}.", field="file") from error


@contextmanager
def open_bytes(path: Path) -> Iterator[tuple[Bytes, Callable[[], int]]]:
    """Open a file, unzipped if need be, with a function that tells how much of it was read."""
    with path.open("rb") as raw:
        zipped = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        if zipped:
            with gzip.GzipFile(fileobj=raw) as stream:
                yield stream, raw.tell
        else:
            yield raw, raw.tell


@contextmanager
def open_text(
    path: Path, encoding: str, *, newline: str
) -> Iterator[tuple[io.TextIOWrapper, Callable[[], int]]]:
    """Open a file as text, after a look at whether it is in that encoding at all."""
    with open_bytes(path) as (stream, _):
        check_encoding(stream.read(1 << 18), encoding=encoding, name=path.name)
    with open_bytes(path) as (stream, tell):
        # Bytes that are no characters become lone surrogates; the row that holds them is refused later,
        # and the rows around it go in.
        known = "utf-8-sig" if encoding.lower().replace("_", "-") in {"utf-8", "utf8"} else encoding
        text = io.TextIOWrapper(stream, known, errors="surrogateescape", newline=newline)
        try:
            yield text, tell
        except UnicodeError as error:
            raise Invalid(
                f"{path.name} is not {encoding}: {error}. Set file.encoding in the mapping.",
                field="file.encoding",
            ) from error
        finally:
            text.detach()


def lines(stream: io.TextIOWrapper) -> Iterator[str]:
    """Yield the lines of a text, none of them too long for memory."""
    while line := stream.readline(LINE_LIMIT):
        if len(line) == LINE_LIMIT:
            raise Invalid(f"A line is longer than {LINE_LIMIT:,} characters; this is no table.", field="file")
        yield line
