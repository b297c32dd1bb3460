from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from serving.wiring import Application

Open = Callable[..., Page]

PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def application(worked: Application) -> Application:
    return worked


def test_a_lead_sees_how_reviewers_do(open_page: Open) -> None:
    page = open_page("/reviewers?lang=ko")
    expect(page.get_by_role("row", name="reviewer-1")).to_be_visible()
    expect(page.get_by_role("row", name="팀 전체")).to_be_visible()
    page.get_by_text("어떻게 계산했습니까?").click()
    expect(page.get_by_text("Kleinman")).to_be_visible()
    page.get_by_label("기간").select_option("7")
    page.get_by_role("button", name="보기").click()
    expect(page.get_by_label("기간")).to_have_value("7")


@pytest.mark.parametrize("language", ["ko", "en"])
def test_nobody_is_kept_out(open_page: Open, barriers: Callable[[Page], list[str]], language: str) -> None:
    assert barriers(open_page(f"/reviewers?lang={language}")) == []


@pytest.mark.parametrize("language", ["ko", "en"])
def test_nothing_is_wider_than_a_phone(open_page: Open, language: str) -> None:
    page = open_page(f"/reviewers?lang={language}", viewport=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
