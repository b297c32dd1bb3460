from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from data.errors import Invalid, TooFewLabels
from data.records import CreatorHistory, Decision, Deployment, Item, Job, ReviewType, Score, Verdict
from data.store.store import Store
from evaluation.simulation.dice import uniform
from evaluation.simulation.month import generate
from serving import wiring
from serving.desk import Known, Look
from serving.replay import material
from serving.replay.material import HANDOVER, Material
from serving.replay.options import ReplayOptions
from serving.replay.order import compare
from serving.replay.play import replay
from serving.replay.results import Day, Lesson, ReplayResult
from serving.settings import Settings
from serving.wiring import Application
from training.progress import Progress
from training.settings import TrainingSettings

NOW = datetime(2026, 11, 22, tzinfo=UTC)
VIOLATING = 90
CLEAN = 410


def imported(number: int) -> Item:
    return Item(item_id=f"clip-{number}", data={"number": number}, source="import:clips", language="zh")


def outcome(item: Item, *, violation: bool) -> Decision:
    return Decision(
        decision_id=f"import-{item.item_id}",
        item_id=item.item_id,
        item_version=item.item_version,
        reviewer_id="platform",
        review_type=ReviewType.IMPORTED,
        verdict=Verdict.VIOLATION if violation else Verdict.NO_VIOLATION,
        policies=("minors", "of another house") if violation else (),
        decided_at=NOW,
        inclusion_probability=1.0,
    )


def put(store: Store, items: Sequence[Item], *, violating: int) -> None:
    with store.begin() as session:
        session.ledger.add_items(items, received_at=NOW)
        decisions = [outcome(item, violation=place < violating) for place, item in enumerate(items)]
        session.ledger.record_decisions(decisions, recorded_at=NOW)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "house")


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with prepared(settings) as store:
        yield store


@contextmanager
def prepared(settings: Settings) -> Iterator[Store]:
    settings.var.mkdir(parents=True)
    wiring.migrate(settings)
    store = Store(settings.ledger_url)
    put(store, [imported(number) for number in range(VIOLATING + CLEAN)], violating=VIOLATING)
    yield store
    store.close()


def read(store: Store, **options: Any) -> Material:
    return material.read(store, options=ReplayOptions(**options), now=NOW, policies={"minors": None})


@dataclass
class Guesser:
    """Right about four items of five, and never about the fifth."""

    version: str

    def score(
        self, items: Sequence[Item], histories: Mapping[str, CreatorHistory], *, scored_at: datetime
    ) -> list[Score | Exception]:
        return [self._score(item, scored_at) for item in items]

    def _score(self, item: Item, scored_at: datetime) -> Score:
        number = item.data["number"]
        looks_bad = (number < VIOLATING) is (number % 5 != 0)
        return Score(
            score_id=f"{self.version}-{item.item_id}",
            item_id=item.item_id,
            item_version=item.item_version,
            model=self.version,
            violation_probability=(0.7 if looks_bad else 0.05) + 0.1 * uniform(item.item_id),
            policy_scores={},
            scored_at=scored_at,
        )


def load(deployment: Deployment) -> Guesser:
    return Guesser(deployment.model)


def teach(application: Application, day: int, progress: Progress) -> Lesson:
    model = f"after-{day}"
    with application.store.begin() as session:
        session.deployments.append(
            model=model, bundle="b", digest="d", actor="test", reason="a lesson",
            deployed_at=application.clock(),
        )  # fmt: skip
    return Lesson(day=day, model=model, promoted=True, reason="for a test")


def play(settings: Settings, **options: Any) -> ReplayResult:
    given = {"days": 4, "retrain_days": 2, "capacity": 25.0, "audit_share": 0.1, **options}
    home = given.pop("home", None)
    return run(settings, options=ReplayOptions(**given), home=home)


def run(settings: Settings, *, options: ReplayOptions, **more: Any) -> ReplayResult:
    # The lessons are made up, so no encoder is needed.
    given: dict[str, Any] = {
        "teacher": teach,
        "load": load,
        "training": TrainingSettings(members=("ngrams",)),
    }
    return replay(settings, options=options, now=NOW, **given | more)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> ReplayResult:
    """One play, looked at from many sides."""
    settings = Settings(home=tmp_path_factory.mktemp("played"))
    with prepared(settings):
        return play(settings)


# What is played


def test_every_outcome_is_either_learned_from_or_played(store: Store) -> None:
    found = read(store)
    history, played = {item.key for item in found.history}, {item.key for item in found.played}
    assert not history & played
    assert len(history | played) == VIOLATING + CLEAN
    assert abs(len(history) / (VIOLATING + CLEAN) - 0.4) < 0.1


def test_the_warm_up_ends_where_the_play_begins(store: Store) -> None:
    found = read(store)
    assert all(item.submitted_at and item.submitted_at < HANDOVER for item in found.history)
    assert all(item.submitted_at and HANDOVER <= item.submitted_at < found.end for item in found.played)


