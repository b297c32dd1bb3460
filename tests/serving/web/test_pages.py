from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from data.errors import LedgerUnavailable
from data.records import Item, Role

Sign = Any


def _scripts_and_styles(page: str) -> list[str]:
    return re.findall(r"<script|<style|\son\w+=|\sstyle=|javascript:", page)


def test_a_stranger_sees_how_to_sign_in_and_nothing_else(browser: TestClient) -> None:
    answer = browser.get("/")
    assert answer.status_code == 401
    assert "tamis link create" in answer.text
    assert "검수 대기열" not in answer.text


def test_the_page_is_korean_unless_somebody_chose(browser: TestClient) -> None:
    assert '<html lang="ko">' in browser.get("/", headers={"Accept-Language": "en"}).text


def test_a_chosen_language_stays(browser: TestClient, sign_in: Sign) -> None:
    sign_in()
    browser.get("/?lang=en")
    assert '<html lang="en">' in browser.get("/").text


def test_an_unknown_language_is_not_remembered(browser: TestClient, sign_in: Sign) -> None:
    sign_in()
    assert "set-cookie" not in browser.get("/?lang=xx").headers


def test_the_button_behind_a_link_signs_in_and_leads_to_the_page(bench: Any, browser: TestClient) -> None:
    link = bench.application.auth.create_link(role=Role.QC_LEAD, name="lead").secret
    shown = browser.get(f"/sign-in?token={link}")
    assert shown.status_code == 200
    assert f'value="{link}"' in shown.text
    answer = browser.post("/sign-in", data={"token": link})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert browser.get("/").status_code == 200


def test_opening_a_link_does_not_use_it_up(bench: Any, browser: TestClient) -> None:
    link = bench.application.auth.create_link(role=Role.QC_LEAD, name="lead").secret
    for _ in range(2):
        browser.get(f"/sign-in?token={link}")
    assert browser.post("/sign-in", data={"token": link}).status_code == 303


def test_a_link_works_once(bench: Any, browser: TestClient) -> None:
    link = bench.application.auth.create_link(role=Role.QC_LEAD, name="lead").secret
    browser.post("/sign-in", data={"token": link})
    browser.cookies.clear()
    answer = browser.post("/sign-in", data={"token": link})
    assert answer.status_code == 401
    assert "이미 쓰였거나" in answer.text


def test_the_session_is_a_cookie_that_scripts_and_other_sites_cannot_use(
    bench: Any, browser: TestClient
) -> None:
    link = bench.application.auth.create_link(role=Role.QC_LEAD, name="lead").secret
    cookie = browser.post("/sign-in", data={"token": link}).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "secure" not in cookie.split("; ")  # plain http, on this machine


def test_behind_tls_the_cookie_is_secure(bench: Any, browser: TestClient) -> None:
    link = bench.application.auth.create_link(role=Role.QC_LEAD, name="lead").secret
    cookie = browser.post("https://tamis.test/sign-in", data={"token": link}).headers["set-cookie"].lower()
    assert "secure" in cookie.split("; ")


def test_signing_out_ends_the_session_for_whoever_copied_the_cookie(
    browser: TestClient, sign_in: Sign
) -> None:
    sign_in()
    copied = browser.cookies["tamis_session"]
    assert browser.post("/sign-out").headers["location"] == "/sign-in"
    browser.cookies.set("tamis_session", copied)
    assert browser.get("/").status_code == 401


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_our_own_forms_are_taken_also_behind_a_proxy_that_ends_tls(browser: TestClient, scheme: str) -> None:
    origin = f"{scheme}://{browser.base_url.netloc.decode()}"
    answer = browser.post("/sign-in", data={"token": "x" * 43}, headers={"Origin": origin})
    assert answer.status_code == 401, "the link is none, but the form is ours"


