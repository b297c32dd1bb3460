from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from data.records import ANY, Decision, Evidence, Item, Role, Score, Segment, Verdict
from data.store.store import Session
from serving import wiring
from serving.drafts import Draft
from serving.sections import MediaSettings, ReviewSettings
from serving.settings import Settings
from serving.wiring import Application

Sit = Callable[..., Page]

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


TEXTS = {
    "title": "당뇨에 좋은 홍삼 진액, 오늘 자정까지",
    "description": "부모님 선물로 딱 좋은 6년근 홍삼입니다. 오늘만 반값에 드립니다.",
    "transcript": "여러분 이거 드시면 병원에 안 가도 됩니다. 저희 어머니도 석 달 드시고 당 수치가 뚝 "
    "떨어지셨어요. 지금 주문하시면 한 박스 더 드립니다.",
    "ocr_text": "단 하루 50% / 혈당 걱정 끝",
    "hashtags": ["#홍삼", "#혈당", "#부모님선물"],
}


class Telling:
    """A scorer that is sure, and says where it heard it."""

    version = "telling-1"

    def score(self, items: Any, histories: Any, *, scored_at: datetime) -> list[Score | Exception]:
        return [
            Score(
                score_id=f"score-{item.item_id}",
                item_id=item.item_id,
                item_version=item.item_version,
                model=self.version,
                violation_probability=0.83,
                policy_scores={"health_claim": 0.83},
                scored_at=scored_at,
                evidence=[Evidence(signal="transcript", excerpt="병원에 안 가도", start_ms=12_000)],
            )
            for item in items
        ]


def _build(home: Path, migrated_file: Path, **reviews: Any) -> Application:
    (home / "var").mkdir(parents=True)
    shutil.copy(migrated_file, home / "var" / "ledger.db")
    shutil.copy(Path(__file__).with_name("clip.webm"), home / "clip.webm")
    settings = Settings(home=home, reviews=ReviewSettings(**reviews), media=MediaSettings(folder="."))
    application = wiring.build(settings, load=lambda _: Telling(), follow=False)
    application.gateway.write(
        lambda session: session.deployments.append(
            model="telling-1",
            bundle="b",
            digest="d",
            actor="mina",
            reason="first",
            deployed_at=datetime.now(UTC),
        )
    )
    draft = Draft(thresholds={ANY: 0.5}, daily_budget=100)
    application.plans.set(draft, author="mina", reason="for the tests", expected=None)
    return application


@pytest.fixture(scope="module", params=[0.0])
def application(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, migrated_file: Path
) -> Iterator[Application]:
    """Nothing waits yet. The parameter is the share of the jobs that shows the score."""
    home = tmp_path_factory.mktemp("review") / "home"
    application = _build(home, migrated_file, score_visible_share=request.param)
    yield application
    application.close()


@pytest.fixture
def submit(application: Application) -> Iterator[Callable[..., list[str]]]:
    """A function that puts items into the empty queue; what is left of them goes with the test."""

    def make(number: int = 1, **more: Any) -> list[str]:
        items = [
            Item(
                item_id=f"v-{uuid.uuid4().hex[:8]}",
                language="ko",
                creator_id="seller-204",
                category="건강식품",
                expected_views=18_400,
                data={**TEXTS, "duration_s": 20, "media": "clip.webm", **more},
            )
            for _ in range(number)
        ]
        application.triage.submit(items)
        return [item.item_id for item in items]

    yield make
    application.gateway.write(_finish_all)


def _finish_all(session: Session) -> None:
    now = datetime.now(UTC)
    held = [session.queue.held(name, now=now) for name in ("mina", "jun")]
    for job in [*session.queue.waiting(now=now), *held]:
        if job is not None:
            session.queue.finish(job.job_id, reviewer_id=None, now=now)


