from __future__ import annotations

import hashlib
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from data.errors import MediaRefused
from data.media import sandbox
from data.media.reading import Reading, read
from data.media.reasons import Limits, Reason

Make = Callable[..., Path]
CLIPS = {
    "good.mp4": ("mov", "h264", "aac", 6),
    "front.mp4": ("mov", "h264", "aac", 6),
    "good.webm": ("matroska", "vp9", "", 3),
    "good.ts": ("mpegts", "h264", "", 3),
    "good.mkv": ("matroska", "h264", "aac", 3),
    "good.avi": ("avi", "mpeg4", "", 3),
    "good.flv": ("flv", "h264", "", 3),
}


@pytest.mark.parametrize("name", CLIPS)
def test_what_cameras_and_browsers_write_is_read(clips: Path, name: str) -> None:
    container, video, audio, seconds = CLIPS[name]
    reading = read(clips / name)
    facts = reading.facts
    assert (facts.container, facts.video_codec, facts.audio_codec) == (container, video, audio)
    assert facts.duration_s == pytest.approx(seconds, abs=0.15)
    assert (facts.width, facts.height, facts.orientation) == (128, 72, "landscape")
    assert facts.unseen == ()
    assert reading.frames.shape[1:] == (72, 128, 3)
    assert reading.times_ms[0] == 0
    assert reading.times_ms[-1] >= 1000 * (seconds - 1.1)
    assert reading.walls.keeps_from_network


def test_frames_show_what_was_filmed_at_their_moment(clips: Path, paints: SimpleNamespace) -> None:
    reading = read(clips / "good.mp4")
    for frame, time_ms in zip(reading.frames, reading.times_ms, strict=True):
        filmed = paints.moving(time_ms / 1000, 128, 72)
        assert np.abs(frame.astype(float) - filmed).mean() < 5


def test_a_file_is_named_by_the_digest_of_its_bytes(clips: Path, tmp_path: Path) -> None:
    copy = tmp_path / "renamed.bin"
    copy.write_bytes((clips / "good.ts").read_bytes())
    digest = hashlib.sha256(copy.read_bytes()).hexdigest()
    assert read(copy).sha256 == read(clips / "good.ts").sha256 == digest


