from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from data.errors import Invalid
from data.sample_files import columns, formats, repeats
from data.sample_files.files import SampleFile

Write = Callable[..., Path]

TABLE = pd.DataFrame(
    {
        "id": ["a", "b", "c", "d"],
        "pi": [1.0, 0.5, 0.25, 1.0],
        "flagged": [True, False, False, True],
        "violation": [1.0, 0.0, None, None],
        "score": [0.9, None, 0.1, 0.8],
        "views": [10.0, 20.0, None, 40.0],
        "language": ["ko", "en", None, "ko"],
        "title": ["plain", 'with "quotes"', "with, comma", "with\nline break"],
    }
)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def table(kind: str = "csv", rows: pd.DataFrame = TABLE, **columns: Any) -> Path:
        path = tmp_path / f"table.{kind}"
        rows = rows.assign(**columns)
        if kind == "parquet":
            rows.to_parquet(path)
        else:
            rows.to_csv(path, index=False)
        return path

    return table


def read(path: Path, **settings: Any) -> dict[str, list[Any]]:
    """All rows of a file; slices as their values."""
    file = SampleFile(path, **settings)
    rows: dict[str, list[Any]] = {name: [] for name in file.by}
    for batch in file.batches():
        for name, (codes, values) in zip(file.by, batch["slices"], strict=True):
            rows[name] += [values[code] for code in codes]
        for column, array in batch.items():
            if isinstance(array, np.ndarray):
                rows.setdefault(column, []).extend(array.tolist())
    file.check_ids()
    return rows


def refusal(path: Path, **settings: Any) -> str:
    with pytest.raises(Invalid) as refused:
        read(path, **settings)
    return str(refused.value)


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "parquet"])
def test_every_format_holds_the_same(write: Write, kind: str) -> None:
    found = read(write(kind), by=["language"])
    assert (found["pi"], found["flagged"]) == ([1.0, 0.5, 0.25, 1.0], [True, False, False, True])
    for name in ("violation", "score", "views"):
        assert np.array_equal(found[name], TABLE[name].to_numpy(), equal_nan=True)
    assert found["language"] == ["ko", "en", None, "ko"]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize(
    "written",
    [
        [1, 0, None, None],
        ["1", "0", None, None],
        ["true", "FALSE", None, ""],
        ["1.0", " 0 ", None, None],
        [True, False, None, None],
        pd.Categorical(["true", "false", None, None]),
    ],
)
def test_a_verdict_may_be_written_in_several_ways(write: Write, kind: str, written: Any) -> None:
    assert np.array_equal(
        read(write(kind, violation=written))["violation"], [1, 0, np.nan, np.nan], equal_nan=True
    )


@pytest.mark.parametrize("kind", ["float32", "int64", "Int8", "object"])
def test_numbers_may_be_stored_in_several_ways(write: Write, kind: str) -> None:
    views = pd.DataFrame({"views": [1, 2, 3, 4]}).astype({"views": kind})
    assert read(write("parquet", views=views["views"]))["views"] == [1, 2, 3, 4]


def test_decimals_are_numbers(write: Write) -> None:
    from decimal import Decimal

    chances = [Decimal("1"), Decimal("0.50"), Decimal("0.25"), Decimal("1")]
    assert read(write("parquet", pi=chances))["pi"] == [1, 0.5, 0.25, 1]


def test_ids_may_be_numbers(write: Write) -> None:
    assert len(read(write("parquet", id=range(4)))["pi"]) == 4
    assert "'1' is in rows 1 and 3" in refusal(write("parquet", id=[1, 2, 1, 4]))


@pytest.mark.parametrize("values", [[1, 2, 1, 2], [1.5, 2.5, 1.5, 2.5], [True, False, True, False]])
def test_slices_need_not_be_texts(write: Write, values: list[Any]) -> None:
    assert read(write("parquet", language=values), by=["language"])["language"] == values


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_an_empty_text_is_a_missing_value_of_a_slice(write: Write, kind: str) -> None:
    assert read(write(kind, language=["ko", "", None, "ko"]), by=["language"])["language"] == [
        "ko",
        None,
        None,
        "ko",
    ]


def test_slices_by_lists_are_refused(write: Write) -> None:
    said = refusal(write("parquet", language=[["ko"], ["en"], [], ["ko"]]), by=["language"])
    assert said.startswith("language holds list")


def test_only_what_is_needed_is_read(write: Write) -> None:
    assert set(read(write())) == {"pi", "flagged", "violation", "score", "views"}
    assert set(read(write(rows=TABLE.drop(columns=["score", "views"])))) == {"pi", "flagged", "violation"}


@pytest.mark.parametrize("name", ["id", "pi", "flagged", "violation"])
def test_a_table_without_a_needed_column_is_refused(write: Write, name: str) -> None:
    said = refusal(write(rows=TABLE.drop(columns=name)))
    assert f"it lacks {name}." in said
    assert "There are: " in said


