from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from data.media.findings import Expected, find, orientation_of
from data.media.reading import read
from data.media.sound import Sound

Make = Callable[..., Path]


def _told(path: Path, **expected: Any) -> dict[str, Any]:
    found = read(path, expected=Expected(**expected)).findings
    return {one.signal: ((one.start_ms or 0) / 1000, (one.end_ms or 0) / 1000) for one in found}


def test_a_good_video_has_no_finding(clips: Path) -> None:
    assert _told(clips / "good.mp4", orientation="landscape") == {}


@pytest.mark.parametrize("name", ["black", "dark", "frozen"])
def test_a_fault_is_found_where_it_is(
    tmp_path: Path, make_clip: Make, paints: SimpleNamespace, name: str
) -> None:
    paint = paints.after((0, paints.moving), (4, getattr(paints, name)), (8, paints.moving))
    clip = make_clip(tmp_path / "clip.mp4", seconds=12, paint=paint, sound=paints.speech(12))
    told = _told(clip)
    assert set(told) == {name}
    begin, end = told[name]
    assert begin == pytest.approx(4, abs=1.01)  # one look, that is a keyframe a second
    assert end == pytest.approx(8, abs=1.01)


def test_a_video_is_dark_or_black_as_a_whole(
    tmp_path: Path, make_clip: Make, paints: SimpleNamespace
) -> None:
    speech = paints.speech(4)
    black = make_clip(tmp_path / "black.mp4", seconds=4, paint=paints.black, sound=speech)
    dark = make_clip(tmp_path / "dark.mp4", seconds=4, paint=paints.dark, sound=speech)
    assert _told(black) == {"black": (0, pytest.approx(4, abs=0.1))}
    assert _told(dark) == {"dark": (0, pytest.approx(4, abs=0.1))}


def test_silence_is_found_where_it_is(tmp_path: Path, make_clip: Make, paints: SimpleNamespace) -> None:
    sound = np.concatenate([paints.speech(3), paints.silence(4), paints.speech(3)])
    begin, end = _told(make_clip(tmp_path / "clip.mp4", seconds=10, sound=sound))["silent"]
    assert begin == pytest.approx(3, abs=1.01)
    assert end == pytest.approx(7, abs=1.01)


def test_no_sound_track_is_silence_from_end_to_end(clips: Path) -> None:
    assert _told(clips / "good.ts") == {"silent": (0, pytest.approx(3, abs=0.1))}


@pytest.mark.parametrize(
    ("size", "found"), [((128, 72), True), ((72, 128), False), ((96, 96), False), ((72, 128, "boxed"), True)]
)
def test_what_lies_on_its_side_is_found(
    tmp_path: Path, make_clip: Make, paints: SimpleNamespace, size: tuple[Any, ...], found: bool
) -> None:
    paint = paints.boxed(paints.moving, (72, 40)) if "boxed" in size else paints.moving
    clip = make_clip(tmp_path / "clip.mp4", seconds=2, size=size[:2], paint=paint, sound=paints.speech(2))
    wrong = {"wrong_orientation": (0, pytest.approx(2, abs=0.1))}
    assert _told(clip, orientation="portrait") == (wrong if found else {})


def test_findings_are_evidence_with_words_and_weights(
    tmp_path: Path, make_clip: Make, paints: SimpleNamespace
) -> None:
    paint = paints.after((0, paints.moving), (6, paints.black))
    clip = make_clip(tmp_path / "clip.mp4", seconds=12, paint=paint, sound=paints.speech(12))
    reading = read(clip)
    [black] = reading.findings
    assert black.excerpt == "black for 6.0 s"
    assert black.weight == pytest.approx(0.5, abs=0.1)
    assert reading.numbers["share_black"] == pytest.approx(0.5, abs=0.1)


def _find(small: np.ndarray[Any, Any], **changed: Any) -> Any:
    asked: dict[str, Any] = {
        "times_s": np.arange(len(small), dtype=np.float64), "duration_s": float(len(small)),
        "content_aspect": 0.5625, "sound": None, "expected": Expected(),
    }  # fmt: skip
    return find(small.astype(np.float32), **(asked | changed))


