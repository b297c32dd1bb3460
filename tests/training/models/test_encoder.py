from __future__ import annotations

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.errors import MissingEncoder
from training.models.encoder import Encoder, digest_of, padded_means
from training.settings import EncoderSettings

TEXTS = ["홍삼", "오늘만 특효 당뇨 완치", "", "cures diabetes in three days", "강아지 산책"]


def _encoder(folder: Path, **changes: object) -> Encoder:
    return Encoder.load(folder, EncoderSettings(**{"prefix": "", "depth": 1.0, "max_tokens": 40} | changes))


@pytest.mark.parametrize("folder", ["tiny_encoder", "tiny_roberta"])
@pytest.mark.parametrize("depth", [0.0, 0.5, 1.0])
@pytest.mark.parametrize(("precision", "within"), [("float32", 1e-5), ("bfloat16", 0.03)])
def test_the_packed_forward_agrees_with_the_models_own(
    folder: str, depth: float, precision: str, within: float, request: pytest.FixtureRequest
) -> None:
    from transformers import AutoModel

    path = request.getfixturevalue(folder)
    encoder = _encoder(path, depth=depth, precision=precision)
    assert encoder._packed is not None
    tokens = [[0, 5, 9, 2], [0, 7, 2], [0, *range(4, 30), 2]]
    own = padded_means(AutoModel.from_pretrained(path).eval(), tokens, layers=encoder.fingerprint.layers)
    np.testing.assert_allclose(encoder._means(tokens), own, rtol=0, atol=within)


def test_a_text_has_one_vector_whoever_its_neighbours_are(tiny_encoder: Path) -> None:
    together = _encoder(tiny_encoder).embed(TEXTS)
    alone = np.concatenate([_encoder(tiny_encoder).embed([text]) for text in TEXTS])
    np.testing.assert_allclose(together, alone, atol=1e-6)


def test_vectors_come_in_the_order_of_the_texts_and_have_length_one(tiny_encoder: Path) -> None:
    vectors = _encoder(tiny_encoder).embed(TEXTS)
    backwards = _encoder(tiny_encoder).embed(TEXTS[::-1])
    np.testing.assert_allclose(vectors, backwards[::-1], atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), [1, 1, 0, 1, 1], atol=1e-5)


def test_a_text_is_computed_once(tiny_encoder: Path) -> None:
    seen: list[int] = []
    encoder = _encoder(tiny_encoder)
    encoder.embed([*TEXTS, *TEXTS], progress=lambda _stage, _done, total: seen.append(total))
    encoder.embed(TEXTS, progress=lambda _stage, _done, total: seen.append(-total))
    assert seen == [4]


def test_threads_compute_side_by_side_and_get_what_one_alone_gets(tiny_encoder: Path) -> None:
    texts = [f"당뇨 완치 {number}" for number in range(60)]
    expected = _encoder(tiny_encoder).embed(texts)
    shared = _encoder(tiny_encoder)
    shared.vectors.largest = 8  # what one thread has just learned, another one crowds out
    at_once, both = threading.Barrier(2, timeout=30), threading.Event()
    means = shared._means

    def slowly(tokens: list[list[int]]) -> Any:
        if not both.is_set():
            at_once.wait()  # nobody computes until two do
            both.set()
        return means(tokens)

    shared._means = slowly  # type: ignore[assignment]

    def embed(begin: int) -> list[Any]:
        return [shared.embed(texts[place : place + 6]) for place in range(begin, 60, 6)]

    with ThreadPoolExecutor(2) as threads:
        found = list(threads.map(embed, [0, 3]))
    for begin, parts in zip([0, 3], found, strict=True):
        np.testing.assert_allclose(np.concatenate(parts), expected[begin:], atol=1e-6)


def test_vectors_outlive_the_process(tiny_encoder: Path, tmp_path: Path) -> None:
    settings = EncoderSettings(prefix="")
    first = Encoder.load(tiny_encoder, settings)
    first.remember_in(tmp_path)
    expected = first.embed(TEXTS)
    first.vectors.keep()
    second = Encoder.load(tiny_encoder, settings)
    second.remember_in(tmp_path)
    assert len(second.vectors) == 4
    np.testing.assert_array_equal(second.embed(TEXTS), expected)


def test_a_damaged_memory_of_vectors_is_forgotten(tiny_encoder: Path, tmp_path: Path) -> None:
    encoder = Encoder.load(tiny_encoder, EncoderSettings(prefix=""))
    (tmp_path / f"{encoder.fingerprint.key}.safetensors").write_bytes(b"\0" * 40)
    encoder.remember_in(tmp_path)
    assert len(encoder.vectors) == 0


def test_longer_texts_than_the_encoder_can_read_are_cut(tiny_roberta: Path) -> None:
    encoder = _encoder(tiny_roberta, max_tokens=512)
    assert encoder.fingerprint.max_tokens == 64
    assert np.isfinite(encoder.embed(["a" * 500])).all()


def test_an_encoder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingEncoder, match=r"training\.encoder\.path"):
        Encoder.load(tmp_path / "nowhere", EncoderSettings())


def test_pickled_weights_are_not_read(tiny_encoder: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_encoder, tmp_path / "pickled")
    (tmp_path / "pickled" / "model.safetensors").rename(tmp_path / "pickled" / "pytorch_model.bin")
    with pytest.raises(MissingEncoder):
        Encoder.load(tmp_path / "pickled", EncoderSettings())


def test_the_digest_changes_with_the_weights_and_not_with_the_place(
    tiny_encoder: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(tiny_encoder, tmp_path / "copy"))
    assert digest_of(copy) == digest_of(tiny_encoder)
    weights = bytearray((copy / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (copy / "model.safetensors").write_bytes(weights)
    assert digest_of(copy) != digest_of(tiny_encoder)
