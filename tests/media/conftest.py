"""Real files, made with PyAV: pictures that move, stand still or are black, and sounds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest

Picture = npt.NDArray[np.uint8]
Sound = npt.NDArray[np.int16]
Paint = Callable[[float, int, int], Picture]
RATE = 16_000


def moving(second: float, width: int, height: int, seed: int = 1) -> Picture:
    """A textured scene through which the camera goes; another scene for another seed."""
    chance = np.random.default_rng(seed)
    across, down = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    picture = np.full((height, width, 3), 110.0)
    for _ in range(7):
        turns_x, turns_y = chance.uniform(-5, 5, 2)
        tint = chance.uniform(-1, 1, 3)
        wave = np.sin(2 * np.pi * (turns_x * across + turns_y * down + 0.07 * second) + chance.uniform(0, 6))
        picture += 38 * wave[:, :, None] * tint
    return np.asarray(np.clip(picture, 0, 255), dtype=np.uint8)


def busy(second: float, width: int, height: int, seed: int = 1) -> Picture:
    """Patches of all sizes, as in pictures of the world, drifting slowly to the side."""
    chance = np.random.default_rng(seed)
    picture = np.full((height, width, 3), 128.0)
    for fields in (3, 5, 9, 17):
        patches = chance.normal(0, 90 / fields**0.5, (fields, 2 * fields, 3))
        rows = np.arange(height) * fields // height
        columns = ((np.arange(width) / width + 0.02 * second) * fields).astype(int)
        picture += patches[np.ix_(rows, columns)]
    return np.asarray(np.clip(picture, 0, 255), dtype=np.uint8)


def black(_second: float, width: int, height: int) -> Picture:
    return np.zeros((height, width, 3), dtype=np.uint8)


def frozen(_second: float, width: int, height: int) -> Picture:
    return moving(0.0, width, height)


def dark(second: float, width: int, height: int) -> Picture:
    return (moving(second, width, height) * 0.28).astype(np.uint8)


def boxed(paint: Paint, inner: tuple[int, int]) -> Paint:
    """The same picture, made smaller, in the middle of black."""

    def painted(second: float, width: int, height: int) -> Picture:
        picture = black(second, width, height)
        left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
        picture[top : top + inner[1], left : left + inner[0]] = paint(second, *inner)
        return picture

    return painted


def after(*parts: tuple[float, Paint]) -> Paint:
    """What is painted from each second on."""

    def painted(second: float, width: int, height: int) -> Picture:
        paint = [paint for begin, paint in parts if begin <= second][-1]
        return paint(second, width, height)

    return painted


def cartoon_speech(seconds: float) -> Sound:
    """Three formants on a buzz of 120 Hz that swells and fades four times a second."""
    time = np.arange(round(RATE * seconds)) / RATE
    buzz = sum(np.sin(2 * np.pi * 120 * n * time) / n for n in range(1, 12))
    formants = sum(np.sin(2 * np.pi * hertz * time) for hertz in (500, 1500)) * 0.2
    swell = np.clip(np.sin(2 * np.pi * 4 * time), 0.01, 1)
    return np.asarray(4000 * (buzz + formants) * swell).astype(np.int16)


def tone(seconds: float) -> Sound:
    return (8000 * np.sin(2 * np.pi * 440 * np.arange(round(RATE * seconds)) / RATE)).astype(np.int16)


def silence(seconds: float) -> Sound:
    return np.zeros(round(RATE * seconds), dtype=np.int16)


def write(
    path: Path, *, paint: Paint | None = moving, sound: Sound | None = None, seconds: float = 6.0,
    size: tuple[int, int] = (128, 72), rate: int = 10, gop: int = 10, codec: str = "libx264",
    audio_codec: str = "aac", container: str = "mp4", options: dict[str, str] | None = None, crf: str = "20",
) -> Path:  # fmt: skip
    with av.open(str(path), "w", format=container, options=options or {}) as file:
        picture: Any = None
        if paint is not None:
            picture = file.add_stream(codec, rate=rate)
            picture.width, picture.height = size
            picture.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
            picture.gop_size = gop
            if codec == "libx264":
                picture.options = {"preset": "ultrafast", "crf": crf, "sc_threshold": "0"}
            elif codec == "libvpx-vp9":
                picture.options = {"cpu-used": "8", "deadline": "realtime"}
        heard: Any = file.add_stream(audio_codec, rate=RATE, layout="mono") if sound is not None else None
        if paint is not None:
            for number in range(round(seconds * rate)):
                frame = av.VideoFrame.from_ndarray(paint(number / rate, *size), format="rgb24")
                file.mux(picture.encode(frame))
            file.mux(picture.encode())
        if sound is not None:
            _speak(file, heard, sound)
    return path


def _speak(file: Any, heard: Any, sound: Sound) -> None:
    fitting = av.AudioResampler(format=heard.format.name, layout="mono", rate=RATE)
    for begin in range(0, len(sound), 1024):
        frame = av.AudioFrame.from_ndarray(sound[None, begin : begin + 1024], format="s16", layout="mono")
        frame.sample_rate, frame.pts = RATE, begin
        for piece in fitting.resample(frame):
            file.mux(heard.encode(piece))
    file.mux(heard.encode())


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of videos that are all right."""
    folder = tmp_path_factory.mktemp("clips")
    write(folder / "good.mp4", sound=cartoon_speech(6))
    write(folder / "front.mp4", sound=tone(6), options={"movflags": "faststart"})
    write(folder / "good.webm", codec="libvpx-vp9", audio_codec="libopus", container="webm", seconds=3)
    write(folder / "good.ts", container="mpegts", seconds=3)
    write(folder / "good.mkv", container="matroska", seconds=3, sound=tone(3))
    write(folder / "good.avi", codec="mpeg4", container="avi", seconds=3)
    write(folder / "good.flv", container="flv", seconds=3)
    return folder


@pytest.fixture(scope="session")
def make_clip() -> Callable[..., Path]:
    """What writes a video, see `write`."""
    return write


@pytest.fixture(scope="session")
def paints() -> SimpleNamespace:
    """What can be shown and heard, by name."""
    return SimpleNamespace(
        moving=moving, busy=busy, black=black, frozen=frozen, dark=dark, boxed=boxed, after=after,
        speech=cartoon_speech, tone=tone, silence=silence,
    )  # fmt: skip


@pytest.fixture(scope="session")
def lite0_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default vision model, with its real weights."""
    from training.models import lite0

    return lite0.place(tmp_path_factory.mktemp("vision") / "efficientnet-lite0")
