"""
How much every estimate changed from one window to another.

The windows are disjoint, so their draws, and with them their estimates, are independent; only items that
share a draw across both (a clip uploaded again) are not: the estimates then rise and fall together, and
the interval is somewhat too wide. The interval of the difference is made from the windows' own
intervals (MOVER-D), which keeps what makes those hold with few hits. Comparing two intervals by whether
they overlap does not: it misses changes.

References
----------
Donner and Zou (2012), Stat. Methods Med. Res. 21, 347-359; Newcombe (1998), Stat. Med. 17, 873-890.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from scipy import special

from evaluation.estimators import NAMES, Estimate
from evaluation.intervals import Interval
from evaluation.notices import ESTIMATES
from evaluation.sample import Slice

SHARES: Final = tuple(name for name in NAMES if name != "missed")
"""The estimates that lie in [0, 1], for which odds exist."""

SENTENCES: Final[Mapping[str, Mapping[str, str]]] = {
    "ko": {
        "numbers": "{name}: {before} → {after}, 차이 {difference} [{lower}, {upper}]. {claim}",
        "unknown": "{name}: 한쪽을 알 수 없어 비교할 수 없습니다.",
        "none": "달라졌다고 말할 수 없습니다.",
        "rose": "올랐습니다.",
        "fell": "내렸습니다.",
        "points": "%p",
    },
    "en": {
        "numbers": "{name}: {before} to {after}, difference {difference} [{lower}, {upper}]. {claim}",
        "unknown": "{name}: unknown in one of the windows, so it cannot be compared.",
        "none": "No change can be claimed.",
        "rose": "It rose.",
        "fell": "It fell.",
        "points": " points",
    },
}
"""What may be claimed."""

Key = tuple[str, tuple[tuple[str, str | None], ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One estimate in two windows, and by how much it rose."""

    before: Estimate
    after: Estimate
    difference: float | None
    """After minus before, in the estimate's own unit; None where one of them is undefined."""
    interval: Interval
    """Of the difference. Where that is None: all that the two intervals leave possible."""
    log_odds: float | None
    """Difference of the log odds; None for a number, and where a share is 0, 1 or undefined."""
    log_odds_interval: Interval | None
    """Of that difference; infinite at an end where a window's own interval ends at 0 or 1."""

    @property
    def name(self) -> str:
        """What is estimated."""
        return self.after.name

    @property
    def slice(self) -> Slice:
        """Of which items."""
        return self.after.slice

    @property
    def changed(self) -> bool:
        """Whether no change at all is ruled out. By chance it is as often as the level leaves open."""
        return 0.0 not in self.interval

    def text(self, language: str) -> str:
        """Return in a sentence what may be claimed, in ``ko`` or ``en``."""
        words, name = SENTENCES[language], ESTIMATES[self.name][language]
        before, after, ends = self.before.value, self.after.value, self.interval
        if before is None or after is None or self.difference is None:
            return words["unknown"].format(name=name)
        way = "none" if not self.changed else "rose" if ends.lower > 0 else "fell"

        def number(value: float, sign: str = "") -> str:
            if self.name not in SHARES:
                return f"{value:{sign},.1f}"
            return f"{100 * value:{sign}.2f}" + (words["points"] if sign else "%")

        return words["numbers"].format(
            name=name,
            before=number(before),
            after=number(after),
            difference=number(self.difference, "+"),
            lower=number(ends.lower, "+"),
            upper=number(ends.upper, "+"),
            claim=words[way],
        )

    def to_json(self) -> dict[str, Any]:
        """Return it as plain dictionaries, strings and numbers."""
        return {**asdict(self), "changed": self.changed, "text": {one: self.text(one) for one in SENTENCES}}


def changes(before: Sequence[Estimate], after: Sequence[Estimate]) -> list[Change]:
    r"""Return the change of every estimate that both windows have, in the order of ``after``.

    With :math:`d = b - a` from :math:`a \in [l_a, u_a]` to :math:`b \in [l_b, u_b]`:

    .. math:: d - \sqrt{(b - l_b)^2 + (u_a - a)^2}, \quad d + \sqrt{(u_b - b)^2 + (a - l_a)^2}

    For shares the same is done on the scale of log odds, where a rare share may double or halve as
    easily; prefer it for prevalence. ``missed`` is a number of items, not a share: compare windows of
    one length.

    Parameters
    ----------
    before, after : sequence of Estimate
        What `evaluation.estimators.estimate` returned for two windows that share no item, both at one
        level. They are matched by name and slice; what only one of them has is left out.

    Examples
    --------
    >>> import pandas as pd
    >>> from evaluation.estimators import estimate
    >>> sample = pd.DataFrame({"id": range(4), "pi": 1.0, "flagged": True, "violation": [1, 0, 0, 0]})
    >>> precision = changes(estimate(sample), estimate(sample.assign(violation=[1, 1, 0, 0])))[1]
    >>> precision.name, precision.difference, precision.changed
    ('precision', 0.25, True)
    """
    earlier, later = _by_key(before, "before"), _by_key(after, "after")
    if len(levels := {one.interval.level for one in (*before, *after)}) > 1:
        raise ValueError(f"level must be the same in before and after; got {sorted(levels)!r}.")
    return [_change(earlier[key], one) for key, one in later.items() if key in earlier]


def per_day(estimates: Sequence[Estimate], *, days: float) -> list[Estimate]:
    """Return estimates that windows of any length have in common: what is missed becomes a number a day."""
    return [_a_day(one, days) if one.name == "missed" else one for one in estimates]


def _a_day(one: Estimate, days: float) -> Estimate:
    ends = one.interval
    return replace(
        one,
        name="missed_per_day",
        value=None if one.value is None else one.value / days,
        interval=Interval(ends.lower / days, ends.upper / days, ends.level),
        se=None if one.se is None else one.se / days,
    )


def _by_key(estimates: Sequence[Estimate], name: str) -> dict[Key, Estimate]:
    keyed: dict[Key, Estimate] = {}
    for one in estimates:
        # Slices are dicts: neither hashable, nor of a fixed order.
        key = one.name, tuple(sorted(one.slice.items()))
        if key in keyed:
            raise ValueError(
                f"{name} must hold every estimate once; got {one.name!r} of {one.slice!r} twice."
            )
        keyed[key] = one
    return keyed


def _change(before: Estimate, after: Estimate) -> Change:
    a, b, one, other = before.value, after.value, before.interval, after.interval
    if a is None or b is None:
        difference, interval = None, Interval(other.lower - one.upper, other.upper - one.lower, other.level)
    else:
        difference, interval = b - a, _mover(a, one, b, other)
    log_odds, log_odds_interval = None, None
    if a is not None and b is not None and after.name in SHARES and 0 < a < 1 and 0 < b < 1:
        log_a, log_b = float(special.logit(a)), float(special.logit(b))
        log_odds, log_odds_interval = log_b - log_a, _mover(log_a, _log_odds(one), log_b, _log_odds(other))
    return Change(
        before=before,
        after=after,
        difference=difference,
        interval=interval,
        log_odds=log_odds,
        log_odds_interval=log_odds_interval,
    )


def _log_odds(share: Interval) -> Interval:
    return Interval(float(special.logit(share.lower)), float(special.logit(share.upper)), share.level)


def _mover(a: float, one: Interval, b: float, other: Interval) -> Interval:
    return Interval(
        b - a - math.hypot(b - other.lower, one.upper - a),
        b - a + math.hypot(other.upper - b, a - one.lower),
        other.level,
    )
