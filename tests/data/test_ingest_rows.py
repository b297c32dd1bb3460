from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import Invalid, InvalidMapping
from data.ingest.mapping import Mapping
from data.ingest.rows import Reject, Row, read
from data.records import Verdict

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
OUTCOME = {
    "inclusion_probability": {"constant": "1"},
    "verdict": {"column": "verdict", "violation": ["bad"], "no_violation": ["good"]},
}
VIDEOS = [
    {"id": "v1", "title": "홍삼 특가", "verdict": "bad"},
    {"id": "v2", "title": 'say "hi", twice', "verdict": "good"},
    {"id": "v3", "title": "two\nlines", "verdict": ""},
]


def mapping(**parts: Any) -> Mapping:
    smallest = {"name": "set", "id": "id", "text": {"title": "title"}, "outcome": OUTCOME}
    return Mapping.model_validate(smallest | parts)


def written(path: Path, videos: Sequence[dict[str, Any]]) -> Path:
    packed = path.suffix == ".gz"
    kind = path.name.removesuffix(".gz").rpartition(".")[2]
    if kind == "parquet":
        buffer = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(list(videos)), buffer)
        content = buffer.getvalue()
    elif kind == "jsonl":
        content = "".join(json.dumps(video) + "\n" for video in videos).encode()
    else:
        text = io.StringIO()
        writer = csv.DictWriter(text, list(videos[0]), delimiter="," if kind == "csv" else "\t")
        writer.writeheader()
        writer.writerows(videos)
        content = text.getvalue().encode()
    path.write_bytes(gzip.compress(content) if packed else content)
    return path


def rows_in(path: Path, how: Mapping) -> list[Row]:
    found = list(read(path, how, now=NOW))
    assert [each for each in found if isinstance(each, Reject)] == []
    return [each for each in found if isinstance(each, Row)]


def only(path: Path, how: Mapping) -> Row | Reject:
    (found,) = read(path, how, now=NOW)
    return found


def rejected(path: Path, how: Mapping) -> Reject:
    found = only(path, how)
    assert isinstance(found, Reject), found
    return found


def taken(path: Path, how: Mapping) -> Row:
    found = only(path, how)
    assert isinstance(found, Row), found
    return found


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet"])
@pytest.mark.parametrize("packed", ["", ".gz"])
def test_every_format_says_the_same(tmp_path: Path, suffix: str, packed: str) -> None:
    rows = rows_in(written(tmp_path / f"videos.{suffix}{packed}", VIDEOS), mapping())
    assert [row.item.item_id for row in rows] == ["v1", "v2", "v3"]
    assert [row.item.text("title") for row in rows] == [video["title"] for video in VIDEOS]
    verdicts = [row.decision.verdict if row.decision else None for row in rows]
    assert verdicts == [Verdict.VIOLATION, Verdict.NO_VIOLATION, None]


def test_the_source_of_an_item_is_the_mapping(tmp_path: Path) -> None:
    assert rows_in(written(tmp_path / "a.csv", VIDEOS), mapping())[0].item.source == "import:set"


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", VIDEOS)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert len(rows_in(path, mapping())) == 3


