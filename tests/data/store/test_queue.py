"""The queue: who gets which job, and who keeps it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from data.errors import ClaimLost, UnknownJob
from data.records import Item, Job
from data.store.queue import QueueCount
from data.store.store import Session, Store

Make = Callable[..., Job]
LEASE = timedelta(minutes=30)
MANY = 40


@pytest.fixture
def filled(store: Store, make_item: Callable[..., Item], make_job: Make, noon: datetime) -> Store:
    """Jobs named after the place they should be claimed at."""
    late = {"due_at": noon + timedelta(hours=48)}
    jobs = [
        make_job("v1", job_id="fourth", priority=10),
        make_job("v1", job_id="second", priority=90, **late),
        make_job("v1", job_id="first", priority=90),
        make_job("v1", job_id="third", priority=90, queue="en", **late),
    ]
    with store.begin() as session:
        session.ledger.add_items([make_item("v1")], received_at=noon)
        session.queue.add(jobs)
    return store


def claim(session: Session, now: datetime, reviewer_id: str = "a", queue: str | None = None) -> str | None:
    job = session.queue.claim(reviewer_id=reviewer_id, queue=queue, now=now, lease=LEASE)
    return job.job_id if job else None


def test_jobs_are_claimed_by_priority_then_by_what_is_due_then_by_arrival(
    filled: Store, noon: datetime
) -> None:
    with filled.begin() as session:
        waiting = [job.job_id for job in session.queue.waiting(now=noon)]
        claimed = [claim(session, noon) for _ in range(5)]
    assert waiting == ["first", "second", "third", "fourth"]
    assert claimed == [*waiting, None]


def test_a_claim_of_one_queue_leaves_the_others(filled: Store, noon: datetime) -> None:
    with filled.begin() as session:
        assert [claim(session, noon, queue="en") for _ in range(2)] == ["third", None]
        assert [job.job_id for job in session.queue.waiting(now=noon, queue="en")] == []
        assert len(session.queue.waiting(now=noon, queue="ko", limit=2)) == 2


def test_a_claimed_job_knows_its_reviewer_and_its_end(filled: Store, noon: datetime, make_job: Make) -> None:
    with filled.begin() as session:
        claimed = session.queue.claim(reviewer_id="a", now=noon, lease=LEASE)
        assert claimed == make_job(
            "v1", job_id="first", priority=90, claimed_by="a", claimed_until=noon + LEASE
        )
        assert session.queue.job("first") == claimed


def test_a_claim_that_ran_out_is_free_again(filled: Store, noon: datetime) -> None:
    with filled.begin() as session:
        assert claim(session, noon, "a") == "first"
        assert claim(session, noon + LEASE - timedelta(seconds=1), "b") == "second"
        assert claim(session, noon + LEASE, "b") == "first"
        with pytest.raises(ClaimLost):
            session.queue.renew("first", reviewer_id="a", now=noon + LEASE, lease=LEASE)


def test_a_renewed_claim_holds_longer(filled: Store, noon: datetime) -> None:
    with filled.begin() as session:
        claim(session, noon, "a")
        later = noon + timedelta(minutes=20)
        renewed = session.queue.renew("first", reviewer_id="a", now=later, lease=LEASE)
        assert renewed.claimed_until == later + LEASE
        assert claim(session, noon + LEASE, "b") == "second"


def test_a_job_that_is_given_back_is_free_at_once(filled: Store, noon: datetime) -> None:
    with filled.begin() as session:
        claim(session, noon, "a")
        assert session.queue.release("first", reviewer_id="a").claimed_by is None
        assert claim(session, noon, "b") == "first"


def test_what_somebody_else_holds_cannot_be_renewed_given_back_or_finished(
    filled: Store, noon: datetime
) -> None:
    with filled.begin() as session:
        claim(session, noon, "a")
        attempts: list[Callable[[], Job]] = [
            lambda: session.queue.renew("first", reviewer_id="b", now=noon, lease=LEASE),
            lambda: session.queue.release("first", reviewer_id="b"),
            lambda: session.queue.finish("first", reviewer_id="b", now=noon),
        ]
        for attempt in attempts:
            with pytest.raises(ClaimLost):
                attempt()


def test_a_finished_job_is_never_claimed_again(filled: Store, noon: datetime) -> None:
    with filled.begin() as session:
        claim(session, noon, "a")
        assert session.queue.finish("first", reviewer_id="a", now=noon).finished_at == noon
        assert claim(session, noon + 2 * LEASE, "b") == "second"
        with pytest.raises(ClaimLost):
            session.queue.finish("first", reviewer_id="a", now=noon)


def test_a_late_reviewer_may_finish_what_nobody_took_over(filled: Store, noon: datetime) -> None:
    with filled.begin() as session:
        claim(session, noon, "a")
        assert session.queue.finish("first", reviewer_id="a", now=noon + 3 * LEASE).finished_at


def test_a_decision_from_outside_finishes_a_job_whoever_holds_it(filled: Store, noon: datetime) -> None:
    with filled.begin() as session:
        claim(session, noon, "a")
        later = noon + LEASE
        for moment in (noon, later):
            assert session.queue.finish("first", reviewer_id=None, now=moment).finished_at == noon


def test_an_unknown_job_is_named(filled: Store, noon: datetime) -> None:
    with filled.begin() as session:
        attempts: list[Callable[[], Job]] = [
            lambda: session.queue.job("unknown"),
            lambda: session.queue.release("unknown", reviewer_id="a"),
            lambda: session.queue.finish("unknown", reviewer_id=None, now=noon),
        ]
        for attempt in attempts:
            with pytest.raises(UnknownJob, match="'unknown'"):
                attempt()


def test_what_is_open_is_counted_by_queue(filled: Store, noon: datetime) -> None:
    with filled.begin() as session:
        claim(session, noon, "a")
        session.queue.finish("third", reviewer_id=None, now=noon)
        assert session.queue.counts(noon + timedelta(minutes=1)) == [
            QueueCount(queue="ko", waiting=2, claimed=1, overdue=0, oldest_created_at=noon)
        ]
        assert session.queue.counts(noon + timedelta(hours=25)) == [
            QueueCount(queue="ko", waiting=3, claimed=0, overdue=2, oldest_created_at=noon)
        ]


def test_a_second_look_is_not_counted_for_who_may_not_take_it(
    filled: Store, make_job: Make, noon: datetime
) -> None:
    with filled.begin() as session:
        session.queue.add([make_job("v1", job_id="second-look", queue="en", not_for="a")])
        session.queue.finish("third", reviewer_id=None, now=noon)
        assert [count.queue for count in session.queue.counts(noon, reviewer_id="a")] == ["ko"]
        assert [count.queue for count in session.queue.counts(noon, reviewer_id="b")] == ["en", "ko"]
        assert [count.queue for count in session.queue.counts(noon)] == ["en", "ko"]


def test_what_a_reviewer_holds_is_found_until_it_is_finished_or_runs_out(
    filled: Store, noon: datetime
) -> None:
    later = noon + timedelta(minutes=1)
    with filled.begin() as session:
        assert session.queue.held("a", now=noon) is None
        claim(session, noon, "a")
        claim(session, later, "a")
        assert session.queue.held("b", now=later) is None
        assert _name(session.queue.held("a", now=later)) == "second"
        session.queue.finish("second", reviewer_id="a", now=later)
        assert _name(session.queue.held("a", now=later)) == "first"
        assert session.queue.held("a", now=noon + LEASE) is None


def _name(job: Job | None) -> str | None:
    return None if job is None else job.job_id


def test_four_who_claim_at_once_never_get_the_same_job(
    store: Store, url: str, make_item: Callable[..., Item], make_job: Make, noon: datetime
) -> None:
    with store.begin() as session:
        session.ledger.add_items([make_item()], received_at=noon)
        session.queue.add([make_job("v1", job_id=f"job-{number}") for number in range(MANY)])
    got: list[tuple[str, str]] = []
    start = threading.Barrier(4)

    def work(reviewer_id: str) -> None:
        with Store(url) as mine:
            start.wait()
            while True:
                with mine.begin() as session:
                    job_id = claim(session, noon, reviewer_id)
                if job_id is None:
                    return
                got.append((job_id, reviewer_id))

    threads = [threading.Thread(target=work, args=[f"reviewer-{number}"]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(job_id for job_id, _ in got) == Counter(f"job-{number}" for number in range(MANY))
    with store.read() as session:
        assert {(job_id, session.queue.job(job_id).claimed_by) for job_id, _ in got} == set(got)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_who_claims_does_not_wait_for_who_claims_or_appends(
    filled: Store, url: str, make_item: Callable[..., Item], noon: datetime
) -> None:
    with Store(url) as other, other.begin() as busy:
        busy.ledger.add_items([make_item("v2")], received_at=noon)
        assert claim(busy, noon, "a") == "first"
        with filled.begin() as session:
            assert claim(session, noon, "b") == "second"
