"""
Every sentence of the pages, in Korean and in English.

A missing word fails when this module is imported, not when a page is opened. Words with a name in braces
are sentences with a place for something.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the pages say in one language."""

    language: str
    other_language: str
    other_language_name: str

    skip_to_content: str
    today: str
    api: str
    sign_out: str
    synthetic: str
    synthetic_why: str
    as_of: str
    """With the moment."""
    seoul_time: str
    json: str

    next_steps: str
    steps: Mapping[str, str]
    """What to do, by the codes of `serving.web.today.Step`."""

    queues: str
    queues_empty: str
    queue: str
    waiting: str
    claimed: str
    overdue: str
    oldest: str
    minutes: str
    hours: str
    days: str
    under_a_minute: str

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
    any_policy: str
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
    interval: str
    """With level, lower and upper."""
    counted: str
    unknown: str
    unknown_why: str
    evidence: str
    """With reviewed and hits."""
    outstanding: str
    """With outstanding."""
    few_hits: str
    items: str
    """With count: a number of items."""
    flow: str
    """With items, full, audits and released."""

    sign_in: str
    sign_in_button: str
    sign_in_once: str
    sign_in_how: str
    link_ended: str
    refusals: Mapping[int, str]
    """The headline of a refusal, by HTTP status."""
    refused: str
    """The headline of any other."""
    back: str


KO: Final = Words(
    language="ko",
    other_language="en",
    other_language_name="English",
    skip_to_content="본문으로 건너뛰기",
    today="오늘",
    api="API 문서",
    sign_out="로그아웃",
    synthetic="합성 데이터",
    synthetic_why="시험용으로 만들어 낸 영상이 들어 있습니다. 실제 성과가 아닙니다.",
    as_of="{moment} 기준",
    seoul_time="모든 시각은 서울 기준입니다.",
    json="JSON으로 보기",
    next_steps="다음에 할 일",
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
    minutes="{count}분",
    hours="{count}시간",
    days="{count}일",
    under_a_minute="1분 미만",
    in_force="적용 중",
    plan="검수 계획",
    no_plan="없음. 모든 영상을 전수 검수합니다.",
    model="점수 모델",
    version="버전 {name}",
    no_model="없음. 모든 영상을 전수 검수합니다.",
    since_by="{since}부터 · {by}",
    reason="사유",
    thresholds="전수 검수 기준",
    any_policy="어느 정책이든",
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
    interval="{level} 구간 {lower} – {upper}",
    counted="모두 검수해 센 값",
    unknown="알 수 없음",
    unknown_why="확정된 검수가 아직 없습니다.",
    evidence="검수 {reviewed}건, 위반 확인 {hits}건",
    outstanding="뽑혔지만 미확정 {outstanding}건",
    few_hits="근거 적음: 구간을 보십시오",
    items="{count}건",
    flow="{items}건 가운데 전수 검수 {full}건, 표본 감사 {audits}건, 통과 {released}건",
    sign_in="로그인",
    sign_in_button="로그인하기",
    sign_in_once="이 링크는 한 번만 쓸 수 있습니다.",
    sign_in_how="로그인 링크가 필요합니다. 서버에서 아래 명령으로 만드십시오.",
    link_ended="이 링크는 이미 쓰였거나 기한이 지났습니다.",
    refusals={
        401: "로그인이 필요합니다",
        403: "볼 수 없는 화면입니다",
        503: "원장이 응답하지 않습니다",
    },
    refused="처리할 수 없는 요청입니다",
    back="오늘 화면으로",
)

EN: Final = Words(
    language="en",
    other_language="ko",
    other_language_name="한국어",
    skip_to_content="Skip to content",
    today="Today",
    api="API documentation",
    sign_out="Sign out",
    synthetic="Synthetic",
    synthetic_why="Some of these videos are made up, to try things out. This is no real performance.",
    as_of="As of {moment}",
    seoul_time="All times are Seoul times.",
    json="As JSON",
    next_steps="What to do next",
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
    minutes="{count} min",
    hours="{count} h",
    days="{count} d",
    under_a_minute="under 1 min",
    in_force="In force",
    plan="Review plan",
    no_plan="None. Every video goes to full review.",
    model="Scoring model",
    version="Version {name}",
    no_model="None. Every video goes to full review.",
    since_by="since {since} · {by}",
    reason="Reason",
    thresholds="Full review",
    any_policy="Any policy",
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
    interval="{level} interval {lower} – {upper}",
    counted="counted: all of them were reviewed",
    unknown="Unknown",
    unknown_why="No review is settled yet.",
    evidence="{reviewed} reviewed, {hits} violations found",
    outstanding="{outstanding} drawn, not settled",
    few_hits="Few hits: read the interval",
    items="{count}",
    flow="Of {items} videos: {full} to full review, {audits} to audit, {released} released",
    sign_in="Sign in",
    sign_in_button="Sign in",
    sign_in_once="This link works once.",
    sign_in_how="You need a sign-in link. Make one on the server with this command:",
    link_ended="This link was used already, or is too old.",
    refusals={
        401: "Please sign in",
        403: "This page is not for your role",
        503: "The ledger does not answer",
    },
    refused="That cannot be done",
    back="Back to today",
)

WORDS: Final[Mapping[str, Words]] = {"ko": KO, "en": EN}
"""The words by language; the first is the one people get who have not chosen."""

_MAPPINGS: Final = ("steps", "asks", "names", "refusals")

for _name in _MAPPINGS:
    if getattr(KO, _name).keys() != getattr(EN, _name).keys():
        raise ValueError(f"{_name} must name the same things in Korean and English.")
