"""The shipped mappings, on the real files where they are at hand."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

import configs
from data.datasets import cut
from data.ingest.loading import load
from data.ingest.mapping import read_mapping
from data.ingest.rows import Reject, Row, read
from data.store.store import Store

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def real_sets() -> Path:
    folder = ROOT.parent / "shared" / "datasets"
    if not folder.is_dir():
        pytest.skip(f"the real data sets are not at hand: {folder} is missing")
    return folder


@cache
def rows_of(path: Path, name: str) -> list[Row]:
    found = list(read(path, read_mapping(Path(*configs.__path__) / "imports" / f"{name}.yaml"), now=NOW))
    assert [each for each in found if isinstance(each, Reject)] == []
    return [each for each in found if isinstance(each, Row)]


def test_kuaimod_gives_every_tag_its_verdict_and_policy(real_sets: Path) -> None:
    rows = rows_of(real_sets / "kuaimod" / "data_benchmark.jsonl.gz", "kuaimod")
    verdicts = Counter(row.decision.verdict.value for row in rows if row.decision)
    policies = Counter(policy for row in rows if row.decision for policy in row.decision.policies)
    assert verdicts == {"no_violation": 578, "violation": 422}
    assert policies == {
        "sexual": 114, "hate_harassment": 52, "off_platform": 34, "minors": 12, "copyright": 10,
        "health_claim": 9, "undisclosed_ad": 8, "misleading_price": 4, "prohibited_goods": 1,
    }  # fmt: skip


def test_kuaimod_texts_are_where_a_model_looks_for_them_and_null_is_nothing(real_sets: Path) -> None:
    rows = rows_of(real_sets / "kuaimod" / "data_benchmark.jsonl.gz", "kuaimod")
    missing = Counter(
        name for row in rows for name in ("title", "transcript", "ocr_text") if not row.item.text(name)
    )
    assert missing["transcript"] == 591
    assert missing["title"] == 85
    assert missing["ocr_text"] == 136  # one is empty, the others say null
    assert {row.item.language for row in rows} == {"zh"}


def test_beep_comments_stand_under_their_news_titles(real_sets: Path) -> None:
    rows = rows_of(real_sets / "ko_beep" / "labeled_train.tsv.gz", "ko_beep")
    assert len({row.item.item_id for row in rows}) == len(rows) == 7896
    assert rows[0].item.text("title").startswith("밤새 조문 행렬…故 전미선")
    assert rows[0].item.text("description").startswith("(현재 호텔주인 심정)")
    assert '[SC현장]"연예인 인생 협박 유감"' in rows[-2].item.text("title")
    verdicts = Counter(row.decision.verdict.value for row in rows if row.decision)
    assert verdicts == {"violation": 4410, "no_violation": 3486}


def test_beep_train_and_dev_share_no_item(real_sets: Path) -> None:
    train = rows_of(real_sets / "ko_beep" / "labeled_train.tsv.gz", "ko_beep")
    dev = rows_of(real_sets / "ko_beep" / "labeled_dev.tsv.gz", "ko_beep")
    assert len(dev) == 471
    assert not {row.item.item_id for row in train} & {row.item.item_id for row in dev}


@pytest.mark.slow
def test_youtube_keeps_its_channels_apart_and_its_counts_out_of_the_texts(real_sets: Path) -> None:
    rows = rows_of(real_sets / "youtube_clickbait" / "youtube_clickbait.csv.gz", "youtube_clickbait")
    assert len(rows) == 37_397
    assert len({row.item.item_id for row in rows}) == 37_118
    assert len({row.item.creator_id for row in rows}) == 182
    assert {"likes", "comments", "channel_subscribers"} < set(rows[0].item.data)
    assert rows[0].item.expected_views == 109_093


def test_kuaimod_twice_is_kuaimod_once_and_becomes_a_snapshot(real_sets: Path, sqlite_store: Store) -> None:
    mapping = read_mapping(Path(*configs.__path__) / "imports" / "kuaimod.yaml")
    path = real_sets / "kuaimod" / "data_benchmark.jsonl.gz"
    load(sqlite_store, path, mapping, now=NOW)
    again = load(sqlite_store, path, mapping, now=NOW)
    assert (again.new_items, again.known_items, again.new_outcomes) == (0, 1000, 0)
    with sqlite_store.read() as session:
        snapshot = cut(session, as_of=NOW)
    assert snapshot.counts["verdict"] == {"no_violation": 578, "violation": 422}
