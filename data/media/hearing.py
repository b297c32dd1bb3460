"""Sound out of a file: one channel at 16 kHz; all of a short video, stretches of a long one."""

from __future__ import annotations

from typing import Final

import av
import av.container

RATE: Final = 16_000
"""Samples a second of what is heard."""

_WHOLE_S: Final = 90.0  # up to here all of it is heard
_STRETCH_S: Final = 4.0


def listen(
    container: av.container.InputContainer, *, duration_s: float, stretches: int
) -> tuple[bytearray, list[tuple[float, int]]]:
    """Return 16-bit samples, and where they belong: the second at which each stretch begins, its samples.

    A track that cannot be decoded is heard as far as it goes; a file without one gives nothing.
    """
    heard, windows = bytearray(), list[tuple[float, int]]()
    if not container.streams.audio or container.streams.audio[0].codec_context is None:
        return heard, windows
    stream = container.streams.audio[0]
    stream.codec_context.thread_count = 1
    plan = [(0.0, duration_s)]
    if duration_s > _WHOLE_S:
        plan = [(number * duration_s / stretches, _STRETCH_S) for number in range(stretches)]
    for begin, length_s in plan:
        try:
            samples = _stretch(container, stream, begin, length_s)
        except av.FFmpegError as error:
            if isinstance(error, MemoryError):
                raise
            continue  # what is not heard is missing from the windows
        if samples:
            windows.append((round(begin, 3), len(samples) // 2))
            heard += samples
    return heard, windows


def _stretch(
    container: av.container.InputContainer, stream: av.AudioStream, begin: float, length_s: float
) -> bytearray:
    unit, start = float(stream.time_base or 1e-6), stream.start_time or 0
    to_mono = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    samples = bytearray()
    wanted = 2 * round(RATE * length_s)
    container.seek(round(begin / unit) + start, stream=stream)
    for packet in container.demux(stream):
        if packet.dts is None:
            break
        try:
            frames = packet.decode()
        except av.InvalidDataError:
            continue
        for frame in frames:
            if frame.pts is not None and isinstance(frame, av.AudioFrame):
                if (frame.pts - start) * unit + frame.samples / (frame.sample_rate or RATE) <= begin:
                    continue  # the seek went to before the stretch
                for piece in to_mono.resample(frame):
                    samples += bytes(piece.planes[0])[: 2 * piece.samples]
        if len(samples) >= wanted:
            break
    return samples[:wanted]
