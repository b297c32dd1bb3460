from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.errors import AlreadySubmitted, InvalidBundle, LedgerUnavailable, Overloaded, UnknownJob
from data.records import Item, ReviewType, Route
from data.store.store import Store
from evaluation import design
from evaluation.rates import chance
from evaluation.sizes import size
from serving import wiring
from serving.rates import recorded_today


@pytest.fixture
def bench_store(store: Store) -> Store:
    return store


def _item(item_id: str = "v1", p: Any = 0.01, **more: Any) -> Item:
    return Item(item_id=item_id, data={"p": p}, **more)


def _counts(bench: Any) -> dict[str, int]:
    with bench.store.read() as session:
        return dict(session.ledger.counts())


def _job(bench: Any, routing_id: str) -> Any:
    job_id = routing_id.replace("routing", "job")
    return bench.application.gateway.read(lambda session: session.queue.job(job_id))


def test_a_flagged_item_goes_to_full_review_and_becomes_a_job(bench: Any) -> None:
    [answer] = bench.application.triage.submit([_item(p=0.9)])
    assert answer.routing.route is Route.FULL_REVIEW
    assert answer.routing.inclusion_probability == 1
    assert _job(bench, answer.routing.routing_id).review_type is ReviewType.FIRST_REVIEW


def test_what_is_drawn_below_the_threshold_becomes_an_audit(bench: Any) -> None:
    bench.plan(budget=2000)  # more than the prior volume: every chance is 1
    [answer] = bench.application.triage.submit([_item(p=0.2)])
    assert answer.routing.route is Route.AUDIT
    assert _job(bench, answer.routing.routing_id).review_type is ReviewType.AUDIT


def test_a_released_item_has_a_recorded_chance_and_no_job(bench: Any) -> None:
    item = bench.released()
    [answer] = bench.application.triage.submit([item])
    assert answer.replay
    assert 0 < answer.routing.inclusion_probability < 1
    with pytest.raises(UnknownJob):
        _job(bench, answer.routing.routing_id)


def test_the_answer_says_what_the_ledger_says(bench: Any) -> None:
    [answer] = bench.application.triage.submit([_item(p=0.3)])
    stored = bench.application.gateway.read(lambda session: session.ledger.routings([answer.item.key]))
    assert stored[answer.item.key] == answer.routing
    assert answer.recorded


def test_the_draw_is_that_of_the_key_on_disk(bench: Any) -> None:
    [answer] = bench.application.triage.submit([_item(fingerprint="f1")])
    key = wiring.draw_key(bench.application.settings.draw_key)
    assert answer.routing.draw == design.draw(key, design.AUDIT, "f1")


def test_the_same_item_again_gets_the_same_answer_without_being_scored(bench: Any) -> None:
    [first] = bench.application.triage.submit([_item(p=0.3)])
    bench.scorers["1"].scored.clear()
    bench.plan(threshold=0.1)
    bench.clock.advance(days=1)
    [again] = bench.application.triage.submit([_item(p=0.3)])
    assert again.replay
    assert (again.routing, again.score) == (first.routing, first.score)
    assert bench.scorers["1"].scored == []


def test_the_same_moment_in_another_zone_is_the_same_item(bench: Any) -> None:
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    bench.application.triage.submit([_item(submitted_at=noon)])
    korean = noon.astimezone(timezone(timedelta(hours=9)))
    assert bench.application.triage.submit([_item(submitted_at=korean)])[0].replay


def test_a_number_that_the_database_writes_otherwise_is_the_same_item(bench: Any) -> None:
    item = Item(item_id="v1", data={"p": 0.1, "price": 1e22, "zero": -0.0})
    bench.application.triage.submit([item])
    assert bench.application.triage.submit([item])[0].replay


def test_the_same_id_with_other_content_is_refused_by_its_place(bench: Any) -> None:
    bench.application.triage.submit([_item("known", p=0.1), _item("other", p=0.1)])
    with pytest.raises(AlreadySubmitted) as refused:
        bench.application.triage.submit([_item("new"), _item("other", p=0.1), _item("known", p=0.2)])
    assert refused.value.field == "items/2/item_id"
    assert _counts(bench)["routings"] == 2


def test_another_version_is_another_unit_with_the_same_draw(bench: Any) -> None:
    [first] = bench.application.triage.submit([_item(p=0.1)])
    [second] = bench.application.triage.submit([_item(p=0.2, item_version="2")])
    assert not second.replay
    assert second.routing.draw == first.routing.draw


