"""
Who is asking, and what may they do.

A token is ``tms_<role>_<43 characters>``; only its SHA-256 is stored. The characters are 32 random bytes,
so that no slow hash is needed and looking up a digest gives nothing away. People get a link that signs
them in once and a session that ends by itself.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from data.checks import check_person
from data.errors import Invalid, LedgerUnavailable, NotAllowed, NotSignedIn
from data.records import Role
from data.store.access import Kind
from serving.gateway import Gateway
from serving.sections import AccessSettings

if TYPE_CHECKING:
    from collections.abc import Callable

_TOKEN: Final = re.compile(rf"tms_({'|'.join(Role)})_[A-Za-z0-9_-]{{43}}")
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}")

STALE_S: Final = 900.0
"""Seconds a token that was checked before still works while the ledger does not answer."""


class Action(StrEnum):
    """What can be asked of the service."""

    SCORE = "score items"
    RECORD_EVENTS = "record events"
    READ_TIMELINE = "read the timeline of an item"
    READ_QUEUE = "read the queue"
    WORK = "claim, renew, release and finish jobs"
    READ_PLANS = "read plans"
    SET_PLANS = "set and preview plans"
    READ_REPORTS = "read reports"
    READ_REVIEWERS = "read how reviewers do"
    READ_MODELS = "read models"
    PROMOTE = "promote and roll back models"


RULES: Final[Mapping[Action, frozenset[Role]]] = {
    Action.SCORE: frozenset({Role.QUEUE}),
    Action.RECORD_EVENTS: frozenset({Role.QUEUE, Role.REVIEWER}),
    Action.READ_TIMELINE: frozenset({Role.QUEUE, Role.QC_LEAD, Role.DATA_SCIENTIST}),
    Action.READ_QUEUE: frozenset({Role.QC_LEAD, Role.VIEWER}),
    Action.WORK: frozenset({Role.REVIEWER, Role.QC_LEAD}),
    Action.READ_PLANS: frozenset({Role.QC_LEAD, Role.DATA_SCIENTIST, Role.VIEWER}),
    Action.SET_PLANS: frozenset({Role.QC_LEAD}),
    Action.READ_REPORTS: frozenset({Role.QC_LEAD, Role.DATA_SCIENTIST, Role.VIEWER}),
    Action.READ_REVIEWERS: frozenset({Role.QC_LEAD, Role.REVIEWER}),  # a reviewer sees nobody else
    Action.READ_MODELS: frozenset({Role.QC_LEAD, Role.DATA_SCIENTIST, Role.VIEWER}),
    Action.PROMOTE: frozenset({Role.QC_LEAD}),
}
"""Who may do what. What is not here is refused. An admin may do everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Whoever asks: a person or a program, by the name on the credential."""

    name: str
    role: Role
    credential_id: str

    def may(self, action: Action) -> bool:
        """Say whether the role allows it."""
        return self.role is Role.ADMIN or self.role in RULES.get(action, frozenset())

    def require(self, action: Action) -> None:
        """Raise `data.errors.NotAllowed` where the role does not allow it."""
        if not self.may(action):
            raise NotAllowed(f"The role {self.role} may not {action}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A credential that was just made. The secret is shown once and stored nowhere."""

    secret: str
    credential_id: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Checked:
    actor: Actor
    at: float


