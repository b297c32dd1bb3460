"""Files that are broken or mean harm: each is refused with its reason, and nothing hangs or falls over."""

from __future__ import annotations

import contextlib
import os
import random
import struct
import time
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from data.errors import MediaRefused
from data.media.kinds import kind_of
from data.media.reading import read
from data.media.reasons import Limits, Reason

Make = Callable[..., Path]


def _refused(path: Path, limits: Limits | None = None) -> tuple[Reason, str]:
    began = time.monotonic()
    with pytest.raises(MediaRefused) as refused:
        read(path, limits)
    assert time.monotonic() - began < 16
    return Reason(refused.value.reason), refused.value.detail


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", Reason.EMPTY),
        (b"\0", Reason.NOT_A_VIDEO),
        (b"just words " * 500, Reason.NOT_A_VIDEO),
        (b"PK\x03\x04" + bytes(5000), Reason.NOT_A_VIDEO),
        (b"\x89PNG\r\n\x1a\n" + bytes(5000), Reason.NOT_A_VIDEO),
        (b"ID3\x04" + bytes(5000), Reason.NOT_A_VIDEO),
        (b'<?xml version="1.0"?><svg/>', Reason.NOT_A_VIDEO),
        (b"\0\0\0\x10ftypisom\0\0\0\0", Reason.CORRUPT),
        (b"\x1a\x45\xdf\xa3" + bytes(5000), Reason.CORRUPT),
        (b"RIFF\xff\xff\xff\xffAVI LIST" + bytes(5000), Reason.CORRUPT),
        (b"FLV\x01\x05\0\0\0\x09" + bytes(5000), Reason.CORRUPT),
        ((b"\x47\x1f\xff\x10" + bytes(184)) * 50, Reason.CORRUPT),
    ],
)
def test_what_is_no_video_says_why(tmp_path: Path, content: bytes, reason: Reason) -> None:
    path = tmp_path / "file.mp4"
    path.write_bytes(content)
    assert _refused(path)[0] == reason


def test_only_plain_files_are_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, tmp_path / "none", Path("/dev/zero"), Path("a\0b")):
        assert _refused(path)[0] == Reason.UNREADABLE


@pytest.mark.parametrize("share", [0.05, 0.3])
@pytest.mark.parametrize("name", ["good.mp4", "front.mp4"])
def test_a_file_cut_off_early_is_corrupt(clips: Path, tmp_path: Path, name: str, share: float) -> None:
    film = (clips / name).read_bytes()
    path = tmp_path / "cut.mp4"
    path.write_bytes(film[: round(len(film) * share)])
    assert _refused(path)[0] == Reason.CORRUPT


@pytest.mark.parametrize("name", ["good.mp4", "good.webm", "good.ts", "good.mkv", "good.avi", "good.flv"])
def test_flipped_bytes_end_in_a_reading_or_a_reason(clips: Path, tmp_path: Path, name: str) -> None:
    film = (clips / name).read_bytes()
    for seed in range(3):
        chance = random.Random(seed)
        broken = bytearray(film)
        region = len(film) if seed % 2 else 4096  # the head is where it hurts
        for _ in range(10 ** (seed + 1) % 300 + 3):
            broken[chance.randrange(region) if seed % 2 else 12 + chance.randrange(region)] = (
                chance.randrange(256)
            )
        path = tmp_path / f"{seed}"
        path.write_bytes(broken)
        with contextlib.suppress(MediaRefused):
            assert len(read(path).frames)


def test_a_codec_that_nobody_knows_is_told(clips: Path, tmp_path: Path) -> None:
    film = (clips / "good.mkv").read_bytes()
    path = tmp_path / "unknown.mkv"
    path.write_bytes(film.replace(b"V_MPEG4/ISO/AVC", b"V_MPEG4/ISO/XYZ"))
    assert _refused(path) == (Reason.CORRUPT, "there is no decoder for its pictures")
    path.write_bytes(film.replace(b"A_AAC", b"A_XYZ"))
    reading = read(path)
    assert (reading.facts.audio_codec, reading.sound) == ("unknown", None)


def test_sound_alone_is_no_video(tmp_path: Path, make_clip: Make) -> None:
    sound = np.zeros(16_000, dtype=np.int16)
    path = make_clip(tmp_path / "sound.m4a", paint=None, sound=sound)
    assert _refused(path) == (Reason.NO_PICTURE, "it has sound only")


