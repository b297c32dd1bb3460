from __future__ import annotations

import pytest

from evaluation import design
from evaluation.design import Key
from serving.visibility import ScoreVisibility

KEY = Key(key_id="k", secret=b"sixteen bytes ok")
JOBS = [f"job-{number}" for number in range(4000)]


def _shown(share: float) -> list[bool]:
    visibility = ScoreVisibility(key=KEY, share=share)
    return [visibility.shows(job) for job in JOBS]


def test_about_the_share_of_the_jobs_shows_the_score() -> None:
    assert sum(_shown(0.2)) == pytest.approx(800, abs=4 * (4000 * 0.2 * 0.8) ** 0.5)


def test_a_job_is_chosen_once_and_for_all() -> None:
    assert _shown(0.2) == _shown(0.2)


@pytest.mark.parametrize(("share", "every"), [(0.0, False), (1.0, True)])
def test_none_and_all_mean_none_and_all(share: float, every: bool) -> None:
    assert set(_shown(share)) == {every}


def test_being_shown_has_nothing_to_do_with_the_draw_that_routes() -> None:
    drawn = [design.draw(KEY, design.AUDIT, job) < 0.2 for job in JOBS]
    both = sum(one and other for one, other in zip(drawn, _shown(0.2), strict=True))
    assert both == pytest.approx(160, abs=4 * (4000 * 0.04 * 0.96) ** 0.5)
