"""
What the process counts about itself, for Prometheus.

Labels come from short fixed lists, never from ids: what is counted must not grow with what is sent.
``prometheus_client`` is imported on first use, after the service has said where its files go.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Final, TypeVar

from data.records import Routing, Verdict

if TYPE_CHECKING:
    from prometheus_client import Counter, Gauge, Histogram


Made = TypeVar("Made")

_MAKING: Final = threading.Lock()


def _once(make: Callable[[], Made]) -> Callable[[], Made]:
    # Not `cache` alone: two threads that count for the first time would both make the metric, and
    # prometheus_client refuses the second.
    made = cache(make)

    def get() -> Made:
        with _MAKING:
            return made()

    return get


def routed(routing: Routing, *, recorded: bool) -> None:
    """Count where an item went, and why it could not be scored."""
    _routings().labels(route=str(routing.route), recorded=str(recorded).lower()).inc()
    if routing.degraded:
        # "could not be scored: ValueError" counts as "could not be scored".
        _degraded().labels(reason=routing.degraded.partition(":")[0]).inc()


def decided(verdict: Verdict) -> None:
    """Count a decision that was new."""
    _decisions().labels(verdict=str(verdict)).inc()


def waiting(queue: str, jobs: int) -> None:
    """Say how many jobs wait in a queue. Queue names come from plans, so they are few."""
    _waiting().labels(queue=queue).set(jobs)


def unrecorded(waiting: int, *, refused: int) -> None:
    """Say how many answers wait in the spool, and how many the ledger will not take."""
    _unrecorded().labels(state="waiting").set(waiting)
    _unrecorded().labels(state="refused").set(refused)


def unsealed(facts: int) -> None:
    """Say how many facts came in since the newest seal."""
    _unsealed().set(facts)


def answered(*, method: str, path: str, status: int, seconds: float) -> None:
    """Count an answer; ``path`` is the template of the route, with names in place of ids."""
    _requests().labels(method=method, path=path, status=str(status)).observe(seconds)


def exposition() -> tuple[bytes, str]:
    """Return what all processes of this machine have counted, as Prometheus reads it, and its media type."""
    import prometheus_client
    from prometheus_client import multiprocess

    registry = prometheus_client.REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = prometheus_client.CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return prometheus_client.generate_latest(registry), prometheus_client.CONTENT_TYPE_LATEST


@_once
def _routings() -> Counter:
    from prometheus_client import Counter

    return Counter("tamis_routings", "Items routed.", ("route", "recorded"))


@_once
def _degraded() -> Counter:
    from prometheus_client import Counter

    return Counter("tamis_degraded", "Items sent to full review without a score.", ("reason",))


@_once
def _decisions() -> Counter:
    from prometheus_client import Counter

    return Counter("tamis_decisions", "Decisions recorded.", ("verdict",))


@_once
def _waiting() -> Gauge:
    from prometheus_client import Gauge

    # Processes count the same queues, so that their numbers must not be added up.
    about = "Jobs that nobody has claimed, when last looked at."
    return Gauge("tamis_jobs_waiting", about, ("queue",), multiprocess_mode="mostrecent")


@_once
def _unrecorded() -> Gauge:
    from prometheus_client import Gauge

    about = "Answers of full review that are not in the ledger, when last looked at."
    return Gauge("tamis_unrecorded_answers", about, ("state",), multiprocess_mode="mostrecent")


@_once
def _unsealed() -> Gauge:
    from prometheus_client import Gauge

    about = "Facts and jobs since the newest seal, when last looked at."
    return Gauge("tamis_unsealed_facts", about, multiprocess_mode="mostrecent")


@_once
def _requests() -> Histogram:
    from prometheus_client import Histogram

    return Histogram("tamis_request_seconds", "Time to answer.", ("method", "path", "status"))
