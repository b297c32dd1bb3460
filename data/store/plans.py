"""Append a plan, read the one in force."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from data.errors import AlreadyRecorded, PlanChanged, UnknownPlan
from data.records import AuditDesign, Plan
from data.store.fields import row_of
from data.store.prepared import Prepared
from data.store.schema import plan as table
from data.store.transaction import Part

_NEWEST_FIRST: Final = sa.select(table).order_by(table.c.sequence.desc())
_NEWEST: Final = Prepared(_NEWEST_FIRST.limit(1))
_IN_FORCE: Final = Prepared(_NEWEST_FIRST.where(table.c.in_force_from <= sa.bindparam("now")).limit(1))
_BY_VERSION: Final = Prepared(sa.select(table).where(table.c.version == sa.bindparam("version")))


class Plans(Part):
    """Review plans. A plan is never edited, only succeeded."""

    def append(self, plan: Plan, *, expected: str | None) -> None:
        """Set the next plan.

        Parameters
        ----------
        expected
            The version of the newest plan, which this one succeeds; None for the first plan.

        Raises
        ------
        PlanChanged
            If another plan was set meanwhile. Without this, two people would undo each other's work
            without noticing.
        AlreadyRecorded
            If a plan of that version was set before.
        """
        self._transaction.lock()
        newest = self._first(_NEWEST)
        if expected != (None if newest is None else newest.version):
            raise PlanChanged(
                "No plan is set yet, so none can be succeeded."
                if newest is None
                else f"The newest plan is {newest.version}, set by {newest.author}: {newest.reason} "
                "Look at it, then decide again.",
                field="expected",
            )
        if self._first(_BY_VERSION, version=plan.version) is not None:
            raise AlreadyRecorded(
                f"There is a plan {plan.version} already. Give this one another version.", field="version"
            )
        audit = {"daily_budget": plan.audit.daily_budget, "floor_share": plan.audit.floor_share}
        self._transaction.append(table, [row_of(plan, table) | audit])

    def in_force(self, now: datetime) -> Plan | None:
        """Return the plan that holds at a moment: the one set last, of those that have begun."""
        return self._first(_IN_FORCE, now=now)

    def get(self, version: str) -> Plan:
        """Return one plan, or raise `UnknownPlan`."""
        found = self._first(_BY_VERSION, version=version)
        if found is None:
            raise UnknownPlan(f"No plan of version {version!r} was set.", field="version")
        return found

    def history(self, *, limit: int | None = None) -> list[Plan]:
        """Return the plans, newest first."""
        rows = self._connection.execute(_NEWEST_FIRST.limit(limit)).mappings()
        return [_read(dict(row)) for row in rows]

    def _first(self, statement: Prepared, **values: Any) -> Plan | None:
        found = statement.select(self._connection, **values)
        return _read(found[0]) if found else None


def _read(row: dict[str, Any]) -> Plan:
    del row["sequence"]
    audit = AuditDesign(daily_budget=row.pop("daily_budget"), floor_share=row.pop("floor_share"))
    return Plan(audit=audit, **row)
