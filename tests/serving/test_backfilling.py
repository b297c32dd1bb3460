from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from data.errors import Conflict, MissingExtra, NoChampion
from data.ingest.mapping import Mapping
from serving.backfilling import backfill

MEANING = Mapping.model_validate(
    {
        "name": "stock",
        "id": {"column": "id"},
        "text": {"title": "title"},
        "creator": "seller",
        "extra": {"p": {"column": "p", "type": "number"}},
    }
)


@pytest.fixture
def stock(tmp_path: Path) -> Path:
    """Ten items and, in the middle, a row without an id."""
    path = tmp_path / "stock.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "title", "seller", "p"])
        for number in range(10):
            rows.writerow([f"old-{number}", f"홍삼 {number}", f"s{number % 3}", number / 10])
            if number == 4:
                rows.writerow(["", "nobody", "s1", 0.1])
    return path


def _rows(folder: Path) -> list[dict[str, Any]]:
    return [row for path in sorted(folder.glob("*.parquet")) for row in pq.read_table(path).to_pylist()]


@pytest.fixture
def ready(bench: Any) -> Any:
    bench.deploy()
    return bench


def test_every_item_is_scored_and_nothing_is_recorded(ready: Any, stock: Path, tmp_path: Path) -> None:
    done = backfill(ready.application, stock, MEANING, tmp_path / "out", part_rows=4)
    assert (done.items, done.refused, done.unscored, done.parts, done.parts_before) == (10, 1, 0, 3, 0)
    rows = _rows(tmp_path / "out")
    assert [row["item_id"] for row in rows] == [f"old-{number}" for number in range(10)]
    assert [row["violation_probability"] for row in rows] == [number / 10 for number in range(10)]
    assert dict(rows[9]["policy_scores"]) == {"health_claim": 0.9, "counterfeit": 0.45}
    assert {(row["model"], row["route"], row["degraded"]) for row in rows} == {("1", None, None)}
    assert "id" in (tmp_path / "out" / "rejects.jsonl").read_text(encoding="utf-8")
    with ready.store.read() as session:
        counts = session.ledger.counts()
    assert counts["items"] == counts["routings"] == 0


def test_an_item_that_cannot_be_scored_goes_to_full_review(ready: Any, stock: Path, tmp_path: Path) -> None:
    stock.write_text("id,title,seller,p\na,x,s,0.5\nb,y,s,broken\n", encoding="utf-8")
    texts = Mapping.model_validate({**MEANING.model_dump(exclude_defaults=True), "extra": {"p": "p"}})
    done = backfill(ready.application, stock, texts, tmp_path / "out")
    assert (done.items, done.unscored) == (2, 1)
    good, bad = _rows(tmp_path / "out")
    assert (good["violation_probability"], good["route"]) == (0.5, None)
    assert (bad["violation_probability"], bad["route"]) == (None, "full_review")
    assert bad["degraded"] == "could not be scored: ValueError"


def test_it_goes_on_where_it_was_cut_off(
    ready: Any, stock: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = tmp_path / "whole"
    backfill(ready.application, stock, MEANING, whole, part_rows=3)
    out = tmp_path / "out"
    write, written = pq.write_table, list[Path]()

    def cut_off(table: Any, path: Path, **how: Any) -> None:
        write(table, path, **how)
        written.append(path)
        if len(written) == 2:
            path.write_bytes(path.read_bytes()[:50])
            raise KeyboardInterrupt

    monkeypatch.setattr(pq, "write_table", cut_off)
    with pytest.raises(KeyboardInterrupt):
        backfill(ready.application, stock, MEANING, out, part_rows=3)
    assert [path.name for path in out.glob("*part*")] == ["part-000000.parquet"]
    ready.scorers["1"].scored.clear()
    ready.clock.advance(days=3)
    done = backfill(ready.application, stock, MEANING, out, part_rows=3)
    assert (done.parts, done.parts_before, done.items) == (4, 1, 10)
    assert ready.scorers["1"].scored == [f"old-{number}" for number in range(3, 10)]
    assert _rows(out) == _rows(whole)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda made: made["stock"].write_text("id,title,seller,p\nnew,x,s,0.5\n"), "another file"),
        (lambda made: made["ready"].deploy("2"), "another model"),
        (lambda made: made.update(meaning=MEANING.model_copy(update={"name": "other"})), "another mapping"),
        (lambda made: made.update(part_rows=5), "other parts"),
    ],
)
def test_a_folder_holds_scores_of_one_kind(
    ready: Any, stock: Path, tmp_path: Path, change: Callable[[dict[str, Any]], Any], said: str
) -> None:
    made: dict[str, Any] = {"ready": ready, "stock": stock, "meaning": MEANING, "part_rows": 4}
    backfill(ready.application, stock, MEANING, tmp_path / "out", part_rows=4)
    before = _rows(tmp_path / "out")
    change(made)
    with pytest.raises(Conflict, match=said):
        backfill(ready.application, stock, made["meaning"], tmp_path / "out", part_rows=made["part_rows"])
    assert _rows(tmp_path / "out") == before


def test_without_a_model_nothing_begins(make_bench: Any, stock: Path, tmp_path: Path) -> None:
    with pytest.raises(NoChampion):
        backfill(make_bench().application, stock, MEANING, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_ray_that_is_not_there_says_how_to_get_it(
    ready: Any, stock: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with pytest.raises(MissingExtra, match=r"pip install 'tamis\[ray\]'"):
        backfill(ready.application, stock, MEANING, tmp_path / "out", processes=2)
