"""
The order in which people look: likelihood x severity x reach.

On a log scale the product is a sum, so every factor is a number of points and the points add up to the
priority. A reviewer can read off why an item stands where it stands.

================  ======  ==============================================================================
factor            points  from
================  ======  ==============================================================================
``likelihood``    0-50    violation probability, 0.001 or less to 1; ten times likelier is 16.7 points
``severity``      0-20    mean severity of the policies, weighted by their scores; 1 (mild) to 5 (worst)
``reach``         0-30    expected views, none to ten million; ten times the reach is about 4.3 points
``unknown``       0-70    60 for an item that could not be scored; 10 where the views are unknown
================  ======  ==============================================================================

What is unknown may be bad, so an item without a score ranks with the likely and grave ones.

Audits have no such factors. Where people do not get to everything, what they leave undone must not depend
on how risky it looks, or the audits that are done would no longer speak for what was not reviewed. Chance
alone places them (`place_audit`): anywhere from first to last, so that nobody recognises one by its place.

References
----------
Ohlsson (1998), J. Off. Stat. 14, 149-162: taking a Poisson sample in the order of draw over chance, and
stopping anywhere, leaves a sample with chances in the same proportions.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from data.records import Item, Policy, Score

LIKELIHOOD_POINTS: Final = 50.0
SEVERITY_POINTS: Final = 20.0
REACH_POINTS: Final = 30.0
UNSCORED_POINTS: Final = 60.0
UNKNOWN_REACH_POINTS: Final = 10.0

_SMALLEST_PROBABILITY: Final = 0.001
_LARGEST_REACH: Final = 1e7
_USUAL_SEVERITY: Final = 3.0
_WORST_SEVERITY: Final = 5.0


def rank(*, item: Item, score: Score | None, policies: Mapping[str, Policy]) -> tuple[int, dict[str, float]]:
    """Return the priority, 0 to 100, and the points of every factor, which add up to it.

    Parameters
    ----------
    item : Item
        Its ``expected_views`` are the reach.
    score : Score or None
        None for an item that could not be scored.
    policies : mapping of str to Policy
        The policies by id. Scores of policies that are not among them count with severity 3.

    Examples
    --------
    >>> rank(item=Item(item_id="v1", expected_views=1000), score=None, policies={})
    (73, {'likelihood': 0.0, 'severity': 0.0, 'reach': 12.9, 'unknown': 60.0})
    """
    factors = {
        "likelihood": 0.0 if score is None else _likelihood(score.violation_probability),
        "severity": 0.0 if score is None else _severity(score, policies),
        "reach": 0.0 if item.expected_views is None else _reach(item.expected_views),
        "unknown": (UNSCORED_POINTS if score is None else 0.0)
        + (UNKNOWN_REACH_POINTS if item.expected_views is None else 0.0),
    }
    # Rounded first, so that the points on the page add up to the number beside them.
    factors = {name: round(points, 1) for name, points in factors.items()}
    return round(sum(factors.values())), factors


def place_audit(draw: float, chance: float) -> tuple[int, dict[str, float]]:
    """Return the priority, 0 to 100, of an audit, and the one factor that makes it up.

    Parameters
    ----------
    draw, chance : float
        Its permanent random number, which is below its inclusion probability.

    Examples
    --------
    >>> place_audit(0.05, 0.2)
    (75, {'draw': 75.0})
    """
    points = round(100.0 * (1.0 - draw / chance), 1)
    return round(points), {"draw": points}


def _likelihood(probability: float) -> float:
    decades = math.log10(max(probability, _SMALLEST_PROBABILITY) / _SMALLEST_PROBABILITY)
    return LIKELIHOOD_POINTS * decades / -math.log10(_SMALLEST_PROBABILITY)


def _severity(score: Score, policies: Mapping[str, Policy]) -> float:
    total = sum(score.policy_scores.values())
    severity = _USUAL_SEVERITY
    if total > 0:
        weighted = 0.0
        for policy_id, probability in score.policy_scores.items():
            policy = policies.get(policy_id)
            weighted += probability * (policy.severity if policy else _USUAL_SEVERITY)
        severity = weighted / total
    return SEVERITY_POINTS * math.log(severity) / math.log(_WORST_SEVERITY)


def _reach(views: float) -> float:
    return REACH_POINTS * min(1.0, math.log10(1.0 + views) / math.log10(1.0 + _LARGEST_REACH))
