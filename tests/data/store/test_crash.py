"""A process that is killed in the middle loses nothing that it had acknowledged."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from data.store.store import Store

CHILD = """
import sys
from datetime import UTC, datetime
from data.records import Item
from data.store.store import Store
from data.store.writer import Writer

NOW = datetime(2026, 6, 1, tzinfo=UTC)

def adding(item_id):
    return lambda session: session.ledger.add_items([Item(item_id=item_id)], received_at=NOW)

writer = Writer(Store(sys.argv[1]))
for start in range(0, 1_000_000, 20):
    names = [f"{sys.argv[2]}-{number}" for number in range(start, start + 20)]
    for name, future in [(name, writer.submit(adding(name))) for name in names]:
        future.result()
        print(name, flush=True)
"""
KILLS = 2
ACKNOWLEDGED = 150


def acknowledge_then_die(url: str, name: str) -> list[str]:
    child = subprocess.Popen([sys.executable, "-c", CHILD, url, name], stdout=subprocess.PIPE, text=True)
    with child:
        assert child.stdout is not None
        acknowledged = [child.stdout.readline().strip() for _ in range(ACKNOWLEDGED)]
        child.kill()
        # What was in the pipe when it died was acknowledged too; the last line may be cut off.
        rest = child.stdout.read().split("\n")[:-1]
    assert child.returncode < 0
    return acknowledged + rest


def test_killing_the_process_loses_nothing_acknowledged(migrated_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(migrated_file.read_bytes())
    url = f"sqlite:///{path}"
    acknowledged = [name for kill in range(KILLS) for name in acknowledge_then_die(url, f"run{kill}")]
    assert len(acknowledged) >= KILLS * ACKNOWLEDGED
    with Store(url) as store, store.read() as session:
        found = session.ledger.items([(name, "1") for name in acknowledged])
        assert [name for name in acknowledged if (name, "1") not in found] == []
        assert len(found) == len(acknowledged)
