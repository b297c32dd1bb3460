from __future__ import annotations

import io
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
from pypdf import PdfReader

from evaluation import report
from evaluation.charts import document
from evaluation.charts.pictures import pictures
from evaluation.report import QualityReport

KST = timezone(timedelta(hours=9), "KST")
TITLES = {"health_claim": "건강 효능 과장"}


@pytest.fixture(scope="module")
def found() -> QualityReport:
    rng = np.random.default_rng(3)
    score = rng.beta(0.5, 4, 600)
    flagged = score > 0.5
    pi = np.where(flagged, 1.0, np.clip(score, 0.2, 1))
    draw = rng.random(600)
    violation = np.where(draw < pi, (rng.random(600) < score).astype(float), np.nan)
    until = datetime(2026, 11, 22, 15, tzinfo=UTC)
    since = until - timedelta(days=6)
    sample = pd.DataFrame(
        {
            "id": np.arange(600),
            "pi": pi,
            "draw": draw,
            "route": np.where(draw >= pi, "release", np.where(pi == 1, "full_review", "audit")),
            "flagged": flagged,
            "degraded": None,
            "score": score,
            "views": rng.lognormal(5, 1, 600),
            "violation": violation,
            "time": pd.to_datetime(since) + pd.to_timedelta(np.arange(600) * 0.24, unit="h"),
            "plan": "plan-1",
            "model": "model-1",
            "source": "synthetic",
            "language": np.where(np.arange(600) % 2, "ko", "en"),
            "policies": [("health_claim",) if one == 1 else () for one in violation],
            "flagged_policies": [("health_claim",) if one else () for one in flagged],
        }
    )
    return report.build(
        sample,
        since=since,
        until=until,
        generated_at=until,
        by=["language"],
        looks=[since + timedelta(days=day) for day in range(1, 7)],
        floor=0.2,
    )


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_report_is_a_page_that_stands_alone(found: QualityReport, language: str) -> None:
    page = document.html(found, language, titles=TITLES, zone=KST)
    assert page.startswith("<!doctype html>")
    assert {"ko": "정책별", "en": "By policy"}[language] in page
    assert "건강 효능 과장" in page
    assert "2026-11-17 00:00 – 2026-11-23 00:00 KST" in page
    assert {"ko": "합성 데이터", "en": "synthetic"}[language] in page
    assert page.count("<svg") == len(pictures(found, language, titles=TITLES))
    assert "<script" not in page
    assert set(re.findall(r"(?:src|href|url)\s*[=(]\s*[\"']?([a-z]+:)", page)) <= {"data:"}


def test_the_font_of_a_page_has_its_letters_and_not_all_others(found: QualityReport) -> None:
    page = document.html(found, "ko", titles=TITLES, zone=KST)
    [font] = re.findall(r"data:font/woff;base64,([A-Za-z0-9+/=]+)", page)
    assert 5_000 < len(font) < 300_000


def test_korean_can_be_read_in_a_pdf_and_its_letters_come_with_it(found: QualityReport) -> None:
    reader = PdfReader(io.BytesIO(document.pdf(found, "ko", titles=TITLES, zone=KST)))
    text = "\n".join(page.extract_text() for page in reader.pages)
    for word in ("품질 보고서", "재현율", "건강 효능 과장", "합성 데이터", "놓친 위반"):
        assert word in text
    fonts = {
        str(font.get_object()["/BaseFont"])
        for page in reader.pages
        for resources in (cast("Any", page["/Resources"]),)
        for font in resources["/Font"].values()
    }
    assert fonts
    assert all("Pretendard" in name for name in fonts), fonts


def test_a_pdf_is_tagged_and_tells_its_language(found: QualityReport) -> None:
    made = document.pdf(found, "en", titles={}, zone=KST)
    root: Any = PdfReader(io.BytesIO(made)).root_object
    assert root["/Lang"] == "en"
    assert root["/MarkInfo"]["/Marked"]
    metadata = root["/Metadata"].get_object().get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part>" in metadata
    assert "<pdfuaid:part>1</pdfuaid:part>" in metadata


def test_the_same_report_gives_the_same_files(found: QualityReport) -> None:
    for make in (document.pdf, document.html):
        assert make(found, "ko", titles=TITLES, zone=KST) == make(found, "ko", titles=TITLES, zone=KST)


def test_the_charts_of_a_report_are_those_that_have_something_to_show(found: QualityReport) -> None:
    names = list(pictures(found, "ko", titles=TITLES))
    assert names[:3] == ["trend-recall", "trend-prevalence", "trend-missed"]
    assert set(names[3:]) == {"policy-recall", "policy-prevalence", "language-recall", "language-prevalence"}
