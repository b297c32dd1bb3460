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
    ),
)