def test_behind_a_proxy_that_ends_tls_the_cookie_is_secure(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setenv("TAMIS_SERVER__BEHIND_PROXY", "true")
    browser, bench = request.getfixturevalue("browser"), request.getfixturevalue("bench")
    link = bench.application.auth.create_link(role=Role.QC_LEAD, name="lead").secret
    cookie = browser.post("/sign-in", data={"token": link}).headers["set-cookie"].lower()
    assert "secure" in cookie.split("; ")


def test_a_huge_form_is_refused(browser: TestClient) -> None:
    assert browser.post("/sign-in", data={"token": "x" * 100_000}).status_code == 422


def test_a_reviewer_is_told_that_the_page_is_not_for_the_role(browser: TestClient, sign_in: Sign) -> None:
    sign_in(Role.REVIEWER)
    answer = browser.get("/")
    assert answer.status_code == 403
    assert "볼 수 없는 화면입니다" in answer.text


@pytest.mark.parametrize("path", ["/", "/sign-in?token=x", "/today.json", "/static/tamis.css", "/sign-in"])
def test_every_answer_of_the_pages_trusts_nothing_but_us(browser: TestClient, path: str) -> None:
    headers = browser.get(path).headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


def test_pages_are_not_kept_by_the_browser(browser: TestClient, sign_in: Sign) -> None:
    sign_in()
    assert browser.get("/").headers["cache-control"] == "no-store"


@pytest.mark.parametrize("language", ["ko", "en"])
def test_pages_hold_no_script_no_style_and_no_foreign_address(
    bench: Any, browser: TestClient, sign_in: Sign, language: str
) -> None:
    bench.application.triage.submit([Item(item_id="v1", data={"p": 0.9})])
    sign_in()
    page = browser.get(f"/?lang={language}").text
    assert not _scripts_and_styles(page)
    assert not re.findall(r'(?:src|href|action)="(?!/|#|http://tamis\.test/)[^"]*"', page)


def test_what_people_wrote_is_escaped(bench: Any, browser: TestClient, sign_in: Sign) -> None:
    plan = bench.plan()
    bench.application.plans.set(
        bench.application.plans.first("lean", probabilities=[0.1, 0.9], items_per_day=10),
        author="<b>lead</b>",
        reason="<script>alert(1)</script>",
        expected=plan.version,
    )
    sign_in()
    page = browser.get("/").text
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<b>lead</b>" not in page


def test_a_text_in_the_address_is_escaped(browser: TestClient) -> None:
    page = browser.get('/sign-in?token="><script>alert(1)</script>').text
    assert "<script>" not in page


def test_the_page_shows_what_waits_and_what_is_late(bench: Any, browser: TestClient, sign_in: Sign) -> None:
    bench.application.triage.submit([Item(item_id="v1", language="ko", data={"p": 0.9})])
    bench.clock.advance(hours=27, minutes=5)
    sign_in()
    page = browser.get("/").text
    assert "1일 3시간" in page
    assert 'class="late">1<' in page


def test_the_json_twin_says_the_same(bench: Any, browser: TestClient, sign_in: Sign) -> None:
    bench.application.triage.submit([Item(item_id="v1", language="ko", data={"p": 0.9})])
    bench.clock.advance(hours=27)
    sign_in()
    today = browser.get("/today.json").json()
    assert [(queue["queue"], queue["waiting"], queue["overdue"]) for queue in today["queues"]] == [
        ("ko", 1, 1)
    ]
    assert [step["code"] for step in today["steps"]] == ["decisions", "overdue"]
    assert today["plan"]["version"] == "plan-1"
    assert today["deployment"]["model"] == "1"
    assert today["report"]["workload"]["full_review"] == 1


def test_the_json_twin_takes_a_token_too(bench: Any, browser: TestClient) -> None:
    token = bench.application.auth.create_token(role=Role.QC_LEAD, name="notebook").secret
    assert browser.get("/today.json", headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_the_json_twin_refuses_like_the_api(browser: TestClient) -> None:
    answer = browser.get("/today.json")
    [problem] = answer.json()["errors"]
    assert (answer.status_code, problem["status"], problem["type"]) == (401, 401, "/errors/not-signed-in")


def test_made_up_items_are_labelled(bench: Any, browser: TestClient, sign_in: Sign) -> None:
    bench.application.triage.submit([Item(item_id="v1", data={"p": 0.9})])
    bench.clock.advance(minutes=1)
    sign_in()
    assert "합성 데이터" not in browser.get("/").text
    bench.application.triage.submit([Item(item_id="v2", source="synthetic", data={"p": 0.9})])
    bench.clock.advance(minutes=1)
    assert "합성 데이터" in browser.get("/").text


def test_times_are_of_seoul(bench: Any, browser: TestClient, sign_in: Sign) -> None:
    bench.clock.at = bench.clock.at.replace(hour=20, minute=30)
    bench.plan()
    sign_in()
    tomorrow = bench.clock.at + timedelta(days=1)
    assert f"{tomorrow:%Y-%m-%d} 05:30" in browser.get("/").text


def test_an_empty_ledger_says_what_to_do_next(make_bench: Any) -> None:
    from serving.web.recent import Recent
    from serving.web.today.state import gather

    application = make_bench().application
    today = gather(application, Recent(application))
    assert [step.code for step in today.steps] == ["items", "model", "plan"]
    assert today.to_json()["plan"] is None


def test_a_report_that_takes_long_is_made_once_for_all_who_look(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from serving.web import recent
    from serving.web.today.alarms import WEEK
    from serving.web.today.state import gather

    kept = recent.Recent(bench.application)
    assert kept.report(against=WEEK) is not kept.report(against=WEEK), "quick ones are always new"
    monkeypatch.setattr(recent, "QUICK_S", 0.0)
    monkeypatch.setattr(recent, "PATIENCE", 10_000)
    first = kept.report(against=WEEK)
    bench.application.triage.submit([Item(item_id="v1", data={"p": 0.9})])
    assert kept.report(against=WEEK) is first
    bench.clock.advance(minutes=2)
    assert gather(bench.application, kept).told_at == first.until


def test_a_model_that_cannot_be_loaded_is_told_with_the_reason(
    bench: Any, browser: TestClient, sign_in: Sign
) -> None:
    bench.scorers["2"] = ValueError("the files differ")
    bench.deploy("2")
    bench.application.champion.refresh()
    sign_in()
    page = browser.get("/").text
    assert "the files differ" in page
    assert "tamis rollback" in page


def test_a_ledger_that_is_away_is_told_as_such(
    bench: Any, browser: TestClient, sign_in: Sign, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in()

    def away(_work: object) -> None:
        raise LedgerUnavailable

    monkeypatch.setattr(bench.application.gateway, "read", away)
    answer = browser.get("/")
    assert answer.status_code == 503
    assert "원장이 응답하지 않습니다" in answer.text


def test_the_api_answers_beside_the_pages(browser: TestClient) -> None:
    assert browser.get("/openapi.json").json()["openapi"].startswith("3.1")
    assert browser.get("/nothing-here").json()["errors"][0]["status"] == 404