def test_texts_and_names_stay_as_they_were_imported(store: Store) -> None:
    found = read(store)
    for item in found.played:
        assert replace(item, submitted_at=None) == imported(item.data["number"])


def test_policies_that_are_not_ours_are_left_out_and_the_violation_stays(store: Store) -> None:
    found = read(store)
    assert {one.policies for one in found.known.values() if one.violation} == {("minors",)}
    assert sum(one.violation for one in found.known.values()) == VIOLATING


def test_a_lower_prevalence_leaves_violating_items_out_and_no_others(store: Store) -> None:
    found = read(store, prevalence=0.05)
    items = [*found.history, *found.played]
    violations = sum(found.known[item.key].violation for item in items)
    assert len(items) - violations == CLEAN
    assert violations == round(0.05 / 0.95 * CLEAN)


def test_a_lower_prevalence_keeps_fewer_of_the_same_items(store: Store) -> None:
    few, more = ({*read(store, prevalence=share).known} for share in (0.03, 0.1))
    assert few < more


def test_prevalence_cannot_be_raised(store: Store) -> None:
    with pytest.raises(Invalid, match="only be lowered"):
        read(store, prevalence=0.5)


def test_the_same_seed_sends_the_same_items_at_the_same_moments(store: Store) -> None:
    assert read(store, seed=5).played == read(store, seed=5).played
    assert read(store, seed=5).played != read(store, seed=6).played


def test_known_times_keep_their_order(store: Store) -> None:
    items = [
        replace(item, item_id=f"timed-{place}", source="import:timed")
        for place, item in enumerate(generate(items=300, seed=1, end=NOW).items)
    ]
    put(store, items[::-1], violating=30)
    found = read(store, source="timed")
    assert [item.item_id for item in (*found.history, *found.played)] == [item.item_id for item in items]


@pytest.mark.parametrize(("creators", "warned"), [(10, True), (7, False)])
def test_outcomes_that_follow_from_the_creator_are_noticed(store: Store, creators: int, warned: bool) -> None:
    # The first 40 of 400 violate: with blocks of 40 items a creator is wholly bad or wholly good.
    items = [
        replace(
            imported(number),
            item_id=f"made-{number}",
            source="import:made",
            creator_id=f"creator-{number * creators // 400}",
        )
        for number in range(400)
    ]
    put(store, items, violating=40)
    assert read(store, source="made").is_known_by_creator is warned


def test_without_creators_nothing_is_known_by_them(store: Store) -> None:
    assert not read(store).is_known_by_creator


def test_an_unknown_source_is_refused_with_those_there_are(store: Store) -> None:
    put(store, [replace(imported(9000), source="import:others")], violating=0)
    with pytest.raises(Invalid, match="clips, others") as refused:
        read(store, source="klips")
    assert refused.value.field == "source"
    with pytest.raises(Invalid, match="which import"):
        read(store)


def test_too_few_items_are_refused(store: Store) -> None:
    put(store, [replace(imported(9000), source="import:others")], violating=0)
    with pytest.raises(TooFewLabels, match="200 are needed"):
        read(store, source="others")


def test_without_any_import_the_answer_says_what_to_do(settings: Settings) -> None:
    settings.var.mkdir(parents=True)
    wiring.migrate(settings)
    with pytest.raises(TooFewLabels, match="tamis import"):
        replay(settings, options=ReplayOptions(), now=NOW)


@pytest.mark.parametrize(
    "wrong",
    [
        {"days": 0}, {"warmup": 0.99}, {"capacity": 0}, {"audit_share": 0}, {"prevalence": 1},
        {"reviewer_error": 0.5}, {"retrain_days": 0}, {"seed": -1},
    ],
)  # fmt: skip
def test_an_option_out_of_range_is_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        ReplayOptions(**wrong)
    assert refused.value.field == next(iter(wrong))


# The play


def test_every_item_is_played_once_on_some_day(result: ReplayResult) -> None:
    assert sum(day.items for day in result.days) == result.played
    assert sum(day.violations for day in result.days) == result.violations
    assert [day.number for day in result.days] == [1, 2, 3, 4]


def test_a_violation_is_caught_or_missed_or_still_waits(result: ReplayResult) -> None:
    caught, missed = sum(day.caught for day in result.days), sum(day.missed for day in result.days)
    assert 0 <= result.violations - caught - missed <= result.days[-1].waiting
    assert caught > 0
    assert missed > 0


def test_people_look_about_as_often_as_there_is_capacity_for(result: ReplayResult) -> None:
    assert all(day.looks <= result.capacity + 3 for day in result.days)
    assert sum(day.looks for day in result.days) > 0.7 * 4 * result.capacity


def test_the_truth_lies_in_almost_every_interval(result: ReplayResult) -> None:
    compared = [one for day in result.days for one in (day.recall, day.prevalence)]
    assert sum(one.holds is not False for one in compared) >= len(compared) - 1


