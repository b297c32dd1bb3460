"""What charts say, in Korean and in English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What charts say in one language."""

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
    """With the name of an estimate."""
    overall: str
    slice: str


WORDS: Final[Mapping[str, Words]] = {
    "ko": Words(
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
        slices="조각별 {name}",
        overall="전체",
        slice="조각",
    ),
    "en": Words(
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
        slices="{name} by slice",
        overall="overall",
        slice="Slice",
    ),
}
