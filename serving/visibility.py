"""
Which reviewers see what the model thinks.

People who see a score lean towards it, and then their verdicts no longer check the model. So reviews are
blind, except for a share of the jobs that shows what seeing does. A job is chosen by a draw of its own that
has nothing to do with the score, the route or the audit: being shown a score says nothing about either.
"""

from __future__ import annotations

from typing import Final

from evaluation import design
from evaluation.design import Key

PURPOSE: Final = "score_visible"
"""The purpose of the draws."""


class ScoreVisibility:
    """Chooses the jobs whose reviewer sees the score.

    Parameters
    ----------
    key : Key
        The secret of the draws.
    share : float
        The share of the jobs, in [0, 1].
    """

    def __init__(self, *, key: Key, share: float) -> None:
        self._key = key
        self._share = share

    def shows(self, job_id: str) -> bool:
        """Say whether the reviewer of this job sees the score; for one job always the same."""
        return design.draw(self._key, PURPOSE, job_id) < self._share