@pytest.mark.parametrize("encoding", ["cp949", "utf-16"])
def test_a_file_is_read_in_the_encoding_that_the_mapping_names(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("id,title,verdict\nv1,홍삼,bad\n".encode(encoding))
    assert taken(path, mapping(file={"encoding": encoding})).item.text("title") == "홍삼"


@pytest.mark.parametrize("encoding", ["cp949", "utf-16"])
def test_the_wrong_encoding_is_refused_with_the_right_one(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("번호,제목\nv1,홍삼\nv2,특가\n".encode(encoding))
    with pytest.raises(Invalid, match=f"Set file.encoding: {encoding}"):
        list(read(path, mapping(), now=NOW))


def test_one_bad_byte_keeps_out_its_row_only(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"id,title,verdict\nv1,ok,bad\nv2,\xff\xfe,bad\nv3,ok,bad\n")
    first, second, third = read(path, mapping(), now=NOW)
    assert isinstance(first, Row)
    assert isinstance(third, Row)
    assert isinstance(second, Reject)
    assert (second.line, second.field) == (3, "text.title")


def test_a_line_number_is_where_the_row_begins_even_after_texts_of_many_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('id,title,verdict\nv1,"one\ntwo\nthree",bad\n한글,b,bad\n', "utf-8")
    *_, last = read(path, mapping(), now=NOW)
    assert isinstance(last, Reject)
    assert (last.line, last.field) == (5, "id")


def test_a_quote_that_is_never_closed_is_one_reject_with_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('id,title,verdict\nv1,a,bad\nv2,"b,bad\nv3,c,bad\n', "utf-8")
    first, second = read(path, mapping(), now=NOW)
    assert isinstance(first, Row)
    assert isinstance(second, Reject)
    assert "Lines 3 to 4" in second.reason


def test_too_many_cells_are_a_reject_that_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,title,verdict\nv1,a,b,bad\n", "utf-8")
    assert "4 cells under 3 columns" in rejected(path, mapping()).reason


def test_quotes_are_ordinary_where_the_mapping_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text('id\ttitle\tverdict\nv1\t"open\tbad\n', "utf-8")
    assert taken(path, mapping(file={"quoting": "none"})).item.text("title") == '"open'


@pytest.mark.parametrize("line", ["{", "[1]", '{"id": NaN}', "[" * 100_000, '{"id": ' + "1" * 5000 + "}"])
def test_a_line_that_is_no_object_is_a_reject_and_the_next_goes_in(tmp_path: Path, line: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f'\n{line}\n{{"id": "v1", "title": "a", "verdict": "bad"}}\n', "utf-8")
    bad, good = read(path, mapping(), now=NOW)
    assert isinstance(bad, Reject)
    assert bad.line == 2
    assert isinstance(good, Row)


def test_a_nested_column_is_named_with_dots(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", [{"id": "v1", "snippet": {"title": "a"}, "verdict": "bad"}])
    assert taken(path, mapping(text={"title": "snippet.title"})).item.text("title") == "a"


def test_a_column_that_only_later_rows_have_is_no_mistake(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", [{"id": "v1", "verdict": "bad"}, VIDEOS[0] | {"id": "v2"}])
    assert [row.item.text("title") for row in rows_in(path, mapping())] == ["", "홍삼 특가"]


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_a_column_the_file_does_not_have_is_refused_with_the_nearest(tmp_path: Path, suffix: str) -> None:
    path = written(tmp_path / f"a.{suffix}", VIDEOS)
    with pytest.raises(InvalidMapping, match="did you mean 'title'") as refusal:
        list(read(path, mapping(text={"title": "titel"}), now=NOW))
    assert refusal.value.field == "text.title"


def test_an_optional_column_may_be_missing(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", VIDEOS)
    rows = rows_in(path, mapping(creator={"column": "seller", "optional": True}))
    assert rows[0].item.creator_id is None


BROKEN: dict[str, tuple[str, Callable[[bytes], bytes], str]] = {
    "empty": ("a.csv", lambda _: b"", "empty"),
    "a header only": ("a.csv", lambda content: content.splitlines(keepends=True)[0], "no rows"),
    "a header twice": ("a.csv", lambda content: b"id,id\n" + content, "'id' twice"),
    "cut gzip": ("a.csv.gz", lambda content: content[:-20], "cut off"),
    "flipped gzip": ("a.csv.gz", lambda content: content[:-6] + b"\0\0" + content[-4:], "damaged"),
    "cut Parquet": ("a.parquet", lambda content: content[:-20], "cut off"),
    "no Parquet": ("a.parquet", lambda _: b"id,title\n", "no Parquet file"),
    "flipped Parquet": ("a.parquet", lambda content: content[:60] + bytes(60) + content[120:], "damaged"),
    "a zip": ("a.csv", lambda _: b"PK\x03\x04...", "Save it as CSV"),
    "an array": ("a.jsonl", lambda _: b'[{"id": 1}]\n', "one object a line"),
    "an endless line": ("a.jsonl", lambda _: b"a" * ((1 << 24) + 1), "longer than"),
    "an unknown name": ("a.doc", lambda _: b"id\n", "file.format"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_cannot_be_used_is_refused_with_a_reason(tmp_path: Path, name: str) -> None:
    file, breaking, reason = BROKEN[name]
    path = tmp_path / file
    if file.endswith(".doc"):
        path.write_bytes(b"")
    else:
        written(path, VIDEOS)
    path.write_bytes(breaking(path.read_bytes()))
    with pytest.raises(Invalid, match=reason) as refusal:
        list(read(path, mapping(), now=NOW))
    assert refusal.value.field


def test_a_file_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="cannot be read"):
        list(read(tmp_path / "none.csv", mapping(), now=NOW))


def test_progress_ends_at_the_size_of_the_file(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv.gz", VIDEOS * 500)
    seen: list[tuple[str, int, int]] = []
    list(read(path, mapping(), now=NOW, progress=lambda *where: seen.append(where)))
    assert seen[-1] == ("import", path.stat().st_size, path.stat().st_size)
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)


BESIDE = [{"column": "news", "match": r"c_(?P<part>\w+)\.csv(\.gz)?", "file": "n_{part}.txt"}]


def test_a_second_file_gives_its_column_line_by_line(tmp_path: Path) -> None:
    path = written(tmp_path / "c_train.csv.gz", VIDEOS)
    (tmp_path / "n_train.txt").write_text('a, "b\n\nc\n', "utf-8")
    rows = rows_in(path, mapping(text={"title": "news"}, beside=BESIDE))
    assert [row.item.text("title") for row in rows] == ['a, "b', "", "c"]


@pytest.mark.parametrize(
    ("text", "reason"), [("a\nb\n", "2 records"), ("a\nb\nc\nd\n", "4 records"), ("", "empty")]
)
def test_a_second_file_of_another_length_is_refused_before_any_row(
    tmp_path: Path, text: str, reason: str
) -> None:
    path = written(tmp_path / "c_train.csv", VIDEOS)
    (tmp_path / "n_train.txt").write_text(text, "utf-8")
    found = read(path, mapping(text={"title": "news"}, beside=BESIDE), now=NOW)
    with pytest.raises(Invalid, match=reason):
        next(found)


def test_a_file_whose_name_does_not_match_has_no_second_file(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"beside\.match"):
        list(read(written(tmp_path / "d.csv", VIDEOS), mapping(beside=BESIDE), now=NOW))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.dictionaries(st.sampled_from(["id", "title", "verdict", "views"]), st.text(max_size=8)), min_size=1
    )
)
def test_whatever_a_cell_holds_is_a_row_or_a_reject(
    tmp_path_factory: pytest.TempPathFactory, cells: list[dict[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("any") / "a.jsonl"
    whole = {"id": "v0", "title": "a", "verdict": "bad", "views": "1"}
    path.write_text("".join(json.dumps(each) + "\n" for each in [whole, *cells]), "utf-8")
    found = list(read(path, mapping(views="views"), now=NOW))
    assert len(found) == len(cells) + 1
    assert all(each.field and each.reason for each in found if isinstance(each, Reject))
