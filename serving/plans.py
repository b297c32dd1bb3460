"""
Use case: how much is looked at, and who said so.

A plan is never edited, only succeeded. Whoever sets one sees before what it will cost, says why, and names
the plan he saw, so that two people cannot overwrite each other unseen.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from data.errors import NoPlan
from data.records import ANY, AuditRates, Plan
from data.store.store import Session, Store
from serving import configs, drafts, rates
from serving.drafts import Draft, Preview
from serving.gateway import Gateway

__all__ = ["Draft", "Plans", "Preview"]

PREVIEW_WINDOW: Final = timedelta(days=7)
"""The past by which a preview judges a plan."""


class Plans:
    """Reads, previews and sets plans.

    Parameters
    ----------
    gateway, store : Gateway, Store
        The ledger, with and without a deadline.
    policies : collection of str
        The policies a threshold may name, besides ``any``.
    clock : callable
        The moment now.
    """

    def __init__(
        self, *, gateway: Gateway, store: Store, policies: Collection[str], clock: Callable[[], datetime]
    ) -> None:
        self._gateway = gateway
        self._store = store
        self._policies = policies
        self._clock = clock

    def current(self) -> Plan | None:
        """Return the plan in force; None where there is none."""
        now = self._clock()
        return self._gateway.read(lambda session: session.plans.in_force(now))

    def in_force(self) -> Plan:
        """Return the plan in force; `data.errors.NoPlan` where there is none."""
        plan = self.current()
        if plan is None:
            raise NoPlan
        return plan

    def get(self, version: str) -> Plan:
        """Return one plan; `data.errors.UnknownPlan` where there is none of that version."""
        return self._gateway.read(lambda session: session.plans.get(version))

    def history(self) -> list[Plan]:
        """Return every plan, newest first."""
        return self._gateway.read(lambda session: session.plans.history())

    def preview(self, draft: Draft) -> Preview:
        """Return what a day under the draft would look like, judged by recent items. Writes nothing."""
        draft.check(self._policies)
        now = self._clock()
        plan = draft.plan(version="preview", author="preview", reason="preview", now=now)
        since = now - PREVIEW_WINDOW
        with self._store.read() as session:
            recent = session.ledger.sample(since=since, until=now).dropna(subset=["score"])
            scores = pd.DataFrame({ANY: recent["score"], "views": recent["views"]})
            if others := [name for name in plan.thresholds if name != ANY]:
                keys = list(zip(recent["id"], recent["item_version"], strict=True))
                made = session.ledger.scores(keys)
                for name in others:
                    scores[name] = [made[key].probability(name) for key in keys]
        days = (now - recent["time"].min()) / timedelta(days=1) if len(recent) else 0.0
        return drafts.preview(plan, scores, days=days)

    def set(self, draft: Draft, *, author: str, reason: str, expected: str | None) -> Plan:
        """Put a plan in force now.

        Parameters
        ----------
        draft : Draft
            What it says.
        author, reason : str
            Who wants it and why.
        expected : str or None
            The version of the newest plan the author knew; None for the first. `PlanChanged` where
            another one was set meanwhile.
        """
        draft.check(self._policies)
        return self._append(draft, author=author, reason=reason, expected=expected)

    def roll_back(self, version: str, *, author: str, reason: str, expected: str | None) -> Plan:
        """Put in force what an earlier plan said, as a new plan that names the old one."""
        draft = Draft.of(self.get(version))
        return self.set(draft, author=author, reason=f"Roll back to {version}: {reason}", expected=expected)

    def first(self, name: str, *, probabilities: ArrayLike, items_per_day: float) -> Draft:
        """Return a plan to start from, with its shares turned into a threshold and a budget.

        Parameters
        ----------
        name : str
            A file in configs/plans, without its ending.
        probabilities : array_like
            Violation probabilities of items like those that will come, by the model that will score them.
        items_per_day : float
            How many will come.
        """
        recipe = configs.plan_recipe(name)
        return drafts.from_recipe(recipe, probabilities=probabilities, items_per_day=items_per_day)

    def start(
        self,
        name: str,
        *,
        probabilities: ArrayLike,
        items_per_day: float,
        author: str,
        reason: str,
        views: ArrayLike | None = None,
        expected: str | None = None,
    ) -> Plan:
        """Set a plan to start from, and today's audit rates with it.

        The rates are solved from the same past scores, so that the budget holds from the first day on.
        ``views`` are the expected views of the same items, NaN where unknown.
        """
        draft = self.first(name, probabilities=probabilities, items_per_day=items_per_day)
        past = pd.DataFrame({"violation_probability": np.asarray(probabilities, dtype=np.float64)})
        past["views"] = np.nan if views is None else np.asarray(views, dtype=np.float64)
        days = len(past) / items_per_day
        past = past[past["violation_probability"] < draft.thresholds[ANY]]
        return self._append(
            draft,
            author=author,
            reason=reason,
            expected=expected,
            solve=lambda plan: rates.solve(past, plan=plan, days=days, now=plan.in_force_from),
        )

    def _append(
        self,
        draft: Draft,
        *,
        author: str,
        reason: str,
        expected: str | None,
        solve: Callable[[Plan], AuditRates] | None = None,
    ) -> Plan:
        now = self._clock()

        def work(session: Session) -> Plan:
            version = f"plan-{len(session.plans.history()) + 1}"
            plan = draft.plan(version=version, author=author, reason=reason, now=now)
            session.plans.append(plan, expected=expected)
            if solve is not None:
                session.ledger.add_rates(solve(plan))
            return plan

        return self._gateway.write(work)
