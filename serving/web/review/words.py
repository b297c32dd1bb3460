"""What the review page says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from serving.web.words import in_both


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the review page says in one language."""

    title: str
    said: Mapping[str, str]
    """What became of the last form, by its code."""
    lost: str
    kept: str
    queues: str
    queue: str
    waiting: str
    claimed: str
    overdue: str
    empty: str
    claim_any: str
    claim_one: str
    """With queue."""
    claim_one_short: str
    clip: str
    speed: str
    frame: str
    """With number and count."""
    no_files: str
    texts: Mapping[str, str]
    """The text fields, by name."""
    signals: Mapping[str, str]
    """What else may speak for a violation, by the name of the signal."""
    no_texts: str
    facts: Mapping[str, str]
    """What is known about the item, by name."""
    opinion: str
    opinion_why: str
    probability: str
    evidence: str
    jump: str
    """With time."""
    decision: str
    verdicts: Mapping[str, str]
    policies: str
    policies_hint: str
    guidance: str
    marks: str
    marks_hint: str
    mark_start: str
    mark_end: str
    start: str
    """With number."""
    end: str
    """With number."""
    of: str
    """With number."""
    of_chosen: str
    reason: str
    reason_hint: str
    decide: str
    give_back: str
    held_until: str
    held_lost: str
    no_network: str
    problems: Mapping[str, str]
    """What is wrong with the form; most with value."""
    to_correct: str
    keys: str
    keys_on: str
    key_names: Mapping[str, str]
    """What a key does, by the key."""


