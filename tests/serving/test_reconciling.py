"""What the queue was told when the ledger could not be asked, and what the ledger says afterwards."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from data.errors import LedgerUnavailable
from data.records import Item, Route, Verdict
from data.store.store import Store
from serving.events import Event, Outcome
from serving.gateway import REST_S

SLOW_S = 0.6
DEADLINE_S = 0.3


@pytest.fixture
def bench_store(store: Store) -> Store:
    return store


@pytest.fixture
def bench(make_bench: Any) -> Any:
    bench = make_bench(ledger_deadline_s=DEADLINE_S)
    bench.deploy()
    bench.plan()
    return bench


def _item(item_id: str = "v1", p: float = 0.0001) -> Item:
    return Item(item_id=item_id, language="ko", data={"p": p})


def _away(*_: Any, **__: Any) -> Any:
    raise LedgerUnavailable


def _told_full_review(bench: Any, monkeypatch: pytest.MonkeyPatch, *items: Item) -> None:
    with monkeypatch.context() as outage:
        outage.setattr(bench.application.gateway, "write", _away)
        for answer in bench.application.triage.submit(items):
            assert (answer.routing.route, answer.recorded) == (Route.FULL_REVIEW, False)


def _routing(bench: Any, item_id: str = "v1") -> Any:
    with bench.store.read() as session:
        return session.ledger.routings([(item_id, "1")]).get((item_id, "1"))


def _jobs(bench: Any) -> list[Any]:
    with bench.store.read() as session:
        return list(session.queue.waiting(now=bench.clock()))


def _told_although_it_is_committed(bench: Any, item: Item) -> None:
    """Let the ledger take longer over a commit than anybody waits: the answer comes first, then the row."""

    def slowly(_: Any) -> None:
        time.sleep(SLOW_S)

    sa.event.listen(bench.store._writing, "commit", slowly)
    [answer] = bench.application.triage.submit([item])
    assert (answer.routing.route, answer.recorded) == (Route.FULL_REVIEW, False)
    time.sleep(REST_S + 0.1)  # whoever waited in vain asks nobody for a moment
    sa.event.remove(bench.store._writing, "commit", slowly)


def test_what_was_not_recorded_is_recorded_as_it_was_told(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    told_at = bench.clock()
    _told_full_review(bench, monkeypatch, _item("v1"), _item("v2"))
    bench.clock.advance(hours=30)
    assert bench.application.reconciler.run() == 2
    routing = _routing(bench)
    assert (routing.route, routing.inclusion_probability) == (Route.FULL_REVIEW, 1.0)
    assert (routing.degraded, routing.routed_at, routing.plan) == ("ledger unavailable", told_at, "plan-1")
    first, second = _jobs(bench)
    assert routing.routing_id in {first.routing_id, second.routing_id}
    assert bench.application.spool.waiting() == []
    [answer] = bench.application.triage.submit([_item("v1")])
    assert (answer.replay, answer.routing) == (True, routing)


def test_nothing_is_done_twice(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _told_full_review(bench, monkeypatch, _item())
    [kept] = bench.application.spool.waiting()
    content = kept.read_bytes()
    assert bench.application.reconciler.run() == 1
    kept.write_bytes(content)  # another process read it at the same moment
    before = _routing(bench), _jobs(bench)
    assert bench.application.reconciler.run() == 1
    assert (_routing(bench), _jobs(bench)) == before


def test_a_release_that_was_committed_after_full_review_was_told_gets_a_person(bench: Any) -> None:
    _told_although_it_is_committed(bench, _item())
    late = _routing(bench)
    assert late is not None, "the commit that nobody waited for"
    assert late.route is Route.RELEASE
    assert _jobs(bench) == []
    bench.application.reconciler.run()
    [job] = _jobs(bench)
    assert job.routing_id == late.routing_id
    assert _routing(bench) == late, "the recorded chance stays"
    bench.application.reconciler.run()
    assert len(_jobs(bench)) == 1


def test_a_full_review_that_was_committed_late_has_its_job_already(bench: Any) -> None:
    _told_although_it_is_committed(bench, _item(p=0.9))
    jobs = _jobs(bench)
    assert len(jobs) == 1
    assert bench.application.reconciler.run() == 1
    assert _jobs(bench) == jobs


def test_what_a_person_finds_there_is_kept_and_stays_out_of_the_estimates(bench: Any) -> None:
    _told_although_it_is_committed(bench, _item())
    bench.application.reconciler.run()
    bench.clock.advance(hours=1)
    before = bench.application.quality.report()
    assert before.find("missed").reviewed == 0
    job = bench.application.reviews.claim(reviewer_id="mina")
    outcome = Outcome(
        item_id="v1",
        reviewer_id="mina",
        verdict=Verdict.VIOLATION,
        policies=("health_claim",),
        job_id=job.job_id,
    )
    decided = Event(event_id="e1", occurred_at=bench.clock(), outcome=outcome)
    [receipt] = bench.application.reviews.decide([decided], actor=bench.actor())
    assert receipt.refusal is None
    assert _jobs(bench) == []
    with bench.store.read() as session:
        assert len(session.ledger.decisions([("v1", "1")])["v1", "1"]) == 1
    after = bench.application.quality.report()
    assert after.estimates == before.estimates


def test_an_item_that_was_sent_again_counts_by_its_newer_answer(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _told_full_review(bench, monkeypatch, _item())
    bench.clock.advance(minutes=1)
    [answer] = bench.application.triage.submit([_item()])
    assert (answer.routing.route, answer.recorded) == (Route.RELEASE, True)
    bench.application.reconciler.run()
    assert _jobs(bench) == []


def test_while_the_ledger_is_away_everything_waits(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _told_full_review(bench, monkeypatch, _item())
    with monkeypatch.context() as outage:
        outage.setattr(bench.application.gateway, "write_each", _away)
        assert bench.application.reconciler.run() == 0
    assert len(bench.application.spool.waiting()) == 1
    assert bench.application.reconciler.run() == 1


def test_what_the_ledger_refuses_is_set_aside_and_holds_nobody_up(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Item(item_id="v1", data={"title": "imported with other content"})
    bench.application.gateway.write(
        lambda session: session.ledger.add_items([other], received_at=bench.clock())
    )
    _told_full_review(bench, monkeypatch, _item("v1"))
    bench.clock.advance(seconds=1)
    _told_full_review(bench, monkeypatch, _item("v2"))
    assert bench.application.reconciler.run() == 1
    assert _routing(bench, "v2").route is Route.FULL_REVIEW
    assert len(bench.application.spool.refused()) == 1


def test_a_mistake_of_ours_is_recorded_afterwards_too(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as mistake:
        mistake.setattr(bench.application.gateway, "write", lambda _: 1 / 0)
        bench.application.triage.submit([_item()])
    bench.application.reconciler.run()
    assert _routing(bench).degraded == "internal error"


def test_without_a_plan_it_is_recorded_under_none(make_bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = make_bench()
    _told_full_review(bench, monkeypatch, _item())
    bench.application.reconciler.run()
    assert (_routing(bench).plan, _routing(bench).rates_id) == ("none", None)


def test_what_was_only_tried_is_not_kept(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench.application.gateway, "read", _away)
    bench.application.triage.submit([_item()], dry_run=True)
    assert bench.application.spool.waiting() == []


def test_a_full_disk_does_not_keep_the_queue_without_an_answer(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(bench.application.spool, "keep", full)
    _told_full_review(bench, monkeypatch, _item())


def test_it_happens_by_itself_and_ends_when_closed(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.reconciling.LOOK_S", 0.05)
    _told_full_review(bench, monkeypatch, _item())
    bench.application.reconciler.start()
    end = time.monotonic() + 10
    while _routing(bench) is None and time.monotonic() < end:
        time.sleep(0.02)
    assert _routing(bench) is not None
    bench.application.reconciler.close()
    bench.clock.at += timedelta(hours=1)
    _told_full_review(bench, monkeypatch, _item("v2"))
    time.sleep(0.3)
    assert _routing(bench, "v2") is None