def test_the_same_file_is_read_the_same_twice_and_side_by_side(clips: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(read, [clips / "good.mp4"] * 2)
    assert (one.frames == other.frames).all()
    assert (one.hashes == other.hashes).all()
    assert one.sound == other.sound
    assert one.findings == other.findings


def test_of_a_long_recording_little_is_decoded_and_every_stretch_is_seen(
    tmp_path: Path, make_clip: Make
) -> None:
    long = make_clip(
        tmp_path / "live.mp4", seconds=3600, rate=1, gop=10, size=(64, 64), paint=_every_minute_another
    )
    began = time.monotonic()
    # A full decode would take 3,600 pictures; this allows for 300.
    reading = read(long, Limits(decoded_pixels=300 * 64 * 64))
    assert time.monotonic() - began < 5
    assert reading.facts.duration_s == 3600
    assert reading.facts.unseen == ()
    assert len(reading.frames) == 16
    assert np.diff([0, *reading.times_ms, 3600_000]).max() < 600_000


def _every_minute_another(
    second: float, width: int, height: int
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.full((height, width, 3), 30 + int(second / 60) * 37 % 200, dtype=np.uint8)


def test_a_new_scene_is_among_the_frames_that_are_kept(
    tmp_path: Path, make_clip: Make, paints: SimpleNamespace
) -> None:
    def scenes(second: float, width: int, height: int) -> object:
        return paints.moving(0.0, width, height, seed=2 if 7 <= second < 8 else 1)

    clip = make_clip(tmp_path / "scenes.mp4", seconds=12, paint=scenes)
    reading = read(clip, Limits(frames=4))
    assert len(reading.frames) == 4
    assert 7000 in reading.times_ms


def test_one_keyframe_at_the_beginning_hides_nothing(
    tmp_path: Path, make_clip: Make, paints: SimpleNamespace
) -> None:
    paint = paints.after((0, paints.black), (5, paints.moving))
    clip = make_clip(tmp_path / "one.mp4", seconds=10, gop=1000, paint=paint)
    reading = read(clip)
    assert reading.facts.unseen == ()
    assert reading.frames[reading.times_ms > 5500].mean() > 60
    assert reading.frames[reading.times_ms < 4500].mean() < 5


def test_what_the_budget_does_not_reach_is_told(tmp_path: Path, make_clip: Make) -> None:
    clip = make_clip(tmp_path / "one.mp4", seconds=10, gop=1000)
    reading = read(clip, Limits(decoded_pixels=30 * 128 * 72))
    [(begin, end, why)] = reading.facts.unseen
    assert why == "budget"
    assert begin == pytest.approx(3, abs=0.6)
    assert end == 10


def test_a_picture_that_players_turn_is_turned(
    tmp_path: Path, make_clip: Make, paints: SimpleNamespace
) -> None:
    clip = make_clip(tmp_path / "upright.mp4", seconds=2)
    turned = tmp_path / "turned.mp4"
    turned.write_bytes(_turned(clip.read_bytes()))
    facts = read(turned).facts
    assert (facts.width, facts.height, facts.orientation, facts.rotation) == (72, 128, "portrait", 270)
    shown = np.rot90(paints.moving(0.0, 128, 72), -1)  # clockwise
    assert np.abs(read(turned).frames[0].astype(float) - shown).mean() < 5


def _turned(film: bytes) -> bytes:
    """Write into the header of the track that players turn it clockwise by 90 degrees."""
    place = film.index(b"tkhd") + 4 + 40
    matrix = struct.pack(">9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30)
    return film[:place] + matrix + film[place + 36 :]


def test_a_tall_video_keeps_its_shape(tmp_path: Path, make_clip: Make) -> None:
    reading = read(make_clip(tmp_path / "tall.mp4", size=(540, 960), seconds=0.2))
    assert reading.facts.orientation == "portrait"
    assert reading.frames.shape[1:] == (398, 224, 3)


def test_one_frame_is_a_video(tmp_path: Path, make_clip: Make) -> None:
    reading = read(make_clip(tmp_path / "one.mp4", seconds=0.1))
    assert len(reading.frames) == 1
    assert reading.times_ms.tolist() == [0]


def test_a_file_cut_off_late_is_read_as_far_as_it_goes(clips: Path, tmp_path: Path) -> None:
    film = (clips / "front.mp4").read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(film[: len(film) * 3 // 4])
    reading = read(cut)
    [(begin, end, why)] = reading.facts.unseen
    assert (end, why) == (6, "damaged")
    assert 2.5 < begin < 5.5
    assert reading.times_ms.max() < 1000 * begin + 1


def test_sound_is_heard_with_its_level_and_likeness_to_speech(clips: Path) -> None:
    speech, tone, none = (read(clips / name).sound for name in ("good.mp4", "front.mp4", "good.ts"))
    assert speech is not None
    assert speech.share_speech_like == 1
    assert -35 < speech.loudness_db < -15
    assert tone is not None
    assert tone.share_speech_like == 0
    assert tone.levels_db[2] == pytest.approx(20 * np.log10(8000 / 32768 / np.sqrt(2)), abs=1)
    assert none is None


def test_the_process_of_the_caller_never_loads_the_decoder() -> None:
    code = "import data.media.reading, sys; print('av' in sys.modules)"
    told = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("name", "lie"),
    [
        ("times_ms", lambda told: told[::-1]),
        ("times_ms", lambda told: told[1:]),
        ("duration_s", lambda told: float("nan")),
        ("frame_width", lambda told: 10**9),
        ("width", lambda told: 0),
        ("windows", lambda told: [[0, 5]]),
        ("unseen", lambda told: 7),
    ],
)
def test_facts_that_cannot_be_true_are_refused(
    clips: Path, monkeypatch: pytest.MonkeyPatch, name: str, lie: Callable[[Any], object]
) -> None:
    true_call = sandbox.call

    def lied(*args: Any, **kwargs: Any) -> sandbox.Answer:
        told = true_call(*args, **kwargs)
        facts = {**told.facts, name: lie(told.facts[name])}
        return sandbox.Answer(facts=facts, buffers=told.buffers, walls=told.walls)

    monkeypatch.setattr(sandbox, "call", lied)
    with pytest.raises(MediaRefused) as refused:
        read(clips / "good.ts")
    assert refused.value.reason == Reason.CRASHED


def test_a_reading_says_what_it_is(clips: Path) -> None:
    reading = read(clips / "good.mkv")
    assert isinstance(reading, Reading)
    assert len(reading.hashes) == len(reading.qualities) == len(reading.frames) == len(reading.times_ms)
    assert set(reading.numbers) == {
        "share_black", "share_frozen", "share_dark", "share_silent", "brightness", "motion", "content_aspect",
        "loudness_db", "share_speech_like",
    }  # fmt: skip
