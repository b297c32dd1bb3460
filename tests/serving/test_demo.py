from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data.errors import InvalidSettings
from data.records import ANY, TEXT_FIELDS, CreatorHistory, Deployment, Item, ReviewType, Route, Score
from data.store.store import Store
from evaluation.simulation.past import has_word
from serving import wiring
from serving.demo import Demo
from serving.desk import SimulatedClock
from serving.drafts import Draft
from serving.sections import DemoSettings
from serving.settings import Settings
from training.scorer import Scorer

NOW = datetime(2026, 11, 22, 14, 35, tzinfo=UTC)


class WordScorer:
    """Knows the old filter and nothing else."""

    version = "1"

    def score(
        self, items: Sequence[Item], histories: Mapping[str, CreatorHistory], *, scored_at: datetime
    ) -> list[Score | Exception]:
        return [
            Score(
                score_id=f"score-{item.item_id}",
                item_id=item.item_id,
                item_version=item.item_version,
                model=self.version,
                violation_probability=0.4 if has_word(item) else 0.01,
                policy_scores={},
                scored_at=scored_at,
            )
            for item in items
        ]


def load(_: Deployment) -> Scorer:
    return WordScorer()


@pytest.fixture
def settings(tmp_path: Path, draw_the_same: Callable[[Settings], None]) -> Settings:
    settings = Settings(home=tmp_path, demo=DemoSettings(items=600, seed=3))
    draw_the_same(settings)
    return settings


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    settings.var.mkdir(parents=True, exist_ok=True)
    wiring.migrate(settings)
    store = Store(settings.ledger_url)
    yield store
    store.close()


@pytest.fixture
def demo(settings: Settings) -> Demo:
    return Demo(settings, now=NOW)


@pytest.fixture
def handed_over(demo: Demo, store: Store, settings: Settings) -> Demo:
    """The history is there, and at the handover a model and a plan are in force."""
    demo.import_history(store)
    application = wiring.build(settings, clock=SimulatedClock(demo.handover), load=load, follow=False)
    with store.begin() as session:
        session.deployments.append(
            model="1", bundle="b", digest="d", actor="test", reason="first model", deployed_at=demo.handover
        )
    draft = Draft(thresholds={ANY: 0.3}, daily_budget=5)
    application.plans.set(draft, author="test", reason="first plan", expected=None)
    application.close()
    return demo


def test_the_history_carries_the_chance_of_every_past_look(demo: Demo, store: Store) -> None:
    looked = demo.import_history(store)
    with store.read() as session:
        outcomes = session.ledger.outcomes(as_of=NOW)
        decisions = session.ledger.decisions([item.key for item in demo.before()])
    assert 100 < len(outcomes) <= looked
    assert set(outcomes["chance"]) == {0.6, 1.0}
    assert {one.review_type for found in decisions.values() for one in found} == {ReviewType.IMPORTED}


def test_nothing_of_the_last_days_is_in_the_history(demo: Demo, store: Store) -> None:
    demo.import_history(store)
    with store.read() as session:
        assert session.ledger.items([item.key for item in demo.last_days()]) == {}
        assert session.ledger.outcomes(as_of=NOW)["settled_at"].max() <= demo.handover


def test_importing_the_history_again_changes_nothing(demo: Demo, store: Store, settings: Settings) -> None:
    demo.import_history(store)
    with store.read() as session:
        before = session.ledger.counts()
    Demo(settings, now=NOW + timedelta(days=2)).import_history(store)
    with store.read() as session:
        assert session.ledger.counts() == before


def test_the_month_is_made_once_even_if_it_is_finished_later(demo: Demo, settings: Settings) -> None:
    later = Demo(settings, now=NOW + timedelta(days=2))
    assert later.end == demo.end == NOW.replace(minute=0)
    assert later.month.items == demo.month.items


def test_a_broken_note_is_refused_with_its_name(settings: Settings) -> None:
    (settings.var / "demo.json").write_text("{")
    with pytest.raises(InvalidSettings, match=r"demo\.json"):
        Demo(settings, now=NOW)


def test_in_the_last_days_every_item_is_scored_and_routed_under_the_plan(
    handed_over: Demo, store: Store
) -> None:
    played = handed_over.play_last_days(load=load)
    with store.read() as session:
        routings = session.ledger.routings([item.key for item in handed_over.last_days()])
    assert len(routings) == played.items == len(handed_over.last_days())
    assert all(routing.degraded is None and routing.plan == "plan-1" for routing in routings.values())
    routes = {routing.route for routing in routings.values()}
    assert routes == {Route.FULL_REVIEW, Route.AUDIT, Route.RELEASE}


def test_items_are_routed_within_the_hour_after_they_come_in(handed_over: Demo, store: Store) -> None:
    handed_over.play_last_days(load=load)
    with store.read() as session:
        routings = session.ledger.routings([item.key for item in handed_over.last_days()])
    for item in handed_over.last_days():
        assert item.submitted_at is not None
        waited = routings[item.key].routed_at - item.submitted_at
        assert timedelta(0) <= waited <= timedelta(hours=1)


def test_the_last_day_still_waits_and_the_days_before_are_decided(handed_over: Demo, store: Store) -> None:
    handed_over.play_last_days(load=load)
    cut = handed_over.end - timedelta(days=1)
    with store.read() as session:
        sample = session.ledger.sample(since=handed_over.handover, until=NOW)
        waiting = session.queue.waiting(now=handed_over.end, limit=1000)
    called = sample[sample["route"] != "release"]
    assert len(waiting) > 3
    assert called.loc[called["time"] >= cut, "violation"].isna().all()
    early = called["time"] < cut - timedelta(days=1)
    assert called.loc[early, "violation"].notna().mean() > 0.9


def test_reviewers_find_what_is_true(handed_over: Demo, store: Store) -> None:
    handed_over.play_last_days(load=load)
    with store.read() as session:
        sample = session.ledger.sample(since=handed_over.handover, until=NOW).dropna(subset=["violation"])
    truth = sample["id"].map(lambda item_id: handed_over.month.truth[item_id].violation)
    assert (sample["violation"].astype(bool) == truth).mean() > 0.95


def test_what_was_cut_off_goes_on_where_it_stopped(handed_over: Demo, store: Store) -> None:
    class CutOffError(Exception):
        pass

    def cut(stage: str, done: int, total: int) -> None:
        if done == total // 2:
            raise CutOffError(stage)

    with pytest.raises(CutOffError):
        handed_over.play_last_days(load=load, progress=cut)
    handed_over.play_last_days(load=load)
    with store.read() as session:
        sample = session.ledger.sample(since=handed_over.handover, until=NOW)
    assert sorted(sample["id"]) == sorted(item.item_id for item in handed_over.last_days())
    assert sample["time"].is_monotonic_increasing


def test_the_truth_is_nowhere_in_the_ledger(handed_over: Demo, store: Store) -> None:
    handed_over.play_last_days(load=load)
    with store.read() as session:
        stored = session.ledger.items([item.key for item in handed_over.month.items])
    live = {"stream_id", "window_start_ms", "window_end_ms"}
    assert {name for item in stored.values() for name in item.data} == {*TEXT_FIELDS, "duration_s", *live}
