from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.errors import TooFewLabels
from data.records import Decision, Item, ReviewType, Verdict
from data.store.store import Store
from training import bundle, card, pipeline
from training.measures import find
from training.pipeline import Candidate, Places, train
from training.registry import Registry
from training.settings import TrainingSettings


class Shelf(Registry):
    """Counts instead of opening MLflow, which `test_registry` does; everything before it is real."""

    def __init__(self) -> None:
        self.registered: list[str] = []

    def register(self, *, digest: str, **_: object) -> str:
        self.registered.append(digest)
        return str(len(self.registered))


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(
        bundles=tmp_path / "bundles", snapshots=tmp_path / "snapshots", encoder=tmp_path / "encoder"
    )


@pytest.fixture
def reviewed(sqlite_store: Store, make_rows: Callable[..., pd.DataFrame]) -> Store:
    """A ledger of imported outcomes."""
    rows = make_rows(200)
    moment = rows["time"].max().to_pydatetime() + timedelta(days=1)
    with sqlite_store.begin() as session:
        session.ledger.add_items(
            [
                Item(
                    item_id=row["item_id"], creator_id=row["creator_id"], language=row["language"],
                    category=row["category"], submitted_at=row["time"].to_pydatetime(),
                    data={"title": row["title"], "description": row["description"]},
                    expected_views=row["views"], source="import:synthetic",
                )
                for _, row in rows.iterrows()
            ],
            received_at=moment,
        )  # fmt: skip
        for _, row in rows.iterrows():
            decision = Decision(
                decision_id=f"d-{row['item_id']}", item_id=row["item_id"], item_version="1",
                reviewer_id="r", review_type=ReviewType.IMPORTED,
                verdict=Verdict.VIOLATION if row["violation"] else Verdict.NO_VIOLATION,
                policies=tuple(row["policies"]), decided_at=row["settled_at"].to_pydatetime(),
                inclusion_probability=row["inclusion_probability"],
            )  # fmt: skip
            session.ledger.record_decision(decision, event_id=None, recorded_at=moment)
    return sqlite_store


@pytest.fixture
def as_of(make_rows: Callable[..., pd.DataFrame]) -> datetime:
    moment: datetime = make_rows(200)["time"].max().to_pydatetime()
    return moment + timedelta(days=2)


def _trained(
    store: Store, places: Places, as_of: datetime, settings: TrainingSettings, **more: object
) -> Candidate:
    given: dict[str, object] = {"registry": Shelf(), **more}
    return train(store, settings=settings, places=places, as_of=as_of, **given)  # type: ignore[arg-type]


def test_a_model_is_made_judged_and_registered(
    reviewed: Store, places: Places, as_of: datetime, quick: TrainingSettings
) -> None:
    shelf = Shelf()
    candidate = _trained(reviewed, places, as_of, quick, registry=shelf, policies=("never_broken",))
    assert shelf.registered == [candidate.digest]
    loaded = bundle.load(
        candidate.bundle, candidate.digest, encoder=places.encoder, version=candidate.version
    )
    assert "never_broken" in loaded.policies
    assert candidate.verdict.allowed
    auc = find(candidate.metrics, "roc_auc")
    assert auc is not None
    assert auc.items == pytest.approx(40, abs=1)


def test_the_same_ledger_makes_the_same_bundle(
    reviewed: Store, places: Places, as_of: datetime, quick: TrainingSettings
) -> None:
    one, other = (_trained(reviewed, places, as_of, quick) for _ in range(2))
    assert one.digest == other.digest
    assert one.snapshot_id == other.snapshot_id
    assert _trained(reviewed, places, as_of, quick.model_copy(update={"seed": 1})).digest != one.digest


def test_a_model_with_an_encoder_is_made_the_same_way_twice(
    reviewed: Store, places: Places, as_of: datetime, tiny_encoder: Path
) -> None:
    settings = TrainingSettings.model_validate(
        {"folds": 2, "min_positives": 5, "encoder": {"path": str(tiny_encoder), "prefix": ""}}
    )
    places = Places(
        bundles=places.bundles, snapshots=places.snapshots, encoder=tiny_encoder, vectors=places.encoder
    )
    one, other = (_trained(reviewed, places, as_of, settings) for _ in range(2))
    assert one.digest == other.digest
    assert list(places.encoder.iterdir())


def test_a_challenger_is_compared_on_what_the_champion_never_saw(
    reviewed: Store, places: Places, as_of: datetime, quick: TrainingSettings
) -> None:
    first = _trained(reviewed, places, as_of, quick)
    champion = bundle.load(first.bundle, first.digest, encoder=places.encoder, version="1")
    second = _trained(reviewed, places, as_of, quick, champion=champion)
    assert second.comparison is not None
    assert second.comparison.reviewed == pytest.approx(40, abs=1)
    assert second.comparison.recall.difference == 0
    late = bundle.load(first.bundle, first.digest, encoder=places.encoder, version="1")
    late.learned_until = as_of
    third = _trained(reviewed, places, as_of, quick, champion=late)
    assert third.comparison is not None
    assert third.comparison.reviewed == 0
    assert not third.verdict.allowed


def test_cross_validation_is_added_when_asked_for(
    reviewed: Store, places: Places, as_of: datetime, quick: TrainingSettings
) -> None:
    candidate = _trained(reviewed, places, as_of, quick, evaluate=2)
    crossed = find(candidate.metrics, "roc_auc", part="cv")
    assert crossed is not None
    assert crossed.items == 200


def test_an_empty_ledger_is_refused(
    sqlite_store: Store, places: Places, as_of: datetime, quick: TrainingSettings
) -> None:
    with pytest.raises(TooFewLabels):
        _trained(sqlite_store, places, as_of, quick)
    assert not places.bundles.exists()


def test_it_says_where_it_stands(
    reviewed: Store, places: Places, as_of: datetime, quick: TrainingSettings
) -> None:
    stages: list[str] = []

    def note(stage: str, done: int, total: int) -> None:
        assert 0 < done <= total
        stages.append(stage)

    _trained(reviewed, places, as_of, quick, progress=note)
    assert list(dict.fromkeys(stages)) == ["snapshot", "n-grams", "fit", "registered"]


def test_the_card_has_every_section_in_both_languages_and_says_what_is_made_up(
    reviewed: Store, places: Places, as_of: datetime, quick: TrainingSettings
) -> None:
    text = _trained(reviewed, places, as_of, quick).card
    for language in ("en", "ko"):
        assert [line[3:] for line in text.splitlines() if line.startswith("## ")].count(
            card.headings(language)[0]
        ) == 1
        assert all(f"## {heading}" in text for heading in card.headings(language))
    assert "Made-up data: 100%" in text
    assert "가상 데이터: 항목의 100%" in text
    assert "{" not in text


def test_the_record_names_no_place_and_no_present_moment(
    reviewed: Store, places: Places, as_of: datetime, quick: TrainingSettings
) -> None:
    candidate = _trained(reviewed, places, as_of, quick)
    run = json.loads((candidate.bundle / "run.json").read_text())
    assert str(places.bundles.parent) not in json.dumps(run)
    assert run["learned_until"] < run["as_of"]
    assert np.isclose(run["smallest_chance"], 0.2)


def test_recall_is_compared_at_a_share_of_the_items() -> None:
    assert 0 < pipeline.WORKLOAD <= 1
