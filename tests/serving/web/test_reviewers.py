from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest
from starlette.testclient import TestClient

from data.records import Item, Role, Verdict
from serving.events import Event, Outcome
from serving.second_looks import SecondLooks
from serving.sections import SecondLookSettings

Sign = Any


@pytest.fixture
def reviewed(bench: Any) -> Any:
    """Two people, one of whom errs; somebody else looks again at everything."""
    settings = SecondLookSettings(audit_violations=1.0, flagged_violations=1.0, clean=1.0)
    reviews = bench.application.reviews
    reviews._second_looks = SecondLooks(key=reviews._second_looks._key, settings=settings)
    _review(bench)
    return bench


def _review(bench: Any) -> None:
    items = [Item(item_id=f"v{number}", data={"p": 0.9}) for number in range(30)]
    bench.application.triage.submit(items)
    for number, item in enumerate(items):
        reviewer, wrong = (("kim", False), ("박민아", number % 4 == 1))[number % 2]
        truth = number % 3 == 0
        _decide(bench, item, f"a{number}", reviewer, violates=truth ^ wrong, seconds=30 + number)
        jobs = [job for job in bench.application.reviews.waiting() if job.item_id == item.item_id]
        for job in jobs:
            _decide(bench, item, f"b{number}", "expert", violates=truth, seconds=60, job_id=job.job_id)
    bench.clock.advance(minutes=1)


def _decide(
    bench: Any, item: Item, event_id: str, reviewer: str, *, violates: bool, seconds: int, **more: Any
) -> None:
    outcome = Outcome(
        item_id=item.item_id,
        reviewer_id=reviewer,
        verdict=Verdict.VIOLATION if violates else Verdict.NO_VIOLATION,
        started_at=bench.clock() - timedelta(seconds=seconds),
        **more,
    )
    event = Event(event_id=event_id, occurred_at=bench.clock(), outcome=outcome)
    [receipt] = bench.application.reviews.decide([event], actor=bench.actor(Role.QUEUE))
    assert receipt.refusal is None, receipt.refusal


def test_the_page_and_its_twins_tell_what_second_looks_say(
    reviewed: Any, browser: TestClient, sign_in: Sign
) -> None:
    sign_in()
    twin = browser.get("/reviewers.json").json()
    people = {one["name"]: one for one in twin["reviewers"]}
    assert set(people) == {"kim", "박민아", "expert"}
    assert people["kim"]["rates"]["overturned"]["value"] == 0.0
    truth = sum(1 for number in range(1, 30, 2) if number % 4 == 1) / 15
    assert people["박민아"]["rates"]["overturned"]["value"] == pytest.approx(truth)
    assert people["kim"]["seconds"]["value"] == 30 + 14
    assert people["expert"]["rates"] is None
    page = browser.get("/reviewers?lang=ko").text
    assert "박민아" in page
    assert "크리펜도르프 알파" in page
    lines = pd.read_csv(io.StringIO(browser.get("/reviewers.csv").text))
    assert list(lines["reviewer"]) == ["expert", "kim", "박민아", "team"]
    assert lines["decisions"].iloc[-1] == 60


def test_a_reviewer_sees_nobody_else(reviewed: Any, browser: TestClient) -> None:
    link = reviewed.application.auth.create_link(role=Role.REVIEWER, name="박민아")
    browser.post("/sign-in", data={"token": link.secret})
    twin = browser.get("/reviewers.json").json()
    assert [one["name"] for one in twin["reviewers"]] == ["박민아"]
    page = browser.get("/reviewers?lang=en").text
    assert "You see yourself" in page
    assert "kim" not in page
    assert "kim" not in browser.get("/reviewers.csv").text


def test_an_empty_ledger_and_an_impossible_window_say_so(browser: TestClient, sign_in: Sign) -> None:
    sign_in()
    assert "No decision was recorded" in browser.get("/reviewers?lang=en").text
    answer = browser.get("/reviewers?window=3&lang=en")
    assert answer.status_code == 422
    assert "must be one of the list" in answer.text
    assert browser.get("/reviewers.json?window=3").status_code == 422


def test_without_second_looks_the_page_says_how_to_get_them(
    bench: Any, browser: TestClient, sign_in: Sign
) -> None:
    item = Item(item_id="v1", data={"p": 0.9})
    bench.application.triage.submit([item])
    _decide(bench, item, "a1", "kim", violates=True, seconds=10)
    bench.clock.advance(minutes=1)
    sign_in()
    assert "reviews.second_looks" in browser.get("/reviewers?lang=en").text
