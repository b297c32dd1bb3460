from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

Open = Callable[..., Page]

PHONE = {"width": 390, "height": 844}


def test_a_lead_signs_in_with_a_link_and_sees_the_day(open_page: Open) -> None:
    page = open_page()
    expect(page.get_by_role("heading", level=1)).to_have_text("오늘")
    for heading in ("다음에 할 일", "검수 대기열", "검수 품질", "적용 중"):
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("^ko 10"))).to_be_visible()
    expect(page.get_by_text("합성 데이터", exact=True)).to_be_visible()
    expect(page.get_by_text("정민 <lead>")).to_be_visible()


def test_the_page_lives_without_scripts(open_page: Open) -> None:
    page = open_page(scripts=False)
    expect(page.get_by_role("heading", level=1)).to_have_text("오늘")


def test_the_other_language_is_one_click_away_and_stays(open_page: Open, site: str) -> None:
    page = open_page()
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Today")
    page.goto(f"{site}/")
    expect(page.get_by_role("heading", name="Review queues")).to_be_visible()
    assert page.locator("html").get_attribute("lang") == "en"
    page.get_by_role("link", name="한국어").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("오늘")


@pytest.mark.parametrize("language", ["ko", "en"])
def test_nothing_is_wider_than_a_phone_and_everything_can_be_hit_with_a_thumb(
    open_page: Open, site: str, language: str
) -> None:
    page = open_page(viewport=PHONE)
    page.goto(f"{site}/?lang={language}")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    for control in page.locator("header a, header button").all():
        box = control.bounding_box()
        assert box is not None
        assert box["height"] >= 43.5


def test_signing_out_leads_away_from_the_numbers(open_page: Open, site: str) -> None:
    page = open_page()
    page.get_by_role("button", name="로그아웃").click()
    page.wait_for_url(f"{site}/sign-in")
    expect(page.get_by_text("tamis link create")).to_be_visible()


@pytest.mark.parametrize("language", ["ko", "en"])
def test_nobody_is_kept_out(open_page: Open, barriers: Callable[[Page], list[str]], language: str) -> None:
    assert barriers(open_page(f"/?lang={language}")) == []
