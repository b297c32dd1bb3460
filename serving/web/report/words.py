"""What the quality report says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from serving.web.words import in_both


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the quality report says in one language."""

    title: str
    about: str
    """With since, until and the moment of asking."""
    made_from: str
    """With plans and models."""
    empty: str
    settings: str
    window: str
    windows: Mapping[str, str]
    since: str
    until: str
    by: str
    other: str
    other_hint: str
    level: str
    grade: str
    grades: Mapping[str, str]
    grade_hint: str
    against: str
    show: str
    correct: str
    problems: Mapping[str, str]
    """With columns where a column is unknown."""
    files: str
    headlines: str
    warnings: str
    changes: str
    trends: str
    trends_why: str
    by_column: str
    """With what is sliced by."""
    evidence: str
    """With reviewed, hits and effective hits."""
    counted: str
    """With reviewed and hits: there is no sampling error."""
    few: str
    png: str
    none: str
    charts: str
    no_slices: str


WORDS: Final = in_both(
    Words(
        title="품질 보고서",
        about="{since} – {until}에 배정된 영상, {moment} 현재 확정된 검수 기준",
        made_from="계획 {plans} · 모델 {models}",
        empty="이 기간에 배정된 영상이 없어 말할 수 있는 것이 없습니다. 기간을 늘리거나 영상을 먼저 "
        "보내십시오.",
        settings="무엇을 볼지 고르기",
        window="기간",
        windows={"7": "최근 7일", "28": "최근 28일", "90": "최근 90일", "days": "날짜로 정하기"},
        since="시작일",
        until="마지막 날",
        by="나누어 보기",
        other="다른 열",
        other_hint="쉼표로 나눕니다. 두 열을 함께: language+week, 영상에 실린 값: data.creator_tier",
        level="신뢰수준",
        grade="구간의 등급",
        grades={"report": "보고용", "guarantee": "보증용", "always": "매일 보기용"},
        grade_hint="보증용은 점수가 모르는 위반까지 덮고, 매일 보기용은 언제 몇 번을 보아도 맞습니다.",
        against="직전 같은 길이의 기간과 견주기",
        show="보고서 보기",
        correct="아래 항목을 고쳐 주십시오.",
        problems={
            "choice": "목록에 있는 것을 고르십시오.",
            "day": "2026-11-23처럼 날짜를 적어 주십시오.",
            "future": "아직 오지 않은 날입니다.",
            "before": "시작일보다 앞섭니다.",
            "long": "기간은 10년을 넘을 수 없습니다.",
            "column": "그런 열이 없습니다. language, category, item_type, creator_id, queue, plan, model, "
            "source, "
            "day, week, month 또는 data.이름을 적어 주십시오.",
        },
        files="내려받기",
        headlines="전체",
        warnings="읽기 전에",
        changes="직전 기간과 비교",
        trends="추이",
        trends_why="기간 시작부터 그날까지의 값입니다. 띠는 매일 보아도 모든 날에 함께 맞습니다. "
        "빈 점은 근거가 적거나 아직 확정되지 않은 날입니다.",
        by_column="{about}별",
        evidence="검수 {reviewed} · 적발 {hits} · 유효 {effective}",
        counted="모두 검수 {reviewed} · 적발 {hits}",
        few="적발 적음",
        png="PNG로 받기",
        none="해당 없음",
        charts="그림",
        no_slices="나누어 볼 열을 고르면 여기에 표가 나옵니다.",
    ),
    Words(
        title="Quality report",
        about="Videos routed {since} – {until}, by what was settled on {moment}",
        made_from="Plans {plans} · models {models}",
        empty="No video was routed in this window, so nothing can be told. Widen it, or send videos first.",
        settings="Choose what to see",
        window="Window",
        windows={"7": "Last 7 days", "28": "Last 28 days", "90": "Last 90 days", "days": "From day to day"},
        since="First day",
        until="Last day",
        by="Slice by",
        other="Other columns",
        other_hint="With commas between. Two together: language+week; what videos bring: data.creator_tier",
        level="Confidence",
        grade="Grade of the intervals",
        grades={"report": "report", "guarantee": "guarantee", "always": "every day"},
        grade_hint="Guarantee covers violations that the scores are blind to; every day holds however often "
        "somebody looks.",
        against="Compare with the window of the same length before",
        show="Show the report",
        correct="Please correct this:",
        problems={
            "choice": "must be one of the list.",
            "day": "must be a day like 2026-11-23.",
            "future": "has not come yet.",
            "before": "is before the first day.",
            "long": "is more than ten years before the last.",
            "column": "There is no such column. Use language, category, item_type, creator_id, queue, "
            "plan, model, "
            "source, day, week, month or data.NAME.",
        },
        files="Download",
        headlines="All items",
        warnings="Before you read on",
        changes="Compared with the window before",
        trends="Trends",
        trends_why="From the begin of the window to the end of each day. The band holds on all days "
        "together, also for "
        "those who look every day. Hollow: few hits, or not settled yet.",
        by_column="By {about}",
        evidence="{reviewed} reviewed · {hits} hits · {effective} effective",
        counted="all {reviewed} reviewed · {hits} hits",
        few="few hits",
        png="Keep as PNG",
        none="none",
        charts="Charts",
        no_slices="Tick a column, and its table stands here.",
    ),
)
