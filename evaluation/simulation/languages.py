"""The phrases of each language, put together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from evaluation.simulation.phrases import (
    claims_en,
    claims_ko,
    conduct_en,
    conduct_ko,
    goods_en,
    goods_ko,
    household_en,
    household_ko,
    talk_en,
    talk_ko,
    trade_en,
    trade_ko,
)
from evaluation.simulation.phrases.forms import Breach, Goods, Talk


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """Everything that can be said in one language."""

    code: str
    talk: Talk
    goods: Mapping[str, Goods]
    """By category."""
    breaches: Mapping[str, Breach]
    """By policy."""
    joint: str
    """Between two sentences on a page."""


LANGUAGES: Final[Mapping[str, Language]] = MappingProxyType(
    {
        "ko": Language(
            code="ko",
            talk=talk_ko.TALK,
            goods={**goods_ko.GOODS, **household_ko.GOODS},
            breaches={**claims_ko.BREACHES, **trade_ko.BREACHES, **conduct_ko.BREACHES},
            joint=" ",
        ),
        "en": Language(
            code="en",
            talk=talk_en.TALK,
            goods={**goods_en.GOODS, **household_en.GOODS},
            breaches={**claims_en.BREACHES, **trade_en.BREACHES, **conduct_en.BREACHES},
            joint=". ",
        ),
    }
)
