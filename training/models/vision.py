"""Pictures in, vectors out: a frozen transformers vision model in a local folder."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from data.errors import MissingEncoder
from training.models import lite0
from training.models.encoder import Floats, digest_of, own_dtype, unit
from training.settings import VisionSettings

_SHARED: WeakValueDictionary[tuple[str, str], Vision] = WeakValueDictionary()
_SHARING = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """Which vision model, fed how. A model that learned from one refuses any other."""

    name: str
    digest: str
    dimension: int

    def stored(self) -> dict[str, Any]:
        """Return what a bundle says about it."""
        return asdict(self)

    @property
    def key(self) -> str:
        """Return a short name of exactly these weights and this preparation."""
        return hashlib.sha256(self.digest.encode()).hexdigest()[:16]


class Vision:
    """Turns pictures into vectors of length 1.

    Any folder that `AutoModel` reads and that holds ``preprocessor_config.json`` with ``size``,
    ``image_mean`` and ``image_std`` will do; of a model of pictures and texts (SigLIP, CLIP) the half for
    pictures is used. The whole picture is squeezed into the model's size: in an upright video captions stand
    at the edges, and a crop would lose them.
    """

    def __init__(self, *, model: Any, prepared: dict[str, Any], sight: Sight) -> None:
        import torch

        self._model = model
        self._size = _size(prepared["size"])
        self._mean, self._spread = (
            torch.tensor(prepared[name]).reshape(1, 3, 1, 1) for name in ("image_mean", "image_std")
        )
        self.sight = sight
        self._lock = threading.Lock()

    @classmethod
    def load(cls, folder: Path, settings: VisionSettings) -> Vision:
        """Load a vision model from a folder in Hugging Face form with safetensors weights.

        Raises
        ------
        MissingEncoder
            If the folder is not there or cannot be read. Nothing is ever fetched.
        """
        import torch

        digest = digest_of(folder)
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        try:
            prepared = json.loads((folder / "preprocessor_config.json").read_text(encoding="utf-8"))
            from transformers import AutoModel

            model = AutoModel.from_pretrained(
                folder,
                local_files_only=True,
                use_safetensors=True,
                trust_remote_code=False,
                dtype=own_dtype(),
            )
            model = model.eval().requires_grad_(False).to(memory_format=torch.channels_last)
            made = cls(model=model, prepared=prepared, sight=Sight(name="", digest="", dimension=0))
            dimension = made.vectors(np.zeros((1, 8, 8, 3), dtype=np.uint8)).shape[1]
        except (OSError, ValueError, ImportError, KeyError, TypeError, AttributeError) as error:
            raise MissingEncoder(f"{folder} cannot be read as a vision model: {error}") from error
        made.sight = Sight(name=settings.name, digest=digest, dimension=dimension)
        return made

    @classmethod
    def shared(cls, folder: Path, settings: VisionSettings) -> Vision:
        """Return the vision model that is in use in this process already, or load it."""
        key = digest_of(folder), settings.name
        with _SHARING:
            vision = _SHARED.get(key)
            if vision is None:
                vision = _SHARED[key] = cls.load(folder, settings)
        return vision

    def vectors(self, frames: NDArray[np.uint8]) -> Floats:
        """Return one vector a frame.

        Parameters
        ----------
        frames
            RGB, of shape (frames, height, width, 3).
        """
        import torch
        from torch.nn import functional

        with self._lock, torch.inference_mode():
            pictures = torch.from_numpy(np.ascontiguousarray(frames)).permute(0, 3, 1, 2).float() / 255
            pictures = functional.interpolate(pictures, size=self._size, mode="bilinear", antialias=True)
            pictures = ((pictures - self._mean) / self._spread).to(self._model.dtype)
            pictures = pictures.contiguous(memory_format=torch.channels_last)
            see = getattr(self._model, "get_image_features", self._model)
            seen = see(pixel_values=pictures)
            seen = getattr(seen, "pooler_output", seen)
            return unit(seen.float().flatten(1).numpy())


def ready(folder: Path, settings: VisionSettings) -> Vision:
    """Return the vision model of these settings, placed if it is the default one."""
    return Vision.shared(folder if settings.path else lite0.place(folder), settings)


def _size(told: Any) -> tuple[int, int]:
    if isinstance(told, int):
        return told, told
    if "height" in told:
        return int(told["height"]), int(told["width"])
    return int(told["shortest_edge"]), int(told["shortest_edge"])
