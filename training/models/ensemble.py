"""
The whole model: members, mixed, calibrated.

"Violates any policy" is the weighted sum of the members' log odds, then calibrated. A policy is that
probability times "given a violation, this policy", an average of the members, then calibrated. A policy
with too few violations is a fixed share of "any". No policy is more probable than "any".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit

from data.records import Evidence
from training.models.calibration import Calibration
from training.models.heads import Floats
from training.models.member import Member
from training.models.mixing import Mixing

SHOWN: Final = 5
"""Pieces of evidence a score carries, at most."""
_WORTH_SHOWING: Final = 0.05
_EDGE: Final = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRule:
    """How one policy's probability follows from "any": calibrated, or a share where violations are few."""

    policy: str
    hits: int
    share: float
    calibration: Calibration | None = None

    def probability(self, any_policy: Floats, conditional: Floats) -> Floats:
        """Return the policy's probability, never above that of "any".

        Parameters
        ----------
        any_policy
            Calibrated probability of "violates any policy".
        conditional
            Log odds of this policy given a violation.
        """
        if self.calibration is None:
            return any_policy * self.share
        return np.minimum(self.calibration.apply(joint(any_policy, conditional)), any_policy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What the model says of some items."""

    violation: Floats
    policies: Floats
    disagreement: Floats
    """Half the distance between the members that are farthest apart, as probabilities."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ensemble:
    """A fitted model."""

    members: Sequence[Member]
    mixing: Mixing
    calibration: Calibration
    rules: Sequence[PolicyRule]

    @property
    def policies(self) -> tuple[str, ...]:
        """The policies that get a probability, in order."""
        return tuple(rule.policy for rule in self.rules)

    def predict(self, rows: pd.DataFrame) -> Prediction:
        """Return calibrated probabilities of items given as `data.features` makes them."""
        return self.combine(np.stack([member.logits(member.features(rows)) for member in self.members]))

    def judge(self, rows: pd.DataFrame) -> tuple[Prediction, list[list[Evidence]]]:
        """Return the same, and for each item what speaks most for a violation.

        Evidence is weighed as the members are. Members that point at the same signal are one piece: their
        weights add up, and the excerpt is of whichever knows the place. What has a time is seen or heard: it
        is told also where it weighs nothing.
        """
        read = [(member, member.features(rows)) for member in self.members]
        found = [member.evidence(features, rows) for member, features in read]
        prediction = self.combine(np.stack([member.logits(features) for member, features in read]))
        weights = self.mixing.weights
        return prediction, [_merged([own[row] for own in found], weights) for row in range(len(rows))]

    def combine(self, logits: Floats) -> Prediction:
        """Return probabilities from the members' log odds: members, items, targets."""
        any_logits = logits[:, :, 0].T
        violation = self.calibration.apply(self.mixing.apply(any_logits))
        given = logits[:, :, 1:].mean(axis=0)
        policies = [rule.probability(violation, given[:, place]) for place, rule in enumerate(self.rules)]
        apart = expit(self.mixing.alone(any_logits))
        return Prediction(
            violation=violation,
            policies=np.column_stack(policies) if policies else np.zeros((len(violation), 0)),
            disagreement=(apart.max(axis=1) - apart.min(axis=1)) / 2,
        )

    def stored(self) -> dict[str, Any]:
        """Return what a bundle stores beside the members."""
        return {
            "members": [member.name for member in self.members],
            "mixing": asdict(self.mixing),
            "calibration": self.calibration.stored(),
            "rules": [asdict(rule) for rule in self.rules],
        }

    @classmethod
    def of(cls, stored: Mapping[str, Any], members: Sequence[Member]) -> Ensemble:
        """Return the model that was stored."""
        return cls(
            members=members,
            mixing=Mixing.of(stored["mixing"]),
            calibration=Calibration.of(stored["calibration"]),
            rules=[_rule(rule) for rule in stored["rules"]],
        )


def _merged(found: Sequence[Sequence[Evidence]], weights: Sequence[float]) -> list[Evidence]:
    pieces: dict[str, Evidence] = {}
    for own, weight in zip(found, weights, strict=True):
        for piece in own:
            known = pieces.get(piece.signal, replace(piece, weight=0.0))
            pieces[piece.signal] = replace(
                known, excerpt=known.excerpt or piece.excerpt, weight=known.weight + piece.weight * weight
            )
    worth = [
        piece for piece in pieces.values() if piece.weight >= _WORTH_SHOWING or piece.start_ms is not None
    ]
    return sorted(worth, key=lambda piece: -piece.weight)[:SHOWN]


def joint(any_policy: Floats, conditional: Floats) -> Floats:
    """Return the log odds of "violates, and this policy"."""
    return np.asarray(logit(np.clip(any_policy * expit(conditional), _EDGE, 1 - _EDGE)), dtype=np.float64)


def share_of(hits: Floats | NDArray[np.bool_], violation: NDArray[np.bool_], weights: Floats) -> float:
    """Return which share of the violations broke a policy, as if half an item more had and one had not.

    Examples
    --------
    >>> share_of(np.array([True, False]), np.array([True, True]), np.array([1.0, 1.0])).__round__(3)
    0.5
    """
    unit = float(weights.min())
    return (float(weights @ hits) + 0.5 * unit) / (float(weights @ violation) + unit)


def _rule(stored: Mapping[str, Any]) -> PolicyRule:
    calibration = stored["calibration"]
    return PolicyRule(
        **{**stored, "calibration": None if calibration is None else Calibration.of(calibration)}
    )
