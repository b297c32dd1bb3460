"""An installation with the model of the synthetic month, for benchmarks that need one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

TAMIS = str(Path(sys.executable).with_name("tamis"))
MONTH_ITEMS = 1500


def prepare(home: Path) -> str:
    """Make the month and its model where there is none; return a token of a queue."""
    if not (home / "var" / "ledger.db").exists():
        print("Making the synthetic month and its model ...", file=sys.stderr)
        run(home, "demo", "--items", str(MONTH_ITEMS))
    run(home, "migrate")
    made = run(home, "token", "create", "--role", "queue", "--name", "benchmark", "--days", "1", "--json")
    return str(json.loads(made)["token"])


def encoder_of(home: Path) -> Path:
    """Return where the text encoder lies."""
    return home / "var" / "encoder" / "multilingual-e5-small"


def run(home: Path, *words: str) -> str:
    """Run a command there and return what it says."""
    done = subprocess.run([TAMIS, "--home", str(home), *words], check=True, stdout=subprocess.PIPE)
    return done.stdout.decode()