@pytest.mark.parametrize("container", ["mp4", "avi"])
def test_a_video_without_a_frame_is_empty(tmp_path: Path, container: str) -> None:
    path = tmp_path / "none"
    with av.open(str(path), "w", format=container) as file:
        stream = file.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        file.start_encoding()
    assert _refused(path)[0] == Reason.EMPTY


def test_an_enormous_picture_is_never_decoded(tmp_path: Path) -> None:
    path = tmp_path / "big.ts"
    with av.open(str(path), "w", format="mpegts") as file:
        stream = file.add_stream("libx264", rate=10, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 8192, 8192, "yuv420p"
        file.mux(stream.encode(av.VideoFrame(8192, 8192, "yuv420p")))
        file.mux(stream.encode())
    assert _refused(path) == (Reason.TOO_LARGE, "8192 x 8192 pixels")


def test_a_picture_that_grows_on_the_way_is_refused_or_left_out(tmp_path: Path, make_clip: Make) -> None:
    limits = Limits(pixels=200 * 200)
    parts = [
        make_clip(tmp_path / f"{size}", size=(size, size), seconds=2, container="mpegts").read_bytes()
        for size in (128, 256)
    ]
    path = tmp_path / "grows.ts"
    path.write_bytes(b"".join(parts))
    with contextlib.suppress(MediaRefused):
        assert read(path, limits).frames.shape[1:3] == (128, 128)


@pytest.mark.parametrize(
    ("seconds", "reason"),
    [
        (1e12, Reason.TOO_LONG),
        (13 * 3600, Reason.TOO_LONG),
        (11 * 3600, Reason.CORRUPT),
        (60, Reason.CORRUPT),
    ],
)
def test_a_duration_that_is_a_lie_is_refused(
    clips: Path, tmp_path: Path, seconds: float, reason: Reason
) -> None:
    film = bytearray((clips / "good.mkv").read_bytes())
    place = film.index(b"\x44\x89\x88") + 3  # the field of the duration, in milliseconds
    struct.pack_into(">d", film, place, 1000 * seconds)
    path = tmp_path / "endless.mkv"
    path.write_bytes(film)
    assert _refused(path)[0] == reason


def test_a_moment_in_a_million_years_is_too_long(tmp_path: Path) -> None:
    path = tmp_path / "late.mkv"
    with av.open(str(path), "w", format="matroska") as file:
        stream = file.add_stream("mjpeg", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuvj420p"
        for moment in (0, 10**9):
            frame = av.VideoFrame(64, 64, "yuvj420p")
            frame.pts = moment
            file.mux(stream.encode(frame))
        file.mux(stream.encode())
    assert _refused(path)[0] == Reason.TOO_LONG


def test_more_bytes_than_allowed_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.mp4"
    path.write_bytes(b"\0\0\0\x10ftypisom\0\0\0\0")
    os.truncate(path, Limits().file_bytes + 1)
    assert _refused(path)[0] == Reason.TOO_LARGE


@pytest.mark.parametrize(
    "head", [b"\0\0\0\x10ftypisom\0\0\0\0", b"\x1a\x45\xdf\xa3\x84", b"FLV\x01\x05\0\0\0\x09"]
)
def test_gigabytes_of_nothing_are_given_up(tmp_path: Path, head: bytes) -> None:
    path = tmp_path / "nothing"
    path.write_bytes(head)
    os.truncate(path, 2**31)
    assert _refused(path, Limits(processor_s=1))[0] in {Reason.CORRUPT, Reason.EMPTY, Reason.TOO_SLOW}


def test_time_that_runs_out_is_told(clips: Path) -> None:
    assert _refused(clips / "good.mp4", Limits(wall_s=0.01))[0] == Reason.TOO_SLOW


def test_memory_that_runs_out_is_told(clips: Path) -> None:
    assert _refused(clips / "good.mp4", Limits(memory_bytes=2**27))[0] in {
        Reason.TOO_MUCH_MEMORY,
        Reason.CRASHED,
    }


def test_every_kind_that_is_told_by_its_head_is_known_to_the_decoder() -> None:
    heads = (
        b"\0\0\0\x10ftyp",
        b"\x1a\x45\xdf\xa3",
        b"RIFF\0\0\0\0AVI ",
        b"FLV\x01",
        (b"\x47" + bytes(187)) * 3,
    )
    for head in heads:
        assert kind_of(head) in av.formats_available | {"mov"}
