"""The example dashboard asks for nothing that the process does not count."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from data.records import Item, Role, Verdict
from serving import metrics
from serving.events import Event, Outcome

ROOT = Path(__file__).resolve().parents[2]
METRIC = re.compile(r"\b(tamis_\w+)(?:\{([^}]*)\})?")


@pytest.fixture
def counted(bench: Any) -> dict[str, set[str]]:
    """The labels of each sample, once everything that is counted has happened."""
    bench.application.triage.submit(
        [Item(item_id="v1", data={"p": 0.9}), Item(item_id="v2", data={"p": "broken"})]
    )
    outcome = Outcome(item_id="v1", reviewer_id="mina", verdict=Verdict.NO_VIOLATION)
    event = Event(event_id="e1", occurred_at=datetime.now(UTC), outcome=outcome)
    bench.application.reviews.decide([event], actor=bench.actor(Role.QUEUE))
    metrics.waiting("ko", 1)
    metrics.unrecorded(0, refused=0)
    metrics.unsealed(0)
    metrics.answered(method="POST", path="/v1/scores", status=200, seconds=0.1)
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(metrics.exposition()[0].decode()):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def test_every_panel_asks_for_what_is_counted_and_everything_has_a_panel(
    counted: dict[str, set[str]],
) -> None:
    board = json.loads((ROOT / "docs" / "examples" / "grafana.json").read_text(encoding="utf-8"))
    asked = set()
    for panel in board["panels"]:
        assert panel["description"]
        for target in panel["targets"]:
            wanted = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            for by in re.findall(r"by \(([\w, ]+)\)", target["expr"]):
                wanted |= set(by.replace(" ", "").split(","))
            named = METRIC.findall(target["expr"])
            assert named
            for name, labels in named:
                wanted |= set(re.findall(r"(\w+)\s*[=!]", labels))
                assert wanted <= counted[name], f"{panel['title']}: {name}"
                asked.add(re.sub(r"_(total|bucket|count|sum)$", "", name))
    own = {
        re.sub(r"_(total|bucket|count|sum|created)$", "", name)
        for name in counted
        if name.startswith("tamis_")
    }
    assert asked == own
