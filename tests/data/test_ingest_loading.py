from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from data.errors import Invalid, InvalidMapping
from data.ingest.loading import ImportResult, load
from data.ingest.mapping import Mapping
from data.records import Item, Verdict
from data.store.store import Store

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HEADER = "id,title,verdict,rule,who,at\n"
VIDEOS = HEADER + "v1,홍삼,bad,가격,r1,2026-03-01\nv2,특가,good,,r1,\nv3,세일,,,,\n"


def mapping(**outcome: Any) -> Mapping:
    return Mapping.model_validate(
        {
            "name": "set",
            "id": "id",
            "text": {"title": "title"},
            "times": {"decided": {"column": "at", "zone": "Asia/Seoul"}},
            "outcome": {
                "inclusion_probability": {"constant": "0.5"},
                "reviewer": "who",
                "verdict": {"column": "verdict", "violation": ["bad"], "no_violation": ["good"]},
                "policies": {"column": "rule", "map": {"가격": "misleading_price"}},
            }
            | outcome,
        }
    )


def file(folder: Path, text: str = VIDEOS, name: str = "videos.csv") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def counts(result: ImportResult) -> tuple[int, ...]:
    return (
        result.new_items,
        result.known_items,
        result.new_outcomes,
        result.known_outcomes,
        result.rejected,
    )


