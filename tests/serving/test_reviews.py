from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from data.errors import (
    AlreadyRecorded,
    ClaimLost,
    Conflict,
    Invalid,
    NotAllowed,
    UnknownItem,
    UnknownJob,
    UnknownPolicy,
)
from data.records import Item, ReviewType, Role, Segment, Verdict
from data.store.store import Store
from serving.events import Event, Outcome


@pytest.fixture
def bench_store(store: Store) -> Store:
    return store


@pytest.fixture
def flagged(bench: Any) -> Item:
    item = Item(item_id="v1", language="ko", data={"p": 0.9})
    bench.application.triage.submit([item])
    return item


def _event(bench: Any, event_id: str = "e1", **said: Any) -> Event:
    values = {"item_id": "v1", "reviewer_id": "mina", "verdict": Verdict.VIOLATION, **said}
    return Event(event_id=event_id, occurred_at=bench.clock(), outcome=Outcome(**values))


def _decide(bench: Any, *events: Event, role: Role = Role.QUEUE, name: str = "queue") -> list[Any]:
    return bench.application.reviews.decide(events, actor=bench.actor(role, name))  # type: ignore[no-any-return]


def _decisions(bench: Any, item: Item) -> list[Any]:
    with bench.store.read() as session:
        return list(session.ledger.decisions([item.key]).get(item.key, []))


def _counts(bench: Any) -> dict[str, int]:
    with bench.store.read() as session:
        return dict(session.ledger.counts())


# Jobs.


def test_a_reviewer_gets_the_most_urgent_job_of_a_queue(bench: Any, flagged: Item) -> None:
    bench.application.triage.submit([Item(item_id="worse", language="ko", data={"p": 1.0})])
    bench.application.triage.submit([Item(item_id="other", language="en", data={"p": 1.0})])
    assert bench.application.reviews.claim(reviewer_id="mina", queue="ko").item_id == "worse"
    assert bench.application.reviews.claim(reviewer_id="mina", queue="ko").item_id == "v1"
    assert bench.application.reviews.claim(reviewer_id="mina", queue="ko") is None


def test_a_claim_ends_by_itself_unless_it_is_renewed(bench: Any, flagged: Item) -> None:
    reviews = bench.application.reviews
    job = reviews.claim(reviewer_id="mina")
    bench.clock.advance(minutes=20)
    assert reviews.renew(job.job_id, reviewer_id="mina").claimed_until == bench.clock() + timedelta(
        minutes=30
    )
    bench.clock.advance(minutes=20)
    assert reviews.claim(reviewer_id="jun") is None
    bench.clock.advance(minutes=20)
    assert reviews.claim(reviewer_id="jun").job_id == job.job_id
    with pytest.raises(ClaimLost):
        reviews.renew(job.job_id, reviewer_id="mina")


def test_a_released_job_is_free_again(bench: Any, flagged: Item) -> None:
    reviews = bench.application.reviews
    job = reviews.claim(reviewer_id="mina")
    with pytest.raises(ClaimLost):
        reviews.release(job.job_id, reviewer_id="jun")
    reviews.release(job.job_id, reviewer_id="mina")
    assert reviews.claim(reviewer_id="jun").job_id == job.job_id


def test_only_who_holds_a_job_sees_its_item(bench: Any, flagged: Item) -> None:
    reviews = bench.application.reviews
    job = reviews.claim(reviewer_id="mina")
    assert reviews.look(job.job_id, reviewer_id="mina")[1] == flagged
    with pytest.raises(ClaimLost):
        reviews.look(job.job_id, reviewer_id="jun")
    bench.clock.advance(minutes=31)
    with pytest.raises(ClaimLost):
        reviews.look(job.job_id, reviewer_id="mina")


def test_a_job_without_a_decision_cannot_be_finished(bench: Any, flagged: Item) -> None:
    reviews = bench.application.reviews
    job = reviews.claim(reviewer_id="mina")
    with pytest.raises(Conflict, match="no decision"):
        reviews.finish(job.job_id, reviewer_id="mina")
    assert bench.application.reviews.counts()[0].claimed == 1


def test_a_job_whose_item_was_decided_otherwise_can_be_finished(bench: Any, flagged: Item) -> None:
    reviews = bench.application.reviews
    job = reviews.claim(reviewer_id="mina")
    _decide(bench, _event(bench, review_type=ReviewType.APPEAL))
    reviews.finish(job.job_id, reviewer_id="mina")
    assert bench.application.reviews.counts() == []


