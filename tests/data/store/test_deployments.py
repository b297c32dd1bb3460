"""Deployments: which model serves, and that no routing slips past a promotion."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

from data.records import Deployment, Item, Routing
from data.store.store import Session, Store


def deploy(session: Session, model: str, now: datetime) -> Deployment:
    return session.deployments.append(
        model=model, bundle=f"bundles/{model}", digest="d", actor="lead", reason="better", deployed_at=now
    )


def test_before_any_deployment_nothing_serves(store: Store) -> None:
    with store.read() as session:
        assert session.deployments.active() is None


def test_the_newest_deployment_serves(store: Store, noon: datetime) -> None:
    with store.begin() as session:
        made = [deploy(session, model, noon) for model in ("m1", "m2", "m1")]
    with store.read() as session:
        assert session.deployments.active() == made[-1]
        assert session.deployments.history() == made[::-1]
        assert session.deployments.history(limit=1) == made[-1:]
    assert [each.generation for each in made] == [1, 2, 3]


def test_a_promotion_waits_for_the_routing_that_has_looked(
    store: Store,
    url: str,
    make_item: Callable[..., Item],
    make_routing: Callable[..., Routing],
    noon: datetime,
) -> None:
    with store.begin() as session:
        deploy(session, "m1", noon)
    promoted = threading.Event()

    def promote() -> None:
        with Store(url) as other, other.begin() as session:
            deploy(session, "m2", noon)
        promoted.set()

    thread = threading.Thread(target=promote)
    with store.begin() as session:
        active = session.deployments.active()
        assert active is not None
        thread.start()
        assert not promoted.wait(timeout=0.3)
        session.ledger.add_items([make_item()], received_at=noon)
        session.ledger.record([], [make_routing(model=active.model)])
        (routing,) = (fact for fact in session.ledger.timeline("v1") if fact["kind"] == "routing")
    thread.join()
    with store.begin() as session:
        assert session.deployments.active() != active
        session.ledger.add_items([make_item("v2")], received_at=noon)
        (after,) = session.ledger.timeline("v2")
    # routing, promotion, next item: one numbering, no gap, so nothing came between
    assert after["sequence"] - routing["sequence"] == 2
