from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from data import features
from data.errors import MissingEncoder
from data.records import CreatorHistory, Item, Score
from training import bundle
from training.examples import Examples
from training.fit import Fitted, fit, read
from training.loaded import LoadedModel
from training.models.member import Readers
from training.models.vision import Vision
from training.models.watcher import Watcher
from training.settings import TrainingSettings, VisionSettings

SETTINGS = TrainingSettings(members=("tabular", "video"), folds=3, min_positives=5, min_items=20)
KINDS = 4
NOW = datetime(2026, 6, 1, tzinfo=UTC)
RUN = {"learned_until": None}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, make_clip: Callable[..., Path], paints: Any) -> Path:
    """Clips of scenes that move, and of scenes that stand still in their second half."""
    folder = tmp_path_factory.mktemp("shop")
    for seed in range(KINDS):

        def moves(second: float, width: int, height: int, seed: int = seed) -> Any:
            return paints.busy(second, width, height, seed=seed)

        def stops(second: float, width: int, height: int, seed: int = seed) -> Any:
            return paints.busy(min(second, 4.0), width, height, seed=seed)

        make_clip(folder / f"moves-{seed}.mp4", paint=moves, seconds=8, sound=paints.tone(8))
        make_clip(folder / f"stops-{seed}.mp4", paint=stops, seconds=8, sound=paints.tone(8))
    return folder


@pytest.fixture(scope="module")
def watcher(folder: Path, tmp_path_factory: pytest.TempPathFactory, lite0_folder: Path) -> Watcher:
    return Watcher(
        folder=folder,
        kept=tmp_path_factory.mktemp("seen"),
        load_vision=lambda: Vision.shared(lite0_folder, VisionSettings()),
    )


def _rows() -> pd.DataFrame:
    # What stands still violates; a third has no clip, and violates as often.
    items, violation = [], []
    for number in range(90):
        stops = number % 2 == 0
        name = f"{'stops' if stops else 'moves'}-{number // 2 % KINDS}.mp4"
        data: dict[str, Any] = {} if number % 3 == 0 else {"media": name}
        items.append(Item(item_id=f"i{number}", creator_id=f"c{number}", data=data))
        violation.append(stops)
    return features.rows_with(items, [CreatorHistory() for _ in items]).assign(
        creator_id=pd.array([item.creator_id for item in items], dtype="str"),
        fingerprint=pd.array([None] * len(items), dtype="str"),
        time=pd.Series([pd.NaT] * len(items), dtype="datetime64[us, UTC]"),
        violation=violation,
        policies=pd.Series([["low_quality"] if each else [] for each in violation]),
        inclusion_probability=1.0,
    )


@pytest.fixture(scope="module")
def fitted(watcher: Watcher) -> Fitted:
    return fit(
        read(Examples.of(_rows()), settings=SETTINGS, readers=Readers(watcher=watcher)), settings=SETTINGS
    )


def _score(fitted: Fitted, *media: str | None) -> list[Score | Exception]:
    model = LoadedModel(model=fitted.model, version="1", digest="d", learned_until=None)
    items = [
        Item(item_id=f"v{number}", data={} if name is None else {"media": name})
        for number, name in enumerate(media)
    ]
    return model.score(items, {}, scored_at=NOW)


def test_it_learns_what_is_seen(fitted: Fitted) -> None:
    still, moving, absent = _score(fitted, "stops-1.mp4", "moves-1.mp4", None)
    assert isinstance(still, Score)
    assert isinstance(moving, Score)
    assert isinstance(absent, Score)
    assert still.violation_probability > 0.8
    assert moving.violation_probability < 0.2
    assert 0.3 < absent.violation_probability < 0.7, "without a clip, what is average is said"


def test_it_says_what_it_saw_and_when(fitted: Fitted) -> None:
    [still] = _score(fitted, "stops-1.mp4")
    assert isinstance(still, Score)
    found = {piece.signal: piece for piece in still.evidence}
    assert found["frozen"].weight > 0.05
    assert found["frozen"].start_ms is not None
    assert found["frozen"].end_ms is not None
    assert found["frozen"].start_ms >= 3500
    assert found["frozen"].end_ms == pytest.approx(8000, abs=200)


def test_a_clip_that_cannot_be_read_has_no_score_and_its_neighbour_has(fitted: Fitted) -> None:
    missing, moving = _score(fitted, "missing.mp4", "moves-1.mp4")
    assert isinstance(missing, Exception)
    assert isinstance(moving, Score)


def test_a_score_does_not_depend_on_its_neighbours(fitted: Fitted) -> None:
    names = ("stops-1.mp4", "moves-2.mp4", None)
    together = [one.violation_probability for one in _score(fitted, *names)]  # type: ignore[union-attr]
    alone = [_score(fitted, name)[0].violation_probability for name in names]  # type: ignore[union-attr]
    np.testing.assert_allclose(together, alone, atol=1e-6)


def test_a_bundle_gives_the_same_model_back(fitted: Fitted, watcher: Watcher, tmp_path: Path) -> None:
    digest = bundle.write(fitted.model, tmp_path, settings=SETTINGS, run=RUN, card="")
    loaded = bundle.load(tmp_path / digest, digest, encoder=tmp_path, version="1", watcher=watcher)
    rows = _rows()
    np.testing.assert_array_equal(loaded.predict(rows).violation, fitted.model.predict(rows).violation)


def test_a_bundle_that_watches_needs_the_clips(fitted: Fitted, tmp_path: Path) -> None:
    digest = bundle.write(fitted.model, tmp_path, settings=SETTINGS, run=RUN, card="")
    with pytest.raises(MissingEncoder, match=r"media\.folder"):
        bundle.load(tmp_path / digest, digest, encoder=tmp_path, version="1")


def test_a_bundle_refuses_another_vision_model(
    fitted: Fitted, watcher: Watcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = bundle.write(fitted.model, tmp_path, settings=SETTINGS, run=RUN, card="")
    other = Watcher(folder=watcher.folder, kept=watcher.kept, load_vision=watcher.load_vision)
    sight = other.see().sight
    monkeypatch.setattr(other.vision, "sight", type(sight)(name="other", digest="f" * 64, dimension=1280))
    with pytest.raises(MissingEncoder, match=r"training\.vision\.path holds other \(ffffffffffff\)"):
        bundle.load(tmp_path / digest, digest, encoder=tmp_path, version="1", watcher=other)
