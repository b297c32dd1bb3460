from __future__ import annotations

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from prometheus_client import REGISTRY

from data.records import Item, Role, Verdict
from serving import metrics
from serving.events import Event, Outcome


def _value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_routings_are_counted_by_route_and_not_again_when_they_are_replayed(bench: Any) -> None:
    before = _value("tamis_routings_total", route="full_review", recorded="true")
    for _ in range(2):
        bench.application.triage.submit([Item(item_id="v1", data={"p": 0.9})])
    assert _value("tamis_routings_total", route="full_review", recorded="true") == before + 1


def test_a_dry_run_is_not_counted(bench: Any) -> None:
    before = _value("tamis_routings_total", route="full_review", recorded="false")
    bench.application.triage.submit([Item(item_id="v1", data={"p": 0.9})], dry_run=True)
    assert _value("tamis_routings_total", route="full_review", recorded="false") == before


def test_the_reasons_of_what_could_not_be_scored_are_counted_without_details(bench: Any) -> None:
    before = _value("tamis_degraded_total", reason="could not be scored")
    bench.application.triage.submit([Item(item_id="v1", data={"p": "broken"})])
    assert _value("tamis_degraded_total", reason="could not be scored") == before + 1


def test_decisions_are_counted_by_verdict_and_once(bench: Any) -> None:
    bench.application.triage.submit([Item(item_id="v1", data={"p": 0.9})])
    before = _value("tamis_decisions_total", verdict="no_violation")
    outcome = Outcome(item_id="v1", reviewer_id="mina", verdict=Verdict.NO_VIOLATION)
    event = Event(event_id="e1", occurred_at=bench.clock(), outcome=outcome)
    bench.application.reviews.decide([event, event], actor=bench.actor(Role.QUEUE))
    assert _value("tamis_decisions_total", verdict="no_violation") == before + 1


def test_waiting_jobs_are_shown_by_queue(bench: Any) -> None:
    items = [Item(item_id=f"v{number}", language="ko", data={"p": 0.9}) for number in range(2)]
    bench.application.triage.submit(items)
    bench.application.reviews.counts()
    assert _value("tamis_jobs_waiting", queue="ko") == 2


def test_no_id_becomes_a_label(bench: Any) -> None:
    bench.application.triage.submit([Item(item_id="unmistakable", data={"p": "broken"})])
    labels = [str(sample.labels) for metric in REGISTRY.collect() for sample in metric.samples]
    assert not any("unmistakable" in label for label in labels)


def test_the_library_is_loaded_only_when_something_is_counted() -> None:
    code = "import sys, serving.metrics; print('prometheus_client' in sys.modules)"
    answer = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"


def test_threads_that_count_for_the_first_time_at_once_make_one_metric() -> None:
    together, made = threading.Barrier(8), []

    @metrics._once
    def make() -> object:
        time.sleep(0.02)
        made.append(object())
        return made[-1]

    def get() -> object:
        together.wait()
        return make()

    with ThreadPoolExecutor(8) as pool:
        found = {id(each.result()) for each in [pool.submit(get) for _ in range(8)]}
    assert (len(found), len(made)) == (1, 1)
