"""Named arrays in safetensors files: nothing in them can run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Tensors = dict[str, NDArray[Any]]


def write_tensors(path: Path, tensors: Mapping[str, NDArray[Any]]) -> None:
    """Write named arrays; the same arrays make the same bytes."""
    from safetensors.numpy import save_file

    save_file({name: np.ascontiguousarray(tensors[name]) for name in sorted(tensors)}, path)


def parse_tensors(content: bytes) -> Tensors:
    """Return the named arrays in the bytes of a file. Damaged bytes are a ValueError."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        return load(content)
    except SafetensorError as error:
        raise ValueError(f"the arrays are damaged: {error}") from error
