"""
Frames out of a stream of pictures: keyframes where they are close enough, else decoded on from them.

Keyframes cost a thirtieth of a full decode. A stretch between two of them that is longer than a sixth of
the video is decoded frame by frame, as far as the limit of decoded pixels goes, so that nobody can hide
a picture by leaving keyframes out. What stays unseen is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, Final, TypeAlias

import av
import av.container

from data.errors import MediaRefused
from data.media.reasons import Reason

_LONGEST_GAP: Final = 6  # a stretch without a frame may be this part of the video
_LONGEST_SHAPE: Final = 4  # the longer side is at most so many times the shorter; beyond, it is squeezed
_SLACK_S: Final = 1.0
_FAR_S: Final = 10**7
_MOST_PACKETS: Final = 2_000_000

Packet: TypeAlias = "av.Packet[av.VideoStream]"
Stretch = tuple[float, float, str]
"""From second, to second, and why nothing was seen: ``damaged`` or ``budget``."""


class Camera:
    """One stream of pictures: what it says of itself, and the frames that were seen.

    ``seen`` holds them by second, as RGB bytes of the size in `facts`.
    """

    def __init__(
        self, container: av.container.InputContainer, stream: av.VideoStream, asked: Mapping[str, Any]
    ) -> None:
        self._container, self._stream, self._asked = container, stream, asked
        self._unit = float(stream.time_base or 1e-6)
        self._start = stream.start_time or 0
        self._tried: set[int] = set()
        self._left = int(asked["decoded_pixels"])
        self._damaged = self._packets = self._rotation = 0
        self._width = self._height = 0
        self._end = 0.0
        self.seen: dict[float, bytes] = {}

    def check(self) -> None:
        """Refuse a picture that is too large, before any of it is decoded."""
        codec = self._stream.codec_context
        if codec.width * codec.height > self._asked["pixels"]:
            raise MediaRefused(Reason.TOO_LARGE, f"{codec.width} x {codec.height} pixels")
        codec.thread_count = 1  # videos are read side by side; threads would buy time, not work
        codec.options = {"max_pixels": str(self._asked["pixels"])}

    def facts(self) -> dict[str, Any]:
        """Return what the stream says of itself, and the size of the frames in ``seen``."""
        codec, rate = self._stream.codec_context, self._stream.average_rate
        width, _ = self._shape(codec.width, codec.height)
        return {
            "width": round(width), "height": codec.height, "rotation": self._rotation,
            "video_codec": codec.name, "frames_per_s": float(rate) if rate else 0.0,
            "frame_width": self._width, "frame_height": self._height,
        }  # fmt: skip

    def measure(self) -> float:
        """Return the seconds the video lasts: what its header says, or more if the last picture is later."""
        told = self._told()
        if told > self._asked["duration_s"]:
            return told
        last = 0.0
        if told > 0:
            self._seek(_FAR_S)
        for packet in self._pictures():
            last = max(last, self._second(packet.pts) + (packet.duration or 0) * self._unit)
            if last > self._asked["duration_s"]:
                break
        self._end = max(told, last)
        return self._end

    def look(self, looks: int) -> list[Stretch]:
        """See keyframes at evenly spread moments, fill wide gaps; return what stays unseen."""
        self._stream.codec_context.skip_frame = "NONKEY"
        for number in range(looks):
            self._see_keyframe(number * self._end / looks)
        self._see_keyframe(self._end)
        self._stream.codec_context.skip_frame = "NONREF"
        widest = self._end / _LONGEST_GAP
        known = [0.0, *sorted(self.seen), self._end]
        gaps = [(begin, end) for begin, end in pairwise(known) if end - begin > widest]
        gaps.sort(key=lambda gap: gap[0] - gap[1])
        unseen = [self._fill(*gap, step=self._end / looks) for gap in gaps]
        return sorted(stretch for stretch in unseen if stretch)

    def why_nothing_was_seen(self) -> tuple[Reason, str]:
        """Return the reason to refuse a video of which no frame could be had."""
        if self._packets:
            return Reason.CORRUPT, "none of its frames can be decoded"
        return Reason.EMPTY, "it has no frame"

    def _told(self) -> float:
        if self._stream.duration:
            return max(0.0, self._stream.duration * self._unit)
        return max(0.0, (self._container.duration or 0) / av.time_base)

    def _second(self, moment: int | None) -> float:
        return 0.0 if moment is None else max(0.0, (moment - self._start) * self._unit)

    def _seek(self, second: float) -> None:
        try:
            self._container.seek(round(second / self._unit) + self._start, stream=self._stream)
        except (av.FFmpegError, OverflowError):
            self._damaged += 1  # reading goes on from where it is

    def _pictures(self) -> Iterator[Packet]:
        """Yield packets with a time, until the end of the file or of what can be read."""
        try:
            for packet in self._container.demux(self._stream):
                if packet.pts is not None and packet.size:
                    self._packets += 1
                    yield packet
                if self._packets > _MOST_PACKETS:
                    raise MediaRefused(Reason.TOO_LONG, "more packets than any video needs")
        except av.FFmpegError:
            self._damaged += 1

    def _see_keyframe(self, second: float) -> None:
        self._seek(second)
        for packet in self._pictures():
            if not packet.is_keyframe or packet.pts is None:
                continue
            if packet.pts not in self._tried:
                self._tried.add(packet.pts)
                for frame in self._decoded(packet, to_the_end=True):
                    self._keep(frame)
            return

    def _decoded(self, packet: Packet | None, *, to_the_end: bool = False) -> list[av.VideoFrame]:
        codec = self._stream.codec_context
        try:
            frames = codec.decode(packet)
            if to_the_end and not frames:
                frames = codec.decode(None)
                codec.flush_buffers()
        except av.FFmpegError as error:
            if isinstance(error, MemoryError):
                raise
            self._damaged += 1
            return []
        self._left -= sum(frame.width * frame.height for frame in frames)
        return [frame for frame in frames if frame.pts is not None and not frame.is_corrupt]

    def _fill(self, begin: float, end: float, *, step: float) -> Stretch | None:
        """Decode a stretch and keep a frame about every ``step`` seconds; return what of it stays unseen."""
        self._seek(begin)
        reached, wanted = begin, begin + step
        ended = False
        for packet in self._and_the_rest():
            for frame in self._decoded(packet):
                second = self._second(frame.pts)
                reached = max(reached, second)
                if second >= wanted or not self.seen:
                    self._keep(frame)
                    wanted = max(wanted + step, second + step / 2)
            ended = reached >= end - step
            if ended or self._left <= 0:
                break
        if ended or end - reached <= max(_SLACK_S, step):
            return None
        return (round(reached, 3), round(end, 3), "budget" if self._left <= 0 else "damaged")

    def _and_the_rest(self) -> Iterator[Packet | None]:
        yield from self._pictures()
        yield None

    def _shape(self, width: int, height: int) -> tuple[float, float]:
        ratio = self._stream.sample_aspect_ratio
        stretch = float(ratio) if ratio and 0.1 < ratio < 10 else 1.0
        return width * stretch, float(height)

    def _keep(self, frame: av.VideoFrame) -> None:
        if frame.width * frame.height > self._asked["pixels"]:
            raise MediaRefused(Reason.TOO_LARGE, f"{frame.width} x {frame.height} pixels")
        if not self._width:
            self._width, self._height = self._size(*self._shape(frame.width, frame.height))
            self._rotation = int(frame.rotation) % 360
        small = frame.reformat(self._width, self._height, format="rgb24", interpolation="AREA")
        plane, row = small.planes[0], 3 * self._width
        lines, length = memoryview(plane), plane.line_size
        self.seen[round(self._second(frame.pts), 3)] = b"".join(
            lines[number * length : number * length + row] for number in range(self._height)
        )

    def _size(self, width: float, height: float) -> tuple[int, int]:
        short = min(float(self._asked["short_side"]), width, height)
        scale = short / min(width, height)
        most = short * _LONGEST_SHAPE
        return max(2, round(min(width * scale, most))), max(2, round(min(height * scale, most)))
