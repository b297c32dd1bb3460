"""
A PostgreSQL that is slow, refused or silent, or whose answer to COMMIT never comes.

Between the application and a real server stands a proxy that puts the connection wrong. Whatever it does:
the queue is answered in bounded time, nothing is released without a record, and when all is well again the
ledger agrees with everything that was said.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from data.records import Item, Route
from data.store.store import Store

ITEMS = 24
DEADLINE_S = 0.5


class Proxy:
    """Passes bytes on to a server's socket, or does what `fault` says instead."""

    def __init__(self, target: Path) -> None:
        self.fault = ""
        self._target = target
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def heal(self) -> None:
        """Pass everything on again; what hung is cut, as by a network that comes back."""
        self.fault = ""
        self.cut()

    def cut(self) -> None:
        for each in [self._open.pop() for _ in range(len(self._open))]:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def close(self) -> None:
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.fault == "refused":
                client.close()
                continue
            server = socket.socket(socket.AF_UNIX)
            server.connect(str(self._target))
            self._open += [client, server]
            hole = threading.Event()
            for source, sink, asks in ((client, server, True), (server, client, False)):
                threading.Thread(target=self._pass, args=(source, sink, asks, hole), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, asks: bool, hole: threading.Event) -> None:
        writes = False
        with contextlib.suppress(OSError):
            while content := source.recv(65_536):
                writes = writes or b"SAVEPOINT" in content
                commits = asks and writes and b"COMMIT" in content
                if self.fault == "slow":
                    time.sleep(2 * DEADLINE_S)
                if self.fault == "silent":
                    continue
                if self.fault == "silent after commit":
                    if commits:
                        hole.set()
                    if not asks and hole.is_set():
                        continue
                sink.sendall(content)
                if self.fault == "reset at commit" and commits:
                    source.close()
            sink.shutdown(socket.SHUT_WR)


@pytest.fixture
def proxy(postgresql: Any) -> Iterator[Proxy]:
    folder = sa.make_url(postgresql.url("migrated")).query["host"]
    [target] = Path(str(folder)).glob(".s.PGSQL.*[0-9]")
    proxy = Proxy(target)
    yield proxy
    proxy.close()


@pytest.fixture
def bench_store(postgresql: Any, proxy: Proxy) -> Iterator[Store]:
    url = sa.make_url(postgresql.url("migrated")).set(host="127.0.0.1", port=proxy.port, query={})
    with Store(url.render_as_string(hide_password=False)) as store:
        yield store
    postgresql.empty()


@pytest.fixture
def truth(postgresql: Any) -> Iterator[Store]:
    """The same ledger by a way that nothing disturbs."""
    with Store(postgresql.url("migrated")) as store:
        yield store


@pytest.mark.parametrize("fault", ["slow", "refused", "reset at commit", "silent", "silent after commit"])
def test_whatever_happens_to_the_database_the_ledger_agrees_with_what_was_told(
    make_bench: Any, proxy: Proxy, truth: Store, fault: str
) -> None:
    bench = make_bench(ledger_deadline_s=DEADLINE_S)
    bench.deploy()
    bench.plan(threshold=0.5)
    triage = bench.application.triage
    items = [Item(item_id=f"v{number}", data={"p": 0.0001}) for number in range(ITEMS)]
    triage.submit([Item(item_id="before", data={"p": 0.0001})])
    proxy.fault = fault
    if fault == "refused":
        proxy.cut()
    began = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        answers = [answer for [answer] in pool.map(lambda item: triage.submit([item]), items)]
    assert time.monotonic() - began < ITEMS / 8 * 4 * DEADLINE_S + 2, "an answer in bounded time"
    assert all(answer.recorded or answer.routing.route is Route.FULL_REVIEW for answer in answers)
    proxy.heal()
    end = time.monotonic() + 30
    while bench.application.spool.waiting() and time.monotonic() < end:
        bench.application.reconciler.run()
        time.sleep(0.1)
    assert bench.application.spool.waiting() == bench.application.spool.refused() == []
    told = {answer.item.key: answer for answer in answers}
    with truth.read() as session:
        routings = session.ledger.routings(list(told))
        jobs = {job.routing_id for job in session.queue.waiting(now=bench.clock(), limit=10 * ITEMS)}
    assert routings.keys() == told.keys()
    for key, answer in told.items():
        if answer.recorded:
            assert routings[key] == answer.routing
        else:
            assert routings[key].routing_id in jobs, "a person looks, as was promised"
    assert not all(answer.recorded for answer in answers), "the fault was felt"
    if fault.endswith("commit"):
        late = [key for key, answer in told.items() if not answer.recorded and not routings[key].degraded]
        assert late, "a commit of which nobody heard"
