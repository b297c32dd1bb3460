from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from data.records import Item
from serving.scoring import Scoring
from serving.sections import TriageSettings
from training.models import processors


class Champion:
    """Two batches meet in it."""

    problem = None

    def __init__(self) -> None:
        self.meet = threading.Barrier(2, timeout=30)
        self.alone = True

    def scorer(self) -> Any:
        return self

    def score(self, items: Any, histories: Any, *, scored_at: Any) -> list[Exception]:
        if not self.alone:
            self.meet.wait()
        return [ValueError(item.item_id) for item in items]


def test_a_lone_batch_takes_all_cores_and_two_share_them(monkeypatch: pytest.MonkeyPatch, noon: Any) -> None:
    taken: list[int] = []
    monkeypatch.setattr(processors, "take", taken.append)
    champion = Champion()
    settings = TriageSettings(batch_items=1)
    scoring = Scoring(champion=champion, clock=lambda: noon, settings=settings, cores=4)  # type: ignore[arg-type]
    scoring.score([Item(item_id="alone")], {})
    assert taken == [4]
    champion.alone = False
    with ThreadPoolExecutor(2) as requests:
        list(requests.map(lambda name: scoring.score([Item(item_id=name)], {}), "ab"))
    scoring.close()
    assert taken[-1] == 2
