"""Which model serves: an append-only pointer, read inside the routing transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from data.records import Deployment
from data.store.fields import row_of, select_records
from data.store.prepared import Prepared
from data.store.schema import deployment
from data.store.transaction import Part

_NEWEST_FIRST: Final = select_records(deployment, Deployment).order_by(deployment.c.generation.desc())
_ACTIVE: Final = Prepared(_NEWEST_FIRST.limit(1))


class Deployments(Part):
    """Models that were put in charge. The newest row serves."""

    def active(self) -> Deployment | None:
        """Return the deployment that serves, None if none ever did.

        In a transaction that writes it also holds off every promotion until the transaction ends. So a
        routing that is recorded after this answer is recorded under the model that serves, and once a
        promotion is committed, no routing of the old model follows.
        """
        if self._transaction.writes:
            self._transaction.lock()
        found = _ACTIVE.select(self._connection)
        return Deployment(**found[0]) if found else None

    def append(
        self, *, model: str, bundle: str, digest: str, actor: str, reason: str, deployed_at: datetime
    ) -> Deployment:
        """Put a model in charge. A roll-back is one more deployment, of the model before."""
        before = self.active()
        added = Deployment(
            generation=1 if before is None else before.generation + 1,
            model=model,
            bundle=bundle,
            digest=digest,
            actor=actor,
            reason=reason,
            deployed_at=deployed_at,
        )
        self._transaction.append(deployment, [row_of(added, deployment)])
        return added

    def history(self, *, limit: int | None = None) -> list[Deployment]:
        """Return the deployments, newest first."""
        rows = self._connection.execute(_NEWEST_FIRST.limit(limit))
        return [Deployment(**row._mapping) for row in rows]