def test_a_table_without_times_is_refused_where_they_are_needed(write: Write) -> None:
    assert "it lacks time." in refusal(write(), timed=True)


def test_an_unknown_column_to_slice_by_is_refused(write: Write) -> None:
    assert "--by must name columns of table.csv; it has no mood. There are: id" in refusal(
        write(), by=["mood"]
    )


def test_a_slice_by_the_verdict_is_refused(write: Write) -> None:
    assert "--by must name what is known of every item" in refusal(write(), by=["violation"])


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("id,pi,pi,flagged,violation\na,1,1,1,1\n", encoding="utf-8")
    assert "several columns of one name: pi" in refusal(path)


WRONG = [
    ("pi", 0, "in (0, 1]"),
    ("pi", -0.5, "in (0, 1]"),
    ("pi", 1.5, "in (0, 1]"),
    ("pi", None, "is empty"),
    ("pi", "nan", "in (0, 1]"),
    ("pi", "inf", "in (0, 1]"),
    ("pi", "much", "row 3 has 'much'"),
    ("pi", "0,5", "row 3 has '0,5'"),
    ("score", 1.01, "in [0, 1], or empty"),
    ("score", -0.01, "in [0, 1], or empty"),
    ("score", "NaN", "row 3 has 'NaN'"),
    ("score", "inf", "row 3 has 'inf'"),
    ("views", -1, "0 or more"),
    ("views", "inf", "0 or more"),
    ("violation", 2, "true or false (or 1 or 0), or empty"),
    ("violation", 0.5, "true or false (or 1 or 0), or empty"),
    ("violation", "yes", "row 3 has 'yes'"),
    ("flagged", "maybe", "row 3 has 'maybe'"),
    ("flagged", None, "row 3 is empty"),
    ("flagged", 2, "true or false"),
]


@pytest.mark.parametrize(("name", "value", "told"), WRONG, ids=str)
def test_a_wrong_cell_is_refused_with_column_row_and_remedy(
    write: Write, name: str, value: Any, told: str
) -> None:
    cells = TABLE[name].astype(object).tolist()
    cells[2] = value
    said = refusal(write(**{name: cells}))
    assert said.startswith(f"{name} must be ")
    assert "row 3" in said
    assert told in said
    assert said.count(". ") >= 1  # and what to do


@pytest.mark.parametrize(
    ("name", "value"), [("pi", np.nan), ("score", np.nan), ("views", np.inf), ("flagged", 3.0)]
)
def test_a_wrong_cell_of_parquet_is_refused_too(tmp_path: Path, name: str, value: float) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {column: pa.array(TABLE[column], from_pandas=True) for column in TABLE.columns}
    columns[name] = pa.array([*np.ones(3), value])  # NaN, and not null
    path = tmp_path / "table.parquet"
    pq.write_table(pa.table(columns), path)
    assert refusal(path).startswith(f"{name} must be ")
    assert "row 4" in refusal(path)


def test_a_column_that_can_be_no_truth_is_refused(write: Write) -> None:
    assert refusal(write("parquet", flagged=[datetime(2026, 1, 1)] * 4)).startswith(
        "flagged must be true or false"
    )


def test_the_ends_of_a_range_are_inside(write: Write) -> None:
    path = write(pi=[1.0, 1e-300, 1.0, 0.5], score=[0, 1, 0, 1], views=0, draw=[0, 0, 0.5, 0])
    assert read(path)["score"] == [0, 1, 0, 1]


def test_a_part_of_a_column_is_read_from_where_it_begins() -> None:
    import pyarrow as pa

    numbers = pa.array([0, None, 1, 0, None, 1, 1])
    for column in (numbers.cast(kind) for kind in (pa.float64(), pa.bool_(), pa.int8())):
        for begin in range(6):
            found = columns.truths("violation", column[begin:], first_row=1)
            assert np.array_equal(found, [0, np.nan, 1, 0, np.nan, 1, 1][begin:], equal_nan=True)
    texts = pa.array(["a", None, "b", "a"]).dictionary_encode()[1:]
    codes, values = columns.codes("language", texts)
    assert [values[code] for code in codes] == [None, "b", "a"]


def test_rows_are_counted_over_all_parts(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "_ROWS", 10)
    rows = pd.DataFrame({"id": range(95), "pi": 0.5, "flagged": False, "violation": None})
    rows.loc[88, "pi"] = 0
    assert "row 89 has 0" in refusal(write("parquet", rows))


