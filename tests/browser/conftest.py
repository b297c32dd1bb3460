"""A site in this process, and a real browser in front of it."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, sync_playwright

from data.records import ANY, Item
from serving import wiring
from serving.api.app import create_app
from serving.drafts import Draft
from serving.settings import Settings
from serving.web.pages import create_site
from serving.wiring import Application

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if CHROMIUM is None:
        here = Path(__file__).parent
        skip = pytest.mark.skip(reason="needs Chromium: apt-get install chromium fonts-noto-cjk")
        for item in items:
            if here in item.path.parents:
                item.add_marker(skip)


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Iterator[Application]:
    """Items that wait in two queues, without a model: every state of the page but the best one."""
    home = tmp_path_factory.mktemp("browser")
    (home / "var").mkdir()
    shutil.copy(migrated_file, home / "var" / "ledger.db")
    application = wiring.build(Settings(home=home), follow=False)
    application.plans.set(
        Draft(thresholds={ANY: 0.5}, daily_budget=100),
        author="정민 <lead>",
        reason="첫 주는 넉넉하게 봅니다",
        expected=None,
    )
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
