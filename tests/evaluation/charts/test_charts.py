from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from evaluation.candidates import candidates
from evaluation.charts import export, style
from evaluation.charts.planning import (
    DRAFT,
    DRAFT_POINT,
    Point,
    recall_against_workload,
    score_distribution,
)
from evaluation.charts.quality import CalibrationBin, Day, calibration, forest, trend
from evaluation.charts.words import WORDS
from evaluation.curves import recall_curve, score_counts
from evaluation.estimators import Estimate, estimate
from evaluation.planner import share_of
from evaluation.sample import read_sample

Make = Callable[[str], alt.LayerChart]

FONTS = Path(export.__file__).parent / "fonts"
POINT = Point(work=120.0, recall=0.4, lower=0.3, upper=0.5)


def make_sample() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    score = rng.beta(0.5, 4, 4000)
    pi = np.where(score >= 0.5, 1.0, 0.25)
    return pd.DataFrame(
        {
            "id": np.arange(score.size),
            "pi": pi,
            "flagged": score >= 0.5,
            "score": score,
            "violation": np.where(rng.random(score.size) < pi, rng.random(score.size) < score, np.nan),
            "language": np.where(rng.random(score.size) < 0.1, "vi", "ko"),
        }
    )


def a_distribution(language: str) -> alt.LayerChart:
    counts = score_counts(make_sample()["score"].to_numpy())
    return score_distribution(counts, policy="어느 정책이든", draft=0.3, in_force=0.5, language=language)


def a_curve(language: str) -> alt.LayerChart:
    path = candidates(read_sample(make_sample()), "recall")
    curve = recall_curve(path, items=4000, days=2)
    return recall_against_workload(curve, draft=POINT, in_force=POINT, language=language)


def a_trend(language: str) -> alt.LayerChart:
    days = [
        Day(until=datetime(2026, 11, day, tzinfo=UTC), value=value, lower=0.2, upper=0.8, few_hits=day < 3)
        for day, value in ((1, None), (2, 0.4), (3, 0.5), (4, 0.6))
    ]
    return trend(days, name="재현율", language=language)


def a_calibration(language: str) -> alt.LayerChart:
    bins = [CalibrationBin(expected=0.2, observed=0.3, lower=0.1, upper=0.5, reviewed=40)]
    return calibration(bins, language=language)


def slices() -> list[tuple[str, Estimate]]:
    found = estimate(make_sample(), by=["language"])
    return [(str(one.slice["language"]), one) for one in found if one.name == "recall"]


def a_forest(language: str) -> alt.LayerChart:
    return forest(slices(), name="재현율", language=language, overall=slices()[0][1])


CHARTS: list[Make] = [a_distribution, a_curve, a_trend, a_calibration, a_forest]


def parts(spec: Any, key: str) -> Iterator[Any]:
    """Every value of that key, however deep."""
    if isinstance(spec, dict):
        for name, value in spec.items():
            if name == key:
                yield value
            yield from parts(value, key)
    elif isinstance(spec, list):
        for value in spec:
            yield from parts(value, key)


def pixels(picture: bytes) -> np.ndarray[Any, Any]:
    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGBA"))


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("make", CHARTS)
def test_a_chart_is_valid_vega_lite_as_wide_as_where_it_stands(make: Make, language: str) -> None:
    spec = make(language).to_dict(validate=True)
    assert spec["width"] == "container"
    assert spec["title"]
    json.dumps(spec, allow_nan=False)


@pytest.mark.parametrize("make", CHARTS)
def test_every_tooltip_has_a_title_and_numbers_a_format(make: Make) -> None:
    tips = [tip for tips in parts(export.specification(make("ko")), "tooltip") if tips for tip in tips]
    assert tips
    for tip in tips:
        assert tip["title"], tip
        assert tip["type"] == "nominal" or tip["format"], tip


@pytest.mark.parametrize("make", CHARTS)
def test_the_words_are_of_the_language(make: Make) -> None:
    korean, english = (export.specification(make(language)) for language in ("ko", "en"))
    assert korean["title"] != english["title"]
    titles = [one for one in parts(english["layer"], "title") if one and one != "재현율"]
    assert all(title.isascii() or title == "–" for title in titles), titles


def test_what_differs_in_colour_differs_in_dash_or_filling_too() -> None:
    styles = style.config(style.LIGHT)["style"]
    assert "strokeDash" in styles["other"]
    assert "strokeDash" not in styles["curve"]
    assert (styles["estimate"]["filled"], styles["hollow"]["filled"], styles["other"]["filled"]) == (
        True,
        False,
        False,
    )


