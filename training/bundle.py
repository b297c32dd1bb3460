"""
A model as files: safetensors, JSON and a manifest of digests. Nothing in it can run.

The bundle's digest is the SHA-256 of its manifest, and the manifest holds the SHA-256 of every other file.
Who knows the digest (the ledger) therefore knows the model to the last bit. The encoder is not inside: the
bundle says which one it needs, by digest, and refuses any other.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from data import features
from data.errors import InvalidBundle, MissingEncoder
from data.records import CreatorHistory, Item
from training.loaded import LoadedModel
from training.models import stored_member
from training.models.embeddings import matches
from training.models.encoder import Encoder
from training.models.ensemble import Ensemble
from training.models.files import Tensors, parse_tensors, write_tensors
from training.models.member import Content, Readers
from training.models.watcher import Watcher
from training.settings import EncoderSettings, TrainingSettings

FORMAT: Final = 1
"""Raised when older code could not read a bundle any more."""

SUFFIXES: Final = frozenset({".json", ".safetensors", ".md"})
"""Kinds of files a bundle may hold: data, and text to read."""

_MANIFEST: Final = "manifest.json"
_MODEL: Final = "model.json"
_TENSORS: Final = "model.safetensors"
_LARGEST_DRIFT: Final = 0.005
"""How far the first answers after loading may be from those at training, as probabilities."""
_SMOKE: Final = (
    Item(item_id="smoke-ko", language="ko", creator_id="c", data={"title": "당뇨 완치 홍삼 오늘만 특가"}),
    Item(item_id="smoke-en", language="en", data={"title": "Cures diabetes, 90% off", "duration_s": 30}),
    Item(item_id="smoke-empty"),
)


def write(
    model: Ensemble,
    folder: Path,
    *,
    settings: TrainingSettings,
    run: Mapping[str, Any],
    card: str,
) -> str:
    """Write a model below a folder, in one named after its digest, and return the digest.

    Parameters
    ----------
    run
        What is known about how it was made, as JSON; ``learned_until`` is read back.
    card
        The model card, in Markdown.
    """
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=".bundle-", dir=folder))
    try:
        unfinished.chmod(0o755)
        _write_model(model, unfinished, settings)
        _write_json(unfinished / "run.json", run)
        (unfinished / "card.md").write_text(card, encoding="utf-8")
        files = {path.name: _sha256(path.read_bytes()) for path in sorted(unfinished.iterdir())}
        _write_json(unfinished / _MANIFEST, {"format": FORMAT, "files": files})
        digest = _sha256((unfinished / _MANIFEST).read_bytes())
        if not (folder / digest).exists():
            unfinished.rename(folder / digest)
        return digest
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def load(
    folder: Path, digest: str, *, encoder: Path, version: str, watcher: Watcher | None = None
) -> LoadedModel:
    """Read a bundle back, if it is the one that the digest names, to the last bit.

    Parameters
    ----------
    folder
        The bundle.
    digest
        What the ledger says its manifest hashes to.
    encoder
        Where the encoder lies that it may need.
    version
        What the model is registered as.
    watcher
        Watches clips, if the model does.

    Raises
    ------
    InvalidBundle
        If a file differs, is missing, is too many, is a link or of a kind that has no place in a bundle,
        or if the model's first answers are not the ones it gave when it was made.
    MissingEncoder
        If the encoder or the vision model it learned from is not there, or another one is.
    """
    contents = checked_contents(folder, digest)
    try:
        stored = json.loads(contents[_MODEL])
        if stored["format"] != FORMAT:
            raise InvalidBundle(f"{folder} has format {stored['format']}; this version reads {FORMAT}.")
        model = _read_model(contents, stored, encoder, watcher)
        until = json.loads(contents["run.json"])["learned_until"]
        _check_answers(model, stored["smoke"], folder)
        learned_until = None if until is None else datetime.fromisoformat(until)
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise InvalidBundle(f"{folder} cannot be read as a model: {error!r}. Train it again.") from error
    return LoadedModel(model=model, version=version, digest=digest, learned_until=learned_until)


def checked_contents(folder: Path, digest: str) -> dict[str, bytes]:
    """Return the bytes of every file of a bundle, once they are known to be the right ones.

    What is used later is what was hashed here: the files are not opened again.
    """
    try:
        if folder.is_symlink():
            raise InvalidBundle(f"{folder} is a link; a bundle is a folder.")
        found = {path.name: path for path in folder.iterdir()}
        for name, path in found.items():
            if path.is_symlink() or not path.is_file() or path.suffix not in SUFFIXES:
                raise InvalidBundle(f"{folder} holds {name}, which has no place in a bundle.")
        contents = {name: path.read_bytes() for name, path in found.items()}
    except OSError as error:
        raise InvalidBundle(f"{folder} cannot be read: {error}. Restore it or train again.") from error
    manifest = contents.pop(_MANIFEST, b"")
    if _sha256(manifest) != digest:
        raise InvalidBundle(f"The manifest of {folder} is not the one the ledger names ({digest}).")
    expected = json.loads(manifest)["files"]
    if expected.keys() != contents.keys():
        differing = ", ".join(sorted(expected.keys() ^ contents.keys()))
        raise InvalidBundle(f"{folder} lacks a file or has one too many: {differing}.")
    for name, content in contents.items():
        if _sha256(content) != expected[name]:
            raise InvalidBundle(f"{name} in {folder} differs from the manifest.")
    return contents


def _write_model(model: Ensemble, folder: Path, settings: TrainingSettings) -> None:
    tensors: Tensors = {}
    for member in model.members:
        content = member.content()
        _write_json(folder / f"{member.name}.json", content.settings)
        tensors |= {f"{member.name}/{name}": tensor for name, tensor in content.tensors.items()}
    write_tensors(folder / _TENSORS, tensors)
    # The path is this machine's business; everything else about the encoder is the model's.
    encoder = settings.encoder.model_dump(exclude={"path"})
    answers = model.predict(_smoke_rows()).violation
    _write_json(
        folder / _MODEL,
        {
            "format": FORMAT,
            **model.stored(),
            "encoder": encoder,
            "smoke": [float(answer) for answer in answers],
        },
    )


def _read_model(
    contents: Mapping[str, bytes], stored: Mapping[str, Any], folder: Path, watcher: Watcher | None
) -> Ensemble:
    tensors = parse_tensors(contents[_TENSORS])
    members = []
    for name in stored["members"]:
        own = {
            key.removeprefix(f"{name}/"): tensor
            for key, tensor in tensors.items()
            if key.startswith(f"{name}/")
        }
        content = Content(settings=json.loads(contents[f"{name}.json"]), tensors=own)
        fingerprint = content.settings.get("fingerprint")
        encoder = None
        if fingerprint is not None:
            encoder = Encoder.shared(folder, EncoderSettings(**stored["encoder"]))
            if not matches(fingerprint, encoder):
                raise MissingEncoder(
                    f"The model learned from {fingerprint['name']} ({fingerprint['digest'][:12]}), but "
                    f"{folder} holds another encoder ({encoder.fingerprint.digest[:12]}). "
                    "Set training.encoder.path to the first one, or train again."
                )
        members.append(stored_member(name, content, Readers(encoder=encoder, watcher=watcher)))
    return Ensemble.of(stored, members)


def _check_answers(model: Ensemble, expected: list[float], folder: Path) -> None:
    prediction = model.predict(_smoke_rows())
    answers = prediction.violation
    if not (np.isfinite(answers).all() and np.isfinite(prediction.policies).all()):
        raise InvalidBundle(f"The model in {folder} gives numbers that are not finite.")
    if np.abs(answers - np.array(expected)).max() > _LARGEST_DRIFT:
        raise InvalidBundle(f"The model in {folder} no longer answers as it did when it was made.")


def _smoke_rows() -> Any:
    return features.rows(_SMOKE, {"c": CreatorHistory(items=9, reviewed=4, violations=1)})


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _write_json(path: Path, content: object) -> None:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")
