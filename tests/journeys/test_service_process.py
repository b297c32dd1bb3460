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
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from data.records import Role
from serving import wiring
from serving.settings import Settings
from serving.up import children
from serving.up.greeting import EXAMPLE
from serving.up.processes import Child


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    text: str

    def json(self) -> Any:
        return json.loads(self.text)


@dataclass(frozen=True)
class Service:
    settings: Settings
    child: Child
    token: str

    def ask(self, path: str, body: Any = None, *, token: bool = True) -> Reply:
        headers = {"Authorization": f"Bearer {self.token}"} if token else {}
        content = None if body is None else json.dumps(body).encode()
        if content is not None:
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.settings.port}{path}", data=content, headers=headers
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return Reply(answer.status, dict(answer.headers), answer.read().decode())
        except urllib.error.HTTPError as refused:
            with refused:
                return Reply(refused.code, dict(refused.headers), refused.read().decode())

    def counted(self, name: str) -> float:
        lines = re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", self.ask("/metrics").text, flags=re.MULTILINE)
        return sum(map(float, lines))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _prepared(folder: Path, migrated_file: Path) -> Settings:
    settings = Settings(home=folder, port=_free_port())
    settings.var.mkdir(parents=True)
    shutil.copy(migrated_file, settings.var / "ledger.db")
    return settings


def _token(settings: Settings, role: Role = Role.QUEUE) -> str:
    application = wiring.build(settings, follow=False)
    try:
        return application.auth.create_token(role=role, name="test").secret
    finally:
        application.close()


def _alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [one for one in processes if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Iterator[Service]:
    settings = _prepared(tmp_path_factory.mktemp("service"), migrated_file)
    # A folder to be fooled by: everyday words lie about in it.
    decoys = tmp_path_factory.mktemp("decoys")
    for name in ("data", "evaluation", "training", "serving"):
        (decoys / name).mkdir()
        (decoys / name / "__init__.py").write_text("raise ImportError('the wrong one')")
    before = Path.cwd()
    os.chdir(decoys)
    try:
        with children.service(settings, log=settings.var / "service.log") as child:
            yield Service(settings, child, _token(settings))
    finally:
        os.chdir(before)


def test_without_a_model_every_item_goes_to_full_review_saying_so(service: Service) -> None:
    reply = service.ask("/v1/scores", {"items": [EXAMPLE]})
    [result] = reply.json()["results"]
    assert reply.status == 200
    assert (result["route"], result["status"]) == ("full_review", "degraded")
    assert result["degraded"]
    assert result["ledger"]["inclusion_probability_recorded"] is True


def test_our_page_stands_where_bentoml_has_its_own(service: Service) -> None:
    reply = service.ask("/", token=False)
    assert reply.status == 401
    assert "Tamis" in reply.text
    assert "bentoml" not in reply.text.lower()
    assert not re.findall(r"https?://(?!127\.0\.0\.1)", reply.text)


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_probes_are_those_of_bentoml(service: Service, path: str) -> None:
    assert service.ask(path, token=False).status == 200


@pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/static/tamis.css", "/sign-in?token=x"])
def test_api_description_and_pages_are_mounted(service: Service, path: str) -> None:
    assert service.ask(path, token=False).status == 200


def test_metrics_are_ours_and_grow_with_what_is_done_not_with_what_is_asked_for(service: Service) -> None:
    before = service.counted("tamis_routings_total")
    items = [{"item_id": f"counted-{number}", "data": {"title": "t"}} for number in range(3)]
    service.ask("/v1/scores", {"items": items})
    for item in items:
        service.ask(f"/v1/items/{item['item_id']}/timeline")
    assert service.counted("tamis_routings_total") == before + 3
    assert "counted-" not in service.ask("/metrics").text


def test_a_stranger_gets_nothing_from_the_api(service: Service) -> None:
    assert service.ask("/v1/scores", {"items": [EXAMPLE]}, token=False).status == 401


def test_a_huge_body_is_refused_and_the_service_lives_on(service: Service) -> None:
    # Only the beginning is sent: the refusal does not wait for the rest.
    head = (
        f"POST /v1/scores HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {service.token}\r\n"
        "Content-Type: application/json\r\nContent-Length: 3000000\r\n\r\n{"
    )
    with socket.create_connection(("127.0.0.1", service.settings.port), timeout=20) as connection:
        connection.sendall(head.encode())
        assert connection.recv(64).startswith(b"HTTP/1.1 413")
    assert service.ask("/readyz").status == 200


def test_no_pickle_is_read(service: Service) -> None:
    request = urllib.request.Request(
        f"http://127.0.0.1:{service.settings.port}/v1/scores",
        data=b"cos\nsystem\n(S'true'\ntR.",
        headers={
            "Authorization": f"Bearer {service.token}",
            "Content-Type": "application/vnd.bentoml+pickle",
        },
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=20)
    with refused.value:
        assert refused.value.code == 415


def test_sixteen_at_once_are_all_answered_and_recorded_once(service: Service) -> None:
    body = {"items": [{"item_id": "same", "data": {"title": "t"}}]}
    with ThreadPoolExecutor(16) as pool:
        replies = list(pool.map(lambda _: service.ask("/v1/scores", body), range(48)))
    results = [reply.json()["results"][0] for reply in replies]
    assert {reply.status for reply in replies} == {200}
    assert len({result["ledger"]["routing_id"] for result in results}) == 1
    assert [result["replay"] for result in results].count(False) == 1


def test_the_event_loop_is_uvloop_and_the_access_log_is_off(service: Service) -> None:
    worker = psutil.Process(service.child.pid).children(recursive=True)[-1]
    maps = Path(f"/proc/{worker.pid}/maps")
    if maps.exists():
        assert "uvloop" in maps.read_text()
    assert "/livez" not in (service.settings.var / "service.log").read_text()


def test_run_time_files_stay_below_the_home(service: Service) -> None:
    assert (service.settings.bentoml / "prometheus_multiproc_dir").is_dir()
    assert not any((service.settings.bentoml / "run").iterdir())


def test_a_request_under_way_is_answered_before_the_service_stops(
    tmp_path: Path, migrated_file: Path
) -> None:
    settings = _prepared(tmp_path / "home", migrated_file)
    token = _token(settings)
    with children.service(settings, log=tmp_path / "log") as child:
        family = psutil.Process(child.pid).children(recursive=True)
        assert family
        service = Service(settings, child, token)
        items = [{"item_id": f"last-{number}", "data": {"title": "마지막 " * 500}} for number in range(100)]
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(service.ask, "/v1/scores", {"items": items})
            time.sleep(0.05)
            child.stop()
            assert answer.result().status == 200
    assert not _alive(family)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", settings.port)) != 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent was killed")
def test_killing_tamis_outright_leaves_no_process_behind(tmp_path: Path, migrated_file: Path) -> None:
    settings = _prepared(tmp_path / "home", migrated_file)
    tamis = subprocess.Popen(
        [sys.executable, "-P", "-c", "from serving.cli import main; main()", "serve"],
        env={**os.environ, "TAMIS_HOME": str(settings.home), "TAMIS_PORT": str(settings.port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert tamis.stdout is not None
    try:
        with tamis.stdout:
            assert "Tamis answers at" in tamis.stdout.readline()
        family = psutil.Process(tamis.pid).children(recursive=True)
    finally:
        tamis.send_signal(signal.SIGKILL)
        tamis.wait()
    _, left = psutil.wait_procs(family, timeout=20)
    assert len(family) >= 2
    assert not _alive(left)
