from __future__ import annotations

from typing import Any

import pytest

from data.records import ReviewType
from serving import jobs


@pytest.mark.parametrize(
    ("changes", "why"),
    [({"flagged": True}, ReviewType.FIRST_REVIEW), ({"draw": 0.1}, ReviewType.AUDIT)],
)
def test_what_was_drawn_becomes_work(make_routing: Any, noon: Any, changes: Any, why: ReviewType) -> None:
    routing = make_routing(**changes)
    job = jobs.job(routing, created_at=noon)
    assert job is not None
    assert job.review_type is why
    for name in ("item_id", "item_version", "routing_id", "queue", "priority", "due_at"):
        assert getattr(job, name) == getattr(routing, name)


def test_what_was_released_becomes_no_work(make_routing: Any, noon: Any) -> None:
    assert jobs.job(make_routing(draw=0.9), created_at=noon) is None


def test_routings_and_their_jobs_have_names_of_their_own() -> None:
    made = {jobs.new_routing_id() for _ in range(100)}
    assert len({jobs.job_id(name) for name in made}) == 100


def test_the_name_of_a_second_look_looks_like_any_other_and_is_always_the_same() -> None:
    routing = jobs.new_routing_id()
    first, second = jobs.job_id(routing), jobs.second_job_id(routing)
    assert second == jobs.second_job_id(routing) != first
    assert [len(name) for name in (first, second)] == [36, 36]
    assert routing.removeprefix("routing-") not in second
