"""Credentials: what opens, for how long, and how often."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest

from data.records import Role
from data.store.access import Credential
from data.store.store import Session, Store

HOUR = timedelta(hours=1)


def add(session: Session, now: datetime, credential_id: str = "t1", **changes: Any) -> Credential:
    given: dict[str, Any] = {
        "kind": "token",
        "digest": f"digest-{credential_id}",
        "role": Role.REVIEWER,
        "name": "지우",
        "created_at": now,
    }
    return session.access.add(credential_id=credential_id, **given | changes)


def test_a_credential_is_found_by_the_digest_of_its_secret(store: Store, noon: datetime) -> None:
    with store.begin() as session:
        added = add(session, noon, expires_at=noon + HOUR)
        assert session.access.find("digest-t1", kind="token", now=noon) == added
        assert session.access.find("digest-t2", kind="token", now=noon) is None


def test_a_credential_of_one_kind_does_not_open_as_another(store: Store, noon: datetime) -> None:
    with store.begin() as session:
        add(session, noon, kind="link")
        assert session.access.find("digest-t1", kind="session", now=noon) is None
        assert session.access.use_link("digest-t1", noon)


def test_a_credential_ends_when_it_expires(store: Store, noon: datetime) -> None:
    with store.begin() as session:
        add(session, noon, expires_at=noon + HOUR)
        add(session, noon, "l1", kind="link", expires_at=noon + HOUR)
        before = noon + HOUR - timedelta(seconds=1)
        assert session.access.find("digest-t1", kind="token", now=before)
        assert session.access.find("digest-t1", kind="token", now=noon + HOUR) is None
        assert session.access.use_link("digest-l1", noon + HOUR) is None


def test_a_revoked_credential_opens_nothing_any_more(store: Store, noon: datetime) -> None:
    with store.begin() as session:
        add(session, noon)
        add(session, noon, "l1", kind="link")
        assert [session.access.revoke(name, noon) for name in ("t1", "l1", "t1", "t9")] == [
            True, True, False, False,
        ]  # fmt: skip
        assert session.access.find("digest-t1", kind="token", now=noon) is None
        assert session.access.use_link("digest-l1", noon) is None


def test_a_link_opens_once(store: Store, noon: datetime) -> None:
    with store.begin() as session:
        add(session, noon, kind="link")
        used = session.access.use_link("digest-t1", noon)
        assert used is not None
        assert (used.role, used.used_at) == (Role.REVIEWER, noon)
        assert session.access.use_link("digest-t1", noon) is None


def test_of_several_who_use_a_link_at_once_one_gets_in(store: Store, url: str, noon: datetime) -> None:
    with store.begin() as session:
        add(session, noon, kind="link")
    got: list[Credential | None] = []
    start = threading.Barrier(4)

    def use() -> None:
        with Store(url) as mine:
            start.wait()
            with mine.begin() as session:
                got.append(session.access.use_link("digest-t1", noon))

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 4
    assert sum(each is not None for each in got) == 1


def test_credentials_are_listed_in_the_order_they_were_made(store: Store, noon: datetime) -> None:
    with store.begin() as session:
        second = add(session, noon + HOUR, "a")
        first = add(session, noon, "b", kind="session")
        assert session.access.list() == (first, second)
        assert session.access.list(kind="token") == (second,)


@pytest.mark.parametrize("name", ["digest", "secret"])
def test_nothing_that_is_read_holds_a_secret(name: str) -> None:
    assert name not in Credential.__dataclass_fields__
