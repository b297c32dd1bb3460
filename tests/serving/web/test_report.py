from __future__ import annotations

import io
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from pypdf import PdfReader
from starlette.testclient import TestClient

from data.records import Item, Role, Verdict
from serving.events import Event, Outcome
from serving.quality import SEOUL
from serving.web.report.asked import read

Sign = Any

TODAY = date(2026, 11, 23)


@pytest.fixture
def reviewed(bench: Any) -> Any:
    """Two days of items in two languages; violations above and below the threshold."""
    for day in range(2):
        items = [
            Item(
                item_id=f"v{day}-{number}",
                language=("ko", "en")[number % 2],
                source="synthetic",
                expected_views=10 + number,
                data={"p": (number % 50) / 50, "creator_tier": ("gold", "new")[number % 3 == 0]},
            )
            for number in range(200)
        ]
        for answer in bench.application.triage.submit(items):
            if answer.routing.route != "release":
                _decide(bench, answer.item)
        bench.clock.advance(days=1)
    return bench


def _decide(bench: Any, item: Item) -> None:
    violates = item.data["p"] > 0.7 or int(item.item_id.split("-")[1]) % 9 == 0
    outcome = Outcome(
        item_id=item.item_id,
        reviewer_id="mina",
        verdict=Verdict.VIOLATION if violates else Verdict.NO_VIOLATION,
        policies=("health_claim",) if violates else (),
    )
    event = Event(event_id=f"e-{item.item_id}", occurred_at=bench.clock(), outcome=outcome)
    [receipt] = bench.application.reviews.decide([event], actor=bench.actor(Role.QUEUE))
    assert receipt.refusal is None


def test_the_page_and_its_twins_tell_the_numbers_of_the_report(
    reviewed: Any, browser: TestClient, sign_in: Sign
) -> None:
    sign_in()
    truth = reviewed.application.quality.report(by=["language"])
    query = "window=28&by=language"
    twin = browser.get(f"/report.json?{query}").json()
    assert twin["estimates"][0]["value"] == truth.find("recall").value
    assert twin["synthetic"] is True
    page = browser.get(f"/report?{query}&lang=en").text
    assert f"{truth.find('recall').value:.1%}" in page
    assert "Synthetic" in page
    assert page.count("How is this computed?") == 6
    assert "1/π" in page
    lines = pd.read_csv(io.StringIO(browser.get(f"/report/quality.csv?{query}").text))
    assert lines.loc[0, "value"] == pytest.approx(truth.find("recall").value)
    assert set(lines["slice"].dropna()) >= {"policy=health_claim", "language=ko", "language=en"}


def test_a_report_is_about_the_days_that_were_chosen_in_seoul(
    reviewed: Any, browser: TestClient, sign_in: Sign
) -> None:
    sign_in()
    day = reviewed.clock().astimezone(SEOUL).date() - timedelta(days=2)
    twin = browser.get(f"/report.json?window=days&since={day}&until={day}").json()
    assert twin["workload"]["items"] == 200
    since, until = (datetime.fromisoformat(twin[name]) for name in ("since", "until"))
    assert since.astimezone(SEOUL).strftime("%Y-%m-%d %H:%M") == f"{day} 00:00"
    assert until - since == timedelta(days=1)


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"window": "days", "since": "2026-13-01", "until": "2026-11-01"}, "since"),
        ({"window": "days", "since": "2026-11-02", "until": "yesterday"}, "until"),
        ({"window": "days", "since": "2026-11-02", "until": "2026-11-01"}, "until"),
        ({"window": "days", "since": "2027-11-02", "until": "2027-11-03"}, "since"),
        ({"window": "days", "since": "1926-11-02", "until": "2026-11-03"}, "since"),
        ({"window": "3"}, "window"),
        ({"level": "2"}, "level"),
        ({"grade": "certain"}, "grade"),
        ({"by": "shoe_size"}, "by"),
        ({"other": "language, shoe_size"}, "other"),
        ({"other": "language+"}, "other"),
    ],
)
def test_what_cannot_be_is_said_by_field_and_stays_as_typed(
    browser: TestClient, sign_in: Sign, fields: dict[str, str], where: str
) -> None:
    sign_in()
    for language in ("ko", "en"):
        answer = browser.get("/report", params={**fields, "lang": language})
        assert answer.status_code == 422
        assert f'id="{where}-problem"' in answer.text
    twin = browser.get("/report.json", params=fields)
    assert (twin.status_code, list(twin.json()["problems"])) == (422, [where])
    for name in ("since", "until", "other"):
        assert f'value="{fields.get(name, "")}"' in answer.text


def test_an_empty_form_asks_for_the_last_four_weeks_by_language_and_category() -> None:
    wanted = read({}, [], today=TODAY).wanted
    assert wanted is not None
    assert (wanted.length, wanted.by, wanted.grade, wanted.level) == (
        timedelta(days=28), ("language", "category"), "report", 0.95,
    )  # fmt: skip
    other = read({"window": "7", "other": "language+week, data.creator_tier"}, ["plan"], today=TODAY).wanted
    assert other is not None
    assert other.by == ("plan", "language+week", "data.creator_tier")


def test_creator_tiers_and_always_valid_ends_are_a_choice_away(
    reviewed: Any, browser: TestClient, sign_in: Sign
) -> None:
    sign_in()
    page = browser.get("/report?lang=en&other=data.creator_tier&grade=always&against=1").text
    assert "By creator_tier" in page
    assert "gold" in page
    assert "however often somebody looks" in page
    assert "Compared with the window before" in page


def test_files_are_named_by_their_days_and_hold_korean(
    reviewed: Any, browser: TestClient, sign_in: Sign
) -> None:
    sign_in()
    made = browser.get("/report/quality.pdf?lang=ko")
    assert made.headers["content-type"] == "application/pdf"
    assert 'filename="tamis-quality-2026' in made.headers["content-disposition"]
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(made.content)).pages)
    assert "품질 보고서" in text
    assert "합성 데이터" in text
    page = browser.get("/report/quality.html?lang=ko").text
    assert "정책별" in page
    assert "data:font/woff" in page
    chart = browser.get("/report/trend-recall.png?lang=ko")
    assert chart.content.startswith(b"\x89PNG")


def test_charts_of_the_page_are_those_of_the_files(reviewed: Any, browser: TestClient, sign_in: Sign) -> None:
    sign_in()
    charts = browser.get("/report/charts.json?by=language&lang=ko").json()
    assert set(charts) == {
        *(f"trend-{name}" for name in ("recall", "prevalence", "missed")),
        *(f"{about}-{name}" for about in ("policy", "language") for name in ("recall", "prevalence")),
    }
    assert charts["language-recall"]["title"] == "언어별 재현율"
    assert browser.get("/report/nothing.png").status_code == 404
    assert browser.get("/report/quality.exe").status_code == 404


def test_an_empty_ledger_says_what_to_do(browser: TestClient, sign_in: Sign) -> None:
    sign_in()
    answer = browser.get("/report?lang=en")
    assert answer.status_code == 200
    assert "tamis demo" in answer.text
    assert browser.get("/report/quality.pdf").status_code == 200