def test_a_job_that_nobody_made_is_unknown(bench: Any) -> None:
    with pytest.raises(UnknownJob):
        bench.application.reviews.renew("job-nothing", reviewer_id="mina")


# Decisions.


def test_a_decision_is_kept_and_finishes_its_job(bench: Any, flagged: Item) -> None:
    job = bench.application.reviews.claim(reviewer_id="mina")
    segments = [Segment(start_ms=0, end_ms=10, policy_id="counterfeit")]
    said: dict[str, Any] = {"policies": ["health_claim"], "segments": segments, "reason": "약 광고"}
    [receipt] = _decide(bench, _event(bench, job_id=job.job_id, **said))
    assert (receipt.handled, receipt.duplicate, receipt.refusal) == (True, False, None)
    [decision] = _decisions(bench, flagged)
    assert (list(decision.policies), list(decision.segments), decision.reason) == tuple(said.values())
    assert decision.review_type is ReviewType.FIRST_REVIEW
    assert bench.application.reviews.counts() == []


def test_a_decision_that_names_no_job_finishes_that_of_its_routing(bench: Any, flagged: Item) -> None:
    _decide(bench, _event(bench, review_type=ReviewType.FIRST_REVIEW))
    assert bench.application.reviews.counts() == []


def test_an_appeal_leaves_the_job_open(bench: Any, flagged: Item) -> None:
    _decide(bench, _event(bench, review_type=ReviewType.APPEAL))
    assert bench.application.reviews.counts()[0].waiting == 1


def test_no_violation_is_kept_like_a_violation(bench: Any, flagged: Item) -> None:
    _decide(bench, _event(bench, verdict=Verdict.NO_VIOLATION))
    assert [decision.verdict for decision in _decisions(bench, flagged)] == [Verdict.NO_VIOLATION]


def test_the_reason_for_looking_comes_from_the_job_where_it_is_not_said(bench: Any) -> None:
    bench.plan(budget=2000)
    item = Item(item_id="v1", data={"p": 0.1})
    bench.application.triage.submit([item])
    _decide(bench, _event(bench))
    assert _decisions(bench, item)[0].review_type is ReviewType.AUDIT


def test_the_same_event_again_changes_nothing(bench: Any, flagged: Item) -> None:
    event = _event(bench)
    assert not _decide(bench, event)[0].duplicate
    bench.clock.advance(hours=1)
    assert _decide(bench, event)[0].duplicate
    assert len(_decisions(bench, flagged)) == 1


def test_the_same_event_twice_in_one_request_counts_once(bench: Any, flagged: Item) -> None:
    event = _event(bench)
    assert [receipt.duplicate for receipt in _decide(bench, event, event)] == [False, True]


def test_an_event_id_with_another_body_is_refused(bench: Any, flagged: Item) -> None:
    _decide(bench, _event(bench))
    [receipt] = _decide(bench, _event(bench, verdict=Verdict.NO_VIOLATION))
    assert isinstance(receipt.refusal, AlreadyRecorded)
    assert receipt.refusal.field == "event_id"
    assert len(_decisions(bench, flagged)) == 1


def test_a_decision_id_with_another_content_is_refused(bench: Any, flagged: Item) -> None:
    _decide(bench, _event(bench, decision_id="d1"))
    [receipt] = _decide(bench, _event(bench, "e2", decision_id="d1", verdict=Verdict.NO_VIOLATION))
    assert isinstance(receipt.refusal, AlreadyRecorded)
    assert receipt.refusal.field == "payload/decision_id"


def test_contradicting_decisions_are_both_kept(bench: Any, flagged: Item) -> None:
    _decide(bench, _event(bench, "e1"), _event(bench, "e2", verdict=Verdict.NO_VIOLATION, reviewer_id="jun"))
    assert [decision.verdict for decision in _decisions(bench, flagged)] == [
        Verdict.VIOLATION,
        Verdict.NO_VIOLATION,
    ]


def test_a_decision_about_a_released_item_is_kept_outside_the_estimates(bench: Any) -> None:
    item = bench.released()
    _decide(bench, _event(bench, item_id=item.item_id))
    assert len(_decisions(bench, item)) == 1
    report = bench.application.quality.report(until=bench.clock() + timedelta(seconds=1))
    assert report.find("missed").reviewed == 0


def test_what_is_refused_leaves_no_trace_and_can_be_sent_again(bench: Any, flagged: Item) -> None:
    [receipt] = _decide(bench, _event(bench, policies=["health_claim", "nonsense"]))
    assert isinstance(receipt.refusal, UnknownPolicy)
    assert receipt.refusal.field == "payload/policies/1"
    assert _counts(bench)["events"] == 0
    assert not _decide(bench, _event(bench, policies=["health_claim"]))[0].duplicate


