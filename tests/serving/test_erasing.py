"""Erasing an item: gone everywhere, nothing else touched, and no number changed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from data import datasets
from data.errors import AlreadySubmitted, Invalid, NotSealed, UnknownItem
from data.records import Evidence, Item, Score, Segment, Verdict
from data.store.store import Store
from serving.events import Event, Outcome
from serving.spool import Told
from training.models import vectors
from training.models.vectors import Vectors

MARK = "홍길동의비밀"
NAME = "creator-7e1f"


class Quoting:
    """A scorer that quotes the title as its evidence."""

    version = "1"

    def score(self, items: Any, histories: Any, *, scored_at: Any) -> list[Score]:
        del histories
        return [
            Score(
                score_id=f"score-{item.item_id}-{item.item_version}",
                item_id=item.item_id,
                item_version=item.item_version,
                model="1",
                violation_probability=0.9,
                policy_scores={"health_claim": 0.9},
                scored_at=scored_at,
                evidence=(Evidence(signal="title", excerpt=item.text("title"), weight=1.0),),
            )
            for item in items
        ]


@pytest.fixture
def bench_store(store: Store) -> Store:
    return store


@pytest.fixture
def bench(make_bench: Any) -> Any:
    bench = make_bench()
    bench.scorers["1"] = Quoting()
    bench.deploy()
    bench.plan()
    for item_id, text in (("v1", MARK), ("v10", "다른 것")):
        _submit(bench, item_id, text)
        _decide(bench, item_id, text)
    return bench


def _submit(bench: Any, item_id: str, text: str, **more: Any) -> None:
    data = {
        "title": text,
        "transcript": f"{text} ...",
        "media": f"{item_id}.mp4",
        "frames": [f"{item_id}.png"],
    }
    item = Item(item_id=item_id, creator_id=NAME if text == MARK else "c", language="ko", data=data, **more)
    bench.application.triage.submit([item])


def _decide(bench: Any, item_id: str, text: str, event_id: str = "") -> None:
    outcome = Outcome(
        item_id=item_id,
        reviewer_id="mina",
        verdict=Verdict.VIOLATION,
        policies=("health_claim",),
        segments=(Segment(start_ms=1234, end_ms=2345, policy_id="health_claim"),),
        reason=f"says {text}",
    )
    event = Event(event_id=event_id or f"event-{item_id}", occurred_at=bench.clock(), outcome=outcome)
    [receipt] = bench.application.reviews.decide([event], actor=bench.actor())
    assert receipt.handled


def _erase(bench: Any, item_id: str = "v1") -> Any:
    return bench.application.eraser.erase(item_id, actor="admin", reason="the creator asked")


def _timeline(bench: Any, item_id: str) -> Any:
    with bench.store.read() as session:
        return session.ledger.timeline(item_id)


def _copies(bench: Any) -> datasets.Snapshot:
    """Make a copy of every kind that Tamis makes."""
    settings = bench.application.settings
    with bench.store.read() as session:
        snapshot = datasets.cut(session, as_of=bench.clock())
    datasets.write(snapshot, settings.snapshots)
    memory = Vectors.read(settings.vectors / "key.safetensors", 3)
    memory.add([MARK, f"{MARK} ...", "다른 것"], np.ones((3, 3), dtype=np.float32))
    memory.keep()
    settings.imports.mkdir(parents=True)
    rows = [{"line": 1, "row": {"id": "v1", "title": MARK}}, {"line": 2, "row": {"id": "v10", "title": "x"}}]
    (settings.imports / "a.rejects.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    told = Told(items=(Item(item_id="v1", data={"title": MARK}),), reason="late", told_at=bench.clock())
    bench.application.spool.set_aside(bench.application.spool.keep(told))
    return snapshot


def _found(folder: Path, *marks: str) -> list[str]:
    forms = [form for mark in marks for form in (mark.encode(), json.dumps(mark)[1:-1].encode())]
    files = [path for path in folder.rglob("*") if path.is_file()]
    plain = [path.name for path in files if any(form in path.read_bytes() for form in forms)]
    tables = [path for path in files if path.suffix == ".parquet"]
    packed = [path.name for path in tables if any(mark in str(_cells(path)) for mark in marks)]
    return sorted({*plain, *packed})


def _cells(path: Path) -> list[Any]:
    return pd.read_parquet(path).to_numpy().tolist()


def test_what_is_erased_is_nowhere_any_more_and_the_chain_holds(bench: Any, tmp_path: Path) -> None:
    snapshot = _copies(bench)
    assert _found(tmp_path, MARK, NAME), "it is there before"
    before = bench.application.sealer.run()
    erased = _erase(bench)
    assert _found(tmp_path, MARK, NAME) == []
    assert erased.facts == {"item": 1, "score": 1, "decision": 1, "event": 1}
    assert (erased.snapshots, erased.vectors, erased.refused_rows) == (1, 2, 2)
    assert (erased.scrubbed, erased.files) == (True, ("v1.mp4", "v1.png"))
    bench.application.sealer.run()
    assert bench.application.sealer.verify(head=before.head).holds
    [path] = bench.application.settings.snapshots.iterdir()
    kept = datasets.read(path)
    pd.testing.assert_frame_equal(kept.rows.iloc[1:], snapshot.rows.iloc[1:])
    assert kept.id == snapshot.id
    assert kept.rows["violation"].tolist() == [True, True]


def test_postgresql_keeps_no_row_of_it(bench: Any) -> None:
    _erase(bench)
    for fact in _timeline(bench, "v1"):
        assert MARK not in json.dumps(fact, ensure_ascii=False)
        assert NAME not in json.dumps(fact)


def test_nobody_else_is_touched(bench: Any) -> None:
    before = _timeline(bench, "v10")
    _erase(bench)
    assert _timeline(bench, "v10") == before
    assert "다른 것" in json.dumps(before, ensure_ascii=False)


def test_no_number_of_the_report_changes(bench: Any) -> None:
    bench.clock.advance(hours=1)
    bench.application.sealer.run()
    before = bench.application.quality.report()
    _erase(bench)
    after = bench.application.quality.report()
    assert after.head == before.head, "what is erased is in a later seal"
    assert replace(after, generated_at=before.generated_at) == before


def test_what_came_in_since_is_erased_by_doing_it_again(bench: Any) -> None:
    _erase(bench)
    assert _erase(bench).facts == {}
    _decide(bench, "v1", MARK, "event-later")
    assert _erase(bench).facts == {"decision": 1, "event": 1}
    bench.application.sealer.run()
    assert bench.application.sealer.verify().holds


def test_all_versions_are_erased(bench: Any) -> None:
    _submit(bench, "v1", MARK, item_version="2")
    assert _erase(bench).facts == {"item": 2, "score": 2, "decision": 1, "event": 1}


def test_an_erased_item_is_not_taken_again_under_the_same_version(bench: Any) -> None:
    _erase(bench)
    with (
        bench.store.begin() as session,
        pytest.raises(AlreadySubmitted, match=r"was erased.*new item_version"),
    ):
        session.ledger.add_items([Item(item_id="v1", data={"title": MARK})], received_at=bench.clock())


def test_an_erasure_says_who_and_why(bench: Any) -> None:
    with pytest.raises(Invalid, match="reason must say why"):
        bench.application.eraser.erase("v1", actor="admin", reason=" why ")
    with pytest.raises(UnknownItem, match="never submitted"):
        _erase(bench, "v2")
    assert MARK in json.dumps(_timeline(bench, "v1"), ensure_ascii=False)


def test_what_is_not_sealed_is_not_erased(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench.application.sealer, "run", lambda: None)
    with pytest.raises(NotSealed, match="Erase it again"):
        _erase(bench)
    assert MARK in json.dumps(_timeline(bench, "v1"), ensure_ascii=False)


def test_an_answer_that_waits_for_the_ledger_is_recorded_first(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Told(items=(Item(item_id="v1", data={"title": MARK}),), reason="late", told_at=bench.clock())
    bench.application.spool.keep(told)
    monkeypatch.setattr(bench.application.eraser._reconciler, "run", lambda: 0)
    with pytest.raises(NotSealed):
        _erase(bench)


def test_vectors_of_other_texts_stay(tmp_path: Path) -> None:
    memory = Vectors.read(tmp_path / "key.safetensors", 2)
    memory.add(["gone", "kept"], np.array([[1, 0], [0, 1]], dtype=np.float32))
    memory.keep()
    assert vectors.forget(tmp_path, ["gone", "unknown", ""]) == 1
    left = Vectors.read(tmp_path / "key.safetensors", 2)
    assert left.missing(["gone", "kept"]) == ["gone"]
    assert left.get(["kept"]).tolist() == [[0, 1]]
