"""
An encoder forward without padding, in plain torch.

Tokens of all texts stand in one long row; the linear layers never see padding, and attention runs within
each text. A text's vector therefore does not depend on its neighbours in the batch, and short texts do not
pay for long ones. It knows encoders built like BERT (BERT, RoBERTa, XLM-RoBERTa); others go through their
own forward, in batches of similar length.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, groupby
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import torch

_COUNT_FROM_PADDING: Final = frozenset({"roberta", "xlm-roberta"})
_KNOWN: Final = _COUNT_FROM_PADDING | {"bert"}


def first_position(config: Any) -> int:
    """Return the position of the first token: RoBERTa and its kin count on from the padding id."""
    return int(config.pad_token_id) + 1 if config.model_type in _COUNT_FROM_PADDING else 0


def is_known(model: Any) -> bool:
    """Return whether this module can run the model; otherwise use the model's own forward."""
    config = model.config
    return (
        config.model_type in _KNOWN
        and config.hidden_act == "gelu"
        and getattr(config, "position_embedding_type", None) in (None, "absolute")
        and not getattr(config, "is_decoder", False)
    )


class Packed:
    """The layers of a BERT-like model, applied to texts end to end.

    Parameters
    ----------
    model
        A model for which `is_known` holds. Its tensors are shared, not copied, but for the projections
        to query, key and value, which become one.
    depth
        How many of its layers are applied.
    """

    def __init__(self, model: Any, *, depth: int) -> None:
        import torch

        embeddings, config = model.embeddings, model.config
        self._heads = int(config.num_attention_heads)
        self._words = embeddings.word_embeddings.weight.detach()
        # Every token is of type 0: the type's vector is part of each position's.
        self._positions = (
            embeddings.position_embeddings.weight + embeddings.token_type_embeddings.weight[0]
        ).detach()
        self._first = first_position(config)
        self._norm = embeddings.LayerNorm
        self._layers = []
        for layer in model.encoder.layer[:depth]:
            own = layer.attention.self
            weight = torch.cat([own.query.weight, own.key.weight, own.value.weight]).detach()
            bias = torch.cat([own.query.bias, own.key.bias, own.value.bias]).detach()
            self._layers.append((weight, bias, layer.attention.output, layer.intermediate, layer.output))

    def means(self, texts: Sequence[Sequence[int]]) -> torch.Tensor:
        """Return the mean vector of each text, given as token ids, in float32."""
        import torch
        from torch.nn import functional

        lengths = [len(text) for text in texts]
        runs = [(length, len(list(run))) for length, run in groupby(lengths)]
        with torch.inference_mode():
            tokens = torch.tensor(list(chain.from_iterable(texts)))
            places = torch.cat([torch.arange(self._first, self._first + length) for length in lengths])
            x = self._norm(self._words[tokens] + self._positions[places])
            for weight, bias, attended, intermediate, output in self._layers:
                mixed = self._attend(functional.linear(x, weight, bias), runs)
                x = attended.LayerNorm(x + attended.dense(mixed))
                x = output.LayerNorm(x + output.dense(functional.gelu(intermediate.dense(x))))
            return torch.stack([part.float().mean(0) for part in torch.split(x, lengths)])

    def _attend(self, projected: torch.Tensor, runs: list[tuple[int, int]]) -> torch.Tensor:
        # Texts of one length that follow each other go together: a call each would cost more than its work.
        import torch
        from torch.nn import functional

        mixed = []
        parts = torch.split(projected, [length * count for length, count in runs])
        for part, (length, count) in zip(parts, runs, strict=True):
            split = part.view(count, length, 3, self._heads, -1).permute(2, 0, 3, 1, 4)
            value = functional.scaled_dot_product_attention(split[0], split[1], split[2])
            mixed.append(value.transpose(1, 2).reshape(count * length, -1))
        return torch.cat(mixed)
