from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from data import features
from data.datasets import COLUMNS, Snapshot, content_hash, cut, read, write
from data.errors import Invalid, TooFewLabels
from data.records import Decision, Item, ReviewType, Routing, Verdict
from data.store.store import Store

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=30)
MakeItem = Callable[..., Item]
MakeRouting = Callable[..., Routing]
MakeDecision = Callable[..., Decision]


def hours(count: float) -> datetime:
    return NOON + timedelta(hours=count)


@pytest.fixture
def past(make_item: MakeItem, make_decision: MakeDecision) -> Callable[..., None]:
    """Adds an imported item with its outcome."""

    def add(store: Store, item_id: str, *, recorded: float = 0, **changes: object) -> None:
        verdict = changes.pop("verdict", Verdict.VIOLATION)
        decided = changes.pop("decided_at", hours(-1))
        item = make_item(item_id, **{"source": "import:past", "submitted_at": hours(-2), **changes})
        decision = make_decision(
            item_id,
            verdict,
            decision_id=f"d-{item_id}",
            review_type=ReviewType.IMPORTED,
            decided_at=decided,
            inclusion_probability=0.5,
        )
        with store.begin() as session:
            session.ledger.add_items([item], received_at=hours(recorded))
            session.ledger.record_decision(decision, event_id=None, recorded_at=hours(recorded))

    return add


@pytest.fixture
def routed(
    make_item: MakeItem, make_routing: MakeRouting, make_decision: MakeDecision
) -> Callable[..., None]:
    """Adds an item that went through this system, decided an hour later."""

    def add(
        store: Store, item_id: str, *, at: float, decided: float | None = None, violation: bool = True
    ) -> None:
        verdict = Verdict.VIOLATION if violation else Verdict.NO_VIOLATION
        with store.begin() as session:
            session.ledger.add_items([make_item(item_id)], received_at=hours(at))
            session.ledger.record([], [make_routing(item_id, routed_at=hours(at))])
        with store.begin() as session:
            moment = hours(at + 1 if decided is None else decided)
            decision = make_decision(item_id, verdict, decision_id=f"d-{item_id}", decided_at=moment)
            session.ledger.record_decision(decision, event_id=None, recorded_at=moment)

    return add


def snapshot_of(store: Store, as_of: datetime = LATER, **how: object) -> Snapshot:
    with store.read() as session:
        return cut(session, as_of=as_of, **how)  # type: ignore[arg-type]


def row_of(snapshot: Snapshot, item_id: str) -> dict[str, object]:
    (row,) = snapshot.rows[snapshot.rows["item_id"] == item_id].to_dict("records")
    return {str(name): value for name, value in row.items()}


def test_nothing_settled_is_too_few(sqlite_store: Store, make_item: MakeItem) -> None:
    with sqlite_store.begin() as session:
        session.ledger.add_items([make_item()], received_at=NOON)
    with pytest.raises(TooFewLabels, match="Import outcomes"):
        snapshot_of(sqlite_store)


def test_a_row_carries_its_label_and_its_chance(store: Store, past: Callable[..., None]) -> None:
    past(store, "v1")
    snapshot = snapshot_of(store)
    row = row_of(snapshot, "v1")
    assert list(snapshot.rows.columns) == list(COLUMNS)
    assert (row["violation"], row["policies"]) == (True, ["health_claim"])
    assert row["inclusion_probability"] == 0.5
    assert row["source"] == "import:past"
    assert row["title"] == "홍삼 특가 today only"


def test_the_chance_of_a_routed_item_is_that_of_its_routing(
    store: Store, routed: Callable[..., None]
) -> None:
    routed(store, "v1", at=0)
    assert row_of(snapshot_of(store), "v1")["inclusion_probability"] == 0.2


