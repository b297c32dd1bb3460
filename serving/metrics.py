"""
What the process counts about itself, for Prometheus.

Labels come from short fixed lists, never from ids: what is counted must not grow with what is sent.
``prometheus_client`` is imported on first use, after the service has said where its files go.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from data.records import Routing, Verdict

if TYPE_CHECKING:
    from prometheus_client import Counter, Gauge, Histogram


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


def answered(*, method: str, path: str, status: int, seconds: float) -> None:
    """Count an answer; ``path`` is the template of the route, with names in place of ids."""
    _requests().labels(method=method, path=path, status=str(status)).observe(seconds)


@cache
def _routings() -> Counter:
    from prometheus_client import Counter

    return Counter("tamis_routings", "Items routed.", ("route", "recorded"))


@cache
def _degraded() -> Counter:
    from prometheus_client import Counter

    return Counter("tamis_degraded", "Items sent to full review without a score.", ("reason",))


@cache
def _decisions() -> Counter:
    from prometheus_client import Counter

    return Counter("tamis_decisions", "Decisions recorded.", ("verdict",))


@cache
def _waiting() -> Gauge:
    from prometheus_client import Gauge

    # Processes count the same queues, so that their numbers must not be added up.
    about = "Jobs that nobody has claimed, when last looked at."
    return Gauge("tamis_jobs_waiting", about, ("queue",), multiprocess_mode="mostrecent")


@cache
def _unrecorded() -> Gauge:
    from prometheus_client import Gauge

    about = "Answers of full review that are not in the ledger, when last looked at."
    return Gauge("tamis_unrecorded_answers", about, ("state",), multiprocess_mode="mostrecent")


@cache
def _requests() -> Histogram:
    from prometheus_client import Histogram

    return Histogram("tamis_request_seconds", "Time to answer.", ("method", "path", "status"))
