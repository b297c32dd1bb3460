"""A site in this process, and a real browser in front of it."""

from __future__ import annotations

import json
import shutil
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from data.records import ANY, CreatorHistory, Item, Role, Score, Verdict
from serving import wiring
from serving.api.app import create_app
from serving.auth import Actor
from serving.desk import SimulatedClock
from serving.drafts import Draft
from serving.events import Event, Outcome
from serving.settings import Settings
from serving.web.pages import create_site
from serving.wiring import Application

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DESKTOP = {"width": 1280, "height": 900}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if CHROMIUM is None:
        here = Path(__file__).parent
        skip = pytest.mark.skip(reason="needs Chromium: apt-get install chromium fonts-noto-cjk")
        for item in items:
            if here in item.path.parents:
                item.add_marker(skip)


class Reader:
    """A scorer that reads the probabilities off the item."""

    version = "reader-1"

    def score(
        self, items: Sequence[Item], histories: Mapping[str, CreatorHistory], *, scored_at: datetime
    ) -> list[Score | Exception]:
        return [self._score(item, scored_at) for item in items]

    def _score(self, item: Item, scored_at: datetime) -> Score:
        p: Any = item.data["p"]
        return Score(
            score_id=f"score-{uuid.uuid4().hex}",
            item_id=item.item_id,
            item_version=item.item_version,
            model=self.version,
            violation_probability=float(p),
            policy_scores={"health_claim": float(p), "counterfeit": float(p) / 3},
            scored_at=scored_at,
        )


def _begin(home: Path, migrated_file: Path, **more: Any) -> Application:
    (home / "var").mkdir(parents=True)
    shutil.copy(migrated_file, home / "var" / "ledger.db")
    settings = Settings(home=home)
    settings.keys.mkdir(parents=True, exist_ok=True)
    settings.draw_key.write_text(json.dumps({"key_id": "key-test", "secret": "5e" * 32}))
    return wiring.build(settings, follow=False, **more)


def _plan(application: Application, threshold: float) -> None:
    application.plans.set(
        Draft(thresholds={ANY: threshold}, daily_budget=100),
        author="정민 <lead>",
        reason="첫 주는 넉넉하게 봅니다",
        expected=None,
    )


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Iterator[Application]:
    """Items that wait in two queues, without a model: every state of the page but the best one."""
    application = _begin(tmp_path_factory.mktemp("browser") / "home", migrated_file)
    _plan(application, 0.5)
    application.triage.submit(
        [
            Item(item_id=f"v{number}", language=language, source="synthetic", data={"title": "홍삼"})
            for number in range(20)
            for language in (("ko", "en")[number % 2],)
        ]
    )
    yield application
    application.close()


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Iterator[Application]:
    """Five days of scored items, most of what was drawn reviewed; synthetic."""
    rng, began = np.random.default_rng(8), datetime.now(UTC) - timedelta(days=5)
    clock = SimulatedClock(began)
    home = tmp_path_factory.mktemp("worked") / "home"
    application = _begin(home, migrated_file, clock=clock, load=lambda _: Reader())
    application.gateway.write(
        lambda session: session.deployments.append(
            model=Reader.version,
            bundle="bundle-1",
            digest="digest-1",
            actor="mina",
            reason="the first",
            deployed_at=began,
        )
    )
    _plan(application, 0.3)
    actor = Actor(name="queue", role=Role.QUEUE, credential_id="test")
    for day in range(5):
        clock.reach(began + timedelta(days=day))
        items = [_item(f"{day}-{number}", rng) for number in range(120)]
        answers = application.triage.submit(items)
        clock.reach(began + timedelta(days=day, hours=4))
        looks = [answer.item for answer in answers if answer.routing.route != "release"]
        events = [_event(item, rng, clock()) for item in looks if rng.random() < 0.95]
        for start in range(0, len(events), 50):
            receipts = application.reviews.decide(events[start : start + 50], actor=actor)
            assert not [receipt.refusal for receipt in receipts if receipt.refusal]
    clock.reach(datetime.now(UTC))
    yield application
    application.close()


def _item(name: str, rng: np.random.Generator) -> Item:
    return Item(
        item_id=f"v{name}",
        language=("ko", "en")[int(rng.random() < 0.3)],
        category=("식품", "화장품")[int(rng.random() < 0.5)],
        creator_id=f"creator-{rng.integers(20)}",
        source="synthetic",
        expected_views=int(rng.lognormal(6, 1)),
        data={"p": round(float(rng.beta(0.4, 2.5)), 4), "title": "당뇨에 좋은 홍삼"},
    )


def _event(item: Item, rng: np.random.Generator, now: datetime) -> Event:
    p: Any = item.data["p"]
    verdict = Verdict.VIOLATION if rng.random() < p else Verdict.NO_VIOLATION
    outcome = Outcome(
        item_id=item.item_id,
        reviewer_id=f"reviewer-{rng.integers(3)}",
        verdict=verdict,
        policies=("health_claim",) if verdict is Verdict.VIOLATION else (),
    )
    return Event(event_id=f"e-{item.item_id}", occurred_at=now, outcome=outcome)


@pytest.fixture(scope="module")
def site(application: Application) -> Iterator[str]:
    """The address of the site."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        app = create_site(application, api=create_app(application))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=10)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # Chromium's own sandbox needs rights that a container seldom has; it opens nothing but our page.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser, application: Application, site: str) -> Iterator[Callable[..., Page]]:
    """Open the page, signed in; it fails the test if the page complains or loads from elsewhere."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def begin(
        path: str = "/",
        *,
        role: Role = Role.QC_LEAD,
        scripts: bool = True,
        viewport: dict[str, int] = DESKTOP,
        expects: str = "nothing",
    ) -> Page:
        context = chromium.new_context(viewport=viewport, java_script_enabled=scripts)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on(
            "console",
            lambda message: None if expects in message.text else wrong.append(f"console: {message.text}"),
        )
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on(
            "request",
            lambda request: None if request.url.startswith(site) else wrong.append(f"foreign: {request.url}"),
        )
        secret = application.auth.create_link(role=role, name="정민").secret
        page.goto(f"{site}/sign-in?token={secret}")
        page.get_by_role("button", name="로그인하기").click()
        page.wait_for_url(lambda url: "/sign-in" not in url)
        if path != "/":
            page.goto(f"{site}{path}")
        return page

    yield begin
    for context in contexts:
        context.close()
    assert not wrong


@pytest.fixture(scope="session")
def barriers() -> Callable[[Page], list[str]]:
    """A function that returns what axe-core finds on a page, in the light and in the dark."""
    axe = Axe()

    def find(page: Page) -> list[str]:
        found = []
        schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
        for scheme in schemes:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.wait_for_load_state("networkidle")
            for rule in axe.run(page).response["violations"]:
                found += [f"{scheme}: {rule['id']}: {node['html'][:200]}" for node in rule["nodes"]]
        return found

    return find
