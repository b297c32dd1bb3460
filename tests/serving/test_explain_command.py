"""`tamis explain`: why an item is where it is, as it was recorded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from data.records import ANY, Evidence, Item, Plan, Routing, Score
from data.store.store import Store
from serving.settings import Settings


@pytest.fixture
def recorded(  # noqa: PLR0917 - a fact of every kind needs every builder
    home: Path,
    noon: Any,
    make_item: Callable[..., Item],
    make_plan: Callable[..., Plan],
    make_score: Callable[..., Score],
    make_routing: Callable[..., Routing],
) -> None:
    """One item of every kind: flagged, audited, released, not scored, imported only."""
    evidence = (
        Evidence(signal="title", excerpt="혈당이 3일 만에", weight=0.7),
        Evidence(signal="transcript", excerpt="완치", weight=0.2, start_ms=12_500, end_ms=14_000),
    )
    names = ("flagged", "audited", "released", "degraded", "imported")
    kinds: dict[str, dict[str, Any]] = {
        "flagged": {"flagged": True, "flagged_policies": ("health_claim",), "draw": 0.7},
        "audited": {"draw": 0.1},
        "released": {"draw": 0.9},
        "degraded": {"inclusion_probability": 1.0, "degraded": "no model", "flagged": True},
    }
    with Store(Settings(home=home).ledger_url) as store, store.begin() as session:
        session.plans.append(
            make_plan(version="p1", thresholds={ANY: 0.8, "health_claim": 0.6}), expected=None
        )
        session.ledger.add_items([make_item(name) for name in names], received_at=noon)
        scored = [name for name in kinds if name != "degraded"]
        scores = [make_score(name, violation_probability=0.65, evidence=evidence) for name in scored]
        routings = [
            make_routing(name, **{"score_id": f"score-{name}-1"} if name in scored else {}, **more)
            for name, more in kinds.items()
        ]
        session.ledger.record(scores, routings)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("flagged", "Full review: it reached the threshold of health_claim; chance 1.0000, drawn 0.7000"),
        ("audited", "Audit: it reached no threshold; chance 0.2000, drawn 0.1000, plan p1."),
        ("released", "Released: it reached no threshold; chance 0.2000, drawn 0.9000"),
        ("degraded", "Full review: it could not be scored (no model); chance 1.0000"),
        ("imported", "It was imported and never routed."),
    ],
)
def test_the_route_and_its_chance_are_told(run: Any, recorded: None, name: str, why: str) -> None:
    said = run("explain", name)
    assert said.status == 0
    assert why in said.out


def test_what_moved_the_score_is_told_by_field_words_and_seconds(run: Any, recorded: None) -> None:
    lines = [line.split() for line in run("explain", "flagged").out.splitlines()]
    assert ["health_claim", "0.6500", "0.6000"] in lines
    assert ["any", "0.6500", "0.8000"] in lines
    assert ["title", "x", "2.01", "-", "혈당이", "3일", "만에"] in lines
    assert ["transcript", "x", "1.22", "12.5-14", "완치"] in lines


def test_machines_get_what_was_recorded(run: Any, recorded: None) -> None:
    told = run("explain", "flagged", "--json").json()
    assert told["routing"]["inclusion_probability"] == 1.0
    assert told["score"]["evidence"][1]["start_ms"] == 12_500
    assert run("explain", "imported", "--json").json()["routing"] is None


@pytest.mark.parametrize("words", [["nobody"], ["flagged", "--version", "9"]])
def test_what_is_not_there_is_said(run: Any, recorded: None, words: list[str]) -> None:
    said = run("explain", *words)
    assert (said.status, said.out) == (1, "")
    assert "never submitted" in said.err
