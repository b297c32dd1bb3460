"""What is said about signing in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from serving.web.words import in_both


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What is said about signing in, in one language."""

    sign_in: str
    sign_in_button: str
    sign_in_once: str
    link_ended: str


WORDS: Final = in_both(
    Words(
        sign_in="로그인",
        sign_in_button="로그인하기",
        sign_in_once="이 링크는 한 번만 쓸 수 있습니다.",
        link_ended="이 링크는 이미 쓰였거나 기한이 지났습니다.",
    ),
    Words(
        sign_in="Sign in",
        sign_in_button="Sign in",
        sign_in_once="This link works once.",
        link_ended="This link was used already, or is too old.",
    ),
)