def test_counts_say_how_many_rows_there_are_of_what(
    sqlite_store: Store, past: Callable[..., None], routed: Callable[..., None]
) -> None:
    past(sqlite_store, "v1")
    past(sqlite_store, "v2", verdict=Verdict.NO_VIOLATION)
    routed(sqlite_store, "v3", at=0)
    assert snapshot_of(sqlite_store).counts == {
        "rows": 3,
        "source": {"api": 1, "import:past": 2},
        "verdict": {"no_violation": 1, "violation": 2},
        "policy": {"health_claim": 2},
    }


def test_sources_can_be_chosen(
    sqlite_store: Store, past: Callable[..., None], routed: Callable[..., None]
) -> None:
    past(sqlite_store, "v1")
    routed(sqlite_store, "v2", at=0)
    assert snapshot_of(sqlite_store, sources=["api"]).rows["item_id"].tolist() == ["v2"]


def test_a_young_label_is_absent_not_negative(sqlite_store: Store, routed: Callable[..., None]) -> None:
    routed(sqlite_store, "old", at=0)
    routed(sqlite_store, "new", at=9)
    snapshot = snapshot_of(sqlite_store, as_of=hours(12), mature_after=timedelta(hours=3))
    assert snapshot.rows["item_id"].tolist() == ["old"]


def test_neither_the_database_nor_the_order_of_arrival_changes_the_id(
    store: Store, past: Callable[..., None], migrated_file: Path, tmp_path: Path
) -> None:
    names = [f"{letter}{number}" for letter in "aBc_" for number in range(3)]
    with Store(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'other.db')}") as other:
        for name in names:
            past(store, name, data={"title": f"제목 {name}", "duration_s": 1 / 3}, expected_views=0.1 + 0.2)
        for name in reversed(names):
            past(other, name, data={"title": f"제목 {name}", "duration_s": 1 / 3}, expected_views=0.1 + 0.2)
        assert snapshot_of(store).id == snapshot_of(other).id


def test_what_is_recorded_later_never_changes_an_earlier_cut(
    store: Store, past: Callable[..., None], make_decision: MakeDecision
) -> None:
    past(store, "v1")
    past(store, "v2", submitted_at=hours(-10), decided_at=hours(-9))
    before = snapshot_of(store, as_of=hours(1))
    past(store, "v3", recorded=2, submitted_at=hours(-20), decided_at=hours(-19))
    appeal = make_decision("v2", Verdict.NO_VIOLATION, review_type=ReviewType.APPEAL, decided_at=hours(-8))
    with store.begin() as session:
        session.ledger.record_decision(appeal, event_id=None, recorded_at=hours(2))
    after = snapshot_of(store, as_of=hours(1))
    assert after.id == before.id
    pd.testing.assert_frame_equal(after.rows, before.rows)
    assert snapshot_of(store).id != before.id


def test_the_same_rows_cut_at_another_moment_are_the_same_snapshot(
    sqlite_store: Store, past: Callable[..., None]
) -> None:
    past(sqlite_store, "v1")
    assert snapshot_of(sqlite_store, hours(1)).id == snapshot_of(sqlite_store, hours(5)).id


def test_an_item_knows_only_the_past_of_its_creator(store: Store, routed: Callable[..., None]) -> None:
    routed(store, "v1", at=0)
    routed(store, "v2", at=0.5)
    routed(store, "v3", at=2, violation=False)
    routed(store, "v4", at=4)
    rows = snapshot_of(store).rows.set_index("item_id")
    assert rows["creator_items"].tolist() == [0, 1, 2, 3]
    assert rows["creator_reviewed"].tolist() == [0, 0, 2, 3]
    assert rows["creator_violations"].tolist() == [0, 0, 2, 2]


def test_an_items_own_verdict_is_never_in_its_row(sqlite_store: Store, routed: Callable[..., None]) -> None:
    routed(sqlite_store, "v1", at=0, decided=0)
    assert row_of(snapshot_of(sqlite_store), "v1")["creator_reviewed"] == 0


