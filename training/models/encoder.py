"""A frozen transformer that turns texts into vectors, loaded from a local folder and from nowhere else."""

from __future__ import annotations

import hashlib
import json
import math
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from data.errors import MissingEncoder
from training.models.packed import Packed, first_position, is_known
from training.models.vectors import Vectors
from training.progress import Progress, silent
from training.settings import EncoderSettings

Floats = NDArray[np.float32]

_HASHED: Final = (
    "config.json",
    "preprocessor_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "sentencepiece.bpe.model",
    "vocab.txt",
)
_TOKENS_AT_ONCE: Final = 2048
"""Tokens in one forward: enough to keep the processor busy, few enough to stay in its cache."""


_SHARED: WeakValueDictionary[tuple[str, str], Encoder] = WeakValueDictionary()
"""Encoders in use, by content and settings: champion and challenger stand on one."""
_SHARING: Final = threading.Lock()
_REMEMBERED: Final = 20_000
"""Vectors kept in memory alone: texts that come again within hours, in 30 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """Which encoder, read how. A model that learned from one fingerprint refuses any other."""

    name: str
    digest: str
    dimension: int
    layers: int
    prefix: str
    max_tokens: int

    def stored(self) -> dict[str, Any]:
        """Return what a bundle says about its encoder."""
        return asdict(self)

    @property
    def key(self) -> str:
        """Return a short name of exactly this reading of exactly these weights."""
        content = json.dumps([self.digest, self.layers, self.prefix, self.max_tokens])
        return hashlib.sha256(content.encode()).hexdigest()[:16]


class Encoder:
    """Texts in, vectors out: mean-pooled, of length 1, one after the other as they came.

    An empty text has the vector 0. A text's vector is computed once and remembered.
    """

    def __init__(self, *, model: Any, tokenizer: Any, fingerprint: Fingerprint) -> None:
        self._tokenizer = tokenizer
        self._packed = Packed(model, depth=fingerprint.layers) if is_known(model) else None
        # Not kept beside the packed form: the layers that are not read would stay in memory.
        self._model = None if self._packed else model
        self.fingerprint = fingerprint
        self.vectors = Vectors(dimension=fingerprint.dimension, largest=_REMEMBERED)
        self._lock = threading.Lock()

    @classmethod
    def load(cls, folder: Path, settings: EncoderSettings) -> Encoder:
        """Load an encoder from a folder in Hugging Face form with safetensors weights.

        Raises
        ------
        MissingEncoder
            If the folder is not there or cannot be read. Nothing is ever fetched.
        """
        digest = digest_of(folder)
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        try:
            model, tokenizer = _read(folder, settings.precision)
        except (OSError, ValueError, ImportError, KeyError) as error:
            raise MissingEncoder(f"{folder} cannot be read as an encoder: {error}") from error
        config = model.config
        fingerprint = Fingerprint(
            name=settings.name,
            digest=digest,
            dimension=int(config.hidden_size),
            layers=math.ceil(settings.depth * int(config.num_hidden_layers)),
            prefix=settings.prefix,
            max_tokens=min(settings.max_tokens, _room(config)),
        )
        return cls(model=model, tokenizer=tokenizer, fingerprint=fingerprint)

    @classmethod
    def shared(cls, folder: Path, settings: EncoderSettings) -> Encoder:
        """Return the encoder that another model in this process uses already, or load it."""
        key = digest_of(folder), settings.model_dump_json(exclude={"path"})
        with _SHARING:
            encoder = _SHARED.get(key)
            if encoder is None:
                encoder = _SHARED[key] = cls.load(folder, settings)
        return encoder

    def remember_in(self, folder: Path) -> None:
        """Take up the vectors that were kept in a folder; ``vectors.keep()`` keeps all of them there."""
        path = folder / f"{self.fingerprint.key}.safetensors"
        with self._lock:
            self.vectors = Vectors.read(path, self.fingerprint.dimension)

    def embed(self, texts: Sequence[str], *, progress: Progress = silent) -> Floats:
        """Return one vector a text, in order, as an array of shape (texts, dimension)."""
        while True:
            # Threads share memory and tokenizer, and compute side by side. What another one has crowded
            # out of the memory meanwhile is computed again.
            with self._lock:
                missing = self.vectors.missing(texts)
                if not missing:
                    return self.vectors.get(texts)
                tokens = self._tokens(missing)
            self._learn(missing, tokens, progress)

    def _tokens(self, texts: Sequence[str]) -> list[list[int]]:
        told = [self.fingerprint.prefix + text for text in texts]
        found = self._tokenizer(told, truncation=True, max_length=self.fingerprint.max_tokens)
        return list(found["input_ids"])

    def _learn(self, missing: list[str], tokens: list[list[int]], progress: Progress) -> None:
        done = 0
        for chosen in _batches([len(text) for text in tokens]):
            vectors = unit(self._means([tokens[place] for place in chosen]))
            with self._lock:
                self.vectors.add([missing[place] for place in chosen], vectors)
            done += len(chosen)
            progress("embeddings", done, len(missing))

    def _means(self, texts: list[list[int]]) -> Floats:
        if self._packed is not None:
            return np.asarray(self._packed.means(texts).numpy(), dtype=np.float32)
        return padded_means(self._model, texts, layers=self.fingerprint.layers)


def digest_of(folder: Path) -> str:
    """Return the SHA-256 over an encoder's weights, settings and tokenizer.

    Raises
    ------
    MissingEncoder
        If there are no safetensors weights in the folder. Pickled weights are not read.
    """
    weights = sorted(folder.glob("*.safetensors"))
    if not weights or not (folder / "config.json").is_file():
        raise MissingEncoder(
            f"{folder} holds no encoder: it needs config.json, a tokenizer and weights as .safetensors. "
            "Run `tamis up`, or set training.encoder.path to a local encoder folder."
        )
    digest = hashlib.sha256()
    for path in [*(folder / name for name in _HASHED), *weights]:
        if path.is_file():
            with path.open("rb") as file:
                digest.update(f"{path.name}\0".encode() + hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def padded_means(model: Any, texts: list[list[int]], *, layers: int) -> Floats:
    """Return the mean vector of each text by the model's own forward, padded to the longest."""
    import torch

    longest = max(map(len, texts))
    tokens = torch.full((len(texts), longest), int(model.config.pad_token_id or 0))
    mask = torch.zeros((len(texts), longest), dtype=torch.long)
    for row, text in enumerate(texts):
        tokens[row, : len(text)] = torch.tensor(text)
        mask[row, : len(text)] = 1
    with torch.inference_mode():
        states = model(input_ids=tokens, attention_mask=mask, output_hidden_states=True).hidden_states
        state, share = states[layers].float(), mask[..., None] / mask.sum(1)[:, None, None]
        return np.asarray((state * share).sum(1).numpy(), dtype=np.float32)


