from __future__ import annotations

from pathlib import Path

import pytest

from data.errors import Conflict, InvalidSettings
from data.records import Item
from data.store.store import Store
from serving import wiring
from serving.demo import Demo
from serving.sections import DemoSettings
from serving.settings import Settings
from serving.up import stages
from training.settings import TrainingSettings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    # Words alone: the encoder is slow, and nothing here is about how good the model is.
    return Settings(
        home=tmp_path, demo=DemoSettings(items=1_500, seed=3), training=TrainingSettings(members=("ngrams",))
    )


def _state(settings: Settings) -> stages.State:
    application = wiring.build(settings, follow=False)
    try:
        return stages.state(application)
    finally:
        application.close()


def _counts(settings: Settings) -> dict[str, int]:
    with Store(settings.ledger_url) as store, store.read() as session:
        return session.ledger.counts()


def test_what_was_cut_off_goes_on_and_nothing_is_done_twice(settings: Settings) -> None:
    def cut_off_at(stage: str) -> None:
        def progress(now: str, _done: int, _total: int) -> None:
            if now == stage:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            stages.set_up(settings, progress=progress)

    cut_off_at("fit")
    begun = _state(settings)
    assert (begun.champion, begun.plan, begun.played, begun.complete) == (False, False, False, False)
    cut_off_at("first plan")
    assert _state(settings).champion
    stages.set_up(settings)
    assert _state(settings).complete
    whole = _counts(settings)
    assert whole["items"] == 1_500
    assert whole["plans"] == 1
    assert whole["deployments"] == 1

    stages.set_up(settings)
    assert _counts(settings) == whole

    # Tamis began to work at the handover, and only then: nothing is routed before model and plan are there.
    application = wiring.build(settings, follow=False)
    try:
        handover = Demo(settings, now=wiring.now()).handover
        [deployment] = application.retraining.deployments()
        report = application.quality.report(by=())
    finally:
        application.close()
    assert deployment.deployed_at == handover
    assert report.workload.degraded == 0
    assert report.synthetic


def test_items_of_somebodys_own_are_left_alone(settings: Settings) -> None:
    wiring.migrate(settings)
    with Store(settings.ledger_url) as store, store.begin() as session:
        session.ledger.add_items([Item(item_id="mine")], received_at=wiring.now())
    assert _state(settings).own
    assert _state(settings).complete
    with pytest.raises(Conflict, match="items of your own"):
        stages.set_up(settings)
    assert _counts(settings)["items"] == 1
    assert not Demo.file(settings).exists()


def test_another_month_than_the_one_that_was_begun_is_refused(settings: Settings) -> None:
    Demo(settings, now=wiring.now())
    stages.check_month(settings)
    stages.check_month(Settings(home=settings.home))
    other = settings.model_copy(update={"demo": DemoSettings(items=1_600, seed=3)})
    with pytest.raises(Conflict, match=r"1,500 items with seed 3 was begun.*TAMIS_HOME"):
        stages.check_month(other)


def test_a_month_that_nothing_can_be_learned_from_is_refused_before_it_is_built(settings: Settings) -> None:
    small = settings.model_copy(update={"demo": DemoSettings(items=600)})
    with pytest.raises(InvalidSettings, match=r"demo\.items must be 1,500 or more"):
        stages.set_up(small)
    assert not small.var.exists()
