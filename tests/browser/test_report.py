from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from serving.wiring import Application

Open = Callable[..., Page]

PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def application(worked: Application) -> Application:
    return worked


def _drawn(page: Page) -> None:
    for chart in page.locator("[data-chart]").all():
        expect(chart.locator("svg")).to_be_visible(timeout=20_000)


def test_a_lead_reads_chooses_and_keeps(open_page: Open) -> None:
    page = open_page("/report?lang=ko")
    for heading in ("품질 보고서", "읽기 전에", "전체", "추이", "정책별", "언어별", "분야별"):
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    expect(page.get_by_text("합성 데이터", exact=True).first).to_be_visible()
    _drawn(page)
    asked = page.locator("#estimate-recall details")
    expect(asked.get_by_text("1/π")).to_be_hidden()
    asked.get_by_text("어떻게 계산했습니까?").click()
    expect(asked.get_by_text("1/π")).to_be_visible()

    page.get_by_label("구간의 등급").select_option("guarantee")
    page.get_by_role("checkbox", name="주", exact=True).check()
    page.get_by_role("button", name="보고서 보기").click()
    expect(page.get_by_role("heading", name="주별", exact=True)).to_be_visible()
    expect(page.get_by_label("구간의 등급")).to_have_value("guarantee")
    with page.expect_download() as kept:
        page.get_by_role("link", name="PDF").click()
    made = Path(kept.value.path()).read_bytes()
    assert "재현율" in PdfReader(io.BytesIO(made)).pages[0].extract_text()


def test_days_are_asked_for_only_where_they_matter(open_page: Open) -> None:
    page = open_page("/report?lang=en", expects="422")
    expect(page.get_by_label("First day")).to_be_hidden()
    page.get_by_label("Window", exact=True).select_option("days")
    page.get_by_label("First day").fill("2026-02-03")
    page.get_by_label("Last day").fill("2026-02-01")
    page.get_by_role("button", name="Show the report").click()
    expect(page.get_by_text("is before the first day.")).to_be_visible()
    expect(page.get_by_label("First day")).to_have_value("2026-02-03")


def test_the_report_lives_without_scripts(open_page: Open) -> None:
    page = open_page("/report?lang=en", scripts=False)
    expect(page.get_by_role("heading", name="By policy")).to_be_visible()
    expect(page.get_by_label("First day")).to_be_visible()


@pytest.mark.parametrize("language", ["ko", "en"])
def test_nobody_is_kept_out(open_page: Open, barriers: Callable[[Page], list[str]], language: str) -> None:
    page = open_page(f"/report?lang={language}")
    _drawn(page)
    assert barriers(page) == []


def test_a_report_that_was_kept_opens_anywhere(open_page: Open, tmp_path: Path) -> None:
    page = open_page("/report?lang=ko")
    with page.expect_download() as kept:
        page.get_by_role("link", name="HTML").click()
    path = tmp_path / "kept.html"
    kept.value.save_as(path)
    other = page.context.browser.new_page()  # type: ignore[union-attr]
    asked: list[str] = []
    other.on("request", lambda request: asked.append(request.url))
    other.goto(path.as_uri())
    expect(other.get_by_role("heading", level=1)).to_contain_text("품질 보고서")
    assert other.evaluate("document.fonts.ready.then(fonts => [...fonts].map(one => one.status))") == [
        "loaded"
    ]
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    other.close()


@pytest.mark.parametrize("language", ["ko", "en"])
def test_nothing_is_wider_than_a_phone(open_page: Open, language: str) -> None:
    page = open_page(f"/report?lang={language}", viewport=PHONE)
    _drawn(page)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