def test_the_first_of_many_wrong_texts_is_named(write: Write) -> None:
    rows = pd.DataFrame({"id": range(1000), "pi": "0.5", "flagged": False, "violation": None})
    rows.loc[[641, 642, 999], "pi"] = "?"
    assert "row 642 has '?'" in refusal(write("csv", rows))


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_an_id_that_is_there_twice_is_refused_by_name(write: Write, kind: str) -> None:
    assert "id must be there once, or once for each policy; 'a' is in rows 1 and 4." in refusal(
        write(kind, id=["a", "b", "c", "a"])
    )


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_an_empty_id_is_refused(write: Write, kind: str) -> None:
    assert "id must name the item; row 3 is empty" in refusal(write(kind, id=["a", "b", None, "d"]))
    assert "id must name the item; row 2 is empty" in refusal(write(kind, id=["a", "", "c", "d"]))


def test_ids_that_are_lists_are_refused(write: Write) -> None:
    assert "id must be texts or numbers; it holds list" in refusal(write("parquet", id=[["a"]] * 4))


def test_an_id_may_be_there_once_for_each_policy(write: Write) -> None:
    both = write(id=["a", "a", "b", "b"], policy=["x", "y", "x", "y"])
    assert read(both)["policy"] == ["x", "y", "x", "y"]
    assert "'b' is in rows 3 and 4" in refusal(write(id=["a", "a", "b", "b"], policy=["x", "y", "x", "x"]))


@pytest.mark.parametrize("length", [1, 7, 8, 9, 16, 17, 40])
def test_ids_that_differ_in_one_place_differ(write: Write, length: int) -> None:
    ids = ["x" * place + "y" + "x" * (length - place - 1) for place in range(length)]
    rows = pd.DataFrame({"id": [*ids, "x" * length], "pi": 0.5, "flagged": False, "violation": None})
    assert len(read(write("csv", rows))["pi"]) == length + 1


def test_ids_of_many_lengths_are_told_apart(write: Write) -> None:
    rng = np.random.default_rng(1)
    ids = sorted({"가나abc"[: rng.integers(1, 6)] + str(rng.integers(10**9)) for _ in range(5000)})
    rows = pd.DataFrame({"id": ids, "pi": 0.5, "flagged": False, "violation": None})
    assert len(read(write("parquet", rows))["pi"]) == len(ids)
    again = pd.concat([rows, rows.iloc[[4321]]])
    assert f"{ids[4321]!r} is in rows 4,322 and" in refusal(write("parquet", again))


def test_different_names_have_different_numbers() -> None:
    # Else every table with policies would be read twice.
    import pyarrow as pa

    ids = [str(number) for number in range(20_000)]
    names = [
        repeats.Names(ids=pa.array(ids), within=np.full(len(ids), policy), first_row=1) for policy in range(8)
    ]
    assert len({number for each in names for number in repeats.numbered(each).tolist()}) == 8 * len(ids)


def test_names_of_one_number_that_differ_are_no_repetition(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    def all_alike(names: repeats.Names) -> repeats.Numbers:
        return np.zeros(names.within.size, dtype=np.uint64)

    monkeypatch.setattr(repeats, "numbered", all_alike)
    monkeypatch.setattr("data.sample_files.files.numbered", all_alike)
    assert len(read(write())["pi"]) == 4
    assert "'a' is in rows 1 and 4" in refusal(write(id=["a", "b", "c", "a"]))


def test_many_repeated_numbers_are_compared_a_few_at_a_time(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repeats, "_AT_ONCE", 1)
    twice = TABLE.assign(id=["a", "b", "a", "b"])
    assert "is in rows" in refusal(write(rows=twice))


def test_policies_come_first_among_the_slices(write: Write) -> None:
    path = write(policy=["x", "y", "x", "y"])
    assert SampleFile(path).by == ("policy",)
    assert SampleFile(path, by=["language", "policy"]).by == ("policy", "language")


def test_what_was_drawn_is_below_its_chance(write: Write) -> None:
    assert read(write(draw=[0.99, 0.1, 0.3, 0.5]))["drawn"] == [True, True, False, True]


def test_what_was_drawn_can_be_told(write: Write) -> None:
    assert read(write(drawn=[1, 0, 1, 1]))["drawn"] == [True, False, True, True]
    both = write(drawn=[1, 0, 1, 1], draw=[0.9, 0.1, 0.3, 0.5])
    assert read(both)["drawn"] == [True, False, False, True]


@pytest.mark.parametrize("value", [1.0, -0.1, None, "?"])
def test_a_draw_outside_its_range_is_refused(write: Write, value: Any) -> None:
    said = refusal(write(draw=[0.1, value, 0.1, 0.1]))
    assert said.startswith("draw must be in [0, 1); row 2 ")


def test_what_was_certain_to_be_drawn_was_drawn(write: Write) -> None:
    assert "drawn must be true where pi is 1; row 4 has false" in refusal(write(drawn=[1, 0, 1, 0]))


MOMENTS = [datetime(2026, 1, day, 9, tzinfo=UTC) for day in (3, 1, 2, 4)]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize(
    "written",
    [
        [3, 1, 2, 4],
        MOMENTS,
        [moment.isoformat() for moment in MOMENTS],
        [moment.replace(tzinfo=None) for moment in MOMENTS],
        [f"{moment:%Y-%m-%d}" for moment in MOMENTS],
        [moment.date() for moment in MOMENTS],
        ["2026-01-03T00:00+09:00", "2026-01-01T00:00Z", "2026-01-02T00:00-05:00", "2026-01-04T00:00Z"],
    ],
)
def test_times_are_in_order_however_they_are_written(write: Write, kind: str, written: Any) -> None:
    time = read(write(kind, time=written), timed=True)["time"]
    assert np.argsort(time).tolist() == [1, 2, 0, 3]


@pytest.mark.parametrize("value", ["yesterday", None, "2026-01-02", "nan"])
def test_a_time_that_is_not_like_the_first_is_refused(write: Write, value: str | None) -> None:
    said = refusal(write(time=[1, 2, value, 4]), timed=True)
    assert said.startswith(
        "time must be a number, or a moment in ISO 8601, and written like the first one; row 3"
    )


def test_a_time_of_another_kind_in_a_later_part_is_refused(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "_BLOCK", 1 << 10)
    moments = [(MOMENTS[0] + timedelta(hours=hour)).isoformat() for hour in range(200)]
    rows = pd.DataFrame(
        {"id": range(200), "pi": 0.5, "flagged": 0, "violation": None, "time": moments}, dtype=object
    )
    rows.loc[150, "time"] = 7
    assert "row 151 has '7'" in refusal(write("csv", rows), timed=True)


def test_a_file_without_a_row_is_refused(write: Write) -> None:
    for kind in ("csv", "parquet"):
        assert "has no row below its header" in refusal(write(kind, TABLE.iloc[:0]))


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "table.csv").touch()
    assert "table.csv is empty" in refusal(tmp_path / "table.csv")
    (tmp_path / "table.parquet").touch()
    assert "table.parquet cannot be read" in refusal(tmp_path / "table.parquet")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for name in ("table.csv", "table.parquet", "table"):
        assert "No such file" in refusal(tmp_path / name)


