from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from data.errors import InvalidBundle, MissingEncoder
from training import bundle
from training.examples import Examples
from training.fit import Fitted, fit, read
from training.models.encoder import Encoder
from training.models.member import Readers
from training.settings import TrainingSettings

RUN = {"learned_until": "2026-05-09T00:00:00+00:00"}


@pytest.fixture
def written(fitted: Fitted, quick: TrainingSettings, tmp_path: Path) -> tuple[Path, str]:
    digest = bundle.write(fitted.model, tmp_path, settings=quick, run=RUN, card="# card")
    return tmp_path / digest, digest


def test_a_model_that_is_read_back_says_the_same(
    written: tuple[Path, str], examples: Examples, fitted: Fitted, tmp_path: Path
) -> None:
    loaded = bundle.load(*written, encoder=tmp_path, version="1")
    expected = fitted.model.predict(examples.rows)
    np.testing.assert_allclose(loaded.predict(examples.rows).violation, expected.violation, atol=1e-12)
    np.testing.assert_allclose(loaded.predict(examples.rows).policies, expected.policies, atol=1e-12)


def test_the_same_model_has_the_same_digest(
    written: tuple[Path, str], fitted: Fitted, quick: TrainingSettings, tmp_path: Path
) -> None:
    again = bundle.write(fitted.model, tmp_path, settings=quick, run=RUN, card="# card")
    assert again == written[1]
    assert [path.name for path in tmp_path.iterdir()] == [again]


def test_nothing_in_it_can_run(written: tuple[Path, str]) -> None:
    assert {path.suffix for path in written[0].iterdir()} <= {".json", ".safetensors", ".md"}


def _flip(folder: Path) -> None:
    content = bytearray((folder / "model.safetensors").read_bytes())
    content[-1] ^= 1
    (folder / "model.safetensors").write_bytes(content)


def _link(folder: Path) -> None:
    shutil.move(folder / "card.md", folder.parent / "card.md")
    (folder / "card.md").symlink_to(folder.parent / "card.md")


@pytest.mark.parametrize(
    "damage",
    [
        _flip,
        _link,
        lambda folder: (folder / "run.json").unlink(),
        lambda folder: (folder / "more.json").write_text("{}"),
        lambda folder: (folder / "model.pkl").write_bytes(b""),
        lambda folder: (folder / "manifest.json").write_text("{}"),
        shutil.rmtree,
        lambda folder: (folder / "inner").mkdir(),
    ],
    ids=["bit", "link", "missing", "extra", "kind", "manifest", "gone", "folder"],
)
def test_a_bundle_that_differs_is_refused(
    written: tuple[Path, str], damage: Callable[[Path], object], tmp_path: Path
) -> None:
    damage(written[0])
    with pytest.raises(InvalidBundle):
        bundle.load(*written, encoder=tmp_path, version="1")


def test_another_digest_than_the_ledgers_is_refused(written: tuple[Path, str], tmp_path: Path) -> None:
    with pytest.raises(InvalidBundle, match="ledger"):
        bundle.load(written[0], "0" * 64, encoder=tmp_path, version="1")


def _resealed(folder: Path, change: Callable[[dict[str, object]], None]) -> str:
    # What somebody would do who may write files and the ledger: the digests fit, the content does not.
    model = json.loads((folder / "model.json").read_text())
    change(model)
    (folder / "model.json").write_text(json.dumps(model))
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["model.json"] = hashlib.sha256((folder / "model.json").read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()


@pytest.mark.parametrize(
    "change",
    [
        lambda model: model["mixing"].update(intercept=float("nan")),
        lambda model: model["mixing"].update(intercept=9.0),
        lambda model: model.update(format=99),
        lambda model: model.update(members=["os.system"]),
        lambda model: model.pop("calibration"),
    ],
    ids=["not finite", "other answers", "format", "unknown member", "incomplete"],
)
def test_a_model_that_does_not_answer_as_it_did_is_refused(
    written: tuple[Path, str], change: Callable[[dict[str, object]], None], tmp_path: Path
) -> None:
    digest = _resealed(written[0], change)
    with pytest.raises(InvalidBundle):
        bundle.load(written[0], digest, encoder=tmp_path, version="1")


@pytest.fixture
def with_encoder(examples: Examples, tiny_encoder: Path, tmp_path: Path) -> tuple[Path, str]:
    settings = TrainingSettings.model_validate(
        {"members": ["ngrams", "encoder"], "folds": 2, "encoder": {"path": "/elsewhere", "prefix": ""}}
    )
    encoder = Encoder.load(tiny_encoder, settings.encoder)
    fitted = fit(read(examples, settings=settings, readers=Readers(encoder=encoder)), settings=settings)
    digest = bundle.write(fitted.model, tmp_path / "bundles", settings=settings, run=RUN, card="")
    return tmp_path / "bundles" / digest, digest


def test_the_encoder_is_named_and_not_copied(with_encoder: tuple[Path, str], tiny_encoder: Path) -> None:
    stored = json.loads((with_encoder[0] / "encoder.json").read_text())["fingerprint"]
    assert stored["dimension"] == 32
    assert len(stored["digest"]) == 64
    assert bundle.load(*with_encoder, encoder=tiny_encoder, version="1").version == "1"
    assert "/elsewhere" not in (with_encoder[0] / "model.json").read_text()


def test_a_missing_encoder_is_said(with_encoder: tuple[Path, str], tmp_path: Path) -> None:
    with pytest.raises(MissingEncoder):
        bundle.load(*with_encoder, encoder=tmp_path / "nowhere", version="1")


def test_another_encoder_is_refused(
    with_encoder: tuple[Path, str], make_encoder: Callable[..., Path], tmp_path: Path
) -> None:
    other = make_encoder(tmp_path / "other", kind="bert", seed=1)
    with pytest.raises(MissingEncoder, match="another encoder"):
        bundle.load(*with_encoder, encoder=other, version="1")


def test_loading_and_scoring_a_linear_model_needs_no_slow_framework(written: tuple[Path, str]) -> None:
    code = (
        "import sys\nfrom datetime import UTC, datetime\nfrom pathlib import Path\n"
        "from data.records import Item\nfrom training import bundle\n"
        f"model = bundle.load(Path({str(written[0])!r}), {written[1]!r}, encoder=Path('x'), version='1')\n"
        "model.score([Item(item_id='a')], {}, scored_at=datetime.now(UTC))\n"
        "print(*sorted(name.split('.')[0] for name in sys.modules))"
    )
    answer = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert not set(answer.stdout.split()) & {"torch", "transformers", "sklearn", "mlflow"}
