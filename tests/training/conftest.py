"""Small encoders, made-up reviewed items, and models fitted on them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from data import features
from data.records import CreatorHistory, Item
from training.examples import Examples
from training.fit import Fitted, fit, read
from training.settings import TrainingSettings

START = datetime(2026, 5, 1, tzinfo=UTC)
QUICK = TrainingSettings(members=("ngrams", "tabular"), folds=3, min_positives=5)

_RISKY = {
    "health_claim": ("당뇨 완치 홍삼", "암 치료 특효", "cures diabetes fast"),
    "counterfeit": ("미러급 명품 가방", "정품급 레플리카", "mirror quality replica"),
}
_FINE = ("오늘의 집밥 브이로그", "강아지 산책", "new phone review", "여름 원피스 코디", "guitar lesson one")


def made_rows(count: int = 240, *, seed: int = 0, chances: bool = True) -> pd.DataFrame:
    """A snapshot's rows: a quarter violates; half of the others were drawn with chance 0.2."""
    generator = np.random.default_rng(seed)
    items, histories, policies = [], [], []
    for number in range(count):
        policy = generator.choice([*_RISKY, "", "", "", "", "", ""])
        phrases = _RISKY.get(policy, _FINE)
        noise = " ".join(generator.choice(["라이브", "sale", "쇼츠", "daily", "추천", "오늘"], size=3))
        items.append(
            Item(
                item_id=f"i{number}",
                creator_id=f"c{generator.integers(60)}",
                language="ko" if generator.random() < 0.6 else "en",
                category=str(generator.choice(["food", "fashion"])),
                submitted_at=START + timedelta(hours=number),
                data={"title": f"{generator.choice(phrases)} {noise}", "description": noise},
                expected_views=float(generator.integers(1, 10_000)),
            )
        )
        histories.append(CreatorHistory(items=number, reviewed=4, violations=int(bool(policy))))
        policies.append([str(policy)] if policy else [])
    moments = [START + timedelta(hours=number) for number in range(count)]
    drawn = np.where([bool(names) for names in policies], 1.0, generator.choice([1.0, 0.2], size=count))
    return features.rows_with(items, histories).assign(
        creator_id=pd.array([item.creator_id for item in items], dtype="str"),
        time=pd.Series(moments),
        violation=[bool(names) for names in policies],
        policies=pd.Series(policies),
        inclusion_probability=drawn if chances else 1.0,
        settled_at=pd.Series(moments) + timedelta(hours=5),
        source="synthetic",
        fingerprint=pd.array([None] * count, dtype="str"),
    )


@pytest.fixture(scope="session")
def examples() -> Examples:
    return Examples.of(made_rows(), policies=("never_broken",))


@pytest.fixture(scope="session")
def fitted(examples: Examples) -> Fitted:
    return fit(read(examples, settings=QUICK), settings=QUICK)


@pytest.fixture
def make_rows() -> Callable[..., pd.DataFrame]:
    return made_rows


@pytest.fixture
def make_encoder() -> Callable[..., Path]:
    return made_encoder


@pytest.fixture
def quick() -> TrainingSettings:
    return QUICK


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of two narrow layers with random weights and a tokenizer of single letters."""
    return made_encoder(tmp_path_factory.mktemp("encoder") / "tiny", kind="bert")


@pytest.fixture(scope="session")
def tiny_roberta(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_encoder(tmp_path_factory.mktemp("encoder") / "roberta", kind="xlm-roberta")


def made_encoder(folder: Path, *, kind: str, seed: int = 0) -> Path:
    """Write an encoder in Hugging Face form."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import AutoConfig, AutoModel, PreTrainedTokenizerFast

    letters = sorted(
        set("abcdefghijklmnopqrstuvwxyz0123456789:가나다라마바사홍삼당뇨완치특효암치료오늘만강아지산책")
    )
    vocabulary = {token: place for place, token in enumerate(["<s>", "<pad>", "</s>", "<unk>", *letters])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    torch.manual_seed(seed)
    sizes: dict[str, Any] = {
        "vocab_size": len(vocabulary), "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
        "intermediate_size": 64, "max_position_embeddings": 66, "type_vocab_size": 1, "pad_token_id": 1,
        "bos_token_id": 0, "eos_token_id": 2,
    }  # fmt: skip
    model = AutoModel.from_config(AutoConfig.for_model(kind, **sizes))
    model.save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="<pad>",
        cls_token="<s>", sep_token="</s>", model_max_length=64,
    ).save_pretrained(folder)  # fmt: skip
    return folder
