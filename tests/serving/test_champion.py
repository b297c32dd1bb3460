from __future__ import annotations

import threading
from typing import Any

import pytest

from data.errors import InvalidBundle
from serving import champion as module
from serving.champion import NOTHING_DEPLOYED, Champion


@pytest.fixture
def bench(make_bench: Any) -> Any:
    return make_bench()


def test_without_a_deployment_it_says_so(bench: Any) -> None:
    standing = bench.application.champion.refresh()
    assert (standing.scorer, standing.problem) == (None, NOTHING_DEPLOYED)


def test_it_takes_up_the_newest_deployment(bench: Any) -> None:
    bench.deploy("1")
    newest = bench.deploy("2")
    assert bench.application.champion.refresh().scorer is newest


def test_a_model_that_is_loaded_is_not_loaded_again(bench: Any) -> None:
    scorer = bench.deploy("1")
    bench.application.champion.refresh()
    bench.scorers["1"] = InvalidBundle()
    assert bench.application.champion.refresh().scorer is scorer


def test_the_model_before_stays_in_memory_for_the_way_back(bench: Any) -> None:
    first = bench.deploy("1")
    bench.application.champion.refresh()
    bench.deploy("2")
    bench.application.champion.refresh()
    bench.scorers["1"] = InvalidBundle()
    bench.deploy("1")
    assert bench.application.champion.refresh().scorer is first


def test_a_broken_bundle_does_not_serve_and_the_reason_is_told(bench: Any) -> None:
    bench.deploy("1")
    bench.application.champion.refresh()
    bench.scorers["2"] = InvalidBundle("weights.safetensors is not what the manifest says")
    bench.deploy("2")
    standing = bench.application.champion.refresh()
    assert standing.scorer is None
    assert standing.problem == (
        "model cannot be loaded: 2: InvalidBundle: weights.safetensors is not what the manifest says"
    )


def test_from_a_broken_bundle_the_way_back_needs_no_load(bench: Any) -> None:
    first = bench.deploy("1")
    bench.application.champion.refresh()
    bench.scorers["2"] = InvalidBundle()
    bench.deploy("2")
    bench.application.champion.refresh()
    bench.scorers["1"] = InvalidBundle()
    bench.deploy("1")
    assert bench.application.champion.refresh().scorer is first


def test_a_broken_bundle_is_tried_again_after_a_while_not_at_once(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.scorers["1"] = InvalidBundle()
    bench.deploy("1")
    bench.application.champion.refresh()
    bench.scorers.clear()
    scorer = bench.scorers.setdefault("1", object())
    assert bench.application.champion.refresh().scorer is None
    monkeypatch.setattr(bench.application.champion, "_retry_at", 0.0)
    assert bench.application.champion.refresh().scorer is scorer


def test_a_checked_model_serves_without_a_load(bench: Any) -> None:
    checked: Any = object()
    bench.application.champion.adopt(model="1", digest="digest-1", scorer=checked)
    bench.scorers["1"] = InvalidBundle()
    bench.deploy("1")
    assert bench.application.champion.refresh().scorer is checked


def test_it_follows_by_itself_once_started(bench: Any) -> None:
    followed = threading.Event()

    def load(_: Any) -> Any:
        followed.set()
        return object()

    champion = Champion(gateway=bench.application.gateway, load=load, poll_s=0.01)
    champion.start()
    assert champion.wait(5)
    bench.deploy("1")
    assert followed.wait(5)
    champion.close()


def test_requests_keep_the_old_model_while_the_new_one_is_loaded(bench: Any) -> None:
    loading, loaded = threading.Event(), threading.Event()
    old, new = object(), object()

    def load(deployment: Any) -> Any:
        if deployment.model == "1":
            return old
        loading.set()
        loaded.wait(5)
        return new

    champion = Champion(gateway=bench.application.gateway, load=load, poll_s=60)
    bench.deploy("1")
    champion.refresh()
    bench.deploy("2")
    thread = threading.Thread(target=champion.refresh)
    thread.start()
    assert loading.wait(5)
    assert champion.scorer() is old
    assert champion.refresh(timeout_s=0.01).scorer is old
    loaded.set()
    thread.join(5)
    assert champion.scorer() is new


def test_a_ledger_that_is_away_changes_nothing(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    scorer = bench.deploy("1")
    champion = bench.application.champion
    champion.refresh()
    monkeypatch.setattr(bench.application.gateway, "read", lambda _: 1 / 0)
    monkeypatch.setattr(module, "RETRY_S", 0.01)
    champion.start()
    assert champion.scorer() is scorer
