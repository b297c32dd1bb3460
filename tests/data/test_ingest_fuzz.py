"""
Files that nobody meant: whatever stands in them, a row goes in or is set aside, and nothing is lost.

A file that cannot be used at all is refused with `Invalid`. Nothing else may come out of an import.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from encodings.aliases import aliases
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from data.errors import Invalid, InvalidMapping
from data.ingest.loading import load
from data.ingest.mapping import Mapping, read_mapping
from data.ingest.rows import Reject, Row, read
from data.store.store import Store
from serving.configs import shipped

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
COLUMNS = ("id", "title", "tags", "creator", "category", "language", "views", "seconds", "price", "at", "ms",
           "verdict", "rule", "who", "chance")  # fmt: skip
MAPPING: dict[str, Any] = {
    "name": "set",
    "id": {"column": "id", "prefix": "x-"},
    "text": {"title": "title", "hashtags": "tags"},
    "creator": {"column": "creator", "digest": "true"},
    "category": "category",
    "language": "language",
    "views": "views",
    "duration_s": "seconds",
    "extra": {"price": {"column": "price", "type": "number"}},
    "times": {"decided": {"column": "at", "zone": "Asia/Seoul"}, "submitted": {"column": "ms", "unit": "ms"}},
    "outcome": {
        "inclusion_probability": "chance",
        "reviewer": "who",
        "verdict": {"column": "verdict", "violation": ["bad"], "no_violation": ["good"]},
        "policies": {"column": "rule", "split": ","},
    },
}
SMALL = {"name": "set", "id": "id", "text": {"title": "title"}}
QUIET = settings(
    max_examples=60,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
LONG = settings(parent=QUIET, max_examples=2000)

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["", "v1", "v2", "bad", "good", "0.5", "1e999", "-1", "NaN", "\0", "a b",
                     "99999999999999",
                     "2026-02-30", "2026-03-01", "0001-01-01", "9999-12-31T23:59:59.999999-14:00", "2026-W60",
                     "가" * 201]),
)  # fmt: skip
ODD_JSON = st.recursive(
    ODD | st.sampled_from(["\ud800", 10**400]),
    lambda one: st.lists(one, max_size=3) | st.dictionaries(st.text(max_size=3), one, max_size=3),
    max_leaves=4,
)
LIKELY = {
    "id": st.sampled_from(["v1", "v2", "v3"]),
    "title": st.sampled_from(["a", "b"]),
    "chance": st.just("0.5"),
}


def rows_of(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Rows of which some cells are as they should be, so that others are reached."""
    cells = {name: values | LIKELY.get(name, st.none()) for name in COLUMNS}
    return st.lists(st.fixed_dictionaries(cells), min_size=1, max_size=6)


def mapping(**changes: Any) -> Mapping:
    return Mapping.model_validate(MAPPING | changes)


def taken(path: Path, how: Mapping | None = None) -> list[Row | Reject]:
    """Return what each row became; empty where the file was refused as a whole."""
    try:
        return list(read(path, how or mapping(), now=NOW))
    except Invalid:
        return []


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@pytest.fixture(scope="module")
def ledger(migrated_file: Path, folder: Path) -> Iterator[Store]:
    path = folder / "ledger.db"
    path.write_bytes(migrated_file.read_bytes())
    with Store(f"sqlite:///{path}") as store:
        yield store


