"""Two servers, one ledger: the same item at once has one answer."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime
from functools import partial

from data.errors import AlreadySubmitted
from data.records import Item, Routing
from data.store.store import Session, Store
from data.store.writer import Writer

Answer = tuple[str, bool]


def submit(session: Session, *, item: Item, routing: Routing, now: datetime) -> Answer:
    """Do what the service does: the first routing of an item is its answer for ever."""
    if not session.ledger.add_items([item], received_at=now)[0]:
        return session.ledger.routings([item.key])[item.key].routing_id, False
    session.ledger.record([], [routing])
    return routing.routing_id, True


def test_the_same_items_posted_to_two_servers_at_once_are_routed_once(
    store: Store,
    url: str,
    make_item: Callable[..., Item],
    make_routing: Callable[..., Routing],
    noon: datetime,
) -> None:
    answers: defaultdict[str, list[Answer]] = defaultdict(list)
    start = threading.Barrier(4)

    def post(writer: Writer, client: int) -> None:
        start.wait()
        for number in range(60):
            # Two clients go the other way, so that the servers meet in the middle.
            item = make_item(f"v{number if client % 2 else 59 - number}")
            routing = make_routing(item.item_id, routing_id=f"{item.item_id}-{client}")
            work = partial(submit, item=item, routing=routing, now=noon)
            answers[item.item_id].append(writer.submit(work).result(20))

    with Store(url) as one, Store(url) as two:
        writers = [Writer(one), Writer(two)]
        threads = [threading.Thread(target=post, args=[writers[client // 2], client]) for client in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for writer in writers:
            writer.close()
    assert len(answers) == 60
    for told in answers.values():
        assert len({routing_id for routing_id, _ in told}) == 1
        assert Counter(is_new for _, is_new in told) == {True: 1, False: 3}
    with store.read() as session:
        assert session.ledger.counts()["routings"] == 60


def test_of_two_who_contradict_each_other_at_once_one_is_refused(
    store: Store, url: str, make_item: Callable[..., Item], noon: datetime
) -> None:
    outcomes: defaultdict[str, list[str]] = defaultdict(list)
    start = threading.Barrier(2)

    def post(title: str) -> None:
        with Store(url) as mine:
            start.wait()
            for number in range(20):
                item = make_item(f"v{number}", data={"title": title})
                try:
                    with mine.begin() as session:
                        session.ledger.add_items([item], received_at=noon)
                    outcomes[item.item_id].append(title)
                except AlreadySubmitted:
                    outcomes[item.item_id].append("refused")

    threads = [threading.Thread(target=post, args=[title]) for title in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as session:
        kept = {key[0]: item.data["title"] for key, item in known(session).items()}
    assert {name: sorted(told) for name, told in outcomes.items()} == {
        name: sorted([title, "refused"]) for name, title in kept.items()
    }


def known(session: Session) -> dict[tuple[str, str], Item]:
    return session.ledger.items([(f"v{number}", "1") for number in range(20)])
