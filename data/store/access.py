"""Who may come in: tokens of programs, sign-in links, browser sessions. Only digests are kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

import sqlalchemy as sa

from data.records import Role
from data.store.fields import row_of, select_records
from data.store.schema import credential
from data.store.transaction import Part

Kind = Literal["token", "link", "session"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """Something that proves a role. The secret itself is not here; nobody has it but its owner."""

    credential_id: str
    kind: Kind
    role: Role
    name: str
    created_at: datetime
    expires_at: datetime | None = None
    used_at: datetime | None = None
    revoked_at: datetime | None = None

    def is_valid(self, now: datetime) -> bool:
        """Tell whether it still opens anything."""
        ended = self.revoked_at is not None or self.used_at is not None
        return not ended and (self.expires_at is None or now < self.expires_at)


_SELECT: Final = select_records(credential, Credential)


class Access(Part):
    """The table of credentials. Rows are added, used up and revoked, never deleted."""

    def add(
        self,
        *,
        credential_id: str,
        kind: Kind,
        digest: str,
        role: Role,
        name: str,
        created_at: datetime,
        expires_at: datetime | None = None,
    ) -> Credential:
        """Record a credential by the SHA-256 of its secret."""
        added = Credential(
            credential_id=credential_id,
            kind=kind,
            role=role,
            name=name,
            created_at=created_at,
            expires_at=expires_at,
        )
        self._connection.execute(sa.insert(credential), {**row_of(added, credential), "digest": digest})
        return added

    def find(self, digest: str, *, kind: Kind, now: datetime) -> Credential | None:
        """Return the credential of a secret, None if there is none or it no longer opens anything."""
        found = self._connection.execute(
            _SELECT.where(credential.c.digest == digest, credential.c.kind == kind)
        ).one_or_none()
        read = None if found is None else _read(found)
        return read if read is not None and read.is_valid(now) else None

    def use_link(self, digest: str, now: datetime) -> Credential | None:
        """Use a sign-in link up. Of several who try at once, one gets it; the others get None."""
        found = self._connection.execute(
            sa.update(credential)
            .where(
                credential.c.digest == digest,
                credential.c.kind == "link",
                credential.c.used_at.is_(None),
                credential.c.revoked_at.is_(None),
                sa.or_(credential.c.expires_at.is_(None), credential.c.expires_at > now),
            )
            .values(used_at=now)
            .returning(*_SELECT.selected_columns)
        ).one_or_none()
        return None if found is None else _read(found)

    def revoke(self, credential_id: str, now: datetime) -> bool:
        """Close a credential for good; False if there is none of that id, or it was closed before."""
        done = self._connection.execute(
            sa.update(credential)
            .where(credential.c.credential_id == credential_id, credential.c.revoked_at.is_(None))
            .values(revoked_at=now)
        )
        return done.rowcount == 1

    def list(self, *, kind: Kind | None = None) -> tuple[Credential, ...]:
        """Return all credentials, or those of one kind, in the order they were made."""
        chosen = _SELECT.order_by(credential.c.created_at, credential.c.credential_id)
        if kind is not None:
            chosen = chosen.where(credential.c.kind == kind)
        return tuple(_read(row) for row in self._connection.execute(chosen))


def _read(row: sa.Row[Any]) -> Credential:
    return Credential(**row._mapping)
