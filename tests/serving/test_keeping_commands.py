"""`tamis verify` and `tamis erase`, as they are typed."""

from __future__ import annotations

import io
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from data.records import Item
from data.store.store import Store
from serving import wiring
from serving.settings import Settings

SECRET = "홍삼이 혈당을 낮춘다"


@pytest.fixture
def sealed(home: Path) -> str:
    """A ledger with two items, sealed; return its head."""
    settings = Settings(home=home)
    with Store(settings.ledger_url) as store:
        items = [Item(item_id=name, data={"title": SECRET, "media": f"{name}.mp4"}) for name in ("v1", "v2")]
        with store.begin() as session:
            session.ledger.add_items(items, received_at=wiring.now())
    application = wiring.build(settings, follow=False)
    newest = application.sealer.run()
    application.close()
    assert newest is not None
    return newest.head


def test_a_ledger_that_nobody_changed_verifies(run: Any, sealed: str) -> None:
    said = run("verify", "--head", sealed)
    assert (said.status, said.err) == (0, "")
    assert f"2 facts under 1 seals. Head: {sealed}" in said.out
    assert "Every seal holds." in said.out
    assert run("verify", "--json").json() == {
        "seals": 1,
        "facts": 2,
        "unsealed": False,
        "head": sealed,
        "breaches": [],
        "head_found": True,
        "holds": True,
    }


def test_a_changed_fact_is_told_and_the_status_is_1(run: Any, sealed: str, home: Path) -> None:
    with sqlite3.connect(home / "var" / "ledger.db") as stranger:
        stranger.execute("DROP TRIGGER item_refuses_update")
        stranger.execute("UPDATE item SET source = 'other' WHERE item_id = 'v2'")
    stranger.close()
    said = run("verify", "--head", sealed)
    assert said.status == 1
    assert "a fact was changed" in said.out
    assert "1-2" in said.out


def test_a_head_that_is_not_there_is_told(run: Any, sealed: str) -> None:
    said = run("verify", "--head", f"7:{sealed}")
    assert said.status == 1
    assert "its end was cut off" in said.out


def test_without_a_head_it_says_what_that_cannot_tell(run: Any, sealed: str) -> None:
    assert "Without --head" in run("verify").err


def test_an_item_is_erased_and_the_rest_is_said(run: Any, sealed: str, home: Path) -> None:
    said = run("erase", "v1", "--reason", "the creator asked", "--yes")
    assert said.status == 0
    assert "ledger: item" in said.out
    assert "v1.mp4" in said.err
    assert "Backups still hold it" in said.err
    assert run("erase", "v2", "--reason", "the creator asked", "--yes", "--json").json()["facts"] == {
        "item": 1
    }
    for path in (home / "var").rglob("*"):
        assert path.is_dir() or SECRET.encode() not in path.read_bytes()
    assert run("verify", "--head", sealed).status == 0


def test_it_asks_first(run: Any, sealed: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert run("erase", "v1", "--reason", "the creator asked").status == 1
    with sqlite3.connect(home / "var" / "ledger.db") as ledger:
        [(data,)] = ledger.execute("SELECT data FROM item WHERE item_id = 'v1'").fetchall()
    ledger.close()
    assert SECRET in data


@pytest.mark.parametrize(
    ("words", "why"),
    [(["v9", "--reason", "they asked"], "never submitted"), (["v1", "--reason", "x"], "reason must say why")],
)
def test_what_cannot_be_erased_is_refused_in_a_line(
    run: Any, sealed: str, words: list[str], why: str
) -> None:
    said = run("erase", *words, "--yes")
    assert said.status == 1
    assert why in said.err
