"""What the history of plans says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from serving.web.words import in_both


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the history of plans says in one language."""

    history: str
    to_planner: str
    empty: str
    version: str
    since: str
    author: str
    settings: str
    reason: str
    in_force: str
    compare: str
    compare_why: str
    first: str
    second: str
    differences: str
    """With first and second."""
    no_differences: str
    setting: str
    none: str
    change: str
    """With name, before and after."""
    threshold: str
    """With the name of a policy."""
    audits: str
    """With budget."""
    actions: str
    roll_back: str
    """With version."""
    roll_back_button: str
    reason_hint: str
    fields: Mapping[str, str]
    """What the settings are called."""
    problems: Mapping[str, str]


WORDS: Final = in_both(
    Words(
        history="계획 이력",
        to_planner="기준 설정으로",
        empty="아직 계획이 없습니다. 기준 설정에서 첫 계획을 적용해 주십시오.",
        version="버전",
        since="적용 시각",
        author="적용한 사람",
        settings="내용",
        reason="사유",
        in_force="적용 중",
        compare="견주기",
        compare_why="두 버전을 골라 무엇이 다른지 봅니다.",
        first="먼저",
        second="나중",
        differences="{first}와 {second}의 다른 점",
        no_differences="두 계획이 같습니다.",
        setting="설정",
        none="없음",
        change="{name}: {before} → {after}",
        threshold="{name} 기준",
        audits="하루 감사 {budget}건",
        actions="되돌리기",
        roll_back="{version}로 되돌리기",
        roll_back_button="이 계획으로 되돌리기",
        reason_hint="왜 되돌리는지 5자 이상으로 적어 주십시오.",
        fields={
            "daily_budget": "하루 감사 건수",
            "floor_share": "고르게 뽑는 몫",
            "daily_full_reviews": "하루 전수 검수 한도",
            "review_minutes": "한 건의 검수 시간(분)",
            "due_hours": "검수 기한(시간)",
            "queues": "대기열",
        },
        problems={
            "short_reason": "사유를 5자 이상으로 적어 주십시오.",
            "changed_meanwhile": "그 사이 다른 분이 새 계획을 적용했습니다. 확인한 다음 다시 정해 주십시오.",
        },
    ),
    Words(
        history="Plan history",
        to_planner="To the planner",
        empty="There is no plan yet. Apply the first one in the planner.",
        version="Version",
        since="In force from",
        author="Applied by",
        settings="Says",
        reason="Reason",
        in_force="in force",
        compare="Compare",
        compare_why="Choose two versions and see what differs.",
        first="Earlier",
        second="Later",
        differences="What differs between {first} and {second}",
        no_differences="Both plans say the same.",
        setting="Setting",
        none="none",
        change="{name}: {before} → {after}",
        threshold="Threshold for {name}",
        audits="{budget} audits a day",
        actions="Roll back",
        roll_back="Roll back to {version}",
        roll_back_button="Roll back to this plan",
        reason_hint="Say why, in 5 characters or more.",
        fields={
            "daily_budget": "Audits a day",
            "floor_share": "Spread evenly",
            "daily_full_reviews": "Most full reviews a day",
            "review_minutes": "Minutes a review",
            "due_hours": "Due within hours",
            "queues": "Queues",
        },
        problems={
            "short_reason": "The reason must say why, in 5 characters or more.",
            "changed_meanwhile": "Somebody else applied a plan meanwhile. Look at it, then decide again.",
        },
    ),
)