@pytest.fixture
def sit(chromium: Browser, application: Application, site: str) -> Iterator[Sit]:
    """Sign a reviewer in; the test fails if the page complains or loads from elsewhere."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def begin(
        name: str = "mina", *, scripts: bool = True, viewport: dict[str, int] = DESKTOP, **more: Any
    ) -> Page:
        context = chromium.new_context(viewport=viewport, java_script_enabled=scripts, **more)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on(
            "console",
            lambda said: None if "status of 4" in said.text else wrong.append(f"console: {said.text}"),
        )
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on(
            "request",
            lambda request: None if request.url.startswith(site) else wrong.append(f"foreign: {request.url}"),
        )
        secret = application.auth.create_link(role=Role.REVIEWER, name=name).secret
        page.goto(f"{site}/sign-in?token={secret}")
        page.get_by_role("button", name="로그인하기").click()
        page.wait_for_url(f"{site}/review")
        return page

    yield begin
    for context in contexts:
        context.close()
    assert not wrong


@pytest.fixture
def decisions(application: Application) -> Callable[..., list[Decision]]:
    """A function that returns the decisions about some items, in the order of the names."""

    def read(*names: str) -> list[Decision]:
        keys = [(name, "1") for name in names]

        def work(session: Session) -> list[Decision]:
            told = session.ledger.decisions(keys)
            return [each for key in keys for each in told.get(key, [])]

        return application.gateway.read(work)

    return read


def _start(page: Page) -> None:
    page.locator(".claim button").click()
    expect(page.locator("#decision")).to_be_visible()


def _ready(page: Page) -> None:
    page.evaluate(
        """() => new Promise(resolve => {
          const clip = document.getElementById("clip")
          if (clip.readyState) resolve()
          else clip.addEventListener("loadedmetadata", () => resolve())
        })"""
    )


def _item(page: Page) -> str:
    return page.locator(".facts dd").last.inner_text()


def test_three_jobs_are_done_by_keyboard_alone(sit: Sit, submit: Any, decisions: Any) -> None:
    submit(3)
    page = sit()
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement.textContent.trim()") != "다음 작업 시작":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.get_by_text("기록했습니다")).to_have_count(0)
    first = _item(page)
    page.keyboard.press("q")
    page.keyboard.press("2")
    page.keyboard.press("v")
    page.keyboard.press("r")
    page.keyboard.press("/")
    page.keyboard.type("v2 혈당 n")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".facts")).not_to_contain_text(first)

    second = _item(page)
    page.keyboard.press("n")
    page.keyboard.press("Enter")
    expect(page.locator(".facts")).not_to_contain_text(second)

    third = _item(page)
    page.keyboard.press("4")
    page.keyboard.press("Enter")
    expect(page.get_by_text("기다리는 작업이 없습니다.")).to_be_visible()

    one, two, three = decisions(first, second, third)
    assert (one.verdict, list(one.policies)) == (Verdict.VIOLATION, ["health_claim", "counterfeit"])
    assert one.reason == "v2 혈당 n"
    assert (two.verdict, three.verdict) == (Verdict.NO_VIOLATION, Verdict.UNREVIEWABLE)
    assert all(each.started_at <= each.decided_at for each in (one, two, three))


def test_keys_work_while_hangul_is_being_typed(sit: Sit, submit: Any) -> None:
    submit()
    page = sit()
    _start(page)
    page.evaluate(
        "document.body.dispatchEvent("
        "new KeyboardEvent('keydown', {key: 'ㅂ', code: 'KeyQ', bubbles: true, cancelable: true}))"
    )
    expect(page.locator('[name="policy.health_claim"]')).to_be_checked()


def test_single_keys_can_be_turned_off(sit: Sit, submit: Any) -> None:
    submit()
    page = sit()
    _start(page)
    page.get_by_text("단축키", exact=True).click()
    page.get_by_label("단축키 사용").uncheck()
    page.reload()
    page.keyboard.press("2")
    expect(page.locator("[name=verdict]:checked")).to_have_count(0)


@pytest.mark.parametrize("application", [1.0], indirect=True)
def test_evidence_jumps_in_the_clip_and_the_speed_can_be_chosen(sit: Sit, submit: Any) -> None:
    submit(2)
    page = sit()
    _start(page)
    _ready(page)
    expect(page.get_by_text("83.0%")).to_be_visible()
    page.get_by_role("button", name="0:12로 이동").click()
    assert page.evaluate("document.getElementById('clip').currentTime") == 12
    page.keyboard.press("Escape")
    page.locator("body").click(position={"x": 5, "y": 400})
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.getElementById('clip').currentTime") == 7
    page.get_by_role("button", name="1.5×").click()
    assert page.evaluate("document.getElementById('clip').playbackRate") == 1.5
    page.reload()
    expect(page.get_by_role("button", name="1.5×")).to_have_attribute("aria-pressed", "true")
    _ready(page)
    page.keyboard.press(" ")
    assert not page.evaluate("document.getElementById('clip').paused")


def test_violations_are_marked_at_the_time_of_the_clip(sit: Sit, submit: Any, decisions: Any) -> None:
    [name] = submit()
    page = sit()
    _start(page)
    _ready(page)
    page.evaluate("document.getElementById('clip').currentTime = 4")
    page.keyboard.press("m")
    page.evaluate("document.getElementById('clip').currentTime = 9")
    page.keyboard.press("Shift+M")
    page.keyboard.press("q")
    page.get_by_label("구간 2 시작").fill("0:15")
    page.get_by_label("구간 2 정책").select_option("off_platform")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("판정을 기록했습니다.")).to_be_visible()
    [decision] = decisions(name)
    assert list(decision.segments) == [
        Segment(start_ms=4000, end_ms=9000, policy_id="health_claim"),
        Segment(start_ms=15_000, end_ms=15_000, policy_id="off_platform"),
    ]


def test_the_page_works_without_scripts(sit: Sit, submit: Any, decisions: Any) -> None:
    [name] = submit(media=None)
    page = sit(scripts=False)
    _start(page)
    page.get_by_role("radio", name="위반", exact=True).check()
    page.get_by_role("checkbox", name="위조 상품").check()
    page.get_by_label("구간 1 시작").fill("1:05")
    page.get_by_role("button", name="판정하고 다음으로").click()
    expect(page.get_by_text("판정을 기록했습니다.")).to_be_visible()
    [decision] = decisions(name)
    assert list(decision.segments) == [Segment(start_ms=65_000, end_ms=65_000, policy_id="counterfeit")]


def test_what_was_typed_survives_the_page(sit: Sit, submit: Any) -> None:
    submit()
    page = sit()
    _start(page)
    page.keyboard.press("w")
    page.get_by_label("사유").fill("아직 보는 중")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_label("Reason")).to_have_value("아직 보는 중")
    expect(page.get_by_role("checkbox", name="Cosmetics sold as medicine")).to_be_checked()
    expect(page.get_by_role("radio", name="Violation", exact=True)).to_be_checked()


def test_a_lost_claim_is_said_while_the_page_is_open(application: Application, sit: Sit, submit: Any) -> None:
    submit()
    page = sit()
    _start(page)
    job = page.locator("#review").get_attribute("data-job")
    assert job is not None
    page.get_by_label("사유").fill("긴 사유")
    application.reviews.release(job, reviewer_id="mina")
    assert application.reviews.claim(reviewer_id="jun") is not None
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_role("alert")).to_contain_text("다른 분에게 넘어갔습니다")
    expect(page.get_by_label("사유")).to_have_value("긴 사유")


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_phone_is_wide_enough_and_everything_can_be_hit_with_a_thumb(
    site: str, sit: Sit, submit: Any, language: str
) -> None:
    submit()
    page = sit(viewport=PHONE, has_touch=True, is_mobile=True)
    for place in ("desk", "job"):
        if place == "job":
            page.locator(".claim button").tap()
            page.locator("#decision").wait_for()
        page.goto(f"{site}/review?lang={language}")
        if place == "job":
            page.locator(".verdict.violation").tap()
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
        for control in page.locator(
            "main button:visible, main .verdict, main .policy label, main select:visible"
        ).all():
            box = control.bounding_box()
            assert box is not None
            assert box["height"] >= 39.5


@pytest.mark.parametrize("application", [1.0], indirect=True)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["ko", "en"])
def test_nobody_is_kept_out(site: str, sit: Sit, submit: Any, language: str, scheme: str) -> None:
    submit()
    page = sit(color_scheme=scheme, reduced_motion="reduce")
    for place in ("desk", "job"):
        if place == "job":
            _start(page)
        page.goto(f"{site}/review?lang={language}")
        if place == "job":
            page.keyboard.press("q")
            page.locator(".policy summary").first.click()
            page.locator(".keys summary").click()
        found = Axe().run(page).response["violations"]
        assert [f"{rule['id']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]] == []
