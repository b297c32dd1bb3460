"""
What the process counts about itself, for Prometheus.

Labels come from short fixed lists, never from ids: what is counted must not grow with what is sent.
``prometheus_client`` is imported on first use, after the service has said where its files go.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

from data.records import Routing, Verdict

if TYPE_CHECKING:
    from prometheus_client import Counter, Gauge, Histogram


def routed(routings: Iterable[Routing], *, recorded: bool) -> None:
    """Count where items went, and why some could not be scored."""
    for routing in routings:
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


def answered(*, method: str, path: str, status: int, seconds: float) -> None:
    """Count an answer; ``path`` is the template of the route, with names in place of ids."""
    _requests().labels(method=method, path=path, status=str(status)).observe(seconds)


@cache
def _routings() -> Counter:
    return _made("Counter", "tamis_routings", "Items routed.", ("route", "recorded"))


@cache
def _degraded() -> Counter:
    return _made("Counter", "tamis_degraded", "Items sent to full review without a score.", ("reason",))


@cache
def _decisions() -> Counter:
    return _made("Counter", "tamis_decisions", "Decisions recorded.", ("verdict",))


@cache
def _waiting() -> Gauge:
    return _made("Gauge", "tamis_jobs_waiting", "Jobs that nobody has claimed.", ("queue",))


@cache
def _requests() -> Histogram:
    return _made("Histogram", "tamis_request_seconds", "Time to answer.", ("method", "path", "status"))


def _made(kind: str, name: str, text: str, labels: tuple[str, ...]) -> Any:
    import prometheus_client

    more = {"multiprocess_mode": "mostrecent"} if kind == "Gauge" else {}
    return getattr(prometheus_client, kind)(name, text, labels, **more)
