from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from data.records import Role
from serving.wiring import Application

Open = Callable[..., Page]

PHONE = {"width": 390, "height": 844}


def _interval(lower: float, upper: float) -> dict[str, float]:
    return {"lower": lower, "upper": upper, "level": 0.95}


@pytest.fixture(scope="module")
def application(worked: Application) -> Application:
    recall = {"name": "recall", "champion": 0.7, "challenger": 0.8, "difference": 0.1}
    recall["interval"] = _interval(0.02, 0.18)
    comparison = {
        "recall": recall,
        "average_precision": recall,
        "workload": 0.05,
        "reviewed": 400,
        "hits": 31,
    }
    bins = [
        {
            "expected": 0.1 * part,
            "observed": 0.09 * part,
            "interval": _interval(0.05 * part, 0.2 * part),
            "reviewed": 50,
        }
        for part in range(1, 5)
    ]
    measure = {
        "name": "roc_auc",
        "policy": "any",
        "part": "all",
        "value": 0.9,
        "interval": _interval(0.85, 0.94),
    }
    content = {
        "version": "2",
        "digest": "d" * 64,
        "created_at": "2026-11-20T00:00:00+00:00",
        "run": {
            "snapshot": "s" * 64,
            "counts": {"rows": 400, "verdict": {"violation": 31}, "source": {"synthetic": 400}},
            "learned_from": "2026-10-01",
            "learned_until": "2026-11-01",
            "split": {"judged": 400},
            "members": {"ngrams": 1.0},
            "measures": [measure],
        },
        "conditions": [{"name": "recall_not_lost", "met": True, "value": 0.02, "required": "x"}],
        "allowed": True,
        "champion": "1",
        "comparison": comparison,
        "slices": [{"column": "language", "value": "ko", "comparison": comparison}],
        "calibration": {"champion": bins, "challenger": bins},
        "card": "# Model card",
    }
    folder = worked.settings.judgements
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "2.json").write_text(json.dumps(content), encoding="utf-8")
    return worked


def _drawn(page: Page) -> None:
    for chart in page.locator("[data-chart]").all():
        expect(chart.locator("svg")).to_be_visible(timeout=20_000)


def test_a_lead_compares_a_challenger(open_page: Open) -> None:
    page = open_page("/models?lang=ko")
    _drawn(page)
    expect(page.get_by_role("heading", name="버전 2", exact=True)).to_be_visible()
    expect(page.get_by_text("+0.100 [+0.020, +0.180]").first).to_be_visible()
    expect(page.get_by_text("✓ 모두 충족").first).to_be_visible()
    expect(page.get_by_role("button", name="버전 2 승격")).to_be_visible()


def test_a_viewer_looks_only(open_page: Open) -> None:
    page = open_page("/models?lang=en", role=Role.VIEWER)
    expect(page.get_by_role("heading", name="Gate")).to_be_visible()
    expect(page.get_by_role("button", name="Promote version 2")).to_have_count(0)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_nobody_is_kept_out(open_page: Open, barriers: Callable[[Page], list[str]], language: str) -> None:
    page = open_page(f"/models?lang={language}")
    _drawn(page)
    assert barriers(page) == []


@pytest.mark.parametrize("language", ["ko", "en"])
def test_nothing_is_wider_than_a_phone(open_page: Open, language: str) -> None:
    page = open_page(f"/models?lang={language}", viewport=PHONE)
    _drawn(page)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