@pytest.mark.parametrize("theme", [style.LIGHT, style.DARK])
def test_colours_differ_in_lightness_and_stand_out_from_the_ground(theme: style.Theme) -> None:
    def light(colour: str) -> float:
        channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    def contrast(one: str, other: str) -> float:
        lights = sorted((light(one), light(other)))
        return (lights[1] + 0.05) / (lights[0] + 0.05)

    assert contrast(theme.main, theme.paper) >= 4.5
    assert contrast(theme.other, theme.paper) >= 4.5
    assert contrast(theme.ink, theme.paper) >= 7
    assert contrast(theme.muted, theme.paper) >= 4.5
    assert contrast(theme.main, theme.faint) >= 2.5


def test_the_page_can_move_the_draft() -> None:
    spec = export.specification(a_distribution("ko"))
    assert {"name": DRAFT, "value": 0.3} in [
        {"name": one["name"], "value": one["value"]} for one in spec["params"]
    ]
    assert export.specification(a_curve("ko"))["datasets"][DRAFT_POINT] == [POINT.row()]


def test_every_score_is_counted_once() -> None:
    scores = np.array([0.0, 0.019, 0.02, 0.5, 1.0, np.nan])
    counts = score_counts(scores)
    assert sum(row["items"] for row in counts) == 5
    assert [row["items"] for row in counts if row["items"]] == [2, 1, 1, 1]


def test_the_curve_is_what_the_planner_says_at_each_threshold() -> None:
    sample = make_sample()
    rows = read_sample(sample)
    curve = recall_curve(candidates(rows, "recall"), items=4000, days=2)
    some = [row for row in curve if row["threshold"] > 0.01]  # below, the rounding of a threshold tells
    for row in some[:: len(some) // 7]:
        flagged = sample["score"].to_numpy() >= row["threshold"] - 5e-6
        truth = share_of(rows, flagged, statistic="recall", level=0.95)
        assert row["work"] == pytest.approx(flagged.sum() / 2, abs=1)
        assert row["recall"] == pytest.approx(truth.value, abs=2e-3)
        assert row["lower"] == pytest.approx(truth.interval.lower, abs=5e-3)
        assert row["upper"] == pytest.approx(truth.interval.upper, abs=5e-3)


def test_without_anything_reviewed_there_is_no_curve() -> None:
    rows = read_sample(make_sample().assign(violation=np.nan))
    assert recall_curve(candidates(rows, "recall"), items=4000, days=2) == []
    chart = recall_against_workload([], draft=None, in_force=None, language="ko")
    assert export.png(chart).startswith(b"\x89PNG")


@pytest.mark.parametrize("make", CHARTS)
def test_a_file_is_opaque_and_of_the_wanted_width(make: Make) -> None:
    drawn = pixels(export.png(make("ko"), width=500, scale=1))
    assert drawn.shape[1] == 500
    assert (drawn[..., 3] == 255).all()
    assert export.svg(make("ko")).startswith("<svg")


def test_korean_text_is_drawn_and_not_boxes() -> None:
    """Other words of as many syllables give other pixels: boxes would be alike."""

    def title(text: str) -> np.ndarray[Any, Any]:
        chart = a_trend("ko").properties(title=text)
        return pixels(export.png(chart, width=400, scale=1))[:22, :200, :3]

    drawn = title("재현율")
    assert (drawn < 128).any()
    assert not np.array_equal(drawn, title("정밀도"))


def test_a_machine_without_fonts_draws_the_same(tmp_path: Path) -> None:
    empty = tmp_path / "fonts.conf"
    empty.write_text('<?xml version="1.0"?><fontconfig></fontconfig>', encoding="ascii")
    script = (
        "import sys\n"
        "from evaluation.charts import export, quality\n"
        "bins = [quality.CalibrationBin(expected=0.2, observed=0.3, lower=0.1, upper=0.5, reviewed=40)]\n"
        "sys.stdout.buffer.write(export.png(quality.calibration(bins, language='ko')))\n"
    )
    environment = {**os.environ, "FONTCONFIG_FILE": str(empty), "HOME": str(tmp_path)}
    drawn = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, check=True)
    assert np.array_equal(pixels(drawn.stdout), pixels(export.png(a_calibration("ko"))))


def test_the_fonts_are_those_that_were_looked_at_and_have_their_licence() -> None:
    sums = {
        name: digest
        for digest, name in map(str.split, (FONTS / "SHA256SUMS.txt").read_text("ascii").splitlines())
    }
    assert sums.keys() == {path.name for path in FONTS.glob("*.otf")}
    for name, digest in sums.items():
        assert hashlib.sha256((FONTS / name).read_bytes()).hexdigest() == digest
    assert "SIL OPEN FONT LICENSE" in (FONTS / "LICENSE.txt").read_text(encoding="utf-8")


def test_both_languages_have_the_same_places_for_names() -> None:
    for name in ("scores", "trend", "slices"):
        places = {getattr(words, name).count("{") for words in WORDS.values()}
        assert places == {1}