class Auth:
    """Makes, checks and revokes credentials.

    Parameters
    ----------
    gateway : Gateway
        Where credentials are stored.
    clock : callable
        The moment now.
    settings : AccessSettings
        How long links, sessions and checks last.
    """

    def __init__(self, *, gateway: Gateway, clock: Callable[[], datetime], settings: AccessSettings) -> None:
        self._gateway = gateway
        self._clock = clock
        self._settings = settings
        self._checked: dict[str, _Checked] = {}
        self._lock = threading.Lock()

    def create_token(self, *, role: Role, name: str, lasts: timedelta | None = None) -> Issued:
        """Make a token for a program; it lasts until revoked where ``lasts`` is not given."""
        return self._issue(kind="token", prefix=f"tms_{role}_", role=role, name=name, lasts=lasts)

    def create_link(self, *, role: Role, name: str, lasts: timedelta | None = None) -> Issued:
        """Make a secret that signs a person in, once."""
        lasts = lasts or timedelta(minutes=self._settings.link_minutes)
        return self._issue(kind="link", prefix="", role=role, name=name, lasts=lasts)

    def redeem(self, link: str) -> Issued:
        """Return a new session for a link that was not used yet; `NotSignedIn` otherwise."""
        credential = None
        if _SECRET.fullmatch(link):
            now = self._clock()
            credential = self._gateway.write(lambda session: session.access.use_link(_digest(link), now=now))
        if credential is None:
            raise NotSignedIn("This link was used, is too old or is none. Make one with `tamis link`.")
        lasts = timedelta(hours=self._settings.session_hours)
        return self._issue(kind="session", prefix="", role=credential.role, name=credential.name, lasts=lasts)

    def session(self, secret: str) -> Actor:
        """Return whose session this is; `NotSignedIn` where it is none or has ended."""
        if not _SECRET.fullmatch(secret):
            raise NotSignedIn("Sign in with a link. Make one with `tamis link`.")
        return self._find(secret, kind="session")

    @staticmethod
    def check_form(header: str | None) -> str:
        """Return the token of an ``Authorization`` header, not looked up yet; `NotSignedIn` without one."""
        scheme, _, token = (header or "").partition(" ")
        if scheme.lower() != "bearer" or not _TOKEN.fullmatch(token):
            raise NotSignedIn
        return token

    def token(self, header: str | None) -> Actor:
        """Return who sends this ``Authorization`` header; `NotSignedIn` where it holds no valid token."""
        return self._find(self.check_form(header), kind="token")

    def revoke(self, credential_id: str) -> bool:
        """End a credential; False where it is unknown or had ended."""
        now = self._clock()
        ended = self._gateway.write(lambda session: session.access.revoke(credential_id, now=now))
        with self._lock:
            self._checked = {
                digest: checked
                for digest, checked in self._checked.items()
                if checked.actor.credential_id != credential_id
            }
        return ended

    def _issue(self, *, kind: Kind, prefix: str, role: Role, name: str, lasts: timedelta | None) -> Issued:
        try:
            check_person("name", name)
        except ValueError as wrong:
            raise Invalid(str(wrong), field="name") from wrong
        secret = prefix + secrets.token_urlsafe(32)
        now = self._clock()
        issued = Issued(
            secret=secret,
            credential_id=f"{kind}-{uuid.uuid4().hex}",
            expires_at=None if lasts is None else now + lasts,
        )
        self._gateway.write(
            lambda session: session.access.add(
                credential_id=issued.credential_id,
                kind=kind,
                digest=_digest(secret),
                role=role,
                name=name,
                expires_at=issued.expires_at,
                created_at=now,
            )
        )
        return issued

    def _find(self, secret: str, *, kind: Kind) -> Actor:
        digest = _digest(secret)
        checked = self._checked.get(digest)
        if checked is not None and time.monotonic() - checked.at < self._settings.remember_s:
            return checked.actor
        now = self._clock()
        try:
            found = self._gateway.read(lambda session: session.access.find(digest, kind=kind, now=now))
        except LedgerUnavailable:
            # A queue that was let in before must still hear "full review" while the ledger is away.
            if checked is not None and time.monotonic() - checked.at < STALE_S:
                return checked.actor
            raise
        with self._lock:
            if found is None:
                self._checked.pop(digest, None)
                raise NotSignedIn
            actor = Actor(name=found.name, role=found.role, credential_id=found.credential_id)
            self._checked[digest] = _Checked(actor=actor, at=time.monotonic())
        return actor


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
