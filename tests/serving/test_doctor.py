"""What `tamis doctor` finds, each thing put wrong once."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from data.errors import Unsafe
from data.records import Item
from serving import doctor
from serving.doctor import Finding
from serving.sections import RegistrySettings, ServerSettings
from serving.settings import Settings
from serving.spool import Told

Look = Callable[[], dict[str, Finding]]


@pytest.fixture
def look(bench: Any) -> Look:
    """Examine the bench's installation, findings by what they are about."""

    def found() -> dict[str, Finding]:
        class Kept:
            clock, store, spool = bench.clock, bench.store, bench.application.spool
            sealer = bench.application.sealer

            def close(self) -> None:
                """It is the test's; it stays open."""

        kept: Any = Kept()
        return {one.about: one for one in doctor.examine(bench.application.settings, lambda: kept)}

    return found


def test_a_plan_in_force_and_a_private_key_are_fine_and_a_lost_bundle_is_told(look: Look) -> None:
    found = look()
    states = {about: one.state for about, one in found.items()}
    assert states.pop("model") == "attention", "the bench's model has no files"
    assert set(states.values()) == {"fine"}
    assert "tamis rollback" in found["model"].remedy
    assert "plan-1" in found["plan"].text


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.7", "tamis.example"])
def test_an_open_address_without_tls_is_unsafe_and_keeps_the_service_from_starting(
    tmp_path: Path, host: str
) -> None:
    open_to_all = Settings(home=tmp_path, host=host)
    with pytest.raises(Unsafe, match=r"host is .* in the clear.*behind_proxy"):
        doctor.refuse_unsafe(open_to_all)
    doctor.refuse_unsafe(Settings(home=tmp_path, host=host, server=ServerSettings(behind_proxy=True)))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9", "::1", "localhost"])
def test_this_machine_is_safe(tmp_path: Path, host: str) -> None:
    doctor.refuse_unsafe(Settings(home=tmp_path, host=host))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o622])
def test_a_key_that_others_read_is_unsafe(bench: Any, mode: int) -> None:
    settings = bench.application.settings
    settings.draw_key.chmod(0o600)
    doctor.refuse_unsafe(settings)
    settings.draw_key.chmod(mode)
    with pytest.raises(Unsafe, match=r"chmod go-rwx .*draw.json"):
        doctor.refuse_unsafe(settings)


def test_a_settings_file_with_a_password_must_be_private(tmp_path: Path) -> None:
    file = tmp_path / "tamis.yaml"
    file.write_text("store:\n  url: postgresql://tamis:planted-secret@db/tamis\n")
    file.chmod(0o644)
    with pytest.raises(Unsafe, match="password of the database") as refused:
        doctor.refuse_unsafe(Settings(home=tmp_path, config=file))
    assert "planted-secret" not in str(refused.value)
    file.chmod(0o600)
    doctor.refuse_unsafe(Settings(home=tmp_path, config=file))


def test_a_settings_file_without_the_password_may_be_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "tamis.yaml"
    file.write_text("port: 3001\n")
    file.chmod(0o644)
    monkeypatch.setenv("TAMIS_STORE__URL", "postgresql://tamis:planted-secret@db/tamis")
    doctor.refuse_unsafe(Settings(home=tmp_path, config=file))


def test_a_tracking_server_in_the_clear_is_told(tmp_path: Path) -> None:
    registry = RegistrySettings(tracking_uri="http://mlflow.example:5000")
    found = {one.about: one for one in doctor.safety(Settings(home=tmp_path, registry=registry))}
    assert found["tracking server"].state == "attention"
    registry = RegistrySettings(tracking_uri="http://127.0.0.1:5000")
    found = {one.about: one for one in doctor.safety(Settings(home=tmp_path, registry=registry))}
    assert found["tracking server"].state == "fine"


def test_a_record_from_the_future_is_told(bench: Any, look: Look) -> None:
    bench.application.triage.submit([Item(item_id="v1", data={"p": 0.9})])
    assert look()["clock"].state == "fine"
    bench.clock.advance(hours=-1)
    assert look()["clock"].state == "attention"


def test_a_disk_that_is_almost_full_is_told(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(10**12, 10**12 - 10**6, 10**6))
    assert look()["disk"].state == "attention"


def test_the_command_says_it_and_ends_with_1_where_something_is_unsafe(
    run: Any, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = run("doctor", "--json")
    found = {one["about"]: one for one in said.json()}
    assert said.status == 0
    assert found["plan"]["state"] == found["model"]["state"] == "attention"
    monkeypatch.setenv("TAMIS_HOST", "0.0.0.0")
    said = run("doctor")
    assert said.status == 1
    assert "unsafe" in said.out
    served = run("serve")
    assert served.status not in {0, None}
    assert "in the clear" in served.err
    assert home.exists()


def test_without_a_ledger_the_rest_is_still_looked_at(run: Any, home: Path) -> None:
    (home / "var" / "ledger.db").unlink()
    found = {one["about"]: one for one in run("doctor", "--json").json()}
    assert "tamis migrate" in found["ledger"]["text"]
    assert found["disk"]["state"] == "fine"


def test_answers_that_are_not_in_the_ledger_are_told(bench: Any, look: Look) -> None:
    spool = bench.application.spool
    assert look()["spool"].state == "fine"
    path = spool.keep(Told(items=(Item(item_id="v1"),), reason="ledger unavailable", told_at=bench.clock()))
    assert "1 answers" in look()["spool"].text
    spool.set_aside(path)
    assert "cannot be recorded" in look()["spool"].text
