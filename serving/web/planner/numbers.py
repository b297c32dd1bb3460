"""What a draft would cost and catch, as the planner shows it, beside the plan in force. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from evaluation.estimators import Estimate
from evaluation.intervals import Interval, gamma
from evaluation.planner import Outlook
from serving.web import shown, tiles
from serving.web.tiles import Bar
from serving.web.words import WORDS as COMMON
from serving.web.words import in_both

LEVEL: Final = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What is said about the numbers of a plan in one language."""

    names: Mapping[str, str]
    asks: Mapping[str, str]
    """What a number means."""
    same: str
    more_by: str
    """With much: a rise against the plan in force."""
    less_by: str
    """With much: a fall."""
    points: str
    """With much: percentage points."""
    hours_a_day: str
    """With hours."""
    half_width: str
    """With width: how well audits tell recall."""
    evidence: str
    """With hits and effective."""


WORDS: Final = in_both(
    Words(
        names={
            "work": "하루 전수 검수",
            "hours": "하루 검수 시간",
            "recall": "재현율",
            "precision": "정밀도",
            "missed": "하루 놓치는 위반",
            "audits": "하루 표본 감사",
        },
        asks={
            "work": "기준을 넘거나 점수를 매기지 못한 영상",
            "hours": "전수 검수와 감사를 더한 시간",
            "recall": "위반 가운데 사람이 보게 되는 비율",
            "precision": "기준을 넘은 영상 가운데 위반인 비율",
            "missed": "사람이 보지 못하는 위반",
            "audits": "기준 미만에서 뽑아 보는 영상",
        },
        same="적용 중과 같음",
        more_by="적용 중보다 {much} 많음",
        less_by="적용 중보다 {much} 적음",
        points="{much}%p",
        hours_a_day="{hours}시간",
        half_width="같은 기간이면 재현율 오차 ±{width} 이내",
        evidence="확인된 위반 {hits}건 (유효 {effective}건)에 근거",
    ),
    Words(
        names={
            "work": "Full reviews a day",
            "hours": "Reviewer hours a day",
            "recall": "Recall",
            "precision": "Precision",
            "missed": "Missed a day",
            "audits": "Audits a day",
        },
        asks={
            "work": "Videos at or above a threshold, or without a score",
            "hours": "Full reviews and audits together",
            "recall": "Share of the violations that people get to see",
            "precision": "Share of the flagged videos that violate",
            "missed": "Violations that nobody gets to see",
            "audits": "Videos below the thresholds that people look at",
        },
        same="as in force",
        more_by="{much} more than in force",
        less_by="{much} less than in force",
        points="{much} points",
        hours_a_day="{hours} h",
        half_width="tell recall to ±{width} or better in as many days",
        evidence="violations found: {hits} ({effective} effective)",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """One number, ready to be written."""

    name: str
    value: str | None
    interval: str
    change: str
    """Against the plan in force; empty where there is none, or one of both is not known."""
    direction: str
    """``more``, ``less`` or ``same``; empty where there is no change to tell."""
    evidence: str = ""
    warning: str = ""
    bar: Bar | None = None


Writer = Callable[[float], str]


def numbers(outlook: Outlook, before: Outlook | None, language: str) -> list[Number]:
    """Return the numbers of a draft beside those of the plan in force."""
    return list(_numbers(outlook, before, language))


def summary(found: list[Number], language: str) -> str:
    """Return the numbers as one sentence, to be spoken."""
    words, unknown = WORDS[language], COMMON[language].unknown
    return ", ".join(f"{words.names[one.name]} {one.value or unknown}" for one in found)


def _numbers(now: Outlook, before: Outlook | None, language: str) -> Iterator[Number]:
    words, common = WORDS[language], COMMON[language]

    def items(value: float) -> str:
        return common.items.format(count=_amount(value))

    def hours(value: float) -> str:
        return words.hours_a_day.format(hours=_amount(value))

    def points(value: float) -> str:
        return words.points.format(much=f"{100 * value:.1f}")

    was = None if before is None else before.full_reviews_per_day
    work = _of_days(now.full_reviews_per_day, now.days)
    minutes = now.hours_per_day / max(now.full_reviews_per_day + now.audits_per_day, 1e-12)
    ends = [(end + now.audits_per_day) * minutes for end in (work.lower, work.upper)]
    whole = Interval(ends[0], ends[1], LEVEL)
    yield _counted("work", now.full_reviews_per_day, was, work, written=items, language=language)
    was = None if before is None else before.hours_per_day
    yield _counted("hours", now.hours_per_day, was, whole, written=hours, language=language)
    yield _estimated("recall", now.recall, None if before is None else before.recall, points, language)
    yield _estimated(
        "precision", now.precision, None if before is None else before.precision, points, language
    )
    missed = None if before is None else before.missed_per_day
    yield _estimated("missed", now.missed_per_day, missed, items, language)
    was = None if before is None else before.audits_per_day
    tells = "" if now.buys is None else words.half_width.format(width=points(now.buys.half_width))
    change, direction = _change(now.audits_per_day, was, items, language)
    yield Number(
        name="audits",
        value=items(now.audits_per_day),
        interval=tells,
        change=change,
        direction=direction,
    )


def _counted(
    name: str, value: float, was: float | None, interval: Interval, *, written: Writer, language: str
) -> Number:
    change, direction = _change(value, was, written, language)
    return Number(
        name=name,
        value=written(value),
        interval=_interval(interval, written, language),
        change=change,
        direction=direction,
    )


def _estimated(name: str, now: Estimate, was: Estimate | None, apart: Writer, language: str) -> Number:
    words = WORDS[language]
    if now.value is None:
        why = tiles.WORDS[language].unknown_why
        return Number(name=name, value=None, interval=why, change="", direction="")
    written = apart if name == "missed" else shown.share
    change, direction = _change(now.value, None if was is None else was.value, apart, language)
    return Number(
        name=name,
        value=written(now.value),
        interval=_interval(now.interval, written, language),
        change=change,
        direction=direction,
        evidence=words.evidence.format(hits=shown.count(now.hits), effective=_amount(now.effective_hits)),
        warning=tiles.WORDS[language].few_hits if now.few_hits else "",
        bar=None if name == "missed" else tiles.bar(now.value, now.interval),
    )


def _change(now: float, was: float | None, apart: Writer, language: str) -> tuple[str, str]:
    words = WORDS[language]
    if was is None:
        return "", ""
    much = apart(abs(now - was))
    if much == apart(0.0):
        return words.same, "same"
    more = now > was
    return (words.more_by if more else words.less_by).format(much=much), "more" if more else "less"


def _interval(interval: Interval, written: Writer, language: str) -> str:
    return COMMON[language].interval.format(
        level=f"{interval.level:.0%}", lower=written(interval.lower), upper=written(interval.upper)
    )


def _of_days(per_day: float, days: float) -> Interval:
    # The count of another window like this one, as a count of Poisson.
    total = per_day * days
    found = gamma(total=total, variance=total, extra=1.0, level=LEVEL)
    return Interval(found.lower / days, found.upper / days, LEVEL)


def _amount(value: float) -> str:
    return (
        shown.count(value)
        if value >= 100 or value == 0
        else f"{value:.3g}"
        if value >= 0.1
        else f"{value:.2f}"
    )
