"""
What the closed-off process does with a video: facts, and the pictures and sounds as raw bytes.

It decides as little as it can; the arithmetic on what it saw is done outside, in pure functions.
"""

from __future__ import annotations

import errno
import importlib
import math
from collections.abc import Mapping
from typing import Any, BinaryIO, Final

import av
import av.container
import av.logging

from data.errors import MediaRefused
from data.media.hearing import listen
from data.media.reasons import Reason
from data.media.seeing import Camera

# PyAV loads these when it first meets such a stream; by then no file can be opened any more.
_LOADED_LATE: Final = (
    "av.audio.codeccontext", "av.audio.resampler", "av.audio.stream", "av.codec.codec", "av.filter.graph",
    "av.filter.loudnorm", "av.index", "av.sidedata.encparams", "av.sidedata.motionvectors",
    "av.subtitles.codeccontext", "av.subtitles.stream", "av.subtitles.subtitle", "av.video.codeccontext",
    "av.video.reformatter", "av.video.stream",
)  # fmt: skip
for _name in _LOADED_LATE:
    importlib.import_module(_name)

_ATTACHED_PICTURE: Final = 0x0400
_MOST_STREAMS: Final = 64


def look(source: BinaryIO, asked: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, bytes | bytearray]]:
    """Return facts, frames, their times and bounded stretches of sound of one video.

    Parameters
    ----------
    asked
        ``kind`` (the demultiplexer, see `data.media.kinds`) and the fields of `Limits`.

    Raises
    ------
    MediaRefused
        As ``corrupt``, ``empty``, ``no_picture``, ``too_large`` or ``too_long``.
    """
    av.logging.set_level(av.logging.PANIC)
    try:
        # No protocol is allowed: what the file names beside itself cannot be opened.
        options = {
            "protocol_whitelist": "none",
            "format_whitelist": asked["kind"],
            "max_streams": str(_MOST_STREAMS),
        }
        with av.open(
            source, "r", format=asked["kind"], metadata_errors="replace", buffer_size=2**17, options=options
        ) as container:
            return _look(container, asked)
    except av.FFmpegError as error:
        if isinstance(error, MemoryError):
            raise
        if error.errno == errno.EAGAIN:  # there was no room for a thread
            raise MemoryError from error
        raise MediaRefused(Reason.CORRUPT, f"{error.strerror or error}") from error


def _look(
    container: av.container.InputContainer, asked: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, bytes | bytearray]]:
    camera = Camera(container, _picture_stream(container), asked)
    camera.check()
    duration_s = camera.measure()
    if duration_s > asked["duration_s"]:
        raise MediaRefused(Reason.TOO_LONG, f"{duration_s:.0f} s where {asked['duration_s']:g} are allowed")
    unseen = camera.look(2 * asked["frames"])
    if not camera.seen:
        raise MediaRefused(*camera.why_nothing_was_seen())
    lost_s = sum(end - begin for begin, end, why in unseen if why == "damaged")
    if lost_s > duration_s / 2:
        raise MediaRefused(Reason.CORRUPT, f"{lost_s:.0f} of {duration_s:.0f} s cannot be decoded")
    sound, windows = listen(container, duration_s=duration_s, stretches=asked["frames"])
    facts = camera.facts() | {"duration_s": duration_s, "unseen": unseen, "windows": windows}
    facts["container"] = asked["kind"]
    audio = container.streams.audio
    facts["audio_codec"] = _codec_of(audio[0]) if audio else ""
    times = sorted(camera.seen)
    facts["times_ms"] = [round(1000 * time) for time in times]
    frames = bytearray()
    for time in times:
        frames += camera.seen[time]
    return _finite(facts), {"frames": frames, "sound": sound}


def _picture_stream(container: av.container.InputContainer) -> av.VideoStream:
    pictures = [one for one in container.streams.video if not int(one.disposition) & _ATTACHED_PICTURE]
    readable = [one for one in pictures if one.codec_context is not None]
    if readable:
        return max(readable, key=lambda one: one.codec_context.width * one.codec_context.height)
    if pictures:
        raise MediaRefused(Reason.CORRUPT, "there is no decoder for its pictures")
    if container.streams.audio:
        raise MediaRefused(Reason.NO_PICTURE, "it has sound only")
    reason = Reason.NO_PICTURE if container.streams else Reason.EMPTY
    raise MediaRefused(reason, "it has no stream of pictures")


def _codec_of(stream: av.AudioStream) -> str:
    return stream.codec_context.name if stream.codec_context is not None else "unknown"


def _finite(facts: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value if not isinstance(value, float) or math.isfinite(value) else 0.0
        for name, value in facts.items()
    }
