from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from data import features
from data.records import Item
from training.examples import Examples
from training.fit import Fitted
from training.models.excerpts import excerpt
from training.models.heads import Targets
from training.models.ngrams import NgramLearner, Ngrams
from training.settings import TrainingSettings

TEXTS = ["당뇨 완치 홍삼", "홍삼 특가  오늘만", "a Big  SALE", "", "뚝", "sale sale 특가"]


def _fitted(texts: list[str]) -> tuple[Ngrams, pd.DataFrame]:
    rows = features.rows([Item(item_id=f"v{n}", data={"title": text}) for n, text in enumerate(texts)], {})
    learner = NgramLearner(TrainingSettings())
    hits = np.arange(len(texts)) % 2 == 0
    targets = Targets(
        violation=hits, broken=np.zeros((len(texts), 0), dtype=bool), weights=np.ones(len(texts))
    )
    return learner.fit(learner.read(rows), targets), rows


def test_weights_equal_those_of_scikit_learn() -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer

    model, rows = _fitted(TEXTS)
    peer = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True, min_df=2)
    expected = peer.fit_transform(TEXTS)
    grams = model.content().settings["grams"]["title"]
    order = [grams.index(gram) for gram in peer.get_feature_names_out()]
    assert len(order) == len(grams)
    np.testing.assert_allclose(model.features(rows).toarray()[:, order], expected.toarray(), atol=1e-6)


def test_an_item_is_read_alike_while_learning_and_in_service(examples: Examples, fitted: Fitted) -> None:
    from training.fit import read
    from training.settings import TrainingSettings

    settings = TrainingSettings(members=("ngrams",))
    material = read(examples, settings=settings)
    targets = Targets(violation=examples.violation, broken=examples.broken, weights=np.ones(len(examples)))
    model = material.learners[0].fit(material.readings[0], targets)
    np.testing.assert_allclose(
        model.logits_of(material.readings[0]), model.logits(model.features(examples.rows)), atol=1e-9
    )


def test_the_vocabulary_comes_from_the_learned_items_alone() -> None:
    rows = features.rows(
        [
            Item(item_id=f"v{n}", data={"title": text})
            for n, text in enumerate(["aa bb", "aa bb", "zz", "zz"])
        ],
        {},
    )
    learner = NgramLearner(TrainingSettings())
    reading = learner.read(rows).take(np.array([0, 1]))
    targets = Targets(
        violation=np.array([True, False]), broken=np.zeros((2, 0), dtype=bool), weights=np.ones(2)
    )
    assert not any("z" in gram for gram in learner.fit(reading, targets).content().settings["grams"]["title"])


def test_the_vocabulary_keeps_to_its_size() -> None:
    settings = TrainingSettings.model_validate({"ngrams": {"max_features": 100}})
    rows = features.rows([Item(item_id=f"v{n}", data={"title": text}) for n, text in enumerate(TEXTS)], {})
    learner = NgramLearner(settings)
    targets = Targets(violation=np.arange(6) < 3, broken=np.zeros((6, 0), dtype=bool), weights=np.ones(6))
    model = learner.fit(learner.read(rows), targets)
    assert len(model.content().settings["grams"]["title"]) == 20


def test_a_fit_takes_places_of_32_bits() -> None:
    model, rows = _fitted(TEXTS)
    table: csr_array = model.features(rows)
    assert table.indices.dtype == table.indptr.dtype == np.int32


@pytest.mark.parametrize("text", ["", "   ", "\n\t"])
def test_an_empty_text_has_no_excerpt(text: str) -> None:
    assert excerpt(text, {"a": 1.0}) is None


def test_an_excerpt_keeps_the_case_of_the_text() -> None:
    assert excerpt("Now: CURES diabetes", {"cures": 2.0}) == ("CURES", 2.0)


def test_a_sentence_without_blanks_is_cut() -> None:
    found = excerpt("今天" * 30 + "治愈" + "今天" * 30, {"治愈": 1.0})
    assert found is not None
    assert "治愈" in found[0]
    assert len(found[0]) < 60


def test_evidence_names_the_field_and_the_words(fitted: Fitted) -> None:
    item = Item(item_id="v1", language="ko", data={"title": "브이로그", "description": "당뇨 완치 홍삼"})
    pieces = fitted.model.judge(features.rows([item], {}))[1][0]
    assert len(pieces) <= 5
    assert [piece.weight for piece in pieces] == sorted((piece.weight for piece in pieces), reverse=True)
