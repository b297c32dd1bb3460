"""How every number of a report is computed, in words that stand beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from serving.web.words import in_both


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """How numbers are computed, in one language."""

    ask: str
    estimates: Mapping[str, str]
    """By the name of an estimate."""
    methods: Mapping[str, str]
    """How an interval is made, by `evaluation.estimators.Estimate.method`."""
    few: str
    more: str


WORDS: Final = in_both(
    Words(
        ask="어떻게 계산했습니까?",
        estimates={
            "recall": "사람이 본 위반 ÷ (사람이 본 위반 + 놓친 위반). 놓친 위반은 기준 미만에서 뽑은 "
            "감사로 추정합니다: "
            "감사에서 나온 위반 하나는 뽑힐 확률의 역수(1/π)만큼으로 셉니다.",
            "threshold_recall": "이 정책의 기준이 잡은 위반 ÷ 이 정책의 모든 위반. 다른 이유로 검수된 것은 "
            "잡은 것으로 "
            "세지 않습니다. 한 건은 1/π만큼으로 셉니다.",
            "precision": "기준을 넘은 영상 가운데 위반인 비율. 넘은 영상을 모두 검수했으면 센 값이고, 일부면 "
            "1/π로 추정합니다. 점수를 매기지 못한 영상은 빠집니다.",
            "prevalence": "(사람이 본 위반 + 추정한 놓친 위반) ÷ 모든 영상.",
            "missed": "감사에서 나온 위반을 뽑힐 확률의 역수(1/π)로 세어 더한 값입니다. 확률은 배정할 때 "
            "기록됩니다.",
            "view_recall": "재현율과 같지만 영상마다 예상 조회수만큼으로 셉니다. 조회수를 모르는 영상은 "
            "빠집니다.",
            "view_prevalence": "위반율과 같지만 영상마다 예상 조회수만큼으로 셉니다. 조회수를 모르는 "
            "영상은 빠집니다.",
        },
        methods={
            "census": "모두 검수했으므로 표본 오차가 없습니다.",
            "gamma_report": "구간: 놓친 위반의 감마 구간(Fay-Feuer)을 옮긴 것. 아직 보지 못한 위반의 "
            "무게는 점수로 "
            "예상합니다.",
            "gamma_guarantee": "구간: 놓친 위반의 감마 구간(Fay-Feuer)을 옮긴 것. 아직 보지 못한 위반의 "
            "무게는 가능한 "
            "가장 큰 값으로 봅니다.",
            "martingale": "구간: 마팅게일에 건 내기. 언제 몇 번을 보아도 함께 맞습니다.",
            "logit_hajek": "구간: Hajek 비율의 로짓 구간. 분산은 표본설계에서 나옵니다.",
            "wilson": "구간: 유효 표본 크기의 윌슨 구간.",
            "undefined": "아직 값을 말할 수 없어 구간은 모르는 만큼 넓습니다.",
        },
        few="유효 적발은 같은 무게로 셌을 때 같은 만큼 알려 줄 적발 수입니다. 3보다 적으면 값이 크게 "
        "빗나갈 수 "
        "있지만 구간은 여전히 맞습니다.",
        more="식과 모의실험은 docs/statistics.md에 있습니다.",
    ),
    Words(
        ask="How is this computed?",
        estimates={
            "recall": "Violations that people saw ÷ (those and the missed ones). Missed ones are estimated "
            "from audits "
            "below the thresholds: a violation found there counts 1/π times, π being its chance of being "
            "drawn.",
            "threshold_recall": "Violations that the threshold of this policy flagged ÷ all violations of "
            "it. What was "
            "seen for another reason is not counted as caught. One item counts 1/π times.",
            "precision": "Share of the flagged videos that violate. Counted where all of them were "
            "reviewed, else "
            "estimated with 1/π. Videos without a score are left out.",
            "prevalence": "(Violations that people saw + those estimated to be missed) ÷ all videos.",
            "missed": "Violations found by audits, each counted 1/π times. The chance π is recorded at "
            "routing.",
            "view_recall": "Like recall, each video counted by its expected views. Those of unknown views "
            "are left out.",
            "view_prevalence": "Like prevalence, each video counted by its expected views. Those of "
            "unknown views are "
            "left out.",
        },
        methods={
            "census": "All of them were reviewed, so there is no sampling error.",
            "gamma_report": "Interval: from the gamma interval (Fay and Feuer) of what is missed; the "
            "scores tell what an "
            "unseen violation would weigh.",
            "gamma_guarantee": "Interval: from the gamma interval (Fay and Feuer) of what is missed; an "
            "unseen violation "
            "is taken to weigh as much as any could.",
            "martingale": "Interval: bets on a martingale. It holds at all looks together, however many.",
            "logit_hajek": "Interval: logit interval of the Hajek ratio, its variance by the design.",
            "wilson": "Interval: Wilson's, with the effective sample size.",
            "undefined": "No value can be told yet, so the interval is as wide as ignorance.",
        },
        few="Effective hits are so many hits of equal weight as would tell as much. Below 3 the value may "
        "be far off; the "
        "interval still holds.",
        more="Formulae and simulations: docs/statistics.md.",
    ),
)
