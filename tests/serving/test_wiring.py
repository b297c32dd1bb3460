from __future__ import annotations

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from data.errors import DatabaseBehind, InvalidSettings, LedgerUnavailable
from serving import wiring
from serving.settings import Settings


def test_the_draw_key_is_made_once_and_read_ever_after(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "draw.json"
    first = wiring.draw_key(path)
    assert len(first.secret) == 32
    assert wiring.draw_key(path) == first
    assert [entry.name for entry in path.parent.iterdir()] == ["draw.json"]


def test_nobody_else_on_the_machine_can_read_the_draw_key(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "draw.json"
    wiring.draw_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_processes_that_start_together_have_one_draw_key(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "draw.json"
    with ThreadPoolExecutor(8) as threads:
        keys = list(threads.map(lambda _: wiring.draw_key(path), range(40)))
    assert all(key == keys[0] for key in keys)


@pytest.mark.parametrize(
    "text", ["", "{}", '{"key_id": "k", "secret": "xyz"}', "[]", '{"key_id": "k", "secret": "00"}']
)
def test_a_broken_draw_key_is_refused_and_never_replaced(tmp_path: Path, text: str) -> None:
    path = tmp_path / "draw.json"
    path.write_text(text)
    with pytest.raises(InvalidSettings, match="Restore it from a backup"):
        wiring.draw_key(path)
    assert path.read_text() == text


def test_the_draw_key_is_hexadecimal_json(tmp_path: Path) -> None:
    path = tmp_path / "draw.json"
    key = wiring.draw_key(path)
    assert json.loads(path.read_text()) == {"key_id": key.key_id, "secret": key.secret.hex()}


def test_a_ledger_without_tables_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DatabaseBehind, match="tamis migrate"):
        wiring.build(Settings(home=tmp_path))


def test_after_migrating_it_can_be_built_and_closed(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    wiring.migrate(settings)
    application = wiring.build(settings)
    assert application.champion.wait(5)
    assert application.ready()
    application.close()


def test_it_is_ready_once_it_has_looked_for_a_model_also_where_there_is_none(make_bench: Any) -> None:
    bench = make_bench()
    assert not bench.application.ready()
    bench.application.champion.refresh()
    assert bench.application.ready()


def test_after_closing_nothing_is_taken_any_more(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    wiring.migrate(settings)
    application = wiring.build(settings, follow=False)
    application.close()
    with pytest.raises((LedgerUnavailable, RuntimeError)):
        application.plans.history()


def test_building_writes_below_var_only(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    wiring.migrate(settings)
    wiring.build(settings, follow=False).close()
    assert [entry.name for entry in tmp_path.iterdir()] == ["var"]
