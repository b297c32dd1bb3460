"""
How fast Tamis scores, routes and records, beside the bare encoder and the usual ways to serve a model.

* *raw*: our encoder in a process of its own, all texts in one call, which it puts into its best
  order. Nothing that serves single requests can be quicker.
* *one call*: the whole model, one item after the other, in process.
* *ours*: ``tamis serve``, synchronous=FULL, every answer routed and committed. Texts of 16 to 256 tokens that
  nobody has read before.
* *peers*: the same weights and layers behind FastAPI and a transformers pipeline, LitServe, BentoML's
  adaptive batching and MLflow's model server (`benchmarks/peers.py`). They answer with a vector: nothing is
  routed or recorded. One that is not installed is left out, saying so (``pip install litserve``).

Everything runs in turn, on the same machine and texts from the same words. The model is that of the
synthetic month, made on the first run and kept in ``--home``.

    python benchmarks/serving.py --home /tmp/serving-benchmark
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import peers
from homes import TAMIS, encoder_of, prepare
from traffic import Texts, load, texts

HERE = Path(__file__).parent
STARTING_S = 180


def raw(encoder: Path, count: int, among: list[int]) -> dict[str, float]:
    """Return how many items a second the encoder reads, with the number of threads that is best."""
    tried = {threads: json.loads(_own("raw", str(encoder), str(count), str(threads))) for threads in among}
    threads = max(tried, key=lambda one: tried[one])
    return {"items_per_s": tried[threads], "threads": threads}


def _raw(encoder: str, count: str, threads: str) -> float:
    import torch

    from training.models.encoder import Encoder
    from training.settings import EncoderSettings

    torch.set_num_threads(int(threads))
    made = Encoder.load(Path(encoder), EncoderSettings())
    made.embed([part for item in texts(Path(encoder), 40, seed=1) for part in item])
    every = [part for item in texts(Path(encoder), int(count), seed=2) for part in item]
    began = time.perf_counter()
    made.embed(every)
    return int(count) / (time.perf_counter() - began)


def _call(home: str, count: str) -> float:
    from data.records import Item
    from serving import wiring
    from serving.settings import Settings

    application = wiring.build(Settings(home=Path(home)), follow=False)
    scorer = application.champion.refresh().scorer
    items = [
        Item(item_id=f"call-{number}", data=_data(parts))
        for number, parts in enumerate(texts(encoder_of(Path(home)), int(count) + 20, seed=3))
    ]
    seconds = []
    for item in items:
        began = time.perf_counter()
        scorer.score([item], {}, scored_at=application.clock())
        seconds.append(time.perf_counter() - began)
    return 1000 * statistics.median(seconds[20:])


def ours(home: Path, token: str, supply: Iterator[list[Texts]], *, seconds: float) -> dict[str, Any]:
    """Return what clients of the service saw."""
    with _serving([TAMIS, "--home", str(home), "serve"], "/readyz") as (port, process):
        ask = partial(
            load, port, "/v1/scores", _ask, headers={"Authorization": f"Bearer {token}"}, seconds=seconds
        )
        ask(next(supply), clients=16)  # the first pages of the weights, the first commits
        found = {
            "16 clients": ask(next(supply), clients=16).told(),
            "1 client after a burst": ask(next(supply), clients=1, warm_s=0.0).told(),
            "1 client": ask(next(supply), clients=1).told(),
            "4 clients, 32 items a request": ask(next(supply), clients=4, together=32).told(),
            "8 clients, steady": ask(next(supply), clients=8).told(),
        }
        return {**found, "megabytes": _megabytes(process)}


def peer(name: str, folder: Path, supply: Iterator[list[Texts]], *, seconds: float) -> dict[str, float]:
    """Return what clients of a peer saw."""
    words = [sys.executable, str(HERE / "peers.py"), name, str(folder)]
    with _serving(words, "", plain=True) as (port, _):

        def ask(batch: list[tuple[int, Texts]]) -> Any:
            [(_, parts)] = batch
            return peers.body(name, parts)

        asked = partial(load, port, peers.PATHS[name], ask, clients=16)
        asked(next(supply), seconds=seconds / 4)
        return asked(next(supply), seconds=seconds).told()


def shallow(encoder: Path, folder: Path) -> Path:
    """Copy an encoder with as many layers as our model reads."""
    from training.models.encoder import Encoder
    from training.settings import EncoderSettings

    shutil.copytree(encoder, folder)
    config = json.loads((folder / "config.json").read_text())
    config["num_hidden_layers"] = Encoder.load(encoder, EncoderSettings()).fingerprint.layers
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def _ask(batch: list[tuple[int, Texts]]) -> dict[str, Any]:
    stamp = time.time_ns()
    return {
        "items": [{"item_id": f"bench-{stamp}-{number}", "data": _data(parts)} for number, parts in batch]
    }


def _data(parts: Texts) -> dict[str, str]:
    return dict(zip(("title", "description", "transcript"), parts, strict=True))


def _supply(encoder: Path, count: int) -> Iterator[list[Texts]]:
    seed = int(time.time())
    while True:
        seed += 1
        yield texts(encoder, count, seed=seed)


def _own(*words: str) -> str:
    return _said([sys.executable, __file__, "--own", *words]).splitlines()[-1]  # the log comes first


def _said(words: list[str]) -> str:
    return subprocess.run(words, check=True, stdout=subprocess.PIPE).stdout.decode()


@contextmanager
def _serving(words: list[str], ready: str, *, plain: bool = False) -> Iterator[tuple[int, Any]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [*words, str(port)] if plain else [*words, "--port", str(port)]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(words, stdout=said, stderr=said, start_new_session=True)
        try:
            _wait(port, ready, process)
            yield port, process
        except TimeoutError:
            said.seek(0)
            raise RuntimeError(f"{words} did not start: {said.read().decode()[-600:]}") from None
        finally:
            with suppress(ProcessLookupError):  # it ended by itself
                os.killpg(process.pid, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _wait(port: int, ready: str, process: Any) -> None:
    until = time.monotonic() + STARTING_S
    while time.monotonic() < until and process.poll() is None:
        try:
            if ready:
                urllib.request.urlopen(f"http://127.0.0.1:{port}{ready}", timeout=2).close()
            else:
                socket.create_connection(("127.0.0.1", port), timeout=2).close()
                time.sleep(3)
            return
        except OSError:
            time.sleep(0.5)
    raise TimeoutError


def _megabytes(process: Any) -> float:
    import psutil

    whole = psutil.Process(process.pid)
    return max(each.memory_info().rss for each in [whole, *whole.children(recursive=True)]) / 1e6


def measure(home: Path, *, seconds: float, names: list[str]) -> dict[str, Any]:
    """Run everything in turn and return what was measured."""
    token = prepare(home)
    encoder = encoder_of(home)
    supply = _supply(encoder, count=int(50 * (seconds + 2)))
    count = int(10 * seconds)
    before = raw(encoder, count, list(range(1, (os.cpu_count() or 1) + 1)))
    found: dict[str, Any] = {"seconds": seconds, "processors": os.cpu_count()}
    found["one_call_ms"] = json.loads(_own("call", str(home), str(int(6 * seconds))))
    found["ours"] = ours(home, token, supply, seconds=seconds)
    after = raw(encoder, count, [int(before["threads"])])
    found["raw"] = {"before": before, "after": after}
    found["peers"] = {}
    with tempfile.TemporaryDirectory(prefix="tamis-benchmark-") as folder:
        cut = shallow(encoder, Path(folder) / "encoder")
        for name in names:
            try:
                found["peers"][name] = peer(name, cut, supply, seconds=seconds)
            except RuntimeError as failed:
                print(f"{name} is left out: {failed}", file=sys.stderr)
    return found


def show(found: dict[str, Any]) -> None:
    """Print what was measured, as tables of Markdown."""
    raws = [found["raw"][when]["items_per_s"] for when in ("before", "after")]
    limit, one_call, own = statistics.mean(raws), found["one_call_ms"], found["ours"]["16 clients"]
    print(f"Raw encoder: {raws[0]:.1f} items/s before, {raws[1]:.1f} after. One call: {one_call:.1f} ms.")
    print(f"Memory of the largest process: {found['ours']['megabytes']:,.0f} MB.")
    _table("ours", "items/s", "of raw", "median ms", "of one call", "p99 ms", "p99 / median", "errors")
    for name, seen in found["ours"].items():
        if isinstance(seen, dict):
            speed, median, late = (seen[key] for key in ("items_per_s", "p50_ms", "p99_ms"))
            numbers = (f"{speed:.1f}", f"{speed / limit:.2f}", f"{median:.0f}", f"{median / one_call:.2f}")
            _row(name, *numbers, f"{late:.0f}", f"{late / median:.2f}", seen["errors"])
    _table("16 clients", "items/s", "ours: times quicker", "median ms", "p99 ms", "errors")
    for name, seen in found["peers"].items():
        speed, median, late = (seen[key] for key in ("items_per_s", "p50_ms", "p99_ms"))
        ratio = own["items_per_s"] / speed
        _row(name, f"{speed:.2f}", f"{ratio:.1f}", f"{median:.0f}", f"{late:.0f}", seen["errors"])


def _table(*columns: str) -> None:
    print()
    _row(*columns)
    _row(*("---" for _ in columns))


def _row(*cells: object) -> None:
    print("|", " | ".join(map(str, cells)), "|")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--home", type=Path, default=Path(tempfile.gettempdir()) / "tamis-serving-benchmark")
    asked.add_argument("--quick", action="store_true", help="At most five minutes, once the month is there.")
    asked.add_argument("--peers", default="fastapi,litserve,bentoml,mlflow", help="Which, by commas.")
    asked.add_argument("--json", type=Path, help="Write everything that was measured here.")
    asked.add_argument("--own", nargs="*", help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.own:
        sys.path.remove(str(HERE))  # or this file would be taken for the package of its name
        print(json.dumps({"raw": _raw, "call": _call}[given.own[0]](*given.own[1:])))
        return
    given.home.mkdir(parents=True, exist_ok=True)
    names = [name for name in given.peers.split(",") if name]
    found = measure(given.home.absolute(), seconds=8.0 if given.quick else 30.0, names=names)
    show(found)
    if given.json:
        given.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
