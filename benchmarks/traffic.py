"""Made-up videos with texts of many lengths, and clients that send them."""

from __future__ import annotations

import http.client
import itertools
import json
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

SEED = 20261123
SHORTEST, LONGEST = 16, 256
"""Tokens of an item, over title, description and transcript; log-uniform between them."""

Texts = tuple[str, str, str]
Ask = Callable[[Sequence[tuple[int, Texts]]], Any]
"""From numbered texts to the body of a request."""


def texts(encoder: Path, count: int, *, seed: int = SEED) -> list[Texts]:
    """Return texts of items, all different, from the words of the synthetic month."""
    from tokenizers import Tokenizer

    from evaluation.simulation import month

    rng = np.random.default_rng(seed)
    items = month.generate(items=500, seed=SEED, end=datetime(2026, 6, 1, tzinfo=UTC)).items
    words = " ".join(item.text("transcript") + " " + item.text("description") for item in items).split()
    tokenizer = Tokenizer.from_file(str(encoder / "tokenizer.json"))
    made = []
    for number in range(count):
        wanted = round(np.exp(rng.uniform(np.log(SHORTEST), np.log(LONGEST))))
        begin = int(rng.integers(len(words) - LONGEST))
        text = " ".join(words[begin : begin + wanted])
        read = tokenizer.encode(text, add_special_tokens=False)
        text = text[: read.offsets[min(wanted, len(read.ids)) - 1][1]]
        first, second = len(text) // 8, len(text) // 3
        # The number makes each text one that nobody has read before.
        parts = text[:first], text[first:second], text[second:]
        made.append(tuple(f"{number} {part}" for part in parts))
    return made


@dataclass
class Load:
    """What clients saw."""

    seconds: float = 0.0
    items: int = 0
    errors: int = 0
    latencies: list[float] = field(default_factory=list)

    def told(self) -> dict[str, float]:
        """Return it as numbers: items a second, and milliseconds."""
        ordered = sorted(self.latencies) or [float("nan")]
        return {
            "items_per_s": self.items / self.seconds,
            "p50_ms": 1000 * statistics.median(ordered),
            "p99_ms": 1000 * ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))],
            "errors": self.errors,
        }


def load(
    port: int,
    path: str,
    ask: Ask,
    items: Sequence[Texts],
    *,
    clients: int,
    seconds: float,
    together: int = 1,
    headers: dict[str, str] | None = None,
    warm_s: float = 2.0,
) -> Load:
    """Send items from so many clients, each waiting for its answer; none is sent twice.

    Counted is what is answered after the first ``warm_s`` seconds, at most ``seconds`` long. Ends early,
    with what was counted, where the items are used up.
    """
    supply = itertools.count()
    told, lock = Load(), threading.Lock()
    began = time.perf_counter()
    counted_from, until = began + warm_s, began + warm_s + seconds
    last = [counted_from]

    def run() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while True:
            with lock:
                batch = [
                    (number, items[number])
                    for number in (next(supply) for _ in range(together))
                    if number < len(items)
                ]
            sent = time.perf_counter()
            if len(batch) < together or sent > until:
                return
            connection.request(
                "POST", path, json.dumps(ask(batch)), {"Content-Type": "application/json", **(headers or {})}
            )
            answer = connection.getresponse()
            answer.read()
            now = time.perf_counter()
            with lock:
                if counted_from <= now <= until:
                    last[0] = max(last[0], now)
                    if answer.status == 200:
                        told.items += len(batch)
                        told.latencies.append(now - sent)
                    else:
                        told.errors += 1

    threads = [threading.Thread(target=run) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told.seconds = last[0] - counted_from
    return told
