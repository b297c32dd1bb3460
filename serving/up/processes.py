"""
Processes that end with us.

The service and MLflow's pages run as children. They are asked to stop, given time, and then ended with
everything they started: BentoML puts each of its workers into a process group of its own, so ending a group
is not enough. Where the kernel can do it (Linux), a child is also told when we are killed outright.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import psutil

from data.errors import PortInUse, Unprepared

STOP_S: Final = 15.0
"""Seconds a child has to finish what it is answering."""

_LARGEST_LOG: Final = 10 * 2**20

_STDERR: Final = 2

_PARENT_DEATH_SIGNAL: Final = 1

# `end_with_parent`, then the command. Not a `preexec_fn`: that would run Python between fork and exec while
# other threads hold locks.
_TIED: Final = """
import os, signal, sys
try:
    import ctypes
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)
except (AttributeError, OSError, TypeError):
    pass
if os.getppid() != int(sys.argv[1]):
    sys.exit("The process that asked for this is gone.")
os.execv(sys.argv[2], sys.argv[2:])
"""


class Child:
    """A running command, in a session of its own.

    Parameters
    ----------
    name : str
        What messages call it.
    command : sequence of str
        The program, by its full path, and its arguments.
    environ : mapping
        All its variables.
    folder : Path
        Where it runs: an empty folder, so that nothing lying about is imported.
    log : Path, optional
        Where its output goes; None: to our stderr.
    pipe : bool
        Whether what it writes to stdout comes to us, line by line; the rest goes to the log.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        environ: Mapping[str, str],
        folder: Path,
        log: Path | None = None,
        pipe: bool = False,
    ) -> None:
        self.name = name
        self._log = log
        folder.mkdir(parents=True, exist_ok=True)
        tied = [sys.executable, "-P", "-S", "-c", _TIED, str(os.getpid()), *command]
        with _output(log) as output:
            self._process = subprocess.Popen(  # noqa: S603 - the commands are our own
                tied,
                env=environ,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if pipe else output,
                stderr=output,
                start_new_session=True,
                text=True,
            )

    @property
    def pid(self) -> int:
        """The number of its first process."""
        return self._process.pid

    @property
    def status(self) -> int | None:
        """Its exit status; None while it runs."""
        return self._process.poll()

    @property
    def last_words(self) -> str:
        """The end of its log, for a message; empty where it has none."""
        if self._log is None:
            return ""
        lines = [line for line in self._log.read_text(errors="replace").splitlines() if line.strip()]
        return f" Its last words: {lines[-1].strip() if lines else 'none'} (all of them: {self._log})"

    def lines(self) -> Iterator[str]:
        """Yield what it writes to stdout, until it closes it."""
        if self._process.stdout is None:
            raise ValueError("pipe must be true for a child whose lines are read.")
        yield from self._process.stdout

    def wait(self) -> int:
        """Wait for its end and return its exit status."""
        return self._process.wait()

    def stop(self, *, patience_s: float = STOP_S) -> None:
        """Ask it to stop, wait, and end whatever is left of it."""
        family = self._family()
        try:
            if self.status is None:
                self._process.terminate()
                self._process.wait(timeout=patience_s)
        except subprocess.TimeoutExpired:
            pass  # what is left is ended below
        finally:
            # Also on a second Ctrl-C: whoever presses twice does not want to wait.
            self._process.kill()
            self._process.wait()
            _end(family)
            if self._process.stdout is not None:
                self._process.stdout.close()

    def _family(self) -> list[psutil.Process]:
        # Without the first one: `subprocess` waits for that, and two may not wait for the same.
        with suppress(psutil.NoSuchProcess):
            return psutil.Process(self.pid).children(recursive=True)
        return []


def end_with_parent() -> None:
    """Ask the kernel for SIGTERM when the parent of this process dies, where it can do that (Linux)."""
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGTERM)


def python(*arguments: str) -> list[str]:
    """Return the command that runs this Python without the current folder on its import path."""
    return [sys.executable, "-P", *arguments]


def wait_until_answers(child: Child, address: str, *, seconds: float) -> None:
    """Return when an address answers 200; `Unprepared` where the child ends or takes too long.

    Parameters
    ----------
    child : Child
        Whose address it is.
    address : str
        An http address.
    seconds : float
        How long to wait.
    """
    deadline = time.monotonic() + seconds
    while not answers(address):
        if child.status is not None:
            raise Unprepared(f"{child.name} ended with status {child.status}.{child.last_words}")
        if time.monotonic() > deadline:
            raise Unprepared(f"{child.name} did not answer within {seconds:.0f} s.{child.last_words}")
        time.sleep(0.1)


def answers(address: str, *, timeout_s: float = 2.0) -> bool:
    """Say whether an address answers 200 right now."""
    try:
        with urllib.request.urlopen(address, timeout=timeout_s) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError, ValueError):
        return False


def check_port(host: str, port: int, *, remedy: str) -> None:
    """Raise `PortInUse`, with what to do about it, where somebody listens there already."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as taken:
            raise PortInUse(
                f"Port {port} on {host} cannot be used: {taken.strerror}. "
                f"Is Tamis running already? If not, {remedy}."
            ) from taken


@contextmanager
def only_one(var: Path) -> Iterator[None]:
    """Hold the folder of run-time files; `Unprepared` where another process serves from it.

    Two servers of one folder would delete each other's metrics. The lock goes with the process, however
    it ends.
    """
    var.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (var / "serving.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as held:
            lock.seek(0)
            raise Unprepared(
                f"Process {lock.read().strip() or 'unknown'} already serves from {var}. "
                "Stop it, or set TAMIS_HOME to another folder."
            ) from held
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _end(family: Sequence[psutil.Process]) -> None:
    for process in family:
        with suppress(psutil.NoSuchProcess):  # psutil knows a reused number from the process it was
            process.kill()
    psutil.wait_procs(family, timeout=5)


@contextmanager
def _output(log: Path | None) -> Iterator[int]:
    if log is None:
        yield _STDERR  # our stdout is for the answer
        return
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > _LARGEST_LOG:
        log.replace(log.with_name(f"{log.name}.old"))
    with log.open("ab") as file:
        yield file.fileno()
