"""What the page about models says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from serving.web.words import in_both


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the page about models says in one language."""

    title: str
    serves: str
    """With version, since and by."""
    nobody_serves: str
    problem: str
    empty: str
    all: str
    columns: Mapping[str, str]
    in_charge: str
    compare: str
    candidate: str
    """With version."""
    against: str
    """With champion, reviewed, hits and workload."""
    alone: str
    none_unseen: str
    metric: str
    champion: str
    challenger: str
    difference: str
    slice: str
    violations: str
    parts: Mapping[str, str]
    """Which items something was measured on."""
    slices: str
    slices_why: str
    no_slices: str
    gate: str
    passed: str
    not_passed: str
    met: str
    not_met: str
    conditions: Mapping[str, str]
    value: str
    unknown: str
    calibration: str
    calibration_of: str
    """With version."""
    card: str
    facts: Mapping[str, str]
    measures: Mapping[str, str]
    measured: str
    limits: str
    download: str
    promote: str
    promote_why: str
    although: str
    reason: str
    reason_hint: str
    promote_button: str
    """With version."""
    roll_back: str
    roll_back_why: str
    """With version."""
    roll_back_button: str
    history: str
    when: str
    who: str
    model: str
    problems: Mapping[str, str]
    done: str
    """With version."""


WORDS: Final = in_both(
    Words(
        title="모델",
        serves="버전 {version}이 {since}부터 점수를 매기고 있습니다 ({by}).",
        nobody_serves="점수를 매기는 모델이 없어 모든 영상이 전수 검수로 갑니다.",
        problem="모델을 쓸 수 없습니다:",
        empty="아직 학습한 모델이 없습니다. 검수 결과를 가져온 다음 학습하십시오.",
        all="등록된 모델",
        columns={
            "version": "버전",
            "created_at": "만든 때",
            "rows": "학습·평가에 쓴 검수",
            "roc_auc": "ROC-AUC",
            "average_precision": "평균 정밀도",
            "gate": "승격 조건",
        },
        in_charge="적용 중",
        compare="살펴보기",
        candidate="버전 {version}",
        against="적용 중이던 버전 {champion}과 같은 영상 {reviewed}건(위반 {hits}건)에서 견주었습니다. 두 "
        "모델 모두 배우지 "
        "않은 영상입니다. 재현율은 둘 다 {workload}를 검수할 때의 값입니다.",
        alone="견줄 모델 없이 등록되었습니다.",
        none_unseen="두 모델 모두 배우지 않은 영상이 없어 견주지 못했습니다.",
        metric="지표",
        champion="적용 중이던 모델",
        challenger="이 모델",
        difference="차이와 95% 구간",
        slice="조각",
        violations="위반",
        parts={"all": "전체", "cv": "교차 검증"},
        slices="조각별 재현율",
        slices_why="구간은 조각마다 따로 95%입니다. 위반이 3건보다 적은 조각은 뺐습니다.",
        no_slices="견줄 만큼 위반이 있는 조각이 없습니다.",
        gate="승격 조건",
        passed="모두 충족",
        not_passed="충족하지 못함",
        met="충족",
        not_met="미충족",
        conditions={
            "better_than_chance": "우연보다 낫다 (ROC-AUC 하한 > 0.5)",
            "true_on_average": "확률의 합이 위반 수와 어긋나지 않는다 (비율 0.5 – 2.0)",
            "enough_violations": "견줄 위반이 충분하다 (20건 이상)",
            "recall_not_lost": "같은 검수량에서 재현율을 잃지 않는다 (차이의 하한 ≥ −5%p)",
            "recall_not_worse": "같은 검수량에서 재현율이 낮아지지 않는다 (차이 ≥ 0)",
        },
        value="값",
        unknown="모름",
        calibration="확률 보정",
        calibration_of="버전 {version}",
        card="모델 카드",
        facts={
            "snapshot": "데이터 스냅샷",
            "rows": "검수된 영상",
            "violations": "그중 위반",
            "synthetic": "그중 합성 데이터",
            "learned": "배운 기간",
            "judged": "따로 떼어 평가한 영상",
            "members": "구성",
            "digest": "묶음의 지문",
        },
        measures={
            "recall": "재현율",
            "roc_auc": "ROC-AUC",
            "average_precision": "평균 정밀도",
            "macro_f1": "매크로 F1",
            "log_loss": "로그 손실",
            "calibration_error": "보정 오차",
            "predicted_to_true": "예측 위반 ÷ 실제 위반",
        },
        measured="측정값 (배우지 않은 영상)",
        limits="라벨은 검수자의 확정 판정이며 검수자의 실수는 고치지 않았습니다. 위반이 적은 정책과 언어의 "
        "수치는 구간이 "
        "넓습니다. 새 유형의 위반은 점수가 낮을 수 있으니 표본 감사를 줄이지 마십시오.",
        download="모델 카드 받기 (한국어·영어)",
        promote="승격",
        promote_why="이 모델을 불러와 확인한 다음, 다음 영상부터 점수를 매기게 합니다.",
        although="조건을 충족하지 못해도 승격합니다",
        reason="사유",
        reason_hint="5자 이상 적어 주십시오. 원장에 남습니다.",
        promote_button="버전 {version} 승격",
        roll_back="되돌리기",
        roll_back_why="바로 앞에 쓰던 모델로 되돌립니다. 지금은 버전 {version}입니다.",
        roll_back_button="앞 모델로 되돌리기",
        history="적용 이력",
        when="때",
        who="누가",
        model="버전",
        problems={
            "short_reason": "사유를 5자 이상 적어 주십시오.",
            "gate": "승격 조건을 충족하지 못했습니다. 그래도 승격하려면 아래를 고르고 이유를 적어 주십시오.",
            "conflict": "이미 적용 중이거나 되돌릴 모델이 없습니다.",
            "broken": "모델을 불러올 수 없어 바꾸지 않았습니다.",
        },
        done="이제 버전 {version}이 점수를 매깁니다.",
    ),
    Words(
        title="Models",
        serves="Version {version} has scored since {since} ({by}).",
        nobody_serves="No model scores, so every video goes to full review.",
        problem="The model cannot be used:",
        empty="No model has been trained. Import review outcomes, then train one.",
        all="Registered models",
        columns={
            "version": "Version",
            "created_at": "Made",
            "rows": "Reviews it was made and judged with",
            "roc_auc": "ROC-AUC",
            "average_precision": "Average precision",
            "gate": "Gate",
        },
        in_charge="in charge",
        compare="Look at it",
        candidate="Version {version}",
        against="Compared with version {champion}, which was in charge, on the same {reviewed} videos "
        "({hits} violations). "
        "Neither model learned from them. Recall is that of reviewing {workload} with either.",
        alone="It was registered without a model to compare it with.",
        none_unseen="There were no videos that neither model learned from, so they were not compared.",
        metric="Measure",
        champion="In charge then",
        challenger="This model",
        difference="Difference with its 95% interval",
        slice="Slice",
        violations="Violations",
        parts={"all": "all", "cv": "out of fold"},
        slices="Recall by slice",
        slices_why="Each slice has 95% confidence by itself. Slices with fewer than 3 violations are left "
        "out.",
        no_slices="No slice has violations enough to compare.",
        gate="Gate",
        passed="all met",
        not_passed="not passed",
        met="met",
        not_met="not met",
        conditions={
            "better_than_chance": "Better than chance (lower end of ROC-AUC > 0.5)",
            "true_on_average": "Probabilities add up to the violations (ratio plausibly 0.5 to 2.0)",
            "enough_violations": "Enough violations to compare (20 or more)",
            "recall_not_lost": "Recall at equal work is not lost (lower end of the change ≥ −5 points)",
            "recall_not_worse": "Recall at equal work is not lower (change ≥ 0)",
        },
        value="Value",
        unknown="unknown",
        calibration="Calibration",
        calibration_of="Version {version}",
        card="Model card",
        facts={
            "snapshot": "Snapshot of the data",
            "rows": "Reviewed videos",
            "violations": "Violations among them",
            "synthetic": "Synthetic among them",
            "learned": "Learned from",
            "judged": "Videos held out to judge it",
            "members": "Parts",
            "digest": "Fingerprint of the bundle",
        },
        measures={
            "recall": "Recall",
            "roc_auc": "ROC-AUC",
            "average_precision": "Average precision",
            "macro_f1": "Macro F1",
            "log_loss": "Log loss",
            "calibration_error": "Calibration error",
            "predicted_to_true": "Predicted violations for each true one",
        },
        measured="Measured on videos that were held out",
        limits="Labels are settled decisions of reviewers, whose errors are not corrected here. Policies "
        "and languages with "
        "few violations have wide intervals. New kinds of violations may score low: keep auditing.",
        download="Keep the model card (Korean and English)",
        promote="Promote",
        promote_why="The model is loaded and checked, then scores from the next video on.",
        although="Promote it although the gate is not passed",
        reason="Reason",
        reason_hint="Five characters or more. It stays in the ledger.",
        promote_button="Promote version {version}",
        roll_back="Roll back",
        roll_back_why="Puts the model before the present one in charge again: version {version}.",
        roll_back_button="Roll back to the model before",
        history="History",
        when="When",
        who="Who",
        model="Version",
        problems={
            "short_reason": "Say why, in five characters or more.",
            "gate": "It does not pass the gate. To promote it all the same, tick the box below and say why.",
            "conflict": "It is in charge already, or there is no model to go back to.",
            "broken": "The model cannot be loaded, so nothing was changed.",
        },
        done="Version {version} scores from now on.",
    ),
)