def test_uploading_again_under_another_id_is_no_second_throw_of_the_dice(bench: Any) -> None:
    first, second = bench.application.triage.submit(
        [_item("v1", fingerprint="same"), _item("v2", fingerprint="same")]
    )
    assert first.routing.draw == second.routing.draw


def test_the_same_item_twice_in_one_request_gets_one_routing(bench: Any) -> None:
    first, other, second = bench.application.triage.submit([_item("v1"), _item("v2"), _item("v1")])
    assert first.routing == second.routing != other.routing
    assert _counts(bench)["routings"] == 2


def test_one_id_with_two_contents_in_one_request_is_refused(bench: Any) -> None:
    with pytest.raises(AlreadySubmitted) as refused:
        bench.application.triage.submit([_item("v1"), _item("v2"), _item("v1", p=0.2)])
    assert refused.value.field == "items/2/item_id"
    assert _counts(bench)["items"] == 0


def test_answers_come_in_the_order_of_the_items(bench: Any) -> None:
    bench.application.triage.submit([_item("v3")])
    answers = bench.application.triage.submit([_item(f"v{number}") for number in (5, 3, 4)])
    assert [answer.routing.item_id for answer in answers] == ["v5", "v3", "v4"]


@pytest.mark.parametrize("p", ["broken", "raises", 7.0])
def test_an_item_that_cannot_be_scored_goes_to_full_review_and_spoils_no_other(bench: Any, p: Any) -> None:
    good, bad = bench.application.triage.submit([_item("good", p=0.1), _item("bad", p=p)])
    assert good.routing.degraded is None
    assert bad.routing.route is Route.FULL_REVIEW
    assert bad.routing.inclusion_probability == 1
    assert bad.routing.degraded.startswith("could not be scored: ")
    assert bad.recorded


def test_a_score_that_is_not_a_number_never_releases(bench: Any) -> None:
    [answer] = bench.application.triage.submit([_item(p="nan")])
    assert answer.routing.route is Route.FULL_REVIEW
    assert answer.routing.degraded == "could not be scored: ValueError"


def test_without_a_model_everything_goes_to_full_review(make_bench: Any) -> None:
    bench = make_bench()
    bench.plan()
    [answer] = bench.application.triage.submit([_item()])
    assert (answer.routing.route, answer.routing.degraded) == (Route.FULL_REVIEW, "no model in force")
    assert answer.recorded


def test_with_a_broken_model_everything_goes_to_full_review(make_bench: Any) -> None:
    bench = make_bench()
    bench.plan()
    bench.scorers["1"] = InvalidBundle("a file is missing")
    bench.deploy("1")
    [answer] = bench.application.triage.submit([_item()])
    assert answer.routing.route is Route.FULL_REVIEW
    assert answer.routing.degraded == "model cannot be loaded: 1: InvalidBundle: a file is missing"


def test_without_a_plan_everything_goes_to_full_review(make_bench: Any) -> None:
    bench = make_bench()
    bench.deploy()
    [answer] = bench.application.triage.submit([_item()])
    assert (answer.routing.route, answer.routing.degraded) == (Route.FULL_REVIEW, "no plan in force")
    assert (answer.routing.plan, answer.routing.rates_id) == ("none", None)
    assert answer.recorded


def test_what_is_not_scored_in_time_goes_to_full_review(make_bench: Any) -> None:
    bench = make_bench(scoring_deadline_s=0.1)
    release = threading.Event()
    bench.deploy(before=lambda: release.wait(5) and None)
    bench.plan()
    [answer] = bench.application.triage.submit([_item()])
    release.set()
    assert (answer.routing.route, answer.routing.degraded) == (Route.FULL_REVIEW, "scoring timed out")


def test_more_than_may_wait_is_refused_and_nothing_is_written(make_bench: Any) -> None:
    bench = make_bench(most_waiting=100, batch_items=1, scoring_threads=1)
    entered, release = threading.Event(), threading.Event()

    def hold() -> None:
        entered.set()
        release.wait(5)

    bench.deploy(before=hold)
    bench.plan()
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(bench.application.triage.submit, [_item("first")])
        assert entered.wait(5)
        second = threads.submit(
            bench.application.triage.submit, [_item(f"second-{number}") for number in range(99)]
        )
        give_up_at = time.monotonic() + 60
        while bench.application.scoring.waiting < 99 and time.monotonic() < give_up_at:
            time.sleep(0.01)
        with pytest.raises(Overloaded):
            bench.application.triage.submit([_item("third-1"), _item("third-2")])
        release.set()
        assert first.result(10)[0].recorded
        assert len(second.result(10)) == 99
    assert _counts(bench)["items"] == 100


