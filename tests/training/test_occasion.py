"""When a model is made anew, and what is said where it is not."""

from __future__ import annotations

from typing import Any

import pytest

from evaluation.drift import Drift
from training.occasion import Known, Occasion, occasion
from training.settings import RetrainingSettings

LEAST = Known(items=100, violations=10)
NEWEST = Known(items=4000, violations=150)
MOVED = Drift(distance=0.2, least=0.1, before=900, after=900)
STILL = Drift(distance=0.06, least=0.0, before=900, after=900)


def _asked(now: Known, newest: Known | None = NEWEST, **more: Any) -> Occasion:
    given: dict[str, Any] = {
        "age_days": 3.0,
        "drift": STILL,
        "least": LEAST,
        "settings": RetrainingSettings(),
    } | more
    return occasion(now, newest=newest, **given)


@pytest.mark.parametrize(
    ("items", "violations", "more", "due", "why"),
    [
        (500, 25, {}, True, "500 new labels with 25 violations"),
        (499, 200, {}, False, "499 new labels are fewer than 500"),
        (5000, 24, {}, False, "24 new violations are fewer than 25"),
        (0, 0, {}, False, "0 new labels are fewer than 500"),
        (125, 7, {"drift": MOVED}, True, "scores have moved, and there are 125 new labels with 7 violations"),
        (124, 7, {"drift": MOVED}, False, "scores have moved, but 124 new labels are fewer than 125"),
        (125, 6, {"drift": MOVED}, False, "scores have moved, but 6 new violations are fewer than 7"),
        (125, 7, {"drift": None}, False, "125 new labels are fewer than 500"),
        (125, 7, {"age_days": 30.0}, True, "the newest model is old, and there are 125"),
        (125, 7, {"age_days": 29.9}, False, "125 new labels are fewer than 500"),
        (-3, 0, {"age_days": 99.0}, False, "the newest model is old, but -3 new labels are fewer than 125"),
    ],
)
def test_it_is_time_when_enough_is_new_or_some_where_the_world_moved(
    items: int, violations: int, more: dict[str, Any], due: bool, why: str
) -> None:
    found = _asked(Known(items=4000 + items, violations=150 + violations), **more)
    assert found.due is due
    assert why in found.why


def test_with_too_few_labels_nothing_is_learned_whatever_else_holds() -> None:
    found = _asked(Known(items=5000, violations=9), newest=None, drift=MOVED)
    assert (found.due, found.why) == (False, "5,000 labels with 9 violations are too few to learn from")
    assert [one.name for one in found.conditions] == ["labels"]


def test_the_first_model_needs_labels_only() -> None:
    found = _asked(LEAST, newest=None)
    assert (found.due, found.why) == (True, "there is no model yet")


def test_every_condition_carries_its_number() -> None:
    found = _asked(Known(items=4600, violations=160), drift=MOVED, age_days=12.5)
    assert [(one.name, one.value, one.met) for one in found.conditions] == [
        ("labels", 4600, True),
        ("new_labels", 600, True),
        ("new_violations", 10, False),
        ("drift", 0.1, True),
        ("age", 12.5, False),
    ]
