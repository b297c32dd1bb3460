"""What reviewers expect of a model trained on a made-up month, whatever its numbers are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from data import features
from data.records import CreatorHistory, Item
from evaluation.metrics import roc_auc
from evaluation.simulation import month, past, reviewers
from training.examples import Examples
from training.fit import fit, read
from training.models.ensemble import Ensemble
from training.models.heads import Floats
from training.settings import TrainingSettings

END = datetime(2026, 6, 29, tzinfo=UTC)
MADE = month.generate(items=6_000, seed=11, end=END)
UNTIL = MADE.start + timedelta(days=18)


@pytest.fixture(scope="module")
def model() -> Ensemble:
    outcomes = past.outcomes(MADE, team=reviewers.TEAM, sampled=0.6, seed=3, until=UNTIL)
    hits = [outcome.judgement.verdict == "violation" for outcome in outcomes]
    facts: dict[str, Any] = {
        "creator_id": [outcome.item.creator_id for outcome in outcomes],
        "time": [outcome.item.submitted_at for outcome in outcomes],
        "violation": hits,
        "policies": [
            list(outcome.judgement.policies) if hit else []
            for outcome, hit in zip(outcomes, hits, strict=True)
        ],
        "inclusion_probability": [outcome.inclusion_probability for outcome in outcomes],
        "fingerprint": None,
    }
    rows = features.rows_with([outcome.item for outcome in outcomes], _pasts(outcomes)).assign(**facts)
    settings = TrainingSettings(members=("ngrams", "tabular"))
    return fit(read(Examples.of(rows), settings=settings), settings=settings).model


def _pasts(outcomes: list[past.Outcome]) -> list[CreatorHistory]:
    # What had been decided about a creator when each item came in.
    pasts = []
    for outcome in outcomes:
        known = [
            other.judgement.verdict == "violation"
            for other in outcomes
            if other.item.creator_id == outcome.item.creator_id
            and outcome.item.submitted_at is not None
            and other.decided_at < outcome.item.submitted_at
        ]
        pasts.append(CreatorHistory(items=len(known), reviewed=len(known), violations=sum(known)))
    return pasts


def _said(model: Ensemble, *titles: str, **changes: Any) -> Floats:
    given: dict[str, Any] = {"language": "ko", "category": "health_food"} | changes
    items = [Item(item_id=f"v{n}", data={"title": title}, **given) for n, title in enumerate(titles)]
    return model.predict(features.rows(items, {})).violation


def test_it_orders_the_weeks_after_better_than_chance(model: Ensemble) -> None:
    later = [item for item in MADE.items if item.submitted_at is not None and item.submitted_at >= UNTIL]
    truth = [float(bool(MADE.truth[item.item_id].policies)) for item in later]
    auc = roc_auc(truth, model.predict(features.rows(later, {})).violation)
    assert auc is not None
    assert auc > 0.65


def test_a_forbidden_claim_raises_the_probability(model: Ensemble) -> None:
    plain, claim = _said(model, "홍삼 라이브 방송", "홍삼 라이브 방송 당뇨 완치 약 끊으세요")
    assert claim > plain


@pytest.mark.parametrize("change", ["  {}  ", "{}\n", "\t{}"])
def test_white_space_changes_nothing(model: Ensemble, change: str) -> None:
    title = "당뇨 완치 홍삼"
    # The length of a field is a column of its own and counts the blanks; the letters must read the same.
    one, other = _said(model, title, change.format(title))
    assert other == pytest.approx(one, abs=0.005)


def test_the_case_of_letters_changes_nothing(model: Ensemble) -> None:
    one, other = _said(model, "Cures diabetes", "CURES DIABETES", language="en")
    assert one == pytest.approx(other, abs=1e-12)


def test_the_name_of_an_item_changes_nothing(model: Ensemble) -> None:
    one = model.predict(features.rows([Item(item_id="a", data={"title": "특가"})], {})).violation
    other = model.predict(features.rows([Item(item_id="b", data={"title": "특가"})], {})).violation
    assert one[0] == other[0]


def test_more_past_violations_never_lower_the_probability(model: Ensemble) -> None:
    item = Item(item_id="a", creator_id="c", data={"title": "홍삼 라이브 방송"})
    said = [
        model.predict(
            features.rows([item], {"c": CreatorHistory(items=10, reviewed=8, violations=count)})
        ).violation[0]
        for count in range(6)
    ]
    assert said == sorted(said)


@pytest.mark.parametrize("title", ["", "🙂" * 300, "a" * 5_000, "\u200b", "가" * 4_001])
def test_odd_texts_get_a_probability(model: Ensemble, title: str) -> None:
    assert 0 < _said(model, title)[0] < 1
