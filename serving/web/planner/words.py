"""What the planner says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from serving.web.words import in_both


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the planner says in one language."""

    title: str
    judged_by: str
    """With items, days and the moment."""
    plan_in_force: str
    """With version."""
    no_plan: str
    preparing: str
    empty: str
    settings: str
    thresholds: str
    thresholds_why: str
    slider: str
    """With the name of a setting."""
    percent: str
    add_policy: str
    choose: str
    add: str
    remove: str
    """With the name of a policy."""
    audits: str
    more: str
    fields: Mapping[str, str]
    """What the settings are called."""
    hints: Mapping[str, str]
    """What a setting does."""
    calculate: str
    goal: str
    goal_why: str
    find: str
    reached: str
    """With threshold, bound and confidence."""
    reached_hours: str
    """With threshold and hours."""
    next_hour: str
    """With hits."""
    refused: str
    audits_would_do: str
    """With audits."""
    too_few_hours: str
    out_of_reach: str
    needed: str
    needed_why: str
    needed_button: str
    needed_answer: str
    """With width and audits."""
    needed_all: str
    """With width."""
    needed_unknown: str
    numbers: str
    charts: str
    as_table: str
    no_curve: str
    table_threshold: str
    table_work: str
    table_recall: str
    table_interval: str
    changes: str
    no_changes: str
    apply: str
    apply_why: str
    reason: str
    reason_hint: str
    apply_button: str
    applied: str
    """With version."""
    changed_meanwhile: str
    """With version, author and reason."""
    problems: Mapping[str, str]
    """What is wrong with a setting, by code."""
    correct: str
    history_all: str