def test_a_dry_run_says_what_would_happen_and_writes_nothing(bench: Any) -> None:
    before = _counts(bench)
    [answer] = bench.application.triage.submit([_item(p=0.9)], dry_run=True)
    assert (answer.routing.route, answer.recorded) == (Route.FULL_REVIEW, False)
    assert _counts(bench) == before


def test_a_dry_run_repeats_what_was_decided(bench: Any) -> None:
    [real] = bench.application.triage.submit([_item(p=0.9)])
    [dry] = bench.application.triage.submit([_item(p=0.9)], dry_run=True)
    assert (dry.routing, dry.replay, dry.recorded) == (real.routing, True, True)


def test_the_scorer_knows_what_was_recorded_about_the_creator_before(bench: Any) -> None:
    bench.application.triage.submit([_item("v1", creator_id="c1")])
    bench.clock.advance(minutes=1)
    bench.application.triage.submit([_item("v2", creator_id="c1"), _item("v3", creator_id="c2")])
    histories = bench.scorers["1"].histories
    assert histories["c1"].items == 1
    assert histories.get("c2") is None or histories["c2"].items == 0


# The model changes while a request is on its way.


def test_a_score_by_a_model_that_no_longer_serves_is_made_again(make_bench: Any) -> None:
    bench = make_bench()
    done: list[int] = []

    def promote_once() -> None:
        if not done:
            done.append(1)
            bench.deploy("2")

    bench.deploy("1", before=promote_once)
    bench.plan()
    [answer] = bench.application.triage.submit([_item()])
    assert answer.routing.model == "2"
    assert answer.score.model == "2"


def test_after_a_promotion_no_item_is_routed_by_the_old_model(bench: Any) -> None:
    bench.application.triage.submit([_item("before")])
    bench.deploy("2")
    [answer] = bench.application.triage.submit([_item("after")])
    assert answer.routing.model == "2"


def test_when_the_new_model_is_broken_the_old_one_does_not_go_on(bench: Any) -> None:
    bench.application.triage.submit([_item("before")])
    bench.scorers["2"] = InvalidBundle()
    bench.deploy("2")
    [answer] = bench.application.triage.submit([_item("after")])
    assert answer.routing.route is Route.FULL_REVIEW
    assert answer.routing.degraded.startswith("model cannot be loaded: 2")


def test_a_model_that_changes_under_every_attempt_ends_in_full_review(make_bench: Any) -> None:
    bench = make_bench()
    names = iter(range(2, 100))

    def promote() -> None:
        bench.deploy(str(next(names)), before=promote)

    bench.deploy("1", before=promote)
    bench.plan()
    [answer] = bench.application.triage.submit([_item()])
    assert answer.routing.route is Route.FULL_REVIEW
    assert answer.routing.degraded == "model changed while scoring"
    assert answer.recorded


def test_a_plan_that_is_set_while_scoring_counts_once_it_is_in_force(make_bench: Any) -> None:
    bench = make_bench()
    done: list[int] = []

    def tighten_once() -> None:
        if not done:
            done.append(1)
            bench.plan(threshold=0.005)

    bench.deploy("1", before=tighten_once)
    bench.plan(threshold=0.5)
    [answer] = bench.application.triage.submit([_item(p=0.01)])
    assert answer.routing.plan == "plan-2"
    assert answer.routing.route is Route.FULL_REVIEW


def test_two_processes_that_get_the_same_item_at_once_give_one_answer(make_bench: Any) -> None:
    first, second = make_bench(), make_bench()
    first.deploy()
    second.scorers.update(first.scorers)
    first.plan()
    items = [_item(f"v{number}", p=0.1) for number in range(20)]
    with ThreadPoolExecutor(4) as threads:
        answers = [threads.submit(bench.application.triage.submit, items) for bench in (first, second) * 2]
        results = [[answer.routing for answer in future.result(30)] for future in answers]
    assert all(result == results[0] for result in results)
    assert _counts(first)["routings"] == 20


# The ledger is away.


def _unavailable(*_: object) -> Any:
    raise LedgerUnavailable


