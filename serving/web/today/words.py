"""What the first page says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from serving.web.words import in_both


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the first page says in one language."""

    title: str
    steps: Mapping[str, str]
    """What to do, by the codes of `serving.web.today.state.Step`."""
    queues: str
    queues_empty: str
    queue: str
    waiting: str
    claimed: str
    overdue: str
    oldest: str
    in_force: str
    plan: str
    no_plan: str
    model: str
    no_model: str
    version: str
    """With the name of a model."""
    since_by: str
    """With since and by."""
    reason: str
    thresholds: str
    from_probability: str
    """With the probability: flagged from there on."""
    audit: str
    audit_budget: str
    """With budget and floor."""
    estimates: str
    window: str
    """With since and until."""
    asks: Mapping[str, str]
    """The question that an estimate answers, by its name."""
    names: Mapping[str, str]
    """What an estimate is called."""
    flow: str
    """With items, full, audits and released."""
    meaning: Mapping[str, str]
    """What it all means: with value, lower and upper, or the count of alarms."""
    lately: str
    work: str
    """With decisions, used, open and left."""
    caught: str
    """With count and policies."""
    caught_none: str
    watched: str
    alarms: Mapping[str, str]
    """What is watched."""
    states: Mapping[str, str]
    seen: Mapping[str, str]
    """What an alarm saw, by its code and reason."""