WORDS: Final = in_both(
    Words(
        title="기준 설정",
        judged_by="최근 {days}일 동안 배정된 {items}건으로 계산했습니다. {moment} 기준",
        plan_in_force="적용 중인 계획은 {version}입니다.",
        no_plan="적용 중인 계획이 없어 모든 영상이 전수 검수로 갑니다. 첫 계획을 적용하십시오.",
        preparing="최근 영상을 읽고 있습니다. 숫자는 곧 나타납니다.",
        empty="최근 28일 동안 배정된 영상이 없어 계산할 수 없습니다. 영상이 들어오면 바로 나타납니다.",
        settings="초안",
        thresholds="전수 검수 기준",
        thresholds_why="위반 확률이 기준 이상이면 모두 사람이 봅니다. 하나라도 넘으면 해당합니다.",
        slider="{name} 조절 막대",
        percent="%",
        add_policy="정책별 기준 추가",
        choose="정책을 고르십시오",
        add="추가",
        remove="{name} 기준 빼기",
        audits="표본 감사",
        more="검수 한도와 시간",
        fields={
            "threshold": "기준",
            "daily_budget": "하루 감사 건수",
            "floor_share": "고르게 뽑는 몫",
            "daily_full_reviews": "하루 전수 검수 한도",
            "review_minutes": "한 건의 검수 시간(분)",
            "goal": "목표",
            "half_width": "원하는 재현율 오차(±%p)",
            "reason": "사유",
            "expected": "계획 버전",
        },
        hints={
            "daily_budget": "기준 미만에서 뽑아 사람이 확인하는 건수입니다.",
            "floor_share": "점수와 상관없이 고르게 뽑습니다. 모델이 놓치는 곳도 보게 됩니다.",
            "daily_full_reviews": "비워 두면 기준을 넘은 영상을 모두 봅니다.",
            "review_minutes": "검수 시간을 계산하는 데 씁니다.",
        },
        calculate="계산하기",
        goal="목표로 찾기",
        goal_why="예: minimum workload @ recall >= 0.9 (90 % sure)",
        find="기준 찾기",
        reached="기준 {threshold}에서 목표를 이룹니다. {confidence} 확신으로 {bound} 이상입니다.",
        reached_hours="기준 {threshold}이면 하루 {hours}시간 안에 볼 수 있습니다.",
        next_hour="한 시간을 더 보면 위반 {hits}건을 더 찾을 것으로 예상합니다.",
        refused="이 목표를 이루는 기준을 찾지 못했습니다.",
        audits_would_do="확정된 감사가 약 {audits}건 있으면 증명할 수 있습니다.",
        too_few_hours="감사와 점수 없는 영상만으로도 그 시간을 넘습니다. 시간을 늘리거나 감사를 줄이십시오.",
        out_of_reach="지금 점수로는 어떤 기준도 이르지 못할 것으로 보입니다. 목표를 낮추십시오.",
        needed="감사 건수 구하기",
        needed_why="재현율을 얼마나 정확히 알고 싶은지 정하면 하루에 필요한 감사 건수를 계산합니다.",
        needed_button="건수 계산",
        needed_answer="재현율을 ±{width}%p로 알려면 하루 감사 {audits}건이 필요합니다.",
        needed_all="재현율을 ±{width}%p로 알려면 기준 미만을 모두 보아야 합니다.",
        needed_unknown="재현율을 아직 몰라 계산할 수 없습니다. 감사를 먼저 확정하십시오.",
        numbers="예상",
        charts="그림",
        as_table="표로 보기",
        no_curve="확정된 검수가 아직 없어 재현율 곡선을 그릴 수 없습니다.",
        table_threshold="기준",
        table_work="하루 전수 검수",
        table_recall="재현율",
        table_interval="95% 구간",
        changes="바뀌는 것",
        no_changes="적용 중인 계획과 같습니다.",
        apply="적용",
        apply_why="적용하면 새 버전이 되고, 다음 영상부터 쓰입니다. 이전 계획은 이력에 남습니다.",
        reason="사유",
        reason_hint="왜 바꾸는지 5자 이상으로 적어 주십시오. 이력에 남습니다.",
        apply_button="이 계획 적용",
        applied="{version}을 적용했습니다.",
        changed_meanwhile="그 사이 {author} 님이 {version}을 적용했습니다 (사유: {reason}). "
        "아래 숫자는 이제 그 계획과 견준 것입니다. 확인한 다음 다시 적용해 주십시오.",
        problems={
            "number": "숫자를 적어 주십시오.",
            "share": "0에서 100 사이의 값이어야 합니다.",
            "audits_nothing": "0보다 커야 합니다. 감사하지 않으면 알 수 없습니다. 작은 값을 고르십시오.",
            "above_zero": "0보다 커야 합니다.",
            "too_large": "너무 큰 값입니다.",
            "no_threshold": "기준이 하나는 있어야 합니다.",
            "unknown_policy": "그런 정책이 없습니다.",
            "short_reason": "사유를 5자 이상으로 적어 주십시오.",
            "goal": "이 형식으로 적어 주십시오: minimum workload @ recall >= 0.9, "
            "maximum recall @ precision >= 0.9, maximum recall @ hours <= 40",
            "width": "0과 50 사이의 값이어야 합니다.",
        },
        correct="아래 항목을 고쳐 주십시오.",
        history_all="계획 이력 보기",
    ),
    Words(
        title="Planner",
        judged_by="Judged by {items} videos routed in the last {days} days, as of {moment}",
        plan_in_force="{version} is in force.",
        no_plan="No plan is in force, so every video goes to full review. Apply the first one.",
        preparing="Recent videos are being read. The numbers will appear in a moment.",
        empty="No video was routed in the last 28 days, so nothing can be told. Score some first.",
        settings="Draft",
        thresholds="Full review",
        thresholds_why="People see everything at or above a threshold. Reaching one of them is enough.",
        slider="Slider for {name}",
        percent="%",
        add_policy="Add a policy",
        choose="Choose a policy",
        add="Add",
        remove="Take {name} out",
        audits="Audit sample",
        more="Limits and minutes",
        fields={
            "threshold": "Threshold",
            "daily_budget": "Audits a day",
            "floor_share": "Spread evenly",
            "daily_full_reviews": "Most full reviews a day",
            "review_minutes": "Minutes a review",
            "goal": "Goal",
            "half_width": "Wanted error of recall (± points)",
            "reason": "Reason",
            "expected": "Plan version",
        },
        hints={
            "daily_budget": "How many videos below the thresholds people look at.",
            "floor_share": "Drawn whatever the score, so that a model's blind spots are watched too.",
            "daily_full_reviews": "Empty: people see everything that reaches a threshold.",
            "review_minutes": "Used to count the hours.",
        },
        calculate="Calculate",
        goal="Find by goal",
        goal_why="Like: minimum workload @ recall >= 0.9 (90 % sure)",
        find="Find the threshold",
        reached="A threshold of {threshold} reaches it: at least {bound}, {confidence} sure.",
        reached_hours="A threshold of {threshold} can be served in {hours} hours a day.",
        next_hour="One more hour is expected to find {hits} more violations.",
        refused="No threshold is known to reach this goal.",
        audits_would_do="About {audits} settled audits could prove it.",
        too_few_hours="Audits and videos without a score take more already. Allow more hours or audit less.",
        out_of_reach="The scores expect none to reach it. Lower the goal.",
        needed="How many audits",
        needed_why="Say how well you want to know recall, and see how many audits a day that takes.",
        needed_button="Work it out",
        needed_answer="To know recall to ±{width} points takes {audits} audits a day.",
        needed_all="To know recall to ±{width} points, everything below the thresholds must be seen.",
        needed_unknown="Recall is not known yet, so this cannot be told. Settle some audits first.",
        numbers="Expected",
        charts="Charts",
        as_table="As a table",
        no_curve="No review is settled yet, so there is no curve of recall.",
        table_threshold="Threshold",
        table_work="Full reviews a day",
        table_recall="Recall",
        table_interval="95% interval",
        changes="What changes",
        no_changes="Nothing: this is the plan in force.",
        apply="Apply",
        apply_why="It becomes a new version and holds from the next video on. The history keeps the others.",
        reason="Reason",
        reason_hint="Say why, in 5 characters or more. It stays in the history.",
        apply_button="Apply this plan",
        applied="{version} is in force now.",
        changed_meanwhile="Meanwhile {author} applied {version} (reason: {reason}). "
        "The numbers below are now compared with that plan. Look at them, then apply again.",
        problems={
            "number": "must be a number.",
            "share": "must be between 0 and 100.",
            "audits_nothing": "must be above 0: what is never audited is never known. Choose a small one.",
            "above_zero": "must be above 0.",
            "too_large": "is too large.",
            "no_threshold": "There must be one threshold or more.",
            "unknown_policy": "There is no such policy.",
            "short_reason": "must say why, in 5 characters or more.",
            "goal": "must be like minimum workload @ recall >= 0.9, maximum recall @ precision >= 0.9 or "
            "maximum recall @ hours <= 40",
            "width": "must be between 0 and 50.",
        },
        correct="Please correct this:",
        history_all="See the plan history",
    ),
)
