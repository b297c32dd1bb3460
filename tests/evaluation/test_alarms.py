import math
from typing import Any

import numpy as np
import pytest

from evaluation.alarms import BETS, recall_alarm


def make_days(**columns: Any) -> dict[str, Any]:
    # A found violation every day; from day 5 two missed ones are drawn as well.
    items = {
        "pi": [1.0, 0.1, 0.1] * 10,
        "violation": [1, None, None] * 5 + [1, 1, 1] * 5,
        "full_review": [True, False, False] * 10,
        "day": np.repeat(range(10), 3),
        "limit": 0.8,
        "patience_days": 200.0,
    }
    return items | columns


def test_the_evidence_is_the_sum_of_all_products_started_so_far() -> None:
    found = recall_alarm(**make_days())
    for last in range(10):
        expected = 0.0
        for share in BETS:
            day = [(1 - share) * (1 + 4 * share / 0.1) ** (2 if number >= 5 else 0) for number in range(10)]
            expected += sum(math.prod(day[first : last + 1]) for first in range(last + 1)) / BETS.size
        assert found.evidence[last] == pytest.approx(math.log(expected))


def test_the_alarm_is_raised_after_recall_has_fallen_and_not_before() -> None:
    found = recall_alarm(**make_days())
    assert found.raised_on is not None
    assert found.raised_on >= 5
    assert recall_alarm(**make_days(violation=[1, None, None] * 10)).raised_on is None


def test_evidence_beyond_all_numbers_stays_finite() -> None:
    found = recall_alarm(**make_days(pi=[1.0, 1e-300, 1e-300] * 10))
    assert np.isfinite(found.evidence).all()


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"full_review": [True] * 30}, "full_review must hold one truth for each item, and pi must be 1"),
        ({"full_review": [False]}, "full_review must hold one truth"),
        ({"limit": 1.0}, "limit must be between 0 and 1"),
        ({"patience_days": 1.0}, "patience_days must be above 1"),
        ({"pi": [2.0] * 30}, r"pi must be in \(0, 1\]"),
    ],
)
def test_an_alarm_that_cannot_be_kept_is_refused_by_name(columns: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        recall_alarm(**make_days(**columns))