def test_an_unknown_policy_of_a_segment_is_named_by_its_place(bench: Any, flagged: Item) -> None:
    segments = [Segment(start_ms=0, end_ms=1, policy_id="nonsense")]
    [receipt] = _decide(bench, _event(bench, segments=segments))
    assert receipt.refusal.field == "payload/segments/0/policy_id"


def test_a_decision_about_an_item_nobody_sent_is_refused(bench: Any) -> None:
    [receipt] = _decide(bench, _event(bench, item_id="nobody"))
    assert isinstance(receipt.refusal, UnknownItem)
    assert receipt.refusal.field == "payload/item_id"


def test_a_decision_about_a_version_nobody_sent_is_refused(bench: Any, flagged: Item) -> None:
    [receipt] = _decide(bench, _event(bench, item_version="9"))
    assert isinstance(receipt.refusal, UnknownItem)


def test_a_job_about_another_item_is_refused(bench: Any, flagged: Item) -> None:
    bench.application.triage.submit([Item(item_id="other", language="en", data={"p": 0.9})])
    job = bench.application.reviews.claim(reviewer_id="mina", queue="ko")
    [receipt] = _decide(bench, _event(bench, item_id="other", job_id=job.job_id))
    assert isinstance(receipt.refusal, Invalid)
    assert receipt.refusal.field == "payload/job_id"


def test_one_refused_event_takes_no_other_with_it(bench: Any, flagged: Item) -> None:
    receipts = _decide(bench, _event(bench, "e1", item_id="nobody"), _event(bench, "e2"))
    assert [receipt.refusal is None for receipt in receipts] == [False, True]
    assert len(_decisions(bench, flagged)) == 1


def test_an_event_of_another_kind_is_kept_and_said_to_be_not_handled(bench: Any) -> None:
    event = Event(event_id="e1", occurred_at=bench.clock(), event="job.skipped", other={"why": "no sound"})
    [receipt] = _decide(bench, event)
    assert (receipt.handled, receipt.note) == (
        False,
        "job.skipped is kept; only decision.created is acted upon.",
    )
    with bench.store.read() as session:
        [kept] = session.ledger.unhandled_events(10)
    assert kept["payload"] == {"why": "no sound"}


# What a reviewer may do.


def _own(bench: Any, **said: Any) -> list[Any]:
    return _decide(bench, _event(bench, **said), role=Role.REVIEWER, name="mina")


def test_a_reviewer_decides_a_job_he_holds(bench: Any, flagged: Item) -> None:
    job = bench.application.reviews.claim(reviewer_id="mina")
    assert _own(bench, job_id=job.job_id)[0].refusal is None
    assert len(_decisions(bench, flagged)) == 1


def test_a_reviewer_cannot_decide_a_job_that_another_holds(bench: Any, flagged: Item) -> None:
    job = bench.application.reviews.claim(reviewer_id="jun")
    assert isinstance(_own(bench, job_id=job.job_id)[0].refusal, ClaimLost)


def test_a_reviewer_cannot_decide_after_the_claim_ran_out(bench: Any, flagged: Item) -> None:
    job = bench.application.reviews.claim(reviewer_id="mina")
    bench.clock.advance(minutes=31)
    assert isinstance(_own(bench, job_id=job.job_id)[0].refusal, ClaimLost)


def test_a_reviewer_cannot_decide_without_a_job(bench: Any, flagged: Item) -> None:
    assert isinstance(_own(bench)[0].refusal, NotAllowed)
    assert _decisions(bench, flagged) == []


def test_a_reviewer_cannot_decide_in_the_name_of_another(bench: Any, flagged: Item) -> None:
    job = bench.application.reviews.claim(reviewer_id="mina")
    assert isinstance(_own(bench, job_id=job.job_id, reviewer_id="jun")[0].refusal, NotAllowed)


def test_a_reviewer_cannot_say_that_it_was_an_appeal(bench: Any, flagged: Item) -> None:
    job = bench.application.reviews.claim(reviewer_id="mina")
    [receipt] = _own(bench, job_id=job.job_id, review_type=ReviewType.APPEAL)
    assert isinstance(receipt.refusal, NotAllowed)


def test_a_reviewer_sends_decisions_only(bench: Any) -> None:
    event = Event(event_id="e1", occurred_at=bench.clock(), event="job.skipped")
    [receipt] = _decide(bench, event, role=Role.REVIEWER, name="mina")
    assert isinstance(receipt.refusal, NotAllowed)
