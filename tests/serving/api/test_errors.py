from __future__ import annotations

import inspect
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from data import errors as tree
from data.errors import AlreadySubmitted, NoPlan, Overloaded, TriageError, UnknownItem
from data.records import Role
from serving.api import errors


def _families() -> list[type[TriageError]]:
    return [
        found
        for _, found in inspect.getmembers(tree, inspect.isclass)
        if issubclass(found, TriageError) and found is not TriageError
    ]


@pytest.mark.parametrize("family", _families())
def test_every_refusal_has_a_status(family: type[TriageError]) -> None:
    assert 400 <= errors.status_of(family("said")) < 600


def test_what_may_help_later_says_when() -> None:
    assert {errors.status_of(error()) for error in (Overloaded, NoPlan)} == set(errors.RETRY_AFTER_S)


def test_a_refusal_names_its_place_as_a_pointer() -> None:
    problem = errors.problem_of(AlreadySubmitted(field="items/3/item_id"), within="/a~1b")
    assert problem[0] == "Already submitted"
    assert problem[2] == "/a~1b/items/3/item_id"


def test_a_refusal_about_no_place_has_no_pointer() -> None:
    assert errors.problem_of(UnknownItem())[2] is None


def _check(answer: Any, status: int, kind: str) -> None:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    [error] = answer.json()["errors"]
    assert set(error) == {"status", "type", "title", "detail", "pointer", "request_id"}
    assert (error["status"], error["type"]) == (status, f"/errors/{kind}")
    assert error["request_id"] == answer.headers["x-request-id"]
    assert error["detail"]


def test_an_unknown_address_has_the_usual_form(site: Any) -> None:
    _check(site.get("/v1/nothing"), 404, "not-found")


def test_a_method_that_is_not_taken_has_the_usual_form(site: Any) -> None:
    answer = site.client.delete("/v1/scores")
    _check(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "POST"


def test_an_accident_tells_nothing_of_the_inside(
    site: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    headers = site.headers(Role.QUEUE)

    def accident(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError("a secret of the inside")

    monkeypatch.setattr(site.bench.application.triage, "submit", accident)
    answer = site.client.post("/v1/scores", json={"items": [{"item_id": "v1"}]}, headers=headers)
    _check(answer, 500, "internal-error")
    assert "secret" not in answer.text
    logged = capsys.readouterr().out
    assert answer.headers["x-request-id"] in logged
    assert "ZeroDivisionError" in logged
    assert headers["Authorization"].removeprefix("Bearer ") not in logged


def test_answers_are_not_stored_on_the_way(site: Any) -> None:
    answer = site.score()
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_an_overload_of_the_model_is_429_and_says_when(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> Any:
        raise Overloaded

    monkeypatch.setattr(site.bench.application.scoring, "score", full)
    answer = site.score()
    _check(answer, 429, "overloaded")
    assert answer.headers["retry-after"] == "1"
    assert site.counts()["items"] == 0


def test_more_requests_than_may_wait_are_refused_at_once(
    make_bench: Any, make_site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAMIS_SERVER__THREADS", "2")
    monkeypatch.setenv("TAMIS_SERVER__MOST_WAITING", "1")
    bench = make_bench()
    site = make_site(bench)
    site.headers(Role.QC_LEAD)
    site.bench.application.auth.token(site.headers(Role.QC_LEAD)["Authorization"])
    inside, release = threading.Semaphore(0), threading.Event()

    def hold(**_: Any) -> Any:
        inside.release()
        release.wait(10)
        return []

    monkeypatch.setattr(bench.application.reviews, "waiting", hold)
    with site.client, ThreadPoolExecutor(3) as threads:  # one event loop for all requests
        held = [threads.submit(site.get, "/v1/queue", Role.QC_LEAD) for _ in range(3)]
        assert inside.acquire(timeout=5)
        assert inside.acquire(timeout=5)
        while (answer := site.get("/v1/queue", Role.QC_LEAD)).status_code == 200:
            pass
        _check(answer, 429, "overloaded")
        release.set()
        assert [future.result(10).status_code for future in held] == [200, 200, 200]
