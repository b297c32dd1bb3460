"""
What every page says, in Korean and in English, and the rule for the words of a page.

The words of a page stand in a module of its own: a frozen dataclass, once in Korean and once in English,
joined by `in_both`. So a word that is missing in one language fails when the module is imported, not when
the page is opened. Words with a name in braces are sentences with a place for something.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from string import Formatter
from typing import Any, Final, TypeVar

LANGUAGES: Final = ("ko", "en")
"""The languages; the first is the one people get who have not chosen."""

T = TypeVar("T")


def in_both(ko: T, en: T) -> Mapping[str, T]:
    """Return the words of a page by language.

    Raises
    ------
    ValueError
        Where a word is empty, or a mapping names other things, or a sentence has other places, in one of
        the two.
    """
    korean, english = dict(_sentences(ko)), dict(_sentences(en))
    if korean.keys() != english.keys():
        differing = sorted(korean.keys() ^ english.keys())
        raise ValueError(f"words must name the same things in Korean and English; not so: {differing}.")
    for name, sentence in korean.items():
        if not sentence or not english[name]:
            raise ValueError(f"words must not be empty; {name} is.")
        if _places(sentence) != _places(english[name]):
            raise ValueError(f"words must have the same places in both languages; {name} has not.")
    return {"ko": ko, "en": en}


def _sentences(words: Any) -> Iterator[tuple[str, str]]:
    for field in fields(words):
        value = getattr(words, field.name)
        if isinstance(value, Mapping):
            yield from ((f"{field.name}[{key}]", text) for key, text in value.items())
        else:
            yield field.name, value


def _places(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What every page says in one language."""

    language: str
    other_language: str
    other_language_name: str

    skip_to_content: str
    menu: str
    api: str
    sign_out: str
    synthetic: str
    synthetic_why: str
    as_of: str
    """With the moment."""
    seoul_time: str
    json: str

    minutes: str
    hours: str
    days: str
    under_a_minute: str
    items: str
    """With count: a number of items."""
    interval: str
    """With level, lower and upper."""
    any_policy: str
    unknown: str
    next_steps: str

    sign_in_how: str
    refusals: Mapping[int, str]
    """The headline of a refusal, by HTTP status."""
    refused: str
    """The headline of any other."""
    back: str


WORDS: Final = in_both(
    Words(
        language="ko",
        other_language="en",
        other_language_name="English",
        skip_to_content="본문으로 건너뛰기",
        menu="주 메뉴",
        api="API 문서",
        sign_out="로그아웃",
        synthetic="합성 데이터",
        synthetic_why="시험용으로 만들어 낸 영상이 들어 있습니다. 실제 성과가 아닙니다.",
        as_of="{moment} 기준",
        seoul_time="모든 시각은 서울 기준입니다.",
        json="JSON으로 보기",
        minutes="{count}분",
        hours="{count}시간",
        days="{count}일",
        under_a_minute="1분 미만",
        items="{count}건",
        interval="{level} 구간 {lower} – {upper}",
        any_policy="어느 정책이든",
        unknown="알 수 없음",
        next_steps="다음에 할 일",
        sign_in_how="로그인 링크가 필요합니다. 서버에서 아래 명령으로 만드십시오.",
        refusals={
            401: "로그인이 필요합니다",
            403: "볼 수 없는 화면입니다",
            404: "찾을 수 없는 화면입니다",
            409: "그 사이에 다른 분이 바꾸었습니다",
            503: "원장이 응답하지 않습니다",
        },
        refused="처리할 수 없는 요청입니다",
        back="첫 화면으로",
    ),
    Words(
        language="en",
        other_language="ko",
        other_language_name="한국어",
        skip_to_content="Skip to content",
        menu="Main menu",
        api="API documentation",
        sign_out="Sign out",
        synthetic="Synthetic",
        synthetic_why="Some of these videos are made up, to try things out. This is no real performance.",
        as_of="As of {moment}",
        seoul_time="All times are Seoul times.",
        json="As JSON",
        minutes="{count} min",
        hours="{count} h",
        days="{count} d",
        under_a_minute="under 1 min",
        items="{count}",
        interval="{level} interval {lower} – {upper}",
        any_policy="Any policy",
        unknown="Unknown",
        next_steps="What to do next",
        sign_in_how="You need a sign-in link. Make one on the server with this command:",
        refusals={
            401: "Please sign in",
            403: "This page is not for your role",
            404: "There is no such page",
            409: "Somebody else changed this meanwhile",
            503: "The ledger does not answer",
        },
        refused="That cannot be done",
        back="Back to the first page",
    ),
)
"""The words that all pages share."""
