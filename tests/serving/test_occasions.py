"""Is it time to learn again? Asked of a ledger."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from data.records import Item, Verdict
from serving.events import Event, Outcome
from training import judgement


def _review(bench: Any, count: int, *, p: float = 0.9, violations: int = 0) -> None:
    """Submit items, all flagged, and decide on them."""
    names = [f"{bench.clock():%m%d%H}-{number}" for number in range(count)]
    bench.application.triage.submit([Item(item_id=name, language="ko", data={"p": p}) for name in names])
    events = [
        Event(
            event_id=f"event-{name}",
            occurred_at=bench.clock(),
            outcome=Outcome(
                item_id=name,
                reviewer_id="mina",
                verdict=Verdict.VIOLATION if number < violations else Verdict.NO_VIOLATION,
                policies=("health_claim",) if number < violations else (),
            ),
        )
        for number, name in enumerate(names)
    ]
    bench.application.reviews.decide(events, actor=bench.actor())


def _newest(bench: Any, items: int, violations: int) -> None:
    """Say that a model was made now, of so many labels."""
    bench.judge("1")
    [found] = bench.application.retraining.judgements()
    counts = {"rows": items, "verdict": {"violation": violations}}
    made = replace(found, created_at=bench.clock(), run={"counts": counts})
    judgement.write(made, bench.application.settings.judgements)


def _asked(bench: Any) -> Any:
    return bench.application.retraining.occasion()


def test_an_empty_ledger_says_so(bench: Any) -> None:
    assert _asked(bench).why == "0 labels with 0 violations are too few to learn from"


def test_what_came_since_the_newest_model_is_counted(bench: Any) -> None:
    _review(bench, 130, violations=30)
    assert _asked(bench).why == "there is no model yet"
    _newest(bench, 100, 12)
    found = {one.name: one.value for one in _asked(bench).conditions}
    assert found == {"labels": 130, "new_labels": 30, "new_violations": 18, "drift": None, "age": 0.0}


def test_labels_that_may_still_turn_are_not_counted(bench: Any) -> None:
    settings = bench.application.settings.training.model_copy(update={"mature_after_days": 3.0})
    _review(bench, 130, violations=30)
    retraining = bench.application.retraining
    bench.clock.advance(days=2.9)
    assert not retraining.occasion(settings=settings).due
    bench.clock.advance(days=0.2)
    assert retraining.occasion(settings=settings).due


@pytest.mark.parametrize(("later", "moved"), [(0.6, True), (0.9, False)])
def test_scores_of_the_first_week_are_held_against_the_last(bench: Any, later: float, moved: bool) -> None:
    _review(bench, 300, violations=30)
    _newest(bench, 300, 30)
    bench.clock.advance(days=13)
    assert {one.name: one.value for one in _asked(bench).conditions}["drift"] is None, "the weeks would meet"
    bench.clock.advance(days=2)
    _review(bench, 150, p=later, violations=20)
    bench.clock.at += timedelta(minutes=1)
    found = _asked(bench)
    assert found.due is moved
    assert ("scores have moved" in found.why) is moved
