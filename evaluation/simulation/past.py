"""
How it was before Tamis: a list of words, and a sample of the rest.

An item that contains one of the words was looked at, always. Of all others a known share was drawn. So every
outcome has a known chance, and a model may learn from both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from data.checks import check_probability
from data.records import TEXT_FIELDS, Decision, Item, ReviewType
from evaluation.simulation.breaking import POLICIES
from evaluation.simulation.dice import uniform
from evaluation.simulation.month import Month
from evaluation.simulation.phrases.forms import words
from evaluation.simulation.reviewers import Judgement, Reviewer, judge

WORDS: Final = tuple(
    phrase.text
    for phrase in words(
        """
        완치 / 치료 / 특효 / 항암 / 암세포 / 약 끊 / 나았 / 고쳤 / 감량 / 예방 / 재생 / 염증 /
        시술 / 줄기세포 / 최저가 / 마감 임박 / 미친 가격 / 십분의 일 / 내돈내산이에요 /
        광고는 아니 / 협찬인 / 미러급 / 정품급 / 레플리카 / 이미테이션 / 1:1 / 짝퉁 / 수면제 /
        다이어트 약 / 액상 / 삼단봉 / 카톡 / 텔레그램 / 계좌이체 / 입금 / 오픈채팅 / 직거래 /
        외부 링크 / 19금 / 노출 / 미성년자 / 풀버전 / 무허가 / 맞팔 / 정지 화면 / 극혐 / cure /
        heals / cancer / prevent / regenerat / lowest price / bankrupt / not sponsored / not an ad /
        replica / mirror quality / telegram / bank transfer / link in bio / prescription / vape /
        18+ / unlicensed / sub4sub
        """
    ).all
)
"""What the old filter looked for. Sellers know such lists; half of the violations are not on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A past look at an item: who concluded what and when, and the chance that anybody looked at all."""

    item: Item
    reviewer_id: str
    judgement: Judgement
    inclusion_probability: float
    decided_at: datetime

    def decision(self) -> Decision:
        """Return it as the ledger keeps it: an imported outcome with its chance."""
        return Decision(
            decision_id=f"past-{self.item.item_id}",
            item_id=self.item.item_id,
            item_version=self.item.item_version,
            reviewer_id=self.reviewer_id,
            review_type=ReviewType.IMPORTED,
            verdict=self.judgement.verdict,
            policies=self.judgement.policies,
            started_at=self.decided_at - timedelta(minutes=self.judgement.minutes),
            decided_at=self.decided_at,
            inclusion_probability=self.inclusion_probability,
        )


def has_word(item: Item) -> bool:
    """Return whether the old filter stops at an item.

    Examples
    --------
    >>> has_word(Item(item_id="v1", data={"title": "당뇨 완치 홍삼"}))
    True
    """
    text = "\n".join(item.text(name) for name in TEXT_FIELDS).lower()
    return any(word in text for word in WORDS)


def outcomes(
    month: Month, *, team: Sequence[Reviewer], sampled: float, seed: int, until: datetime
) -> list[Outcome]:
    """Return what was looked at before Tamis, of everything that came before ``until``.

    Parameters
    ----------
    month : Month
        What came in.
    team : sequence of Reviewer
        Who looked.
    sampled : float
        The chance of an item that has none of the words.
    seed : int
        Another seed draws another sample.
    until : datetime
        Decisions that would fall on or after it were not made in time.
    """
    check_probability("sampled", sampled, above_zero=True)
    found: list[Outcome] = []
    for item in month.items:
        at = item.submitted_at
        if at is None or at >= until:
            continue
        chance = 1.0 if has_word(item) else sampled
        decided = at + timedelta(hours=2 + 20 * uniform(seed, "decided", item.item_id))
        if uniform(seed, "sampled", item.item_id) >= chance or decided >= until:
            continue
        # Whoever reads the language, else anybody.
        readers = [one for one in team if one.queues is None or item.language in one.queues] or list(team)
        reviewer = readers[int(uniform(seed, "reader", item.item_id) * len(readers))]
        found.append(
            Outcome(
                item=item,
                reviewer_id=reviewer.reviewer_id,
                judgement=judge(
                    reviewer,
                    item_id=item.item_id,
                    policies=month.truth[item.item_id].policies,
                    known_policies=tuple(POLICIES),
                    seed=seed,
                ),
                inclusion_probability=chance,
                decided_at=decided,
            )
        )
    return found