def _json_lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def _table(rows: list[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


@QUIET
@given(rows=rows_of(ODD_JSON))
@example(rows=[dict.fromkeys(COLUMNS) | {"id": "v1", "title": json.loads("[" * 700 + "]" * 700)}])
def test_every_row_of_json_lines_is_taken_or_set_aside(folder: Path, rows: list[dict[str, Any]]) -> None:
    assert len(taken(_json_lines(folder / "rows.jsonl", rows))) == len(rows)


@QUIET
@given(rows=rows_of(ODD))
def test_every_row_of_a_table_is_taken_or_set_aside(folder: Path, rows: list[dict[str, Any]]) -> None:
    path = folder / "rows.csv"
    path.write_bytes(_table(rows).encode("utf-8", errors="surrogatepass"))
    assert len(taken(path)) == len(rows)


TYPES: list[tuple[pa.DataType, st.SearchStrategy[Any]]] = [
    (pa.string(), st.text(max_size=5)),
    (pa.binary(), st.binary(max_size=5)),
    (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    (pa.uint64(), st.integers(0, 2**64 - 1)),
    (pa.float64(), st.floats()),
    (pa.bool_(), st.booleans()),
    (pa.date32(), st.integers(-(2**31), 2**31 - 1)),
    (pa.timestamp("s"), st.integers(-(2**50), 2**50)),
    (pa.timestamp("us", tz="UTC"), st.integers(-(2**62), 2**62)),
    (pa.timestamp("ns"), st.integers(-(2**62), 2**62)),
    (pa.timestamp("ms", tz="Nowhere/Land"), st.integers(0, 2**40)),
    (pa.duration("s"), st.integers(-(2**62), 2**62)),
    (pa.list_(pa.string()), st.lists(st.text(max_size=3), max_size=3)),
    (pa.struct([("a", pa.int64())]), st.fixed_dictionaries({"a": st.integers(0, 9)})),
    (
        pa.map_(pa.string(), pa.int64()),
        st.lists(st.tuples(st.text(max_size=2), st.integers(0, 9)), max_size=2),
    ),
]


def _column(kind: pa.DataType, values: list[Any]) -> pa.Array:
    if pa.types.is_temporal(kind):
        return pa.array(values, pa.int32() if kind == pa.date32() else pa.int64()).view(kind)
    return pa.array(values, kind)


@QUIET
@given(data=st.data())
def test_every_row_of_parquet_is_taken_or_set_aside(folder: Path, data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 4))
    columns = {}
    for name in COLUMNS:
        kind, values = data.draw(st.sampled_from(TYPES))
        columns[name] = _column(kind, data.draw(st.lists(st.none() | values, min_size=count, max_size=count)))
    path = folder / "rows.parquet"
    pq.write_table(pa.table(columns), path)
    assert len(taken(path)) == count


def test_a_text_of_parquet_that_is_none_is_set_aside_and_its_neighbours_go_in(folder: Path) -> None:
    raw = pa.array([b"one", b"\xff\xfe", b"three"], pa.binary())
    titles = pa.Array.from_buffers(pa.string(), 3, raw.buffers())
    path = folder / "texts.parquet"
    pq.write_table(pa.table({"id": ["v1", "v2", "v3"], "title": titles}), path)
    assert [type(one) for one in taken(path, Mapping.model_validate(SMALL))] == [Row, Reject, Row]


def test_a_column_that_parquet_names_twice_is_refused(folder: Path) -> None:
    path = folder / "twice.parquet"
    pq.write_table(pa.Table.from_arrays([pa.array(["v1"]), pa.array(["a"]), pa.array(["b"])],
                                        names=["id", "title", "title"]), path)  # fmt: skip
    with pytest.raises(Invalid, match="'title' twice"):
        list(read(path, Mapping.model_validate(SMALL), now=NOW))


GOOD = [dict.fromkeys(COLUMNS, "") | {"id": f"v{n}", "title": "홍삼", "chance": "0.5"} for n in range(20)]


def _sound(folder: Path) -> dict[str, bytes]:
    text = _table(GOOD).encode()
    path = folder / "sound.parquet"
    pq.write_table(pa.table({name: [row[name] for row in GOOD] for name in COLUMNS}), path)
    lines = "".join(json.dumps(row) + "\n" for row in GOOD).encode()
    return {
        "a.csv": text,
        "a.csv.gz": gzip.compress(text, mtime=0),
        "a.jsonl": lines,
        "a.parquet": path.read_bytes(),
    }


@QUIET
@given(name=st.sampled_from(["a.csv", "a.csv.gz", "a.jsonl", "a.parquet"]), data=st.data())
def test_a_damaged_file_is_refused_or_its_rows_are_told_apart(
    folder: Path, name: str, data: st.DataObject
) -> None:
    content = bytearray(_sound(folder)[name])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        how = data.draw(st.sampled_from(["flip", "cut", "insert"]))
        if how == "flip":
            content[at] ^= data.draw(st.integers(1, 255))
        elif how == "cut":
            del content[at : at + data.draw(st.integers(1, 200))]
        else:
            content[at:at] = data.draw(
                st.sampled_from([b'"', b"\n", b"\r", b"\0", b"\xff", b",", b"{", b"PAR1"])
            )
        if not content:
            return
    path = folder / name
    path.write_bytes(content)
    found = taken(path)
    assert [one.line for one in found] == sorted({one.line for one in found}), "each row once, in order"


@pytest.mark.parametrize(
    "encoding", sorted({*aliases.values(), "undefined", "idna", "punycode", "utf-8-sig"})
)
def test_a_table_in_any_encoding_is_read_or_refused(folder: Path, encoding: str) -> None:
    try:
        how = mapping(file={"encoding": encoding})
    except ValueError:
        return  # the mapping is refused
    path = folder / "encoded.csv"
    for content in (_table(GOOD).encode(), b"\xff\xfe\0id", b"+AGE-,b\n1,2\n", b"\\x,\\N{}\n"):
        path.write_bytes(content)
        taken(path, how)


@pytest.mark.parametrize("delimiter", ["\n", "\r", '"', "\0", " ", "é", "한"])
def test_a_table_cut_at_any_character_is_read_or_refused(folder: Path, delimiter: str) -> None:
    path = folder / "cut.csv"
    path.write_text(_table(GOOD), "utf-8")
    taken(path, mapping(file={"delimiter": delimiter}))


@QUIET
@given(
    form=st.text("%YmdHMSzZjfpUWGVuc- T()[*\\?", max_size=10), value=st.text("0123456789-:T ", max_size=12)
)
@example(form="%Y %Y", value="2026 2026")
@example(form="%", value="")
def test_any_form_of_moments_is_refused_by_the_mapping_or_reads_or_refuses_values(
    folder: Path, form: str, value: str
) -> None:
    times = {"decided": {"column": "at", "format": form, "zone": "UTC"}}
    try:
        how = mapping(times=times)
    except ValueError:
        return
    rows = [dict.fromkeys(COLUMNS) | {"id": "v1", "title": "a", "at": value}]
    assert len(taken(_json_lines(folder / "moments.jsonl", rows), how)) == 1


def _mutated(text: str) -> st.SearchStrategy[str]:
    odd = st.sampled_from(["", ":", "- ", "&a ", "*a", "? ", "\t", "'", '"', "[", "{", "]", "}", "!!int ",
                           "%", "|",                           "2026-02-30", "\0", "\ud7ff", "~", "<<: *a",
                           "\n", "\n  ", "null", "0x", "[" * 2000])  # fmt: skip

    @st.composite
    def change(draw: Any) -> str:
        changed = text
        for _ in range(draw(st.integers(1, 3))):
            start = draw(st.integers(0, len(changed)))
            end = start + draw(st.integers(0, 12))
            changed = changed[:start] + draw(odd) + changed[end:]
        return changed

    return change()


@QUIET
@given(text=_mutated(shipped("imports").joinpath("example.yaml").read_text("utf-8")))
@example(text="a: &a [*a]")
@example(text="[" * 5000)
def test_a_mapping_that_is_put_wrong_is_refused_as_such(folder: Path, text: str) -> None:
    path = folder / "mapping.yaml"
    path.write_text(text, "utf-8")
    try:
        found = read_mapping(path)
    except InvalidMapping:
        return
    assert found.columns()


def _loaded(ledger: Store, folder: Path, rows: list[dict[str, Any]]) -> None:
    with ledger.read() as session:
        before = session.ledger.counts()["items"]
    out = folder / "rejects.jsonl"
    how = mapping(name="loaded")
    result = load(ledger, _json_lines(folder / "load.jsonl", rows), how, now=NOW, rejects_path=out)
    with ledger.read() as session:
        assert session.ledger.counts()["items"] == before + result.new_items
    # A row whose outcome contradicts the ledger is set aside although its item is known.
    without_item = result.rejected - result.rejected_by_field.get("outcome", 0)
    assert result.new_items + result.known_items + without_item == len(rows)
    written = out.read_text("utf-8").splitlines() if result.rejected else []
    assert len(written) == result.rejected, "what is set aside can be looked at"


@QUIET
@given(rows=rows_of(ODD_JSON))
def test_an_import_takes_or_sets_aside_every_row(
    ledger: Store, folder: Path, rows: list[dict[str, Any]]
) -> None:
    _loaded(ledger, folder, rows)


@pytest.mark.slow
@LONG
@given(rows=rows_of(ODD_JSON))
def test_many_imports_take_or_set_aside_every_row(
    ledger: Store, folder: Path, rows: list[dict[str, Any]]
) -> None:
    _loaded(ledger, folder, rows)