def _fields(*levels: float) -> np.ndarray[Any, Any]:
    return np.array([np.full((32, 32), level) for level in levels])


def test_a_short_fault_counts_but_is_not_told() -> None:
    found, numbers = _find(_fields(100, 110, 0, 120, 130, 140, 150, 160, 170, 180))
    assert [one.signal for one in found] == ["silent"]
    assert numbers["share_black"] == pytest.approx(0.1)


@pytest.mark.parametrize(("level", "black", "dark"), [(0, 1, 0), (16, 1, 0), (30, 0, 1), (60, 0, 0)])
def test_what_encoders_write_for_black_is_black(level: float, black: float, dark: float) -> None:
    _, numbers = _find(_fields(*[level] * 4))
    assert (numbers["share_black"], numbers["share_dark"]) == (black, dark)


def test_a_black_picture_with_a_bright_logo_is_dark_not_black() -> None:
    small = _fields(0, 0, 0, 0)
    small[:, 10:12, 10:12] = 200
    _, numbers = _find(small)
    assert (numbers["share_black"], numbers["share_dark"]) == (0, 1)


def test_a_face_that_moves_in_a_still_room_is_not_frozen() -> None:
    small = _fields(*[100.0] * 6)
    small[::2, 14:16, 14:16] += 8
    assert _find(small)[1]["share_frozen"] == 0
    assert _find(_fields(*[100.0] * 6))[1]["share_frozen"] == 1


def test_slow_movement_is_not_frozen_and_slides_are_so_one_by_one() -> None:
    slow = _fields(*range(100, 120, 1))
    assert _find(slow, times_s=np.arange(20) / 4, duration_s=5.0)[1]["share_frozen"] == 0
    slides = _fields(*[100.0] * 4, *[140.0] * 4)
    frozen = [one.excerpt for one in _find(slides)[0] if one.signal == "frozen"]
    assert frozen == ["frozen for 4.0 s"] * 2


def test_a_single_frame_is_neither_frozen_nor_moving() -> None:
    _, numbers = _find(_fields(100.0), duration_s=0.0)
    assert numbers["share_frozen"] == 0
    assert math.isnan(numbers["motion"])


def test_numbers_of_a_video_without_sound_are_undefined() -> None:
    _, numbers = _find(_fields(100, 120))
    assert math.isnan(numbers["loudness_db"])
    assert math.isnan(numbers["share_speech_like"])
    assert numbers["share_silent"] == 1


@pytest.mark.parametrize(
    ("levels", "silent"),
    [
        ((-20, -20, -20, -20), []),
        ((-20, -90, -20, -20), []),  # a second of silence says nothing about the minute after it
        ((-20, -90, -90, -20), [(1, 51)]),
        ((-90, -90, -90, -90), [(0, 52)]),
    ],
)
def test_between_two_stretches_it_is_silent_if_both_their_ends_are(
    levels: tuple[float, ...], silent: list[tuple[int, int]]
) -> None:
    sound = Sound(
        seconds=(0.0, 1.0, 50.0, 51.0), levels_db=levels, speech_like=(False,) * 4, loudness_db=-20.0
    )
    found, _ = _find(_fields(100, 120), sound=sound, duration_s=100.0)
    assert [(one.start_ms / 1000, one.end_ms / 1000) for one in found if one.signal == "silent"] == silent


def test_no_frame_speaks_for_what_was_not_seen() -> None:
    found, numbers = _find(_fields(100, 120, 0, 0), duration_s=60.0, unseen=[(4.0, 60.0, "budget")])
    assert [(one.start_ms, one.end_ms) for one in found if one.signal == "black"] == [(2000, 4000)]
    assert numbers["share_black"] == 0.5


@pytest.mark.parametrize(
    ("width", "height", "stands"),
    [(1920, 1080, "landscape"), (1080, 1920, "portrait"), (1000, 1000, "square"), (1080, 1000, "square")],
)
def test_nearly_square_is_square(width: int, height: int, stands: str) -> None:
    assert orientation_of(width, height) == stands