@pytest.mark.parametrize("broken", ["read", "write"])
def test_what_cannot_be_recorded_goes_to_full_review_and_says_so(
    bench: Any, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    monkeypatch.setattr(bench.application.gateway, broken, _unavailable)
    [answer] = bench.application.triage.submit([_item()])
    assert answer.routing.route is Route.FULL_REVIEW
    assert answer.routing.degraded == "ledger unavailable"
    assert not answer.recorded


@pytest.mark.parametrize("broken", ["read", "write"])
def test_a_mistake_of_ours_ends_in_full_review_too(
    bench: Any, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    monkeypatch.setattr(bench.application.gateway, broken, lambda _: 1 / 0)
    [answer] = bench.application.triage.submit([_item()])
    assert (answer.routing.route, answer.routing.degraded) == (Route.FULL_REVIEW, "internal error")
    assert not answer.recorded


def test_a_write_that_hangs_is_answered_in_time_and_never_released_unrecorded(make_bench: Any) -> None:
    bench = make_bench(ledger_deadline_s=0.3)
    bench.deploy()
    bench.plan()
    release = threading.Event()
    # The writer is busy with something that takes too long: what comes behind it is not begun.
    bench.application.writer.submit(lambda _: release.wait(5))
    began = time.monotonic()
    [answer] = bench.application.triage.submit([_item()])
    assert time.monotonic() - began < 2
    assert (answer.routing.route, answer.recorded) == (Route.FULL_REVIEW, False)
    release.set()
    bench.application.writer.submit(lambda _: None).result(10)
    assert _counts(bench)["items"] == 0


def test_after_an_outage_the_item_is_recorded_when_it_is_sent_again(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as outage:
        outage.setattr(bench.application.gateway, "write", _unavailable)
        bench.application.triage.submit([_item()])
    [answer] = bench.application.triage.submit([_item()])
    assert answer.recorded
    assert not answer.replay


# The audit rates.


def _rates(bench: Any) -> Any:
    return bench.application.gateway.read(lambda session: session.ledger.rates("plan-1"))


def test_the_rates_of_a_day_are_recorded_with_the_first_routing_and_used_all_day(bench: Any) -> None:
    [first] = bench.application.triage.submit([_item("v1")])
    bench.clock.advance(hours=14)
    [second] = bench.application.triage.submit([_item("v2")])
    assert _rates(bench).rates_id == first.routing.rates_id == second.routing.rates_id


def test_the_next_day_has_rates_solved_from_the_day_before(bench: Any) -> None:
    for number in range(24):
        items = [_item(f"v{number}-{each}", p=0.02) for each in range(10)]
        bench.application.triage.submit(items)
        bench.clock.advance(hours=1)
    bench.application.triage.submit([_item("later", p=0.02)])
    assert _rates(bench).unflagged_per_day == pytest.approx(240, rel=0.01)
    assert _rates(bench).set_at.date() == bench.clock().date()


def test_what_the_plan_flags_is_not_among_what_the_rates_are_solved_from(bench: Any) -> None:
    for number in range(24):
        bench.application.triage.submit([_item(f"risky-{number}", p=0.4), _item(f"calm-{number}")])
        bench.clock.advance(hours=1)
    bench.plan(threshold=0.3)
    bench.application.triage.submit([_item("later")])
    rates = bench.application.gateway.read(lambda session: session.ledger.rates("plan-2"))
    assert rates.unflagged_per_day == pytest.approx(24, rel=0.1)


def test_a_chance_can_be_computed_again_from_what_is_recorded(bench: Any) -> None:
    [answer] = bench.application.triage.submit([_item(p=0.07, expected_views=1000)])
    plan = bench.application.plans.get(answer.routing.plan)
    rates = bench.application.gateway.read(
        lambda session: recorded_today(session, plan=plan, now=bench.clock())
    )
    extent = size(0.07, rates, views=1000, policies=answer.score.policy_scores)
    assert answer.routing.inclusion_probability == chance(extent, rates, plan.audit)


_probabilities = st.one_of(st.floats(0, 1), st.sampled_from(["broken", "raises", "nan", 2.0]))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.text("abcdef", min_size=1), _probabilities, min_size=1, max_size=8))
def test_whatever_comes_in_leaves_with_a_chance_above_zero_and_a_route_that_follows_from_it(
    bench: Any, contents: dict[str, Any]
) -> None:
    run = bench.clock().isoformat()
    bench.clock.advance(minutes=1)
    items = [_item(f"{run}-{name}", p=p) for name, p in contents.items()]
    for item, answer in zip(items, bench.application.triage.submit(items), strict=True):
        routing = answer.routing
        assert 0 < routing.inclusion_probability <= 1
        assert (routing.route is Route.RELEASE) == (routing.draw >= routing.inclusion_probability)
        assert routing.route is Route.FULL_REVIEW or isinstance(item.data["p"], float)
        assert answer.recorded
