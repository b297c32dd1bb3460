"""A stock of videos is scored by the real command, which is killed in the middle and started again."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

TAMIS = str(Path(sys.executable).with_name("tamis"))
ITEMS = 4_500
MAPPING = """
name: mine
id: id
text: {title: title}
creator: seller
"""
OUTCOME = """
outcome:
  verdict: {column: verdict, violation: ["True"], no_violation: ["False"]}
  inclusion_probability: {constant: 1.0}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with a model in charge, and a stock of items that it never saw."""
    home, dice = tmp_path_factory.mktemp("home"), random.Random(5)
    (home / "past.yaml").write_text(MAPPING + OUTCOME, encoding="utf-8")
    (home / "stock.yaml").write_text(MAPPING, encoding="utf-8")

    def title(bad: bool) -> str:
        words = ["완치 보장", "약 끊으세요"] if bad else ["특가", "세일"]
        return f"{dice.choice(words)} {dice.choice('가나다라')}"

    past = [f"v{number},{title(number % 4 == 0)},s{number % 50},{number % 4 == 0}" for number in range(300)]
    (home / "past.csv").write_text("id,title,seller,verdict\n" + "\n".join(past), encoding="utf-8")
    stock = [f"old-{number},{title(number % 9 == 0)} {number},s{number % 70}" for number in range(ITEMS)]
    (home / "stock.csv").write_text("id,title,seller\n" + "\n".join([*stock, ",nobody,s1"]), encoding="utf-8")
    _tamis(home, "migrate")
    _tamis(home, "import", str(home / "past.csv"), "--mapping", str(home / "past.yaml"))
    _tamis(home, "train", "--config", "linear")
    _tamis(home, "promote", "1", "--reason", "the first model")
    return home


def _words(home: Path, into: str) -> list[str]:
    stock, mapping = str(home / "stock.csv"), str(home / "stock.yaml")
    return ["backfill", stock, "--mapping", mapping, "--into", str(home / into)]


def _tamis(home: Path, *words: str) -> str:
    ended = subprocess.run([TAMIS, "--home", str(home), *words], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def _rows(folder: Path) -> list[dict[str, Any]]:
    return [row for path in sorted(folder.glob("*.parquet")) for row in pq.read_table(path).to_pylist()]


@pytest.fixture(scope="module")
def whole(home: Path) -> list[dict[str, Any]]:
    said = json.loads(_tamis(home, *_words(home, "whole"), "--json"))
    counts = {name: said[name] for name in ("model", "items", "unscored", "refused", "parts", "parts_before")}
    assert counts == {
        "model": "1", "items": ITEMS, "unscored": 0, "refused": 1, "parts": 5, "parts_before": 0
    }  # fmt: skip
    return _rows(home / "whole")


def test_every_item_has_a_score_that_tells_the_kinds_apart(whole: list[dict[str, Any]]) -> None:
    assert [row["item_id"] for row in whole] == [f"old-{number}" for number in range(ITEMS)]
    bad = [row["violation_probability"] for row in whole[::9]]
    good = [row["violation_probability"] for number, row in enumerate(whole) if number % 9]
    assert min(bad) > max(good)
    assert {piece["signal"] for row in whole[::9] for piece in row["evidence"]} >= {"title"}


def test_a_backfill_that_is_killed_goes_on(home: Path, whole: list[dict[str, Any]]) -> None:
    process = subprocess.Popen(
        [TAMIS, "--home", str(home), *_words(home, "killed")],
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    give_up_at = time.monotonic() + 60
    while not list((home / "killed").glob("part-*")) and time.monotonic() < give_up_at:
        assert process.poll() is None
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    (home / "killed" / ".part-000004.parquet.1").write_bytes(b"begun")  # what a kill may leave
    said = json.loads(_tamis(home, *_words(home, "killed"), "--json"))
    assert 1 <= said["parts_before"] < 5
    assert _rows(home / "killed") == whole
    assert {path.suffix for path in (home / "killed").glob("*part*")} == {".parquet"}


def test_ray_writes_the_same_rows(home: Path, whole: list[dict[str, Any]]) -> None:
    pytest.importorskip("ray", reason="needs Ray: pip install 'tamis[ray]'")
    _tamis(home, *_words(home, "shared"), "--engine", "ray")
    assert _rows(home / "shared") == whole
