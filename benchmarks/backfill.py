"""
How fast a stock of items is scored, beside the bare encoder, and whether memory stays flat.

* *raw*: our encoder in a process of its own, all texts in one call, which it puts into its best order.
* *whole model*: the model in charge, in process, a thousand items a call, nothing read or written.
* *ours*: ``tamis backfill`` from a CSV file to Parquet, start of the process included; the same on a tenth of
  the file, for the memory; then killed in the middle and started again.

    python benchmarks/backfill.py --home /tmp/serving-benchmark --items 100000
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from homes import TAMIS, encoder_of, prepare
from traffic import texts

HERE = Path(__file__).parent
FIELDS = ("title", "description", "transcript")
PART = 1_000


def stock(encoder: Path, path: Path, count: int, *, seed: int) -> None:
    """Write items with texts of 16 to 256 tokens that nobody has read."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "seller", *FIELDS])
        for number, parts in enumerate(texts(encoder, count, seed=seed)):
            rows.writerow([f"{path.stem}-{number}", f"seller-{number % 997}", *parts])


def backfill(home: Path, file: Path, into: Path) -> list[str]:
    """Return the words of the command."""
    mapping = file.with_name("stock.yaml")
    mapping.write_text(
        f"name: stock\nid: id\ncreator: seller\ntext: {json.dumps({name: name for name in FIELDS})}\n"
    )
    return [TAMIS, "--home", str(home), "backfill", str(file), "--mapping", str(mapping), "--into", str(into)]


def timed(words: list[str]) -> dict[str, float]:
    """Return how long a command took and the most memory that it held, in MB."""
    began = time.perf_counter()
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"{words} ended with {status}")
    return {"seconds": time.perf_counter() - began, "megabytes": used.ru_maxrss / 1000}


def steady(into: Path) -> float:
    """Return items a second between the first part and the last: without the start of the process."""
    written = [path.stat().st_mtime for path in sorted(into.glob("part-*"))]
    return PART * (len(written) - 1) / (written[-1] - written[0]) if len(written) > 1 else float("nan")


def killed(words: list[str], into: Path, parts: int) -> dict[str, float]:
    """Kill the command once some parts are there, start it again; return seconds of both, and parts kept."""
    began = time.perf_counter()
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, start_new_session=True)
    while len(list(into.glob("part-*"))) < parts and process.poll() is None:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    kept = len(list(into.glob("part-*")))
    first = time.perf_counter() - began
    return {"parts_kept": kept, "seconds_before": first, "seconds_after": timed(words)["seconds"]}


def _raw(encoder: str, file: str, threads: str) -> dict[str, float]:
    import torch

    from training.models.encoder import Encoder
    from training.settings import EncoderSettings

    torch.set_num_threads(int(threads))
    made = Encoder.load(Path(encoder), EncoderSettings())
    made.vectors.largest = 10**9
    with Path(file).open(encoding="utf-8", newline="") as rows:
        every = [row[name] for row in csv.DictReader(rows) for name in FIELDS]
    made.embed([f"warm {text}" for text in every[:120]])
    began = time.perf_counter()
    made.embed(every)
    return {"seconds": time.perf_counter() - began, "items": len(every) // len(FIELDS)}


def _model(home: str, file: str) -> dict[str, float]:
    from data.records import Item
    from serving import wiring
    from serving.settings import Settings

    application = wiring.build(Settings(home=Path(home)), follow=False)
    scorer: Any = application.champion.refresh().scorer
    with Path(file).open(encoding="utf-8", newline="") as rows:
        items = [
            Item(item_id=row["id"], creator_id=row["seller"], data={name: row[name] for name in FIELDS})
            for row in csv.DictReader(rows)
        ]
    scorer.score([Item(item_id="warm", data={"title": "warm"})], {}, scored_at=application.clock())
    began = time.perf_counter()
    for place in range(0, len(items), PART):
        scorer.score(items[place : place + PART], {}, scored_at=application.clock())
    return {"seconds": time.perf_counter() - began, "items": len(items)}


def measure(home: Path, count: int) -> dict[str, Any]:
    """Run everything in turn and return what was measured."""
    prepare(home)
    encoder = encoder_of(home)
    found: dict[str, Any] = {"items": count, "processors": os.cpu_count()}
    with tempfile.TemporaryDirectory(prefix="tamis-benchmark-") as name:
        folder = Path(name)
        few = max(PART, count // 10)
        stock(encoder, folder / "few.csv", few, seed=1)
        stock(encoder, folder / "all.csv", count, seed=2)
        raw = [
            _own("raw", encoder, folder / "few.csv", threads)
            for threads in range(1, (os.cpu_count() or 1) + 1)
        ]
        found["raw"] = max(raw, key=lambda one: one["items"] / one["seconds"])
        found["model"] = _own("model", home, folder / "few.csv")
        found["few"] = {"items": few} | timed(backfill(home, folder / "few.csv", folder / "few"))
        found["all"] = {"items": count} | timed(backfill(home, folder / "all.csv", folder / "all"))
        found["steady"] = {"items": count, "seconds": count / steady(folder / "all")}
        into = folder / "killed"
        into.mkdir()
        parts = max(1, few // PART // 2)
        found["killed"] = killed(backfill(home, folder / "few.csv", into), into, parts)
        found["raw_after"] = _own("raw", encoder, folder / "few.csv", 1 + raw.index(found["raw"]))
    return found


def _own(*words: object) -> dict[str, float]:
    said = subprocess.run(
        [sys.executable, __file__, "--own", *map(str, words)], check=True, stdout=subprocess.PIPE
    ).stdout.decode()
    return dict(json.loads(said.splitlines()[-1]))  # the log comes first


def show(found: dict[str, Any]) -> None:
    """Print what was measured, as a table of Markdown."""
    limit = sum(found[name]["items"] / found[name]["seconds"] for name in ("raw", "raw_after")) / 2
    names = {"raw": "raw encoder", "raw_after": "raw encoder, afterwards", "model": "whole model",
             "few": "tamis backfill, a tenth", "all": "tamis backfill",
             "steady": "tamis backfill, without the start"}  # fmt: skip
    print("| | items | items/s | of raw | peak MB |\n| --- | --- | --- | --- | --- |")
    for name, told in names.items():
        one = found[name]
        speed = one["items"] / one["seconds"]
        memory = f"{one['megabytes']:,.0f}" if "megabytes" in one else ""
        print(f"| {told} | {one['items']:,.0f} | {speed:.1f} | {speed / limit:.2f} | {memory} |")
    cut = found["killed"]
    print(f"\nKilled after {cut['seconds_before']:.1f} s with {cut['parts_kept']} parts written.")
    whole = found["few"]["seconds"]
    print(f"Started again: {cut['seconds_after']:.1f} s for the rest; {whole:.1f} s without the kill.")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--home", type=Path, default=Path(tempfile.gettempdir()) / "tamis-serving-benchmark")
    asked.add_argument("--items", type=int, default=100_000)
    asked.add_argument("--quick", action="store_true", help="10,000 items: at most five minutes.")
    asked.add_argument("--json", type=Path, help="Write everything that was measured here.")
    asked.add_argument("--own", nargs="*", help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.own:
        sys.path.remove(str(HERE))  # or serving.py beside this would be taken for the package of its name
        print(json.dumps({"raw": _raw, "model": _model}[given.own[0]](*given.own[1:])))
        return
    given.home.mkdir(parents=True, exist_ok=True)
    found = measure(given.home.absolute(), 10_000 if given.quick else given.items)
    show(found)
    if given.json:
        given.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
