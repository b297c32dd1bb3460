"""
What it costs to read a video closed off, beside decoding all of it.

The videos are made here, once, from a seed: patches of all sizes that drift, with a new scene every five
seconds, and a tone. The long recording repeats half a minute without encoding it again. Each is read by
`data.media.reading.read` in a fresh process, so that times and memory are those of one file; the long one is
also decoded from end to end with PyAV, as a service would that keeps a frame of every second.

    python benchmarks/video.py --json video.json
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

RATE, SOUND_RATE, LOOP_S, SEED = 30, 16_000, 30, 20261123


def make(path: Path, *, size: tuple[int, int], seconds: int, gop: int, codec: str = "libx264") -> None:
    """Write a video of so many seconds."""
    import av
    import numpy as np

    width, height = size
    chance = np.random.default_rng(SEED)
    options = {
        "libx264": {"preset": "veryfast", "crf": "26", "sc_threshold": "0"},
        "libvpx-vp9": {"cpu-used": "8", "deadline": "realtime", "row-mt": "1"},
    }[codec]
    with av.open(str(path), "w") as file:
        picture = file.add_stream(codec, rate=RATE, options=options)
        picture.width, picture.height, picture.pix_fmt, picture.gop_size = width, height, "yuv420p", gop
        sound = file.add_stream("aac" if codec == "libx264" else "libopus", rate=48_000, layout="mono")
        for number in range(seconds * RATE):
            if number % (5 * RATE) == 0:
                scene = _scene(chance, height, 2 * width)
            moved = scene[:, 2 * (number % (5 * RATE)) :][:, :width]
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(moved), format="rgb24")
            file.mux(picture.encode(frame))
        file.mux(picture.encode())
        tone = (8000 * np.sin(np.arange(seconds * 48_000) / 20)).astype(np.int16)
        fitting = av.AudioResampler(format=sound.format.name, layout="mono", rate=48_000, frame_size=960)
        for begin in range(0, len(tone), 48_000):
            second = av.AudioFrame.from_ndarray(
                tone[None, begin : begin + 48_000], format="s16", layout="mono"
            )
            second.sample_rate, second.pts = 48_000, begin
            for piece in fitting.resample(second):
                file.mux(sound.encode(piece))
        file.mux(sound.encode())


def _scene(chance: Any, height: int, width: int) -> Any:
    import numpy as np

    picture = np.full((height, width, 3), 128.0)
    for fields in (4, 9, 20, 45, 90):
        patches = chance.normal(0, 90 / fields**0.5, (fields, 2 * fields, 3))
        rows, columns = np.arange(height) * fields // height, np.arange(width) * 2 * fields // width
        picture += patches[np.ix_(rows, columns)]
    return np.clip(picture, 0, 255).astype(np.uint8)


def repeat(loop: Path, path: Path, *, times: int) -> None:
    """Write the packets of a video again and again, one after the other."""
    import av

    with av.open(str(loop)) as source, av.open(str(path), "w") as file:
        streams = {each.index: file.add_stream_from_template(each) for each in source.streams}
        for number in range(times):
            source.seek(0)
            for packet in source.demux():
                if packet.dts is None or packet.dts < 0 < number:
                    continue
                moved = round(number * (LOOP_S + 0.1) / packet.time_base)  # the sound ends a little later
                packet.pts, packet.dts = packet.pts + moved, packet.dts + moved
                packet.stream = streams[packet.stream.index]
                file.mux(packet)


def read_one(path: Path) -> dict[str, float]:
    """Read one file; return what it took. To be run in a process of its own."""
    from data.media.reading import read
    from data.media.reasons import Limits

    peaks, done = [0.0], threading.Event()
    watching = threading.Thread(target=_watch_children, args=(peaks, done))
    watching.start()
    began, used = time.perf_counter(), time.thread_time()
    reading = read(path, Limits(wall_s=60))
    seconds = time.perf_counter() - began
    used = time.thread_time() - used
    done.set()
    watching.join()
    childs = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "seconds": seconds,
        "parent_cpu_s": used,
        "child_cpu_s": childs.ru_utime + childs.ru_stime,
        "child_peak_mb": max(peaks),
        "parent_peak_mb": _peak_mb("self"),
        "frames": len(reading.frames),
        "unseen_s": sum(end - begin for begin, end, _ in reading.facts.unseen),
        "megabytes": path.stat().st_size / 1e6,
        "duration_s": reading.facts.duration_s,
    }


def _watch_children(peaks: list[float], done: threading.Event) -> None:
    mine = Path(f"/proc/self/task/{os.getpid()}/children")
    while not done.wait(0.005):
        for child in mine.read_text().split():
            with contextlib.suppress(OSError):
                peaks.append(_peak_mb(child))


def _peak_mb(process: str) -> float:
    # Not getrusage: its peak is handed down from whoever started the process.
    told = Path(f"/proc/{process}/status").read_text().partition("VmHWM:")[2].split()
    return int(told[0]) / 1024 if told else 0.0


def decode_all(path: Path) -> dict[str, float]:
    """Decode every picture in one thread and make one of each second small; return what it took."""
    import av

    began, used = time.perf_counter(), time.process_time()
    decoded = 0
    with av.open(str(path)) as file:
        file.streams.video[0].codec_context.thread_count = 1
        for frame in file.decode(video=0):
            if decoded % RATE == 0:
                frame.reformat(width=398, height=224, format="rgb24")
            decoded += 1
    cpu = time.process_time() - used
    return {
        "seconds": time.perf_counter() - began,
        "cpu_s": cpu,
        "peak_mb": _peak_mb("self"),
        "frames": decoded,
    }


def start_only(times: int) -> dict[str, float]:
    """Start the closed-off process and let it read nothing, so many times."""
    from data.media import sandbox

    took = []
    for _ in range(times):
        began = time.perf_counter()
        sandbox.walls()
        took.append(time.perf_counter() - began)
    return {"seconds": statistics.median(took), "slowest": max(took)}


ALONE = {"read": read_one, "decode": decode_all, "start": lambda path: start_only(int(path.name))}


def _alone(what: str, path: Path, *, times: int = 1) -> dict[str, float]:
    """Run one measurement in a fresh process; return the fastest of several."""
    words = [sys.executable, __file__, "--alone", what, "--path", str(path)]
    told = [json.loads(subprocess.run(words, check=True, capture_output=True).stdout) for _ in range(times)]
    return min(told, key=lambda one: one["seconds"])


def measure(folder: Path, *, quick: bool) -> dict[str, Any]:
    """Make the videos, read them, and print a table."""
    minutes = 3 if quick else 30
    short = 5 if quick else 15
    files = {
        f"vertical 1080p, H.264, {short} s": ("a.mp4", {"size": (1080, 1920), "seconds": short, "gop": 60}),
        f"vertical 540p, VP9, {short} s": (
            "b.webm", {"size": (540, 960), "seconds": short, "gop": 60, "codec": "libvpx-vp9"},
        ),
        f"1080p with one keyframe, {2 * short} s": (
            "c.mp4", {"size": (1920, 1080), "seconds": 2 * short, "gop": 10_000},
        ),
    }  # fmt: skip
    found: dict[str, Any] = {"start": _alone("start", Path("5" if quick else "20")), "files": {}}
    print(f"starting and closing off: {1000 * found['start']['seconds']:.0f} ms (median)\n")
    print("| file | MB | seconds | child CPU s | parent CPU s | child peak MB | parent peak MB |")
    print("|---|---|---|---|---|---|---|")
    for name, (file, made) in files.items():
        make(folder / file, **made)
        found["files"][name] = _row(name, _alone("read", folder / file, times=3))
    make(folder / "loop.mp4", size=(1280, 720), seconds=LOOP_S, gop=60)
    repeat(folder / "loop.mp4", folder / "long.mp4", times=60 * minutes // LOOP_S)
    ours = _row(f"live 720p, H.264, {minutes} min", _alone("read", folder / "long.mp4", times=3))
    full = _alone("decode", folder / "long.mp4")
    cpu_s = ours["child_cpu_s"] + ours["parent_cpu_s"]
    found["long"] = {"ours": ours, "decode": full, "ratio": full["cpu_s"] / cpu_s}
    print(
        f"\nall {full['frames']:,.0f} pictures of the live recording, decoded with PyAV in one thread: "
        f"{full['seconds']:.1f} s, {full['cpu_s']:.1f} CPU s, {full['peak_mb']:.0f} MB;\n"
        f"ours: {ours['seconds']:.2f} s, {cpu_s:.2f} CPU s, that is a {found['long']['ratio']:.0f}th"
    )
    return found


def _row(name: str, told: dict[str, float]) -> dict[str, float]:
    print(
        f"| {name} | {told['megabytes']:.0f} | {told['seconds']:.2f} | {told['child_cpu_s']:.2f} | "
        f"{told['parent_cpu_s']:.2f} | {told['child_peak_mb']:.0f} | {told['parent_peak_mb']:.0f} |",
        flush=True,
    )
    return told


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--quick", action="store_true", help="shorter videos: half a minute in all")
    asked.add_argument("--json", type=Path, help="where to write the numbers")
    asked.add_argument("--alone", choices=ALONE, help=argparse.SUPPRESS)
    asked.add_argument("--path", type=Path, help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.alone:
        print(json.dumps(ALONE[given.alone](given.path)))
        return
    import av
    import numpy as np

    versions = f"Python {platform.python_version()}, PyAV {av.__version__}, NumPy {np.__version__}"
    print(f"{versions}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory(prefix="tamis-benchmark-") as folder:
        found = measure(Path(folder), quick=given.quick)
    if given.json:
        given.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
