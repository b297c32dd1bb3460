"""SIGTERM while clients keep their connections: nobody who was being answered is cut off, nothing is lost."""

from __future__ import annotations

import http.client
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from data.records import Role
from data.store.store import Store
from serving import wiring
from serving.settings import Settings

CLIENTS = 12
LONGEST_STOP_S = 25.0


@dataclass
class Client(threading.Thread):
    """Sends one item after the other on a connection that it keeps while the server lets it."""

    number: int
    port: int
    token: str
    done: list[str] = field(default_factory=list)
    cut_off: list[str] = field(default_factory=list)
    told_to_leave: int = 0

    def __post_init__(self) -> None:
        super().__init__(daemon=True)
        self.dice = random.Random(self.number)

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        for turn in range(100_000):
            item_id = f"client-{self.number}-{turn}"
            is_kept = connection.sock is not None
            try:
                if not is_kept:
                    connection.connect()
            except OSError:
                return  # nobody listens any more: this client goes elsewhere
            try:
                body = json.dumps({"items": [{"item_id": item_id}]})
                connection.request("POST", "/v1/scores", body, headers)
                answer = connection.getresponse()
                content = answer.read()
            except (OSError, http.client.HTTPException) as cut:
                if is_kept:
                    self.cut_off.append(f"{item_id}: {cut!r}")
                return  # or it connected in the moment in which listening ended
            assert answer.status == 200, content
            assert json.loads(content)["results"][0]["ledger"]["inclusion_probability_recorded"] is True
            self.done.append(item_id)
            if answer.headers["connection"] == "close":
                self.told_to_leave += 1
            time.sleep(self.dice.uniform(0, 0.02))


@pytest.fixture
def served(tmp_path: Path, migrated_file: Path, free_port: int) -> Iterator[tuple[Settings, int, str]]:
    settings = Settings(home=tmp_path / "home", port=free_port)
    settings.var.mkdir(parents=True)
    shutil.copy(migrated_file, settings.var / "ledger.db")
    application = wiring.build(settings, follow=False)
    token = application.auth.create_token(role=Role.QUEUE, name="test").secret
    application.close()
    with (tmp_path / "log").open("w") as log:
        tamis = subprocess.Popen(
            [sys.executable, "-P", "-c", "from serving.cli import main; main()", "serve"],
            env={**os.environ, "TAMIS_HOME": str(settings.home), "TAMIS_PORT": str(free_port)},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
    assert tamis.stdout is not None
    with tamis.stdout:
        assert "Tamis answers at" in tamis.stdout.readline()
        yield settings, tamis.pid, token
    with suppress(psutil.NoSuchProcess):
        for one in psutil.Process(tamis.pid).children(recursive=True):
            one.kill()
    tamis.kill()
    tamis.wait()


def _exit_status(pid: int, *, within_s: float) -> int | None:
    status: int | None = psutil.Process(pid).wait(timeout=within_s)
    return status


@pytest.mark.parametrize("to", ["tamis", "every process"])
def test_clients_that_keep_their_connections_are_answered_to_the_end(
    served: tuple[Settings, int, str], to: str
) -> None:
    settings, pid, token = served
    clients = [Client(number, settings.port, token) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    time.sleep(1.5)
    began = time.monotonic()
    # A process manager sends it to all: the worker then gets it twice, from the supervisor, too.
    family = psutil.Process(pid).children(recursive=True) if to == "every process" else []
    for process in [psutil.Process(pid), *family]:
        process.send_signal(signal.SIGTERM)
    assert _exit_status(pid, within_s=LONGEST_STOP_S) in {0, None}
    assert time.monotonic() - began < LONGEST_STOP_S
    for client in clients:
        client.join(timeout=10)
        assert not client.is_alive()
    assert [cut for client in clients for cut in client.cut_off] == []
    assert all(client.told_to_leave for client in clients), "each was told to leave its connection"
    done = [(item_id, "1") for client in clients for item_id in client.done]
    assert len(done) > CLIENTS
    with Store(settings.ledger_url) as store, store.read() as session:
        assert session.ledger.routings(done).keys() == set(done)
