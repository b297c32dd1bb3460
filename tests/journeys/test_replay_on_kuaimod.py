from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data.ingest.loading import load
from data.ingest.mapping import read_mapping
from data.store.store import Store
from serving import wiring
from serving.replay.options import ReplayOptions
from serving.replay.play import replay
from serving.replay.results import ReplayResult
from serving.settings import Settings
from training.settings import TrainingSettings

ROOT = Path(__file__).resolve().parents[2]
KUAIMOD = ROOT.parent / "shared" / "datasets" / "kuaimod" / "data_benchmark.jsonl.gz"
NOW = datetime(2026, 11, 22, tzinfo=UTC)

pytestmark = pytest.mark.skipif(not KUAIMOD.exists(), reason=f"the real data set is not at hand: {KUAIMOD}")


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> ReplayResult:
    """Ten days of 1,000 real videos, two trainings among them."""
    settings = Settings(home=tmp_path_factory.mktemp("kuaimod"))
    settings.var.mkdir()
    wiring.migrate(settings)
    store = Store(settings.ledger_url)
    load(store, KUAIMOD, read_mapping(ROOT / "configs" / "imports" / "kuaimod.yaml"), now=NOW)
    store.close()
    return replay(
        settings,
        options=ReplayOptions(
            source="kuaimod", days=10, retrain_days=6, capacity=22, audit_share=0.12, seed=1
        ),
        now=NOW,
        # Without the encoder: this is about the way from import to estimate, in a minute.
        training=TrainingSettings(members=("ngrams", "tabular")),
    )


def test_all_videos_are_learned_from_or_played(result: ReplayResult) -> None:
    assert result.source == "import:kuaimod"
    assert result.history + result.played == 1000
    assert sum(day.items for day in result.days) == result.played


def test_models_are_trained_registered_and_put_in_charge_on_the_way(result: ReplayResult) -> None:
    assert [lesson.day for lesson in result.lessons] == [0, 6]
    assert result.lessons[0].promoted
    assert all("ROC-AUC" in lesson.reason for lesson in result.lessons)


def test_what_is_flagged_violates_more_often_than_what_is_not(result: ReplayResult) -> None:
    flagged = sum(day.flagged for day in result.days) / result.played
    recall = result.days[-1].recall.truth
    assert recall is not None
    assert recall > 1.15 * flagged


def test_the_last_estimates_hold_beside_the_known_truth(result: ReplayResult) -> None:
    assert result.days[-1].recall.holds
    assert result.days[-1].prevalence.holds


def test_violations_are_looked_at_no_later_than_in_order_of_arrival(result: ReplayResult) -> None:
    order = result.order
    assert order.mean_hours is not None
    assert order.mean_hours_in_order_of_arrival is not None
    assert order.mean_hours < order.mean_hours_in_order_of_arrival


def test_the_answer_says_what_is_simulated_and_is_plain_json(result: ReplayResult) -> None:
    assert "simulated" in str(result)
    assert "no creator" in str(result)
    assert json.loads(json.dumps(result.to_json()))["played"] == result.played