def test_a_file_of_another_kind_is_refused(write: Write) -> None:
    assert "must be a .csv, .csv.gz or .parquet" in refusal(write("xlsx"))


def test_a_file_that_was_cut_off_is_refused(write: Write) -> None:
    for kind in ("csv.gz", "parquet"):
        rows = pd.DataFrame({"id": range(9999), "pi": 0.5, "flagged": False, "violation": None})
        path = write(kind, rows)
        path.write_bytes(path.read_bytes()[:-100])
        assert "cannot be read, or is damaged or cut off" in refusal(path)


def test_a_quote_that_is_not_closed_is_refused(write: Write) -> None:
    # It makes one cell of all that follows, and the rows there would be lost without a word.
    path = write()
    path.write_text(path.read_text(encoding="utf-8").replace("plain", '"plain'), encoding="utf-8")
    assert "cannot be read" in refusal(path) or "odd number of quotes" in refusal(path)
    path.write_text('id,pi,flagged,violation,title\na,1,1,1,x\nb,1,1,0,"y\nc,1,1,0,z\n', encoding="utf-8")
    assert "odd number of quotes" in refusal(path)


def test_a_line_break_within_a_text_ends_no_row(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "_BLOCK", 1 << 10)
    rows = pd.DataFrame({"id": range(300), "title": "1,\n2,\n3", "pi": 0.5, "flagged": 0, "violation": None})
    assert len(read(write("csv", rows))["pi"]) == 300


def test_a_row_with_a_cell_too_many_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("id,pi,flagged,violation\na,1,1,1\nb,1,1,1,0\n", encoding="utf-8")
    assert "Expected 4 columns, got 5" in refusal(path)


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    for text in ("id,pi,flagged,violation\n홍삼,1,1,1\n", "id,pi,flagged,violation,제목\na,1,1,1,x\n"):
        path.write_bytes(text.encode("cp949"))
        assert "UTF-8" in refusal(path) or "UTF8" in refusal(path)


def test_a_mark_of_the_byte_order_is_no_part_of_a_name(write: Write) -> None:
    path = write()
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read(path)["pi"] == [1.0, 0.5, 0.25, 1.0]


def test_a_file_can_be_read_again(write: Write) -> None:
    file = SampleFile(write("csv.gz"))
    assert len(list(file.batches())) == len(list(file.batches())) == 1


def test_gzipped_means_gzipped(write: Write, tmp_path: Path) -> None:
    path = tmp_path / "renamed.csv.gz"
    path.write_bytes(write().read_bytes())
    assert "cannot be read" in refusal(path)
    assert gzip.decompress(write("csv.gz").read_bytes()) == write().read_bytes()
