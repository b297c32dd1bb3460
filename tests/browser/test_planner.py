from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from data.records import Role
from serving.wiring import Application

Open = Callable[..., Page]

PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def application(worked: Application) -> Application:
    return worked


def _numbers(page: Page) -> str:
    return page.locator("#numbers").inner_text()


def test_a_slider_moves_numbers_and_charts_without_loading_the_page(open_page: Open) -> None:
    page = open_page("/planner?lang=en")
    page.evaluate("window.same = true")
    expect(page.locator("[data-chart=curve] svg")).to_be_visible()
    slider = page.get_by_role("slider", name="Any policy")
    before = page.locator("#number-work .value").inner_text()
    slider.focus()
    for _ in range(40):
        page.keyboard.press("ArrowLeft")
    expect(page.get_by_label("Any policy", exact=True)).to_have_value("26")
    expect(page.locator("#number-work .change")).to_contain_text("more than in force")
    assert page.locator("#number-work .value").inner_text() != before
    expect(page.locator("#numbers .changes")).to_contain_text("30% → 26%")
    for name in ("work", "hours", "recall", "precision", "missed", "audits"):
        expect(page.locator(f"#number-{name}")).to_be_visible()
    for name in ("recall", "precision", "missed"):
        expect(page.locator(f"#number-{name}")).to_contain_text("95% interval")
    assert page.evaluate("window.same") is True


def test_a_goal_moves_the_slider(open_page: Open) -> None:
    page = open_page("/planner?lang=en")
    page.get_by_role("combobox", name="Goal").fill("maximum recall @ hours <= 3")
    page.get_by_role("button", name="Find the threshold").click()
    expect(page.locator(".answer")).to_contain_text("hours")
    assert page.get_by_label("Any policy", exact=True).input_value() != "30"


def test_a_goal_that_cannot_be_proved_says_how_many_audits_could(open_page: Open) -> None:
    page = open_page("/planner?lang=ko")
    page.get_by_role("combobox", name="목표").fill("minimum workload @ recall >= 0.99 (99 % sure)")
    page.get_by_role("button", name="기준 찾기").click()
    expect(page.locator(".answer")).to_contain_text(re.compile(r"감사가 약 [\d,]+건"))
    expect(page.get_by_label("어느 정책이든", exact=True)).to_have_value("30")


def test_a_goal_that_nobody_understands_is_shown_what_goals_look_like(open_page: Open) -> None:
    page = open_page("/planner?lang=en", expects="422")
    page.get_by_role("combobox", name="Goal").fill("all of them please")
    page.get_by_role("button", name="Find the threshold").click()
    expect(page.locator("#goal-title ~ .problem")).to_be_visible()
    expect(page.get_by_role("combobox", name="Goal")).to_have_value("all of them please")


def test_the_audits_that_a_wanted_half_width_takes(open_page: Open) -> None:
    page = open_page("/planner?lang=en")
    page.get_by_label("Wanted error of recall").fill("4")
    page.get_by_role("button", name="Work it out").click()
    expect(page.locator(".answer")).to_contain_text("audits a day")


def test_a_plan_is_applied_with_a_reason_and_taken_back_as_a_new_version(
    open_page: Open, application: Application
) -> None:
    page = open_page("/planner?lang=en", expects="422")
    plan = application.plans.in_force()
    page.get_by_label("Audits a day", exact=True).fill("77")
    page.get_by_role("button", name="Apply this plan").click()
    expect(page.locator("#reason-problem")).to_be_visible()
    assert application.plans.in_force() == plan
    expect(page.get_by_label("Audits a day", exact=True)).to_have_value("77")
    page.get_by_label("Reason").fill("an audit a day less")
    page.get_by_role("button", name="Apply this plan").click()
    expect(page.get_by_text("is in force now")).to_be_visible()
    applied = application.plans.in_force()
    assert (applied.audit.daily_budget, applied.author) == (77, "정민")
    assert applied.reason == "an audit a day less"

    page.get_by_role("link", name="See the plan history").click()
    expect(page.get_by_role("row", name="Audits a day 100 77")).to_be_visible()
    page.get_by_text(f"Roll back to {plan.version}").click()
    page.locator(f"#reason-{plan.version}").fill("the audits were right")
    page.get_by_role("button", name="Roll back to this plan").click()
    expect(page.get_by_text("the audits were right")).to_be_visible()
    again = application.plans.in_force()
    assert again.version not in {plan.version, applied.version}
    assert again.audit == plan.audit


def test_a_plan_that_audits_nothing_is_refused_beside_its_field(
    open_page: Open, application: Application
) -> None:
    page = open_page("/planner?lang=ko", expects="422")
    before = application.plans.in_force()
    page.get_by_label("하루 감사 건수", exact=True).fill("0")
    expect(page.locator("#numbers .problems")).to_be_visible()
    page.get_by_label("사유").fill("감사를 멈춥니다")
    page.get_by_role("button", name="이 계획 적용").click()
    expect(page.locator("#daily_budget-problem")).to_be_visible()
    assert application.plans.in_force() == before


def test_somebody_who_may_only_look_sees_no_button(open_page: Open) -> None:
    page = open_page("/planner?lang=en", role=Role.VIEWER)
    expect(page.locator("#numbers")).to_contain_text("Recall")
    expect(page.get_by_role("button", name="Apply this plan")).to_have_count(0)


def test_the_planner_lives_without_scripts(open_page: Open) -> None:
    page = open_page("/planner?lang=en", scripts=False)
    page.get_by_label("Any policy", exact=True).fill("10")
    page.get_by_role("button", name="Calculate").last.click()
    expect(page.locator("#numbers .changes")).to_contain_text("30% → 10%")


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("path", ["/planner", "/planner/history"])
def test_nobody_is_kept_out(
    open_page: Open, barriers: Callable[[Page], list[str]], path: str, language: str
) -> None:
    page = open_page(f"{path}?lang={language}")
    if path == "/planner":
        expect(page.locator("[data-chart=curve] svg")).to_be_visible()
    assert barriers(page) == []


@pytest.mark.parametrize("language", ["ko", "en"])
def test_nothing_is_wider_than_a_phone(open_page: Open, language: str) -> None:
    page = open_page(f"/planner?lang={language}", viewport=PHONE)
    expect(page.locator("[data-chart=curve] svg")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    page.goto(page.url.replace("/planner", "/planner/history"))
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
