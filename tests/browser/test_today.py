from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from data.records import Role
from serving.wiring import Application

Open = Callable[..., Page]

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def link(application: Application, site: str) -> Callable[[], str]:
    def make() -> str:
        secret = application.auth.create_link(role=Role.QC_LEAD, name="정민").secret
        return f"{site}/sign-in?token={secret}"

    return make


@pytest.fixture
def open_page(chromium: Browser, site: str, link: Callable[[], str]) -> Iterator[Open]:
    """Open the page, signed in; it fails the test if the page complains or loads from elsewhere."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def begin(*, scripts: bool = True, viewport: dict[str, int] = DESKTOP) -> Page:
        context = chromium.new_context(viewport=viewport, java_script_enabled=scripts)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: wrong.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on(
            "request",
            lambda request: None if request.url.startswith(site) else wrong.append(f"foreign: {request.url}"),
        )
        page.goto(link())
        page.get_by_role("button", name="로그인하기").click()
        page.wait_for_url(f"{site}/")
        return page

    yield begin
    for context in contexts:
        context.close()
    assert not wrong


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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_told_from_its_ground(open_page: Open, scheme: str) -> None:
    page = open_page()
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    poor = page.evaluate(
        """() => {
          const channels = text => text.match(/[\\d.]+/g).map(Number)
          const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
            .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
            .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0)
          const ground = node => {
            for (; node; node = node.parentElement) {
              const found = channels(getComputedStyle(node).backgroundColor)
              if (found.length < 4 || found[3] === 1) return found.slice(0, 3)
            }
            return [255, 255, 255]
          }
          const found = []
          for (const node of document.querySelectorAll("body *")) {
            const own = [...node.childNodes].some(c => c.nodeType === 3 && c.textContent.trim())
            if (!own) continue
            const ink = light(channels(getComputedStyle(node).color)), paper = light(ground(node))
            const ratio = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05)
            if (ratio < 4.5) found.push(`${node.tagName} ${node.textContent.trim().slice(0, 30)} ${ratio}`)
          }
          return found
        }"""
    )
    assert poor == []
