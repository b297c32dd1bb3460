"""
What a reader must be told beside the numbers, as codes with parameters and as sentences.

A notice is a code, so that a page can place and translate it, with the parameters of its sentence. The
sentences stand here in Korean and English because a report in a notebook or on a terminal speaks too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "synthetic": {
        "ko": "이 수치에는 실제가 아닌 합성 데이터 {items:,}건이 들어 있습니다.",
        "en": "{items:,} of these items are synthetic, not real.",
    },
    "no_items": {
        "ko": "이 기간에 배정된 항목이 없습니다.",
        "en": "No item was routed in this window.",
    },
    "outstanding": {
        "ko": "뽑혔지만 아직 확정되지 않은 항목이 전수 검수 {full_review:,}건, 감사 {audits:,}건 있습니다."
        " 늦은 항목도 점수가 같으면 나머지와 같다고 가정한 값입니다.",
        "en": "{full_review:,} items in full review and {audits:,} audits were drawn and are not settled yet."
        " The numbers assume that what is late is like the rest of the same score.",
    },
    "nothing_audited": {
        "ko": "기준 미만 항목 가운데 확정된 감사가 없어 놓친 위반에 대해서는 아무것도 말할 수 없습니다.",
        "en": "No audit below the thresholds is settled, so nothing can be said about missed violations.",
    },
    "no_hits": {
        "ko": "감사 {audits:,}건에서 놓친 위반이 나오지 않았습니다. 없다는 뜻이 아닙니다:"
        " {level:.0%} 신뢰수준에서 최대 {most:,.0f}건일 수 있습니다.",
        "en": "{audits:,} audits found no missed violation. That does not mean there is none:"
        " up to {most:,.0f} are possible at {level:.0%} confidence.",
    },
    "let_go": {
        "ko": "기준에 걸렸지만 검수 한도 때문에 뽑히지 않은 항목이 {items:,}건 있습니다."
        " 재현율은 사람이 실제로 본 것만, 기준 재현율은 기준에 걸린 것을 모두 셉니다.",
        "en": "{items:,} flagged items were not drawn, because full reviews are limited. Recall counts what"
        " people got to see, threshold recall everything that was flagged.",
    },
    "few_hits": {
        "ko": "놓친 위반의 추정이 유효 적발 {effective_hits:.1f}건에 기대고 있습니다. 구간을 보십시오."
        " 감사 예산을 늘리면 좁아집니다.",
        "en": "The estimate of missed violations rests on {effective_hits:.1f} effective hits. Read the"
        " interval. A larger audit budget narrows it.",
    },
    "second_looks": {
        "ko": "두 번째 검수 {made:,}건으로 검수자 오류를 보정했습니다. {waiting:,}건이 아직 남아 있습니다.",
        "en": "Corrected for reviewer error by {made:,} second looks; {waiting:,} more still wait.",
    },
    "degraded": {
        "ko": "점수를 매기지 못한 {items:,}건이 전수 검수로 갔습니다."
        " 재현율에는 들어가고 정밀도에서는 빠집니다.",
        "en": "{items:,} items could not be scored and went to full review. They count for recall, not for"
        " precision.",
    },
    "unknown_views": {
        "ko": "{items:,}건은 조회수를 몰라 조회수 기준 수치에서 빠졌습니다.",
        "en": "The views of {items:,} items are unknown; numbers about views leave them out.",
    },
    "several_models": {
        "ko": "이 기간에 모델 {count}개가 점수를 매겼습니다. 수치는 이들을 합친 것입니다.",
        "en": "{count} models scored in this window. The numbers are about all of them together.",
    },
    "several_plans": {
        "ko": "이 기간에 계획 {count}개가 시행되었습니다. 수치는 이들을 합친 것입니다.",
        "en": "{count} plans were in force in this window. The numbers are about all of them together.",
    },
    "miscalibrated_flagged": {
        "ko": "기준 이상 항목의 점수 합은 위반 {expected:,.0f}건인데"
        " 검수로는 {lower:,.0f}~{upper:,.0f}건입니다. 모델의 확률이 맞지 않습니다.",
        "en": "Above the thresholds the scores add up to {expected:,.0f} violations; review says"
        " {lower:,.0f} to {upper:,.0f}. The model's probabilities are off.",
    },
    "miscalibrated_below_thresholds": {
        "ko": "기준 미만 항목의 점수 합은 위반 {expected:,.0f}건인데"
        " 감사로는 {lower:,.0f}~{upper:,.0f}건입니다. 모델의 확률이 맞지 않습니다.",
        "en": "Below the thresholds the scores add up to {expected:,.0f} violations; the audits say"
        " {lower:,.0f} to {upper:,.0f}. The model's probabilities are off.",
    },
    "as_of": {
        "ko": "{until} 기준입니다. 재현율, 위반율, 놓친 위반의 구간은 언제 몇 번을 보아도 함께 맞습니다."
        " 나머지 구간은 한 번 볼 때의 것입니다.",
        "en": "As of {until}. The intervals of recall, prevalence and missed hold at all looks together,"
        " however often somebody looks; the others are for one look.",
    },
    "not_settled": {
        "ko": "거의 다 확정된 날이 아직 없습니다. 확정이 끝나면 숫자가 나옵니다.",
        "en": "There is no day yet on which almost everything drawn is settled. Numbers come once there is.",
    },
    "repeated": {
        "ko": "이미 본 콘텐츠를 다시 올린 {items:,}건은 빠졌습니다.",
        "en": "{items:,} items repeat content that was there before, and are left out.",
    },
    "recall_fell": {
        "ko": "{day}에 재현율이 {limit:.1%} 아래로 떨어졌다는 경보가 울렸습니다."
        " 거짓 경보는 평균 {patience:,.0f}일에 한 번보다 드뭅니다.",
        "en": "On {day} the alarm rang that recall has fallen below {limit:.1%}. It rings falsely less than"
        " once in {patience:,.0f} days.",
    },
    "sealed": {
        "ko": "이 보고서를 만들 때 봉인된 원장의 머리: {head}. 확인: tamis verify --head",
        "en": "Head of the sealed ledger when this report was made: {head}. To check: tamis verify --head",
    },
    "slices_apart": {
        "ko": "조각별 구간 {count}개는 각각 {level:.0%}입니다. 모두가 한꺼번에 맞는다는 뜻이 아닙니다.",
        "en": "Each of the {count} slices has {level:.0%} confidence by itself, not all of them together.",
    },
}
"""The sentences, by code and language."""

ESTIMATES: Final[Mapping[str, Mapping[str, str]]] = {
    "recall": {"ko": "재현율", "en": "recall"},
    "threshold_recall": {"ko": "재현율 (자체 기준)", "en": "recall of the threshold"},
    "recognised": {"ko": "재현율 (1차 판정 포함)", "en": "recall, first verdicts included"},
    "precision": {"ko": "정밀도", "en": "precision"},
    "prevalence": {"ko": "위반율 (건수)", "en": "prevalence (items)"},
    "view_prevalence": {"ko": "위반율 (조회수)", "en": "prevalence (views)"},
    "view_recall": {"ko": "재현율 (조회수)", "en": "recall (views)"},
    "missed": {"ko": "놓친 위반", "en": "missed violations"},
    "missed_per_day": {"ko": "하루에 놓친 위반", "en": "missed violations a day"},
}
"""What the estimates are called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something a reader must know before using a number.

    Examples
    --------
    >>> Notice(code="several_plans", params={"count": 2}).text("en")
    '2 plans were in force in this window. The numbers are about all of them together.'
    """

    code: str
    params: Mapping[str, float | str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.code not in WORDS:
            raise ValueError(f"code must be one of {', '.join(WORDS)}; got {self.code!r}.")

    def text(self, language: str) -> str:
        """Return the sentence in a language: ``ko`` or ``en``."""
        return WORDS[self.code][language].format(**self.params)
