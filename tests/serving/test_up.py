from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from data.errors import PortInUse, Unprepared
from serving.settings import Settings
from serving.up import children, processes
from serving.up.greeting import address
from serving.up.processes import Child

# A supervisor whose worker leaves its process group, as BentoML's workers do, and will not go politely.
STUBBORN = "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); time.sleep(600)"
SUPERVISOR = f"""
import subprocess, sys, time
worker = subprocess.Popen(
    [sys.executable, "-c", "{STUBBORN}"], start_new_session=True, stdout=subprocess.DEVNULL
)
print(worker.pid, flush=True)
time.sleep(600)
"""

Start = Callable[..., Child]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Child] = []

    def begin(code: str, **more: object) -> Child:
        child = Child(
            "The child",
            processes.python("-c", code),
            environ=dict(os.environ),
            folder=tmp_path / "run",
            log=tmp_path / "log",
            **more,  # type: ignore[arg-type]
        )
        started.append(child)
        return child

    yield begin
    for child in started:
        child.stop(patience_s=0)


def _gone(pid: int, *, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return False


def test_stopping_ends_also_what_left_the_process_group(start: Start) -> None:
    child = start(SUPERVISOR, pipe=True)
    worker = int(next(child.lines()))
    child.stop(patience_s=1)
    assert _gone(worker)
    assert child.status == -signal.SIGTERM


def test_a_child_gets_time_to_finish(start: Start) -> None:
    child = start(
        "import signal, sys, time\n"
        "def end(*_):\n    time.sleep(0.5); print('finished', flush=True); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end); print('ready', flush=True); time.sleep(600)",
        pipe=True,
    )
    lines = child.lines()
    assert next(lines) == "ready\n"
    before = child.status
    child._process.terminate()
    assert (before, list(lines), child.wait()) == (None, ["finished\n"], 0)


def test_a_child_that_will_not_go_is_ended(start: Start) -> None:
    child = start(STUBBORN, pipe=True)
    next(child.lines())
    child.stop(patience_s=0.2)
    assert child.status == -signal.SIGKILL


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent was killed")
def test_a_child_ends_when_we_are_killed_outright(tmp_path: Path) -> None:
    parent_code = textwrap.dedent(
        """
        import os, sys, time
        from pathlib import Path
        from serving.up import processes
        child = processes.Child("c", processes.python("-c", "import time; time.sleep(600)"),
                                environ=dict(os.environ), folder=Path(sys.argv[1]))
        time.sleep(0.5)
        print(child.pid, flush=True)
        time.sleep(600)
        """
    )
    parent = subprocess.Popen(
        [sys.executable, "-P", "-c", parent_code, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    with parent.stdout:
        child = int(parent.stdout.readline())
        parent.kill()
        parent.wait()
    assert _gone(child)


def test_a_child_that_ends_early_is_told_with_its_last_words(start: Start) -> None:
    child = start("import sys; print('first'); sys.exit('the disk is full')")
    with pytest.raises(Unprepared, match=r"ended with status 1.*the disk is full"):
        processes.wait_until_answers(child, "http://127.0.0.1:9/", seconds=30)


def test_a_child_that_never_answers_is_given_up(start: Start) -> None:
    child = start("import time; time.sleep(600)")
    with pytest.raises(Unprepared, match="did not answer within 0 s"):
        processes.wait_until_answers(child, "http://127.0.0.1:9/", seconds=0.3)


def test_a_taken_port_is_refused_with_the_remedy() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortInUse, match=rf"Port {port} .*choose another with --port"):
            processes.check_port("127.0.0.1", port, remedy=children.PORT_REMEDY)


def test_a_port_that_was_just_left_is_free() -> None:
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as BentoML's supervisor does
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            accepted, _ = server.accept()
            accepted.close()  # the side that closes first keeps the address for a minute
            client.recv(1)
    processes.check_port("127.0.0.1", port, remedy="")


def test_two_cannot_serve_from_one_folder(tmp_path: Path) -> None:
    with (
        processes.only_one(tmp_path),
        pytest.raises(Unprepared, match=f"Process {os.getpid()} already serves"),
        processes.only_one(tmp_path),
    ):
        pass
    with processes.only_one(tmp_path):
        pass


def test_the_log_of_a_long_life_is_put_aside(tmp_path: Path, start: Start) -> None:
    (tmp_path / "log").write_bytes(b"x" * (10 * 2**20 + 1))
    start("print('new')").wait()
    assert (tmp_path / "log").read_text() == "new\n"
    assert (tmp_path / "log.old").exists()


def test_the_service_keeps_to_its_own_folder_and_tells_nobody(tmp_path: Path) -> None:
    environ = children.service_environ(Settings(home=tmp_path, port=3456))
    assert environ["BENTOML_HOME"] == str(tmp_path / "var" / "bentoml")
    assert environ["BENTOML_DO_NOT_TRACK"] == "True"
    assert environ["OTEL_SDK_DISABLED"] == "true"
    assert environ["PYTHONSAFEPATH"] == "1"
    assert (environ["TAMIS_HOME"], environ["TAMIS_PORT"]) == (str(tmp_path), "3456")


def test_bytecode_is_kept_below_var_where_it_may_not_lie_beside_the_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    environ = children.service_environ(Settings(home=tmp_path))
    assert "PYTHONDONTWRITEBYTECODE" not in environ
    assert environ["PYTHONPYCACHEPREFIX"] == str(tmp_path / "var" / "bytecode")
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE")
    assert "PYTHONPYCACHEPREFIX" not in children.service_environ(Settings(home=tmp_path))


def test_relative_paths_mean_the_same_in_the_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TAMIS_STORE__URL", "sqlite:///my.db")
    monkeypatch.setenv("TAMIS_POLICIES", "mine.yaml")
    environ = children.service_environ(Settings(home=Path("here")))
    assert environ["TAMIS_STORE__URL"] == f"sqlite:///{tmp_path}/my.db"
    assert environ["TAMIS_POLICIES"] == str(tmp_path / "mine.yaml")
    assert environ["TAMIS_HOME"] == str(tmp_path / "here")


@pytest.mark.parametrize(
    "url", ["sqlite:////srv/my.db", "postgresql+psycopg://tamis@db/tamis"], ids=["absolute", "postgresql"]
)
def test_other_addresses_of_the_ledger_are_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("TAMIS_STORE__URL", url)
    assert children.service_environ(Settings(home=tmp_path))["TAMIS_STORE__URL"] == url


def test_nothing_may_lie_where_the_service_is_imported_from(tmp_path: Path, free_port: int) -> None:
    settings = Settings(home=tmp_path, port=free_port)
    folder = settings.bentoml / "run"
    folder.mkdir(parents=True)
    (folder / "data.py").write_text("")
    with pytest.raises(Unprepared, match="must be empty"), children.service(settings):
        pass


def test_an_address_is_one_that_can_be_opened() -> None:
    assert address(Settings(host="::1", port=3100)) == "http://[::1]:3100"
