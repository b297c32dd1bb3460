from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data.records import Item, ItemType
from serving.spool import Spool, Told

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


def _told(item_id: str = "v1", **later: float) -> Told:
    item = Item(
        item_id=item_id,
        item_type=ItemType.LIVE_SEGMENT,
        creator_id="c1",
        submitted_at=NOON,
        expected_views=1e6,
        data={"title": "홍삼 특가", "duration_s": 31.5, "hashtags": ["a", "b"], "nested": {"x": None}},
    )
    return Told(items=(item,), reason="ledger unavailable", told_at=NOON + timedelta(**later))


def test_an_answer_comes_back_as_it_was_kept(spool: Spool) -> None:
    path = spool.keep(_told())
    [(found, told)] = spool.read()
    assert (found, told) == (path, _told())
    assert told.items[0].digest() == _told().items[0].digest()


def test_the_oldest_comes_first(spool: Spool) -> None:
    spool.keep(_told("later", hours=1))
    spool.keep(_told("sooner"))
    assert [told.items[0].item_id for _, told in spool.read()] == ["sooner", "later"]


def test_an_empty_spool_has_nothing_and_makes_no_folder(spool: Spool, tmp_path: Path) -> None:
    assert (spool.waiting(), spool.refused(), list(spool.read())) == ([], [], [])
    assert list(tmp_path.iterdir()) == []


def test_only_the_owner_reads_what_is_kept(spool: Spool) -> None:
    path = spool.keep(_told())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_what_is_forgotten_twice_is_gone_and_what_is_set_aside_stays(spool: Spool) -> None:
    gone, stays = spool.keep(_told("v1")), spool.keep(_told("v2"))
    spool.forget(gone)
    spool.forget(gone)
    spool.set_aside(stays)
    spool.set_aside(gone)
    assert spool.waiting() == []
    assert [path.stem for path in spool.refused()] == [stays.stem]


def test_half_a_file_is_set_aside_and_what_follows_is_read(spool: Spool) -> None:
    broken = spool.keep(_told("v1"))
    broken.write_bytes(broken.read_bytes()[:40])
    spool.keep(_told("v2", hours=1))
    assert [told.items[0].item_id for _, told in spool.read()] == ["v2"]
    assert [path.stem for path in spool.refused()] == [broken.stem]