def rejects(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_items_and_outcomes_go_into_the_ledger(store: Store, tmp_path: Path) -> None:
    assert counts(load(store, file(tmp_path), mapping(), now=NOW)) == (3, 0, 2, 0, 0)
    with store.read() as session:
        item = session.ledger.item("v1")
        (decision,) = session.ledger.decisions([("v1", "1")])["v1", "1"]
    assert item is not None
    assert (item.text("title"), item.source) == ("홍삼", "import:set")
    assert (decision.verdict, decision.policies) == (Verdict.VIOLATION, ("misleading_price",))
    assert decision.inclusion_probability == 0.5
    assert decision.decided_at == datetime(2026, 2, 28, 15, tzinfo=UTC)


def test_importing_again_changes_nothing_not_even_a_day_later(store: Store, tmp_path: Path) -> None:
    path = file(tmp_path)
    load(store, path, mapping(), now=NOW)
    with store.read() as session:
        before = session.ledger.timeline("v2")
    again = load(store, path, mapping(), now=NOW + timedelta(days=1))
    assert counts(again) == (0, 3, 0, 2, 0)
    with store.read() as session:
        assert session.ledger.timeline("v2") == before


def test_outcomes_that_come_later_join_items_that_are_known(sqlite_store: Store, tmp_path: Path) -> None:
    load(sqlite_store, file(tmp_path, VIDEOS.replace("bad", "")), mapping(), now=NOW)
    assert counts(load(sqlite_store, file(tmp_path), mapping(), now=NOW)) == (0, 3, 1, 1, 0)


def test_the_same_row_twice_in_a_file_is_known_the_second_time(sqlite_store: Store, tmp_path: Path) -> None:
    path = file(tmp_path, VIDEOS + VIDEOS.removeprefix(HEADER))
    assert counts(load(sqlite_store, path, mapping(), now=NOW)) == (3, 3, 2, 2, 0)


def test_an_item_known_with_other_content_is_rejected_and_the_rest_goes_in(
    store: Store, tmp_path: Path
) -> None:
    with store.begin() as session:
        session.ledger.add_items([Item(item_id="v2", data={"title": "other"})], received_at=NOW)
    out = tmp_path / "rejects.jsonl"
    assert counts(load(store, file(tmp_path), mapping(), now=NOW, rejects_path=out)) == (2, 0, 1, 0, 1)
    (reject,) = rejects(out)
    assert (reject["line"], reject["field"]) == (3, "id")
    assert reject["row"]["title"] == "특가"


def test_another_verdict_of_the_same_look_is_rejected_and_the_first_stands(
    store: Store, tmp_path: Path
) -> None:
    load(store, file(tmp_path), mapping(), now=NOW)
    result = load(store, file(tmp_path, VIDEOS.replace("good", "bad")), mapping(), now=NOW)
    assert counts(result) == (0, 3, 0, 1, 1)
    assert result.rejected_by_field == {"outcome": 1}
    with store.read() as session:
        (decision,) = session.ledger.decisions([("v2", "1")])["v2", "1"]
    assert decision.verdict is Verdict.NO_VIOLATION


def test_two_reviewers_of_one_item_are_two_outcomes(sqlite_store: Store, tmp_path: Path) -> None:
    text = HEADER + "v1,a,bad,,r1,\nv1,a,good,,r2,\n"
    assert counts(load(sqlite_store, file(tmp_path, text), mapping(), now=NOW)) == (1, 1, 2, 0, 0)


def test_bad_rows_are_written_with_line_field_and_reason_and_the_rest_goes_in(
    sqlite_store: Store, tmp_path: Path
) -> None:
    text = (
        HEADER + "v 1,a,bad,,r1,\nv2,b,strange,,r1,\nv3,c,good,,r1,\nv4,d,bad,없음,r1,\nv5,e,bad,,r1,soon\n"
    )
    out = tmp_path / "deep" / "rejects.jsonl"
    result = load(sqlite_store, file(tmp_path, text), mapping(), now=NOW, rejects_path=out)
    assert counts(result) == (1, 0, 1, 0, 4)
    assert result.rejects_path == out
    assert [(reject["line"], reject["field"]) for reject in rejects(out)] == [
        (2, "id"),
        (3, "outcome.verdict"),
        (5, "outcome.policies"),
        (6, "times.decided"),
    ]
    assert [reject.line for reject in result.first_rejects] == [2, 3, 5, 6]
    assert all(reject["reason"] and reject["row"] for reject in rejects(out))


def test_a_reject_that_is_no_text_can_be_written_all_the_same(sqlite_store: Store, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(VIDEOS.encode() + b"v4,\xff,bad,,r1,\n")
    out = tmp_path / "rejects.jsonl"
    assert load(sqlite_store, path, mapping(), now=NOW, rejects_path=out).rejected == 1
    assert rejects(out)[0]["field"] == "text.title"


def test_no_rejects_leave_no_file_not_even_an_older_one(sqlite_store: Store, tmp_path: Path) -> None:
    out = tmp_path / "rejects.jsonl"
    out.write_text("old", "utf-8")
    assert load(sqlite_store, file(tmp_path), mapping(), now=NOW, rejects_path=out).rejects_path is None
    assert not out.exists()


def test_rejects_are_never_written_over_the_file_itself(sqlite_store: Store, tmp_path: Path) -> None:
    path = file(tmp_path)
    with pytest.raises(Invalid, match="another file"):
        load(sqlite_store, path, mapping(), now=NOW, rejects_path=path)
    assert path.read_text("utf-8") == VIDEOS


def test_a_mapping_to_a_policy_that_there_is_not_is_refused_with_the_nearest(
    sqlite_store: Store, tmp_path: Path
) -> None:
    with pytest.raises(InvalidMapping, match="did you mean 'misleading_prices'"):
        load(sqlite_store, file(tmp_path), mapping(), now=NOW, policy_ids=["sexual", "misleading_prices"])


def test_a_policy_in_the_file_that_there_is_not_is_rejected(sqlite_store: Store, tmp_path: Path) -> None:
    text = HEADER + "v1,a,bad,sexual,r1,\nv2,b,bad,unheard,r1,\n"
    how = mapping(policies={"column": "rule"})
    result = load(sqlite_store, file(tmp_path, text), how, now=NOW, policy_ids=["sexual"])
    assert counts(result) == (1, 0, 1, 0, 1)
    assert result.rejected_by_field == {"outcome.policies": 1}


def test_a_cut_gzip_leaves_the_ledger_untouched(sqlite_store: Store, tmp_path: Path) -> None:
    rows = "".join(f"v{number},title {number},good,,r1,\n" for number in range(3000))
    path = tmp_path / "videos.csv.gz"
    path.write_bytes(gzip.compress((HEADER + rows).encode())[:-100])
    with pytest.raises(Invalid, match="Nothing was imported"):
        load(sqlite_store, path, mapping(), now=NOW)
    with sqlite_store.read() as session:
        assert session.ledger.counts()["items"] == 0


def test_a_file_that_breaks_further_down_says_what_went_in_and_can_be_imported_again(
    sqlite_store: Store, tmp_path: Path
) -> None:
    rows = "".join(f"v{number},title {number},good,,r1,\n" for number in range(1500))
    path = file(tmp_path, HEADER + rows + "x" * (1 << 24))
    with pytest.raises(Invalid, match="1,500 new items before that place went in"):
        load(sqlite_store, path, mapping(), now=NOW)
    assert counts(load(sqlite_store, file(tmp_path, HEADER + rows), mapping(), now=NOW)) == (
        0,
        1500,
        0,
        1500,
        0,
    )
