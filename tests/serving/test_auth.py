from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from typing import Any

import pytest

from data.errors import LedgerUnavailable, NotAllowed, NotSignedIn
from data.records import Role
from serving.auth import RULES, Action, Actor
from serving.sections import AccessSettings


@pytest.fixture
def bench(make_bench: Any) -> Any:
    return make_bench()


@pytest.mark.parametrize("role", Role)
def test_a_token_tells_its_role_and_has_32_random_bytes(bench: Any, role: Role) -> None:
    issued = bench.application.auth.create_token(role=role, name="tool")
    assert re.fullmatch(rf"tms_{role}_[A-Za-z0-9_-]{{43}}", issued.secret)


def test_a_token_lets_its_holder_in(bench: Any) -> None:
    auth = bench.application.auth
    issued = auth.create_token(role=Role.QUEUE, name="the queue")
    actor = auth.token(f"Bearer {issued.secret}")
    assert actor == Actor(name="the queue", role=Role.QUEUE, credential_id=issued.credential_id)


def test_only_the_digest_of_a_secret_is_stored(bench: Any) -> None:
    secret = bench.application.auth.create_token(role=Role.QUEUE, name="tool").secret
    digest = hashlib.sha256(secret.encode()).hexdigest()
    found = bench.application.gateway.read(
        lambda session: session.access.find(digest, kind="token", now=bench.clock())
    )
    assert found is not None
    stored = bench.store.path.read_bytes() if bench.store.path else b""
    assert secret.encode() not in stored


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer tms_queue_",
        f"Bearer tms_queue_{'a' * 43}",
        f"Bearer tms_emperor_{'a' * 43}",
        f"Basic tms_queue_{'a' * 43}",
        f"Bearer tms_queue_{'a' * 43}\n",
        f"Bearer  tms_queue_{'a' * 43}",
    ],
)
def test_anything_but_a_known_token_is_refused(bench: Any, header: str | None) -> None:
    with pytest.raises(NotSignedIn):
        bench.application.auth.token(header)


def test_a_token_with_another_role_written_on_it_is_another_token(bench: Any) -> None:
    secret = bench.application.auth.create_token(role=Role.QUEUE, name="tool").secret
    with pytest.raises(NotSignedIn):
        bench.application.auth.token("Bearer " + secret.replace("tms_queue_", "tms_admin_"))


def test_a_revoked_token_is_refused(bench: Any) -> None:
    auth = bench.application.auth
    issued = auth.create_token(role=Role.QUEUE, name="tool")
    auth.token(f"Bearer {issued.secret}")
    assert auth.revoke(issued.credential_id)
    assert not auth.revoke(issued.credential_id)
    with pytest.raises(NotSignedIn):
        auth.token(f"Bearer {issued.secret}")


def test_a_token_ends_when_it_was_made_to(bench: Any) -> None:
    auth = bench.application.auth
    issued = auth.create_token(role=Role.QUEUE, name="tool", lasts=timedelta(hours=1))
    auth.token(f"Bearer {issued.secret}")
    bench.clock.advance(hours=1)
    with pytest.raises(NotSignedIn):
        auth.token(f"Bearer {issued.secret}")


def test_a_link_signs_in_once(bench: Any) -> None:
    auth = bench.application.auth
    link = auth.create_link(role=Role.REVIEWER, name="mina")
    session = auth.redeem(link.secret)
    assert auth.session(session.secret).name == "mina"
    assert auth.session(session.secret).role is Role.REVIEWER
    with pytest.raises(NotSignedIn):
        auth.redeem(link.secret)


def test_a_link_is_too_old_after_its_time(bench: Any) -> None:
    link = bench.application.auth.create_link(role=Role.REVIEWER, name="mina")
    bench.clock.advance(minutes=AccessSettings().link_minutes)
    with pytest.raises(NotSignedIn):
        bench.application.auth.redeem(link.secret)


def test_a_session_ends_by_itself(bench: Any) -> None:
    auth = bench.application.auth
    session = auth.redeem(auth.create_link(role=Role.REVIEWER, name="mina").secret)
    bench.clock.advance(hours=AccessSettings().session_hours)
    with pytest.raises(NotSignedIn):
        auth.session(session.secret)


def test_a_secret_works_only_as_what_it_is(bench: Any) -> None:
    auth = bench.application.auth
    link = auth.create_link(role=Role.ADMIN, name="mina").secret
    token = auth.create_token(role=Role.ADMIN, name="tool").secret
    for attempt, secret in ((auth.session, link), (auth.session, token), (auth.redeem, token)):
        with pytest.raises(NotSignedIn):
            attempt(secret)


def test_a_checked_token_still_works_while_the_ledger_is_away(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    auth = bench.application.auth
    known = auth.create_token(role=Role.QUEUE, name="tool").secret
    stranger = auth.create_token(role=Role.QUEUE, name="other").secret
    actor = auth.token(f"Bearer {known}")

    def away(_: Any) -> Any:
        raise LedgerUnavailable

    monkeypatch.setattr(bench.application.gateway, "read", away)
    assert auth.token(f"Bearer {known}") == actor
    with pytest.raises(LedgerUnavailable):
        auth.token(f"Bearer {stranger}")


# What each role may do, written down a second time, by hand: whoever changes the rules changes this too.
ALLOWED = {
    Role.QUEUE: {Action.SCORE, Action.RECORD_EVENTS, Action.READ_TIMELINE},
    Role.REVIEWER: {Action.RECORD_EVENTS, Action.WORK, Action.READ_REVIEWERS},
    Role.QC_LEAD: {
        Action.READ_TIMELINE, Action.READ_QUEUE, Action.READ_PLANS, Action.SET_PLANS, Action.READ_REPORTS,
        Action.READ_MODELS, Action.PROMOTE, Action.WORK, Action.READ_REVIEWERS,
    },
    Role.DATA_SCIENTIST: {
        Action.READ_TIMELINE, Action.READ_PLANS, Action.READ_REPORTS, Action.READ_MODELS,
    },
    Role.VIEWER: {Action.READ_QUEUE, Action.READ_PLANS, Action.READ_REPORTS, Action.READ_MODELS},
    Role.ADMIN: set(Action),
}  # fmt: skip


@pytest.mark.parametrize("role", Role)
def test_a_role_may_do_what_the_table_says_and_nothing_else(role: Role) -> None:
    actor = Actor(name="x", role=role, credential_id="x")
    assert {action for action in Action if actor.may(action)} == ALLOWED[role]


def test_every_action_has_a_rule() -> None:
    assert set(RULES) == set(Action)


def test_what_is_not_allowed_is_said_in_words() -> None:
    actor = Actor(name="x", role=Role.DATA_SCIENTIST, credential_id="x")
    with pytest.raises(NotAllowed, match="data_scientist may not promote"):
        actor.require(Action.PROMOTE)