def _read(folder: Path, precision: str) -> tuple[Any, Any]:
    from transformers import AutoModel, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()  # else it warns of a pooler that is not there and not used
    model = AutoModel.from_pretrained(
        folder,
        local_files_only=True,
        use_safetensors=True,
        trust_remote_code=False,
        dtype=own_dtype() if precision == "auto" else precision,
    )
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    return model.eval().requires_grad_(False), tokenizer


def _room(config: Any) -> int:
    return int(getattr(config, "max_position_embeddings", 512)) - first_position(config)


def own_dtype() -> str:
    """Return the quickest kind of number that scores well: bfloat16 where the processor multiplies it."""
    import torch

    abilities: Mapping[str, Any] = torch.cpu.get_capabilities()
    return "bfloat16" if abilities.get("avx512_bf16") or abilities.get("amx_bf16") else "float32"


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    # Longest first: texts of similar length share a forward, and the first batch shows the most memory used.
    batch: list[int] = []
    size = 0
    for place in sorted(range(len(lengths)), key=lambda place: (-lengths[place], place)):
        if batch and size + lengths[place] > _TOKENS_AT_ONCE:
            yield batch
            batch, size = [], 0
        batch.append(place)
        size += lengths[place]
    if batch:
        yield batch


def unit(vectors: Floats) -> Floats:
    """Return vectors of length 1; what is 0 stays 0."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), dtype=np.float32)
