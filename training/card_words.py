"""The words of the model card, in English and Korean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

HEADINGS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "trainingData": "Training data",
        "policyAndTaxonomy": "Policy and taxonomy",
        "annotationMethodology": "Annotation methodology",
        "performanceBenchmarks": "Performance benchmarks",
        "biasAndLimitations": "Bias and limitations",
        "implementationGuidance": "Implementation guidance",
        "relevantLinks": "Relevant links",
    },
    "ko": {
        "trainingData": "학습 데이터",
        "policyAndTaxonomy": "정책과 분류 체계",
        "annotationMethodology": "라벨링 방법",
        "performanceBenchmarks": "성능",
        "biasAndLimitations": "편향과 한계",
        "implementationGuidance": "사용 지침",
        "relevantLinks": "관련 링크",
    },
}

_ENGLISH: Final = {
    "title": "Model card",
    "synthetic": (
        "Made-up data: {share:.0%} of the items are synthetic. Numbers about them say nothing about "
        "real videos."
    ),
    "data": (
        "{rows:,} reviewed items, {violations:,} of them violations, as known on {as_of} (snapshot "
        "`{snapshot}`). Sources: {sources}."
    ),
    "split": (
        "Learned from {learned:,} items that came in from {first} to {last}; judged on {judged:,} "
        "others, told apart {by}."
    ),
    "by_time": "by time: the newest were held out",
    "by_creator": "by creator: whole creators were held out",
    "by_chance": "at random, for want of times and creators",
    "weights": (
        "Every item had a known chance of being reviewed, {smallest:.3g} at least. Calibration and "
        "every number below weigh it by 1/chance; learning weighs it by `{tempering}`."
    ),
    "policies": 'One probability for "violates any policy", and one for each policy, never above it.',
    "policy": "policy",
    "hits": "violations",
    "how": "how its probability is made",
    "own": "learned and calibrated",
    "shared": 'fixed share of "any": {share:.3g} (too few violations)',
    "annotation": (
        "Labels are settled decisions of reviewers: a second review, an escalation or an appeal "
        'overrides a first look. "Unsure" and "unreviewable" are no labels. Errors of reviewers are '
        "not corrected here."
    ),
    "performance": (
        "95 % intervals draw whole creators with replacement. Held-out items unless said otherwise."
    ),
    "measure": "measure",
    "part": "items",
    "value": "value",
    "interval": "interval",
    "items": "number",
    "any": "any policy",
    "part_all": "held out",
    "part_cv": "out of fold",
    "roc_auc": "ROC-AUC",
    "average_precision": "average precision",
    "macro_f1": "macro-F1 at the chosen cut",
    "calibration_error": "calibration error",
    "log_loss": "log loss",
    "predicted_to_true": "predicted violations for each true one",
    "condition": "condition for serving",
    "met": "met",
    "yes": "yes",
    "no": "**no**",
    "better_than_chance": "better than chance (lower end of ROC-AUC above 0.5)",
    "true_on_average": "probabilities true on average",
    "enough_violations": "enough violations to compare with the model in force",
    "recall_not_lost": "no loss of recall beyond the margin (lower end)",
    "recall_not_worse": "recall at equal workload no worse",
    "first": "There was no model in force to compare with.",
    "compared": (
        "On {items:,} items ({hits:,} violations) that neither model learned from, reviewing the "
        "highest {workload:.0%}: recall {before} for the model in force, {after} for this one; change "
        "in [{lower:+.3f}, {upper:+.3f}]."
    ),
    "limit_text": (
        "It reads texts and facts about an item, not pictures or sound. A violation that only the "
        "picture shows is found by audit, not by this model."
    ),
    "limit_population": (
        "Its probabilities are true on average for items like those reviewed until the last date "
        "above. What is new since then is found by audits first."
    ),
    "limit_creator": (
        "It knows a creator's past. That helps to find repeat offenders, and it makes a first "
        "violation by a creator with a clean record look less likely."
    ),
    "limit_slices": (
        "Languages with fewer violations than `min_positives` are not listed above: nothing can be "
        "said about them."
    ),
    "limit_shared": "These policies had too few violations to be told apart: {policies}.",
    "guidance": (
        "For triage only: a probability orders review and sets the chance of an audit. It is no "
        "verdict, and releasing without any chance of audit makes its errors invisible. Encoder: "
        "{encoder}."
    ),
    "no_encoder": "none",
    "links": (
        "Snapshot `{snapshot}`; settings and numbers in `run.json` beside this card; "
        "`docs/statistics.md` for the estimates of the process as a whole."
    ),
}

_KOREAN: Final = {
    "title": "모델 카드",
    "synthetic": (
        "가상 데이터: 항목의 {share:.0%}가 합성 데이터입니다. 여기의 수치는 실제 영상에 대해 아무것도 "
        "말해 주지 않습니다."
    ),
    "data": (
        "검수된 항목 {rows:,}건, 그중 위반 {violations:,}건. {as_of} 시점에 알려진 결과입니다 (스냅샷 "
        "`{snapshot}`). 출처: {sources}."
    ),
    "split": (
        "{first}부터 {last}까지 들어온 {learned:,}건으로 학습하고, 나머지 {judged:,}건으로 "
        "평가했습니다. 나눈 기준: {by}."
    ),
    "by_time": "시간(가장 최근 항목을 남겨 둠)",
    "by_creator": "크리에이터(크리에이터 단위로 남겨 둠)",
    "by_chance": "무작위(시간과 크리에이터 정보가 없음)",
    "weights": (
        "모든 항목은 검수될 확률이 알려져 있으며 최소 {smallest:.3g}입니다. 보정과 아래의 모든 수치는 "
        "1/확률로 가중하고, 학습에는 `{tempering}` 가중을 씁니다."
    ),
    "policies": (
        "“하나라도 위반” 확률 하나와 정책별 확률 하나씩. 정책별 확률은 “하나라도 위반” 확률을 넘지 않습니다."
    ),
    "policy": "정책",
    "hits": "위반",
    "how": "확률을 만드는 방법",
    "own": "학습 후 보정",
    "shared": "“하나라도 위반”의 고정 비율 {share:.3g} (위반이 너무 적음)",
    "annotation": (
        "라벨은 확정된 검수 결정입니다. 2차 검수, 상위 검토, 이의 제기 결과가 1차 검수보다 우선합니다. "
        "“판단 불가”와 “검수 불가”는 라벨이 아닙니다. 검수자의 오류는 여기서 바로잡지 않습니다."
    ),
    "performance": (
        "95 % 구간은 크리에이터 단위 재표집으로 구했습니다. 따로 적지 않으면 남겨 둔 항목에서 잰 값입니다."
    ),
    "measure": "지표",
    "part": "항목",
    "value": "값",
    "interval": "구간",
    "items": "건수",
    "any": "하나라도 위반",
    "part_all": "남겨 둔 항목",
    "part_cv": "교차 검증",
    "roc_auc": "ROC-AUC",
    "average_precision": "평균 정밀도",
    "macro_f1": "정해 둔 기준의 macro-F1",
    "calibration_error": "보정 오차",
    "log_loss": "로그 손실",
    "predicted_to_true": "실제 위반 1건당 예측된 위반",
    "condition": "배포 조건",
    "met": "충족",
    "yes": "예",
    "no": "**아니요**",
    "better_than_chance": "우연보다 나음 (ROC-AUC 하한이 0.5 초과)",
    "true_on_average": "확률이 평균적으로 맞음",
    "enough_violations": "현재 모델과 비교하기에 충분한 위반 수",
    "recall_not_lost": "허용 범위를 넘는 재현율 손실 없음 (하한)",
    "recall_not_worse": "같은 업무량에서 재현율이 나빠지지 않음",
    "first": "비교할 현재 모델이 없었습니다.",
    "compared": (
        "두 모델 모두 학습하지 않은 {items:,}건(위반 {hits:,}건)에서 확률이 높은 {workload:.0%}를 "
        "검수할 때 재현율은 현재 모델 {before}, 이 모델 {after}이며 차이는 [{lower:+.3f}, "
        "{upper:+.3f}]입니다."
    ),
    "limit_text": (
        "글과 항목 정보만 읽고 화면과 소리는 보지 않습니다. 화면에만 드러나는 위반은 이 모델이 아니라 "
        "표본 감사가 찾습니다."
    ),
    "limit_population": (
        "확률은 위의 마지막 날짜까지 검수된 것과 비슷한 항목에서 평균적으로 맞습니다. 그 뒤에 새로 "
        "나타난 것은 표본 감사가 먼저 찾습니다."
    ),
    "limit_creator": (
        "크리에이터의 과거를 압니다. 반복 위반을 찾는 데 도움이 되지만, 이력이 깨끗한 크리에이터의 첫 "
        "위반은 덜 의심합니다."
    ),
    "limit_slices": (
        "위반이 `min_positives`보다 적은 언어는 위에 없습니다. 그런 언어에 대해서는 아무것도 말할 수 "
        "없습니다."
    ),
    "limit_shared": "위반이 너무 적어 따로 구별하지 못한 정책: {policies}.",
    "guidance": (
        "분류와 우선순위에만 쓰십시오. 확률은 검수 순서와 감사 확률을 정할 뿐 판정이 아닙니다. 감사 "
        "가능성이 전혀 없이 내보내면 모델의 오류를 볼 수 없게 됩니다. 인코더: {encoder}."
    ),
    "no_encoder": "없음",
    "links": (
        "스냅샷 `{snapshot}`; 설정과 수치는 이 카드 옆의 `run.json`; 전체 과정의 추정치는 "
        "`docs/statistics.md`."
    ),
}

WORDS: Final[Mapping[str, Mapping[str, str]]] = {"en": _ENGLISH, "ko": _KOREAN}
