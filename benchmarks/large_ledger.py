"""A large synthetic ledger, written straight into SQLite: for benchmarks of what reads it."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from data.records import ANY
from serving import wiring
from serving.drafts import Draft
from serving.settings import Settings

SEED = 20261123
BATCH = 50_000
THRESHOLD = 0.25
POLICIES = ("health_claim", "counterfeit", "misleading_price")


def make(home: Path, *, rows: int, days: int = 20) -> None:
    """Make a home with so many routings of the last days, about 3 % of them reviewed; all of it made up."""
    (home / "var").mkdir(parents=True)
    settings, now = Settings(home=home), datetime.now(UTC)
    wiring.migrate(settings)
    begin = now - timedelta(days=days)
    application = wiring.build(settings, clock=lambda: begin, follow=False)
    application.plans.set(
        Draft(thresholds={ANY: THRESHOLD}, daily_budget=rows / days / 100),
        author="benchmark",
        reason="a plan to read under",
        expected=None,
    )
    application.close()
    rng = np.random.default_rng(SEED)
    with sqlite3.connect(home / "var" / "ledger.db") as ledger:
        for start in range(0, rows, BATCH):
            _write(
                ledger, rng, start=start, count=min(BATCH, rows - start), begin=begin, days=days, rows=rows
            )


def _write(
    ledger: sqlite3.Connection,
    rng: np.random.Generator,
    *,
    start: int,
    count: int,
    begin: datetime,
    days: int,
    rows: int,
) -> None:
    p = rng.beta(0.4, 12, count)
    flagged = p >= THRESHOLD
    pi = np.where(flagged, 1.0, np.clip(0.3 * p, 0.005, 1.0))
    draw = rng.random(count)
    drawn, violates = draw < pi, rng.random(count) < p
    views = rng.lognormal(6, 1.5, count).round()
    items, scores, routings, decisions = [], [], [], []
    for at in range(count):
        number = start + at + 1
        name, moment = f"v{number}", _moment(begin + timedelta(days=days * number / (rows + 1)))
        policies = json.dumps(
            {policy: round(p[at] / (place + 1), 6) for place, policy in enumerate(POLICIES)}
        )
        route = "full_review" if flagged[at] else "audit" if drawn[at] else "release"
        items.append((number, name, "1", "video", f"c{number % 5000}", ("ko", "en")[number % 5 == 0], "food",
                      None, "{}", float(views[at]), None, "synthetic", name, moment))  # fmt: skip
        scores.append((number, f"s{number}", name, "1", "m1", float(p[at]), policies, moment, None, "[]"))
        routings.append((number, f"r{number}", name, "1", "plan-1", route, int(flagged[at]), float(pi[at]),
                         float(draw[at]), 0, "ko", moment, moment, "k1", f"s{number}",
                         "m1", None, json.dumps([ANY] if flagged[at] else []), "{}", None))  # fmt: skip
        if drawn[at]:
            verdict = "violation" if violates[at] else "no_violation"
            kind = "first_review" if flagged[at] else "audit"
            broken = json.dumps([POLICIES[number % len(POLICIES)]] if violates[at] else [])
            decisions.append((number, f"d{number}", name, "1", f"reviewer-{number % 7}", kind, verdict,
                              moment, broken, "[]", "", None, None, 0, None, None, name, moment))  # fmt: skip
    for table, found in (("item", items), ("score", scores), ("routing", routings), ("decision", decisions)):
        if found:
            places = ",".join("?" * len(found[0]))
            ledger.executemany(f"INSERT INTO {table} VALUES ({places})", found)
    ledger.commit()


def _moment(value: datetime) -> str:
    return value.isoformat(timespec="microseconds")