def test_the_truth_beside_the_last_estimate_is_that_of_all_days(result: ReplayResult) -> None:
    assert result.days[-1].prevalence.truth == result.violations / result.played


def test_models_are_taught_before_the_play_and_every_so_many_days(result: ReplayResult) -> None:
    assert [lesson.day for lesson in result.lessons] == [0, 2]
    assert [day.model for day in result.days] == ["after-0", "after-0", "after-2", "after-2"]


def test_a_new_model_gets_a_threshold_and_another_one_after_its_first_day(result: ReplayResult) -> None:
    assert [day.plan for day in result.days] == ["plan-1", "plan-2", "plan-3", "plan-4"]


def test_the_same_seed_gives_the_same_result(settings: Settings, store: Store) -> None:
    assert play(settings, reviewer_error=0.1) == play(settings, reviewer_error=0.1)


def test_reviewers_who_err_catch_less(settings: Settings, store: Store, result: ReplayResult) -> None:
    erring = play(settings, reviewer_error=0.4)
    assert sum(day.caught for day in erring.days) < 0.8 * sum(day.caught for day in result.days)
    assert any("err in 40.0%" in note for note in erring.notes)


def test_the_ledger_with_the_import_is_only_read(settings: Settings, store: Store) -> None:
    def counts() -> dict[str, int]:
        with store.read() as session:
            return session.ledger.counts()

    before = counts()
    play(settings)
    assert counts() == before
    assert not settings.keys.exists()


def test_no_label_of_a_played_item_is_in_the_ledger_of_the_play_before_somebody_looks(
    settings: Settings, store: Store, tmp_path: Path
) -> None:
    seen: list[set[str]] = []

    def spy(application: Application, day: int, progress: Progress) -> Lesson:
        with application.store.read() as session:
            seen.append({item.item_id for item in session.ledger.outcomes(as_of=application.clock())["item"]})
        return teach(application, day, progress)

    options = ReplayOptions(days=4, retrain_days=4, capacity=25.0)
    run(settings, options=options, teacher=spy)
    history = {item.item_id for item in read(store, days=4).history}
    assert seen[0] < history


def test_the_play_can_be_kept_in_an_empty_folder(settings: Settings, store: Store, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    play(settings, home=kept)
    assert (kept / "var" / "ledger.db").exists()
    with pytest.raises(Invalid, match="must be an empty folder"):
        play(settings, home=kept)


def test_a_capacity_below_the_audits_is_refused(settings: Settings, store: Store) -> None:
    with pytest.raises(Invalid, match="capacity must be above the audits") as refused:
        play(settings, capacity=2.0)
    assert refused.value.field == "capacity"


def test_every_day_is_told_when_it_ends(settings: Settings, store: Store) -> None:
    told: list[Day] = []
    options = ReplayOptions(days=3, capacity=25.0)
    result = run(settings, options=options, on_day=told.append)
    assert told == list(result.days)


def test_the_result_is_plain_json_and_says_what_is_simulated(result: ReplayResult) -> None:
    plain = json.loads(json.dumps(result.to_json()))
    assert plain["days"][0]["recall"]["holds"] in {True, False, None}
    assert "simulated" in plain["notes"][0]
    assert "simulated" in str(result)


# The order of the queue


def _job(name: str, *, created_at: datetime) -> Job:
    return Job(
        job_id=name, item_id=name, item_version="1", routing_id=name, review_type=ReviewType.FIRST_REVIEW,
        queue="replay", priority=1, due_at=created_at, created_at=created_at,
    )  # fmt: skip


def test_the_gain_of_the_order_is_that_of_the_same_looks_at_other_jobs() -> None:
    at: Callable[[float], datetime] = lambda hours: HANDOVER + timedelta(hours=hours)  # noqa: E731
    jobs = [_job("clean", created_at=at(0)), _job("bad", created_at=at(0.5)), _job("late", created_at=at(1))]
    looks = [
        Look(job=job, reviewer_id="r", began=began, verdict=Verdict.VIOLATION, known=Known(violation=True))
        for job, began in ((jobs[1], at(2)), (jobs[0], at(6)))
    ]
    violating = {"clean": False, "bad": True, "late": True}
    order = compare(jobs, looks, violating=violating, end=at(11))
    assert order.mean_hours == (1.5 + 10) / 2  # nobody got to "late": it counts until the end
    assert order.mean_hours_in_order_of_arrival == (5.5 + 10) / 2
    assert (order.caught_within[4], order.caught_within_in_order_of_arrival[4]) == (1, 0)
    assert (order.caught_within[48], order.caught_within_in_order_of_arrival[48]) == (1, 1)


def test_without_violations_in_the_queue_the_order_is_worth_nothing_and_says_so() -> None:
    order = compare([], [], violating={}, end=HANDOVER)
    assert order.mean_hours is None
    assert "no violation" in str(order)