WORDS: Final = in_both(
    Words(
        title="오늘",
        steps={
            "items": "아직 들어온 영상이 없습니다. 과거 검수 결과를 가져오거나 합성 데이터로 둘러보십시오.",
            "model": "점수를 매기는 모델이 없어 모든 영상이 전수 검수로 갑니다. 학습한 다음 승격하십시오.",
            "model_problem": "모델을 쓸 수 없어 모든 영상이 전수 검수로 갑니다.",
            "plan": "적용 중인 검수 계획이 없어 모든 영상이 전수 검수로 갑니다.",
            "routed": "아직 배정된 영상이 없습니다. 첫 영상을 보내십시오.",
            "overdue": "기한이 지난 작업이 있습니다. 이것부터 검수하십시오. 늦어도 사라지지 않습니다.",
            "decisions": "아직 확정된 검수가 없습니다. 판정이 들어오면 추정값이 나옵니다.",
        },
        queues="검수 대기열",
        queues_empty="기다리는 작업이 없습니다.",
        queue="대기열",
        waiting="대기",
        claimed="검수 중",
        overdue="기한 초과",
        oldest="가장 오래 기다린 작업",
        in_force="적용 중",
        plan="검수 계획",
        no_plan="없음. 모든 영상을 전수 검수합니다.",
        model="점수 모델",
        no_model="없음. 모든 영상을 전수 검수합니다.",
        version="버전 {name}",
        since_by="{since}부터 · {by}",
        reason="사유",
        thresholds="전수 검수 기준",
        from_probability="위반 확률 {probability} 이상",
        audit="표본 감사",
        audit_budget="하루 {budget}건, 그중 {floor}는 고르게",
        estimates="검수 품질",
        window="{since} – {until}",
        asks={
            "recall": "위반 가운데 전수 검수가 잡는 비율",
            "precision": "기준 이상으로 뽑힌 영상 가운데 위반인 비율",
            "prevalence": "들어온 영상 가운데 위반인 비율",
            "missed": "기준 미만에 남아 있는 위반의 수",
        },
        names={
            "recall": "재현율",
            "precision": "정밀도",
            "prevalence": "위반율",
            "missed": "놓친 위반",
        },
        flow="{items}건 가운데 전수 검수 {full}건, 표본 감사 {audits}건, 통과 {released}건",
        meaning={
            "empty": "최근 28일 동안 배정된 영상이 없어 아직 말할 수 있는 것이 없습니다.",
            "unknown": "놓친 위반이 얼마나 되는지 말하기에는 확정된 감사가 아직 부족합니다.",
            "recall": "최근 28일 동안 위반 가운데 약 {value}를 사람이 보았습니다. "
            "실제로는 {lower}에서 {upper} 사이일 수 있습니다.",
            "few": "근거가 적으니 감사를 늘리면 더 정확해집니다.",
            "alarms": "확인할 경보가 {count}개 있습니다.",
            "quiet": "울린 경보는 없습니다.",
        },
        lately="오늘과 이번 주",
        work="오늘 {decisions}건을 검수하는 데 {used}시간을 썼습니다. "
        "남은 작업은 {open}건, 약 {left}시간입니다.",
        caught="이번 주에 위반 {count}건을 잡았습니다{policies}.",
        caught_none="이번 주에 확정된 위반이 아직 없습니다.",
        watched="경보",
        alarms={
            "recall": "재현율",
            "drift": "점수 분포",
            "calibration": "확률 보정",
            "budget": "감사 예산",
            "integration": "연동",
        },
        states={"fine": "정상", "alarm": "경보", "unknown": "아직 모름"},
        seen={
            "recall.alarm": "직전 주에 알던 하한 {limit} 아래로 떨어졌습니다.",
            "recall.fine": "떨어졌다는 증거가 없습니다.",
            "recall.unknown": "견줄 만한 이전 기간이 없습니다.",
            "drift.alarm": "최근 7일의 점수 분포가 그 전과 {distance} 다릅니다. 모델을 다시 살펴보십시오.",
            "drift.fine": "최근 7일의 점수 분포는 그 전과 눈에 띄게 다르지 않습니다 (차이 {distance}).",
            "drift.few": "견줄 점수가 아직 부족합니다.",
            "drift.reading": "원장을 읽고 있습니다. 잠시 뒤에 다시 보십시오.",
            "calibration.flagged": "기준 이상에서 점수는 위반 {expected}건을 말하지만 "
            "검수로는 {lower}~{upper}건입니다.",
            "calibration.below_thresholds": "기준 미만에서 점수는 위반 {expected}건을 말하지만 "
            "감사로는 {lower}~{upper}건입니다.",
            "calibration.fine": "점수의 합이 검수 결과와 맞습니다.",
            "calibration.unknown": "확정된 검수가 아직 부족합니다.",
            "budget.over": "최근 7일 감사 {audits}건, 예산은 {expected}건입니다. 예산을 넘었습니다.",
            "budget.under": "최근 7일 감사 {audits}건, 예산은 {expected}건입니다. 예산에 못 미칩니다.",
            "budget.fine": "최근 7일 감사 {audits}건, 예산 {expected}건.",
            "budget.unknown": "적용 중인 계획이나 배정된 영상이 없습니다.",
            "integration.degraded": "오늘 {degraded}건은 점수를 매기지 못해 전수 검수로 갔습니다. "
            "마지막 영상 {item}, 마지막 판정 {decision}.",
            "integration.no_decisions": "기다리는 작업이 있는데 하루 넘게 판정이 없습니다. 마지막 판정 "
            "{decision}, 마지막 영상 {item}.",
            "integration.no_items": "하루 넘게 들어온 영상이 없습니다. 마지막 영상 {item}, 마지막 판정 "
            "{decision}.",
            "integration.fine": "마지막 영상 {item}, 마지막 판정 {decision}.",
            "integration.unknown": "아직 들어온 영상이 없습니다.",
        },
    ),
    Words(
        title="Today",
        steps={
            "items": "No video has come in. Import past review outcomes, or look around with synthetic ones.",
            "model": "No model scores, so every video goes to full review. Train one, then promote it.",
            "model_problem": "The model cannot be used, so every video goes to full review.",
            "plan": "No review plan is in force, so every video goes to full review.",
            "routed": "No video has been routed yet. Send the first one.",
            "overdue": "Some work is late. Review it first. Late work never disappears; it stays open.",
            "decisions": "No review is settled yet. Estimates appear when decisions arrive.",
        },
        queues="Review queues",
        queues_empty="No work is waiting.",
        queue="Queue",
        waiting="Waiting",
        claimed="In review",
        overdue="Overdue",
        oldest="Waiting longest",
        in_force="In force",
        plan="Review plan",
        no_plan="None. Every video goes to full review.",
        model="Scoring model",
        no_model="None. Every video goes to full review.",
        version="Version {name}",
        since_by="since {since} · {by}",
        reason="Reason",
        thresholds="Full review",
        from_probability="violation probability {probability} or more",
        audit="Audit sample",
        audit_budget="{budget} a day, {floor} of it spread evenly",
        estimates="Review quality",
        window="{since} – {until}",
        asks={
            "recall": "Share of the violations that full review catches",
            "precision": "Share of the flagged videos that violate",
            "prevalence": "Share of all videos that violate",
            "missed": "Number of violations left below the thresholds",
        },
        names={
            "recall": "Recall",
            "precision": "Precision",
            "prevalence": "Prevalence",
            "missed": "Missed violations",
        },
        flow="Of {items} videos: {full} to full review, {audits} to audit, {released} released",
        meaning={
            "empty": "No video was routed in the last 28 days, so nothing can be told yet.",
            "unknown": "Too few audits are settled to say how much is missed.",
            "recall": "In the last 28 days people saw about {value} of the violations. "
            "In truth it may be {lower} to {upper}.",
            "few": "This rests on little; more audits would tell it better.",
            "alarms": "Alarms to look at: {count}.",
            "quiet": "No alarm rings.",
        },
        lately="Today and this week",
        work="Reviewing took {used} h today, for {decisions} decisions. "
        "Open work: {open} jobs, about {left} h.",
        caught="Violations caught this week: {count}{policies}.",
        caught_none="No violation was settled this week.",
        watched="Alarms",
        alarms={
            "recall": "Recall",
            "drift": "Scores",
            "calibration": "Calibration",
            "budget": "Audit budget",
            "integration": "Integration",
        },
        states={"fine": "fine", "alarm": "alarm", "unknown": "not known yet"},
        seen={
            "recall.alarm": "It has fallen below {limit}, the lower end known the week before.",
            "recall.fine": "Nothing says that it has fallen.",
            "recall.unknown": "There is no time before to compare with.",
            "drift.alarm": "The scores of the last 7 days differ by {distance} from those before. Check "
            "the model.",
            "drift.fine": "The scores of the last 7 days are much like those before (distance {distance}).",
            "drift.few": "There are too few scores to compare.",
            "drift.reading": "The ledger is being read. Look again in a moment.",
            "calibration.flagged": "Above the thresholds the scores say {expected} violations, "
            "review says {lower} to {upper}.",
            "calibration.below_thresholds": "Below the thresholds the scores say {expected} violations, "
            "the audits say {lower} to {upper}.",
            "calibration.fine": "The scores add up to what review finds.",
            "calibration.unknown": "Too little is settled yet.",
            "budget.over": "{audits} audits in the last 7 days, the budget is {expected}: too many.",
            "budget.under": "{audits} audits in the last 7 days, the budget is {expected}: too few.",
            "budget.fine": "{audits} audits in the last 7 days, the budget is {expected}.",
            "budget.unknown": "There is no plan in force, or nothing was routed.",
            "integration.degraded": "Today {degraded} videos could not be scored and went to full review. "
            "Last video {item}, last decision {decision}.",
            "integration.no_decisions": "Work waits, and nobody decided for a day. "
            "Last decision {decision}, last video {item}.",
            "integration.no_items": "No video came in for a day. Last video {item}, last decision "
            "{decision}.",
            "integration.fine": "Last video {item}, last decision {decision}.",
            "integration.unknown": "No video has come in yet.",
        },
    ),
)
