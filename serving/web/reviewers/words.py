"""What the page about reviewers says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from serving.web.words import in_both


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the page about reviewers says in one language."""

    title: str
    about: str
    """With since and until."""
    only_you: str
    empty: str
    no_second_looks: str
    one_sided: str
    window: str
    windows: Mapping[str, str]
    show: str
    unknown_window: str
    same: str
    differ: str
    """With names."""
    reviewer: str
    team: str
    columns: Mapping[str, str]
    expected: str
    """With a share: what is expected."""
    cases: str
    """With looks: second looks."""
    counts: str
    """With false alarms and overlooked."""
    seconds: str
    """With seconds."""
    minutes: str
    """With minutes."""
    few: str
    stands_out: str
    none: str
    agreement: str
    agreement_of: str
    """With value, lower, upper, level and looks."""
    agreement_unknown: str
    ask: str
    computed: Mapping[str, str]
    csv: str


WORDS: Final = in_both(
    Words(
        title="검수자",
        about="{since} – {until}에 기록된 판정과 두 번째 검수",
        only_you="본인의 기록과 팀 전체만 보입니다.",
        empty="이 기간에 기록된 판정이 없습니다. 검수가 시작되면 여기에 나옵니다.",
        no_second_looks="두 번째 검수가 없어 얼마나 맞는지는 알 수 없습니다. reviews.second_looks 설정을 "
        "켜십시오.",
        one_sided="두 번째 검수가 한쪽 판정만 봅니다. 다른 쪽을 모르므로 비율은 알 수 없습니다.",
        window="기간",
        windows={"7": "최근 7일", "28": "최근 28일", "90": "최근 90일"},
        show="보기",
        unknown_window="목록에 있는 기간을 고르십시오.",
        same="검수자 사이에 차이가 있다고 말할 수 없습니다.",
        differ="팀보다 많이 뒤집혔다고 말할 수 있는 검수자: {names}",
        reviewer="검수자",
        team="팀 전체",
        columns={
            "decisions": "판정",
            "seconds": "한 건에 걸린 시간 (중앙값)",
            "overturned": "뒤집힌 판정",
            "sensitivity": "위반을 알아본 비율",
            "specificity": "정상을 알아본 비율",
        },
        expected="예상 {share}",
        cases="두 번째 검수 {looks}건",
        counts="잘못 잡음 {alarms}건, 놓침 {overlooked}건",
        seconds="{count}초",
        minutes="{count}분",
        few="사례 적음",
        stands_out="팀보다 많음",
        none="아직 모름",
        agreement="판정이 서로 얼마나 맞는지",
        agreement_of="크리펜도르프 알파 {value} ({level} 구간 {lower} – {upper}, 두 번 본 {looks}건). "
        "1은 완전한 일치, 0은 우연과 같은 일치입니다.",
        agreement_unknown="두 번 본 건이 모자라 아직 말할 수 없습니다.",
        ask="어떻게 계산했습니까?",
        computed={
            "rates": "두 번째 검수의 판정을 옳다고 보고, 첫 검수가 얼마나 그대로인지 셉니다. 두 번째 "
            "검수는 확률로 "
            "뽑으므로 한 건을 뽑힐 확률의 역수로 셉니다. 구간은 감마 구간을 옮긴 것(MOVER-R)입니다.",
            "expected": "예상은 사례가 적을수록 팀 전체 쪽으로 당긴 값입니다(Kleinman의 베타 이항 적률). "
            "몇 건으로 "
            "누구를 탓하지 않기 위한 것입니다.",
            "differ": "누가 다르다는 말은 모든 검수자에게 한꺼번에 맞는 구간(Bonferroni)이 팀의 구간보다 "
            "위에 있을 "
            "때만 합니다.",
        },
        csv="CSV로 받기",
    ),
    Words(
        title="Reviewers",
        about="Decisions recorded {since} – {until}, and their second looks",
        only_you="You see yourself and the whole team.",
        empty="No decision was recorded in this window. Once people review, they appear here.",
        no_second_looks="There are no second looks, so nobody knows how often verdicts are right. Set "
        "reviews.second_looks.",
        one_sided="Second looks check one kind of verdict only. Nobody knows what the other hides, so no "
        "rate is told.",
        window="Window",
        windows={"7": "Last 7 days", "28": "Last 28 days", "90": "Last 90 days"},
        show="Show",
        unknown_window="must be one of the list.",
        same="No difference between reviewers can be claimed.",
        differ="More is overturned than of the team, beyond doubt: {names}",
        reviewer="Reviewer",
        team="The team",
        columns={
            "decisions": "Decisions",
            "seconds": "Time a decision (median)",
            "overturned": "Overturned",
            "sensitivity": "Violations recognised",
            "specificity": "Clean ones recognised",
        },
        expected="expected {share}",
        cases="{looks} second looks",
        counts="{alarms} false alarms, {overlooked} overlooked",
        seconds="{count} s",
        minutes="{count} min",
        few="few cases",
        stands_out="more than the team",
        none="not known yet",
        agreement="How far verdicts agree",
        agreement_of="Krippendorff's alpha {value} ({level} interval {lower} – {upper}, {looks} seen twice). "
        "1 is full agreement, 0 that of chance.",
        agreement_unknown="Too few were seen twice to tell.",
        ask="How is this computed?",
        computed={
            "rates": "The verdict of the second look is taken as right, and first looks are counted that "
            "stand. Second "
            "looks are drawn by chance, so one counts as the inverse of its chance. Intervals are made "
            "from gamma "
            "intervals (MOVER-R).",
            "expected": "Expected is drawn to the team the more the fewer the cases (Kleinman's moments of a "
            "beta-binomial): a few cases shame nobody.",
            "differ": "Somebody is named only where an interval that holds for all reviewers together "
            "(Bonferroni) lies "
            "above that of the team.",
        },
        csv="Keep as CSV",
    ),
)
