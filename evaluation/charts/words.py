"""What charts say, in Korean and in English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What charts say in one language."""

    charts: str
    scores: str
    """With the name of a policy."""
    probability: str
    items: str
    from_to: str
    in_force: str
    draft: str
    recall_by_work: str
    work: str
    recall: str
    lower: str
    upper: str
    threshold: str
    estimate: str
    hits: str
    reviewed: str
    until: str
    trend: str
    """With the name of an estimate."""
    calibration: str
    expected: str
    observed: str
    slices: str
    """With what is sliced by, and the name of an estimate."""
    columns: Mapping[str, str]
    """What slices are by."""
    overall: str
    slice: str


WORDS: Final[Mapping[str, Words]] = {
    "ko": Words(
        charts="그림",
        scores="점수 분포: {policy}",
        probability="위반 확률",
        items="항목 수",
        from_to="구간",
        in_force="적용 중",
        draft="초안",
        recall_by_work="전수 검수량과 재현율",
        work="하루 전수 검수 (건)",
        recall="재현율",
        lower="하한",
        upper="상한",
        threshold="기준",
        estimate="추정값",
        hits="확인된 위반",
        reviewed="검수",
        until="날짜",
        trend="추이: {name}",
        calibration="확률 보정",
        expected="점수가 말하는 위반율",
        observed="검수로 추정한 위반율",
        slices="{about}별 {name}",
        columns={
            "policy": "정책",
            "language": "언어",
            "category": "분야",
            "item_type": "종류",
            "creator_id": "판매자",
            "queue": "대기열",
            "plan": "계획",
            "model": "모델",
            "source": "출처",
            "day": "날짜",
            "week": "주",
            "month": "달",
        },
        overall="전체",
        slice="조각",
    ),
    "en": Words(
        charts="Charts",
        scores="Scores: {policy}",
        probability="Violation probability",
        items="Items",
        from_to="Range",
        in_force="in force",
        draft="draft",
        recall_by_work="Recall against full review",
        work="Full reviews a day",
        recall="Recall",
        lower="Lower end",
        upper="Upper end",
        threshold="Threshold",
        estimate="Estimate",
        hits="Violations found",
        reviewed="Reviewed",
        until="Day",
        trend="Trend: {name}",
        calibration="Calibration",
        expected="Share violating by the scores",
        observed="Share violating by review",
        slices="{name} by {about}",
        columns={
            "policy": "policy",
            "language": "language",
            "category": "category",
            "item_type": "kind",
            "creator_id": "seller",
            "queue": "queue",
            "plan": "plan",
            "model": "model",
            "source": "source",
            "day": "day",
            "week": "week",
            "month": "month",
        },
        overall="overall",
        slice="Slice",
    ),
}


def columns(about: str, language: str) -> str:
    """Return what a slice is by, in words; ``a+b`` is both, and a name within the content is as it is.

    Examples
    --------
    >>> columns("language+week", "ko"), columns("data.tier", "en")
    ('언어·주', 'tier')
    """
    names = WORDS[language].columns
    return "·".join(names.get(name, name.removeprefix("data.")) for name in about.split("+"))