def test_imported_items_know_the_past_by_the_times_of_the_file(
    sqlite_store: Store, past: Callable[..., None]
) -> None:
    past(sqlite_store, "v1", submitted_at=hours(-10), decided_at=hours(-5))
    past(sqlite_store, "v2", submitted_at=hours(-6), decided_at=hours(-1))
    past(sqlite_store, "v3", submitted_at=hours(-4), decided_at=hours(-1))
    rows = snapshot_of(sqlite_store).rows.set_index("item_id")
    assert rows["creator_items"].tolist() == [0, 1, 2]
    assert rows["creator_reviewed"].tolist() == [0, 0, 1]


def test_imported_items_without_times_have_no_past_at_all(
    sqlite_store: Store, past: Callable[..., None]
) -> None:
    for name in ("v1", "v2", "v3"):
        past(sqlite_store, name, submitted_at=None)
    rows = snapshot_of(sqlite_store).rows
    assert rows["creator_items"].tolist() == rows["creator_reviewed"].tolist() == [0, 0, 0]
    assert rows["time"].isna().all()


def test_an_item_without_a_creator_has_an_unknown_past(
    sqlite_store: Store, past: Callable[..., None]
) -> None:
    past(sqlite_store, "v1", creator_id=None)
    assert snapshot_of(sqlite_store).rows["creator_items"].isna().all()


def test_training_sees_what_serving_saw(
    store: Store, make_item: MakeItem, routed: Callable[..., None]
) -> None:
    seen = []
    for number in range(6):
        item_id, at = f"v{number}", number * 0.7
        with store.read() as session:
            histories = session.ledger.creator_histories(["c1"], before=hours(at))
        seen.append(features.rows([make_item(item_id)], histories))
        routed(store, item_id, at=at, violation=number % 2 == 0)
    served = pd.concat(seen, ignore_index=True)
    learned = snapshot_of(store).rows[list(features.COLUMNS)]
    pd.testing.assert_frame_equal(learned, served)


def test_a_snapshot_comes_back_from_its_folder_as_it_was(
    sqlite_store: Store, past: Callable[..., None], routed: Callable[..., None], tmp_path: Path
) -> None:
    past(sqlite_store, "v1", creator_id=None, submitted_at=None)
    past(sqlite_store, "v2", verdict=Verdict.NO_VIOLATION)
    routed(sqlite_store, "v3", at=0)
    snapshot = snapshot_of(sqlite_store)
    back = read(write(snapshot, tmp_path))
    pd.testing.assert_frame_equal(back.rows, snapshot.rows)
    assert replace(back, rows=snapshot.rows) == replace(snapshot, rows=snapshot.rows)
    assert content_hash(back.rows) == snapshot.id


def test_a_manifest_says_what_is_in_the_file(
    sqlite_store: Store, past: Callable[..., None], tmp_path: Path
) -> None:
    past(sqlite_store, "v1")
    snapshot = snapshot_of(sqlite_store)
    folder = write(snapshot, tmp_path)
    assert sorted(path.name for path in folder.iterdir()) == ["manifest.json", "rows.parquet"]
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert manifest["id"] == snapshot.id
    assert manifest["counts"]["rows"] == 1
    assert manifest["columns"] == list(COLUMNS)


@pytest.mark.parametrize("name", ["rows.parquet", "manifest.json"])
@pytest.mark.parametrize("damage", ["changed", "cut", "gone"])
def test_a_damaged_snapshot_is_refused(
    sqlite_store: Store, past: Callable[..., None], tmp_path: Path, name: str, damage: str
) -> None:
    past(sqlite_store, "v1")
    path = write(snapshot_of(sqlite_store), tmp_path) / name
    content = path.read_bytes()
    path.unlink()
    if damage == "changed":
        path.write_bytes(content.replace(b"v1", b"v2").replace(b"sha256", b"sha255"))
    elif damage == "cut":
        path.write_bytes(content[:-30])
    with pytest.raises(Invalid, match="Cut"):
        read(path.parent)
