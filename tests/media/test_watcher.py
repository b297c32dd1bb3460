from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.errors import MediaRefused
from data.media.findings import Expected
from training.models import watcher as module
from training.models.vision import Vision
from training.models.watcher import Watcher
from training.settings import VisionSettings


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, make_clip: Callable[..., Path], paints: Any) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    make_clip(folder / "one.mp4", sound=paints.speech(4), seconds=4)
    make_clip(folder / "still.mp4", paint=paints.frozen, seconds=6)
    (folder / "broken.mp4").write_bytes((folder / "one.mp4").read_bytes()[:600])
    return folder


@pytest.fixture
def make_watcher(folder: Path, tmp_path: Path, lite0_folder: Path) -> Callable[..., Watcher]:
    def make(**changes: Any) -> Watcher:
        given: dict[str, Any] = {
            "folder": folder,
            "kept": tmp_path / "seen",
            "load_vision": lambda: Vision.shared(lite0_folder, VisionSettings()),
        }
        return Watcher(**given | changes)

    return make


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were really read."""
    names: list[str] = []

    def counted(path: Path, *rest: Any, **more: Any) -> Any:
        names.append(path.name)
        return read(path, *rest, **more)

    read: Any = vars(module)["read"]
    monkeypatch.setattr(module, "read", counted)
    return names


def test_a_clip_is_read_once_also_by_another_process(
    make_watcher: Callable[..., Watcher], opened: list[str]
) -> None:
    first = make_watcher()
    first.see()
    seen = first.watch("one.mp4")
    assert seen.vectors.shape == (len(seen.times_ms), 1280)
    assert first.watch("one.mp4") is seen
    other = make_watcher()
    other.see()
    again = other.watch("one.mp4")
    assert opened == ["one.mp4"]
    assert again.sha256 == seen.sha256
    assert again.findings == seen.findings
    assert again.numbers == pytest.approx(seen.numbers, nan_ok=True)
    for name in ("times_ms", "hashes", "qualities", "vectors"):
        np.testing.assert_array_equal(getattr(again, name), getattr(seen, name))


def test_without_a_model_that_looks_there_are_no_vectors(make_watcher: Callable[..., Watcher]) -> None:
    watcher = make_watcher()
    assert watcher.watch("one.mp4").vectors.shape[1] == 0
    watcher.see()
    assert watcher.watch("one.mp4").vectors.shape[1] == 1280


def test_a_file_that_changed_is_read_again(
    make_watcher: Callable[..., Watcher], opened: list[str], folder: Path
) -> None:
    watcher = make_watcher()
    watcher.watch("one.mp4")
    os.utime(folder / "one.mp4", ns=(0, 10**18))
    watcher.watch("one.mp4")
    assert opened == ["one.mp4", "one.mp4"]


def test_a_feed_that_asks_for_something_else_is_looked_at_anew(make_watcher: Callable[..., Watcher]) -> None:
    signals = [
        {one.signal for one in make_watcher(expected=expected).watch("still.mp4").findings}
        for expected in (Expected(), Expected(orientation="portrait"))
    ]
    assert signals == [{"frozen", "silent"}, {"frozen", "silent", "wrong_orientation"}]


@pytest.mark.parametrize("name", ["../secret.mp4", "/etc/hostname", "nothing.mp4", "", "a\0b", "x" * 5000])
def test_nothing_outside_the_folder_is_opened(
    make_watcher: Callable[..., Watcher], folder: Path, opened: list[str], name: str
) -> None:
    (folder.parent / "secret.mp4").write_bytes((folder / "one.mp4").read_bytes())
    with pytest.raises(MediaRefused) as refused:
        make_watcher().watch(name)
    assert refused.value.reason == "unreadable"
    assert opened == []


def test_what_cannot_be_read_is_refused_each_time_and_keeps_nothing(
    make_watcher: Callable[..., Watcher], tmp_path: Path
) -> None:
    watcher = make_watcher()
    for _ in range(2):
        with pytest.raises(MediaRefused):
            watcher.watch("broken.mp4")
    assert watcher.recall("broken.mp4") is None
    assert not (tmp_path / "seen").exists()


def test_what_was_seen_outlives_the_file_until_it_is_forgotten(
    make_watcher: Callable[..., Watcher], folder: Path, tmp_path: Path
) -> None:
    (folder / "short.mp4").write_bytes((folder / "still.mp4").read_bytes())
    make_watcher().watch("short.mp4")
    (folder / "short.mp4").unlink()
    watcher = make_watcher()
    assert watcher.recall("short.mp4") is not None
    assert watcher.forget("short.mp4")
    assert not watcher.forget("short.mp4")
    assert watcher.recall("short.mp4") is None
    assert [path for path in (tmp_path / "seen").rglob("*") if path.is_file()] == []


def test_a_damaged_memory_is_made_again(make_watcher: Callable[..., Watcher], tmp_path: Path) -> None:
    seen = make_watcher().watch("one.mp4")
    [content] = (tmp_path / "seen").rglob("*.safetensors")
    content.write_bytes(content.read_bytes()[:100])
    again = make_watcher().watch("one.mp4")
    np.testing.assert_array_equal(again.hashes, seen.hashes)


def test_what_was_watched_is_recalled_whether_or_not_a_model_looks(
    make_watcher: Callable[..., Watcher],
) -> None:
    looking = make_watcher()
    looking.see()
    looking.watch("one.mp4")
    blind = make_watcher()
    assert blind.recall("one.mp4") is not None
    blind.watch("still.mp4")
    assert looking.recall("still.mp4") is not None


def test_copies_under_other_names_are_looked_at_once(
    make_watcher: Callable[..., Watcher], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "again.mp4").write_bytes((folder / "one.mp4").read_bytes())
    watcher = make_watcher()
    watcher.see()
    one = watcher.watch("one.mp4")
    monkeypatch.delattr(Vision, "vectors")
    np.testing.assert_array_equal(watcher.watch("again.mp4").vectors, one.vectors)
