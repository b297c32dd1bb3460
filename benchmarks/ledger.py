"""
What it costs to route and to claim with ledgers of growing size: everything but the model.

A synthetic ledger of each size is made. Then 16 threads submit single items to a model that answers at once;
each is routed, recorded and committed with synchronous=FULL before the next. 16 reviewers claim jobs. Beside
them the limit: SQLite alone commits rows of the same length, 16 of them at a time.

    python benchmarks/ledger.py --rows 10000,100000,1000000
"""

from __future__ import annotations

import argparse
import itertools
import json
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.remove(str(HERE))  # or serving.py beside this would be taken for the package of its name
sys.path.append(str(HERE))

import large_ledger  # noqa: E402

from data.records import Item, Score  # noqa: E402
from serving import wiring  # noqa: E402
from serving.settings import Settings  # noqa: E402

CLIENTS = 16
TEXT = "가격이 오늘만 이렇게 내려가니까 " * 20


class Instant:
    """A model that takes no time, so that what is left is the cost of everything else."""

    version = "1"

    def score(self, items: Any, _histories: Any, *, scored_at: datetime) -> list[Score]:
        return [
            Score(
                score_id=f"score-{item.item_id}",
                item_id=item.item_id,
                item_version=item.item_version,
                model="1",
                violation_probability=0.01,
                policy_scores={"health_claim": 0.01, "counterfeit": 0.01},
                scored_at=scored_at,
            )
            for item in items
        ]


def measure(home: Path, *, rows: int, seconds: float) -> dict[str, float]:
    """Return how many routings and claims a second a ledger of so many routings takes."""
    large_ledger.make(home, rows=rows)
    application = wiring.build(Settings(home=home), load=lambda _: Instant(), follow=False)
    application.gateway.write(
        lambda session: session.deployments.append(
            model="1",
            bundle="bundle",
            digest="digest",
            actor="benchmark",
            reason="for a benchmark",
            deployed_at=application.clock(),
        )
    )
    application.champion.refresh()
    numbers = itertools.count()

    def route(_client: int) -> None:
        item = Item(item_id=f"bench-{next(numbers)}", language="ko", data={"title": TEXT})
        [answer] = application.triage.submit([item])
        assert answer.recorded

    def claim(client: int) -> None:
        application.reviews.claim(reviewer_id=f"reviewer-{client}-{next(numbers)}")

    found = {"rows": rows, "routings_per_s": _pace(route, seconds), "claims_per_s": _pace(claim, seconds / 4)}
    began = time.perf_counter()
    application.sealer.run()
    found["sealing_s"] = time.perf_counter() - began
    application.close()
    return found


def limit(folder: Path, *, seconds: float) -> float:
    """Return how many rows a second SQLite alone commits, as many together as there are clients."""
    ledger = sqlite3.connect(folder / "limit.db", isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        ledger.execute(f"PRAGMA {pragma}").close()
    for table in ("item", "score", "routing"):
        ledger.execute(f"CREATE TABLE {table} (number INTEGER PRIMARY KEY, words TEXT)")
    numbers, until = itertools.count(), time.perf_counter() + seconds
    rows = 0
    while time.perf_counter() < until:
        ledger.execute("BEGIN IMMEDIATE")
        for table, words in (("item", TEXT), ("score", TEXT[:200]), ("routing", TEXT[:300])):
            ledger.executemany(
                f"INSERT INTO {table} VALUES (?, ?)", [(next(numbers), words) for _ in range(CLIENTS)]
            )
        ledger.execute("COMMIT")
        rows += CLIENTS
    ledger.close()
    return rows / seconds


def _pace(work: Callable[[int], None], seconds: float) -> float:
    done, failed = [0] * CLIENTS, []
    until = time.perf_counter() + seconds

    def run(client: int) -> None:
        try:
            while time.perf_counter() < until:
                work(client)
                done[client] += 1
        except Exception as error:  # noqa: BLE001 - it is raised below
            failed.append(error)

    threads = [threading.Thread(target=run, args=(client,)) for client in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return sum(done) / seconds


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rows", default="10000,100000,1000000")
    asked.add_argument("--quick", action="store_true", help="Two sizes, five seconds each.")
    asked.add_argument("--json", type=Path, help="Write everything that was measured here.")
    given = asked.parse_args()
    rows = [10_000, 100_000] if given.quick else [int(one) for one in given.rows.split(",")]
    seconds = 5.0 if given.quick else 20.0
    found: dict[str, Any] = {"sizes": []}
    for size in rows:
        with tempfile.TemporaryDirectory(prefix="tamis-benchmark-") as folder:
            found["sizes"].append(measure(Path(folder), rows=size, seconds=seconds))
            found["limit_per_s"] = limit(Path(folder), seconds=seconds / 4)
    print(f"SQLite alone: {found['limit_per_s']:,.0f} items/s, {CLIENTS} in a commit.\n")
    print("| routings there | routed/s | of SQLite alone | claimed/s | sealing all |\n|---|---|---|---|---|")
    for one in found["sizes"]:
        share = one["routings_per_s"] / found["limit_per_s"]
        print(
            f"| {one['rows']:,} | {one['routings_per_s']:,.0f} | {share:.2f} | {one['claims_per_s']:,.0f}"
            f" | {one['sealing_s']:.1f} s |"
        )
    if given.json:
        given.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
