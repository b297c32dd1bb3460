from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from data.records import Item
from data.store.store import Store
from serving import wiring

Begin = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """Start `tamis` as a person would; whatever is left of it is ended."""
    started: list[subprocess.Popen[str]] = []

    def tamis(*words: str, **variables: str) -> subprocess.Popen[str]:
        with (tmp_path / "out").open("w") as out, (tmp_path / "err").open("w") as err:
            process = subprocess.Popen(
                [Path(sys.executable).with_name("tamis"), *words],
                env={**os.environ, "TAMIS_HOME": str(tmp_path / "home"), **variables},
                cwd=tmp_path,
                stdout=out,
                stderr=err,
                text=True,
                start_new_session=True,
            )
        started.append(process)
        return process

    yield tamis
    for process in started:
        if process.poll() is None:
            process.terminate()
            process.wait(timeout=60)


def _eventually(found: Callable[[], object], process: subprocess.Popen[str], *, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not found():
        assert process.poll() is None, "it ended"
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.1)


def _family(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def _alive(family: list[psutil.Process]) -> list[psutil.Process]:
    return [one for one in family if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


def test_a_set_up_that_is_cut_short_leaves_no_process_and_says_that_it_goes_on(
    begin: Begin, tmp_path: Path, free_port: int
) -> None:
    process = begin("up", "--items", "1500", "--port", str(free_port))
    _eventually((tmp_path / "home" / "var" / "demo.json").exists, process)
    family = _family(process)
    assert family
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 130
    assert not _alive(family)
    said = (tmp_path / "err").read_text()
    assert "goes on from here" in said
    assert "Traceback" not in said


def test_up_greets_with_what_works_watches_and_ends_well(
    begin: Begin, tmp_path: Path, migrated_file: Path, free_port: int
) -> None:
    (tmp_path / "home" / "var").mkdir(parents=True)
    ledger = shutil.copy(migrated_file, tmp_path / "home" / "var" / "ledger.db")
    with Store(f"sqlite:///{ledger}") as store, store.begin() as session:
        session.ledger.add_items([Item(item_id="mine")], received_at=wiring.now())
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        mlflow_port = str(taken.getsockname()[1])
        process = begin("up", TAMIS_PORT=str(free_port), TAMIS_REGISTRY__PORT=mlflow_port)
        _eventually(lambda: "Stop with Ctrl-C" in (tmp_path / "err").read_text(), process)
    out, err = (tmp_path / "out").read_text(encoding="utf-8"), (tmp_path / "err").read_text()

    # What somebody brought stays what it is.
    assert "items of your own" in err
    with Store(f"sqlite:///{ledger}") as store, store.read() as session:
        assert session.ledger.counts()["items"] == 1

    # MLflow's pages could not be shown, and that stopped nothing.
    assert "MLflow's pages are not shown" in err
    assert "MLflow  not started" in out
    assert f"http://127.0.0.1:{free_port}/docs" in out

    link = next(iter(re.findall(r"^Page +(\S+)$", out, flags=re.MULTILINE)))
    with urllib.request.urlopen(link, timeout=10) as page:
        assert page.status == 200
    curl = next(line for line in out.splitlines() if line.startswith("curl "))
    answer = subprocess.run(["bash", "-c", curl], capture_output=True, text=True, check=True)
    [result] = json.loads(answer.stdout)["results"]
    assert result["route"] == "full_review"

    family = _family(process)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 0
    assert not _alive(family)
    assert (tmp_path / "err").read_text().endswith("Stopped.\n")


def test_a_service_that_dies_is_not_passed_over_in_silence(
    begin: Begin, tmp_path: Path, migrated_file: Path, free_port: int
) -> None:
    (tmp_path / "home" / "var").mkdir(parents=True)
    shutil.copy(migrated_file, tmp_path / "home" / "var" / "ledger.db")
    process = begin("serve", "--port", str(free_port))
    _eventually(lambda: "Tamis answers at" in (tmp_path / "out").read_text(), process)
    said = (tmp_path / "err").read_text()
    assert "No champion: every item goes to full review" in said
    assert "No plan is in force" in said
    family = _family(process)
    family[0].kill()
    assert process.wait(timeout=60) == 1
    assert "tamis: The service ended with status -9" in (tmp_path / "err").read_text()
    psutil.wait_procs(family, timeout=20)
    assert not _alive(family)
