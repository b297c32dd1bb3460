from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"

pytestmark = pytest.mark.skipif(
    not (ROOT / "Makefile").exists() or shutil.which("make") is None,
    reason="the README's commands are for a checkout with make",
)


def _blocks() -> list[str]:
    return re.findall(r"```console\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, str], int, Path]]:
    port = _free_port()
    home = tmp_path_factory.mktemp("readme")
    environ = {
        **os.environ,
        "TAMIS_HOME": str(home),
        "TAMIS_PORT": str(port),
        "TAMIS_REGISTRY__PORT": str(_free_port()),
        "TAMIS_DEMO__ITEMS": "1500",
    }
    environ.pop("MAKEFLAGS", None)
    log = home / "up.log"
    with log.open("wb") as out:
        up = subprocess.Popen(
            ["make", "up"], cwd=ROOT, env=environ, stdout=out, stderr=out, start_new_session=True
        )
        try:
            deadline = time.monotonic() + 600
            while not _answers(f"http://127.0.0.1:{port}/readyz"):
                assert up.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(1)
            yield environ, port, log
        finally:
            os.killpg(up.pid, signal.SIGINT)
            try:
                up.wait(timeout=60)
            except subprocess.TimeoutExpired:
                os.killpg(up.pid, signal.SIGKILL)
                up.wait()


def test_the_readme_shows_the_two_commands() -> None:
    assert [block.strip() for block in _blocks()[:2]] == ["make up", "make test"]


def test_every_command_of_the_five_minutes_runs(running: tuple[dict[str, str], int, Path]) -> None:
    environ, port, _ = running
    script = "set -euo pipefail\n" + "\n".join(_blocks()[2:]).replace("127.0.0.1:3000", f"127.0.0.1:{port}")
    script = script.replace("curl -s ", "curl -sS --fail-with-body ")
    answer = subprocess.run(
        ["bash", "-c", script],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert '"inclusion_probability_recorded":true' in answer.stdout.replace(" ", "")
    assert "recall" in answer.stdout


def test_make_up_prints_addresses_a_token_and_labelled_numbers(
    running: tuple[dict[str, str], int, Path],
) -> None:
    _, port, log = running
    deadline = time.monotonic() + 60
    while "curl" not in (text := log.read_text()) and time.monotonic() < deadline:
        time.sleep(1)
    assert f"http://127.0.0.1:{port}/sign-in?token=" in text
    assert "Bearer tms_queue_" in text
    assert "synthetic" in text.lower()