WORDS: Final = in_both(
    Words(
        title="검수",
        said={
            "recorded": "판정을 기록했습니다.",
            "already": "이 작업은 이미 판정하셨습니다. 먼저 기록한 판정이 유효합니다.",
            "given_back": "작업을 대기열에 돌려놓았습니다.",
            "lost": "맡으신 시간이 지나 작업이 이미 대기열로 돌아갔습니다.",
            "nothing": "지금 맡으실 작업이 없습니다. 새 작업이 들어오면 여기에 나타납니다.",
        },
        lost="맡으신 시간이 지났거나 다른 분이 이미 처리하여 이 판정은 기록하지 않았습니다.",
        kept="작성하신 내용",
        queues="기다리는 작업",
        queue="대기열",
        waiting="대기",
        claimed="검수 중",
        overdue="기한 초과",
        empty="기다리는 작업이 없습니다. 검수로 보내거나 감사로 뽑은 영상이 여기에 나타납니다.",
        claim_any="다음 작업 시작",
        claim_one="{queue} 대기열에서 시작",
        claim_one_short="시작",
        clip="영상",
        speed="재생 속도",
        frame="장면 {number}/{count}",
        no_files="영상 파일이 없습니다. 아래 글로 판단해 주십시오.",
        texts={
            "title": "제목",
            "description": "설명",
            "transcript": "말한 내용",
            "ocr_text": "화면 속 글자",
            "hashtags": "해시태그",
        },
        signals={
            "creator_rate": "게시자의 지난 위반",
            "creator_items": "게시자의 영상 수",
            "creator_reviewed": "게시자의 검수된 영상 수",
            "creator_violations": "게시자의 위반 수",
            "item_type": "종류",
            "language": "언어",
            "category": "분류",
            "duration_s": "길이(초)",
            "views": "예상 조회수",
            "hashtag_count": "해시태그 수",
            "title_length": "제목 글자 수",
            "description_length": "설명 글자 수",
            "transcript_length": "말한 내용 글자 수",
            "ocr_text_length": "화면 속 글자 수",
            "submitted_hour": "올린 시각(UTC)",
            "submitted_weekday": "올린 요일",
            "picture": "화면에 보이는 것",
            "black": "검은 화면",
            "dark": "어두운 화면",
            "frozen": "멈춘 화면",
            "silent": "소리 없음",
            "wrong_orientation": "화면 방향이 맞지 않음",
        },
        no_texts="글이 없습니다.",
        facts={
            "creator": "게시자",
            "category": "분류",
            "language": "언어",
            "views": "예상 조회수",
            "duration": "길이",
            "came": "들어온 때",
            "due": "기한",
            "item": "번호",
        },
        opinion="모델의 점수",
        opinion_why="무작위로 고른 일부 작업에서만 점수를 보여 드립니다. 점수와 상관없이 판단해 주십시오.",
        probability="위반 확률",
        evidence="근거",
        jump="{time}로 이동",
        decision="판정",
        verdicts={
            "violation": "위반",
            "no_violation": "위반 아님",
            "unsure": "판단 어려움",
            "unreviewable": "검수 불가",
        },
        policies="위반한 정책",
        policies_hint="해당하는 것을 모두 고르십시오. 목록에 없으면 비워 두셔도 됩니다.",
        guidance="판단 기준 보기",
        marks="위반 구간",
        marks_hint="분:초로 적습니다. 예: 1:05",
        mark_start="시작 표시",
        mark_end="끝 표시",
        start="구간 {number} 시작",
        end="구간 {number} 끝",
        of="구간 {number} 정책",
        of_chosen="고른 정책",
        reason="사유",
        reason_hint="선택 사항",
        decide="판정하고 다음으로",
        give_back="작업 돌려놓기",
        held_until="맡으신 시한",
        held_lost="맡으신 시간이 지나 다른 분에게 넘어갔습니다. 작성하신 내용은 이 화면에 남아 있습니다.",
        no_network="서버에 연결할 수 없습니다. 작성하신 내용은 이 화면에 남아 있습니다.",
        problems={
            "verdict": "판정을 고르십시오.",
            "reason": "사유는 2,000자까지 적을 수 있습니다. 지금 {value}자입니다.",
            "time": "‘{value}’은(는) 시각이 아닙니다. 분:초로 적어 주십시오.",
            "order": "{value}: 끝이 시작보다 앞섭니다.",
            "of": "{value}에 표시한 구간이 어느 정책에 해당하는지 고르십시오.",
        },
        to_correct="기록하지 않았습니다. 아래를 고쳐 주십시오.",
        keys="단축키",
        keys_on="단축키 사용",
        key_names={
            "1–4": "판정 고르기 (V N U X도 됩니다)",
            "Q W E …": "정책 고르기",
            "Enter": "판정하고 다음으로 (글을 쓰는 중에는 Ctrl+Enter)",
            "Space": "재생·멈춤",
            "← →": "5초 앞뒤로",
            ", .": "재생 속도",
            "M": "위반 구간 시작 표시 (Shift+M 끝 표시)",
            "/": "사유 쓰기 (Esc 나가기)",
        },
    ),
    Words(
        title="Review",
        said={
            "recorded": "Your decision is recorded.",
            "already": "You had decided this job already. The first decision counts.",
            "given_back": "The job is back in its queue.",
            "lost": "Your time for the job had run out; it was back in its queue already.",
            "nothing": "There is no job for you now. New ones appear here.",
        },
        lost="Your time for the job ran out, or somebody else did it. This decision was not recorded.",
        kept="What you wrote",
        queues="Waiting",
        queue="Queue",
        waiting="Waiting",
        claimed="In review",
        overdue="Overdue",
        empty="No job is waiting. Videos that are sent to review or drawn for an audit appear here.",
        claim_any="Start the next job",
        claim_one="Start from queue {queue}",
        claim_one_short="Start",
        clip="Clip",
        speed="Speed",
        frame="Frame {number} of {count}",
        no_files="There is no clip. Please judge by the texts.",
        texts={
            "title": "Title",
            "description": "Description",
            "transcript": "Transcript",
            "ocr_text": "Text on screen",
            "hashtags": "Hashtags",
        },
        signals={
            "creator_rate": "The creator's past violations",
            "creator_items": "The creator's videos",
            "creator_reviewed": "The creator's reviewed videos",
            "creator_violations": "The creator's violations",
            "item_type": "Kind",
            "language": "Language",
            "category": "Category",
            "duration_s": "Length in seconds",
            "views": "Expected views",
            "hashtag_count": "Number of hashtags",
            "title_length": "Letters of the title",
            "description_length": "Letters of the description",
            "transcript_length": "Letters of the transcript",
            "ocr_text_length": "Letters on screen",
            "submitted_hour": "Hour of upload (UTC)",
            "submitted_weekday": "Weekday of upload",
            "picture": "What is seen",
            "black": "Black picture",
            "dark": "Dark picture",
            "frozen": "Frozen picture",
            "silent": "No sound",
            "wrong_orientation": "Turned the wrong way",
        },
        no_texts="There is no text.",
        facts={
            "creator": "Creator",
            "category": "Category",
            "language": "Language",
            "views": "Expected views",
            "duration": "Length",
            "came": "Came in",
            "due": "Due",
            "item": "Item",
        },
        opinion="The model's score",
        opinion_why="A few jobs, chosen by chance, show the score. Please judge for yourself.",
        probability="Violation probability",
        evidence="Evidence",
        jump="Go to {time}",
        decision="Decision",
        verdicts={
            "violation": "Violation",
            "no_violation": "No violation",
            "unsure": "Unsure",
            "unreviewable": "Unreviewable",
        },
        policies="Policies it breaks",
        policies_hint="Choose all that apply. Leave it open where none of them does.",
        guidance="What to look for",
        marks="Where in the clip",
        marks_hint="Minutes:seconds, for example 1:05",
        mark_start="Mark start",
        mark_end="Mark end",
        start="Start of stretch {number}",
        end="End of stretch {number}",
        of="Policy of stretch {number}",
        of_chosen="the chosen policy",
        reason="Reason",
        reason_hint="optional",
        decide="Decide and go on",
        give_back="Give the job back",
        held_until="Yours until",
        held_lost="Your time ran out and the job is somebody else's. What you wrote is still on this page.",
        no_network="The server cannot be reached. What you wrote is still on this page.",
        problems={
            "verdict": "Choose a decision.",
            "reason": "A reason has at most 2,000 characters; this one has {value}.",
            "time": "“{value}” is no time. Write minutes:seconds.",
            "order": "{value}: the end is before the start.",
            "of": "Choose the policy of the stretch at {value}.",
        },
        to_correct="Nothing is recorded yet. Please correct this:",
        keys="Keyboard",
        keys_on="Use single keys",
        key_names={
            "1–4": "choose a decision (V N U X too)",
            "Q W E …": "choose policies",
            "Enter": "decide and go on (Ctrl+Enter while writing)",
            "Space": "play, pause",
            "← →": "5 seconds back, on",
            ", .": "speed",
            "M": "mark the start of a violation (Shift+M its end)",
            "/": "write a reason (Esc leaves it)",
        },
    ),
)
