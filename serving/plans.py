"""
Use case: how much is looked at, and who said so.

A plan is never edited, only succeeded. Whoever sets one sees before what it will cost, says why, and names
the plan he saw, so that two people cannot overwrite each other unseen.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from data.errors import NoPlan
from data.records import ANY, AuditRates, Plan, Policy
from data.store.store import Session, Store
from evaluation import goals, planner
from evaluation.capacity import Split, split_capacity
from evaluation.goals import Goal, Solution
from evaluation.preview import Preview
from evaluation.report_notices import SYNTHETIC
from evaluation.thresholds import Proof
from serving import configs, drafts, rates
from serving.drafts import Draft
from serving.gateway import Gateway

__all__ = ["Draft", "Plans"]

PAST: Final = timedelta(days=28)
"""The past by which plans are judged."""


class Plans:
    """Reads, previews and sets plans.

    Parameters
    ----------
    gateway, store : Gateway, Store
        The ledger, with and without a deadline.
    policies : mapping of str to Policy
        The policies a threshold may name, besides ``any``.
    clock : callable
        The moment now.
    """

    def __init__(
        self, *, gateway: Gateway, store: Store, policies: Mapping[str, Policy], clock: Callable[[], datetime]
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

    def preview(self, draft: Draft, *, level: float = 0.95) -> Preview | None:
        """Return what the draft would cost and catch, beside the plan in force, judged by recent items.

        None where nothing was routed lately: nothing can be expected. Writes nothing.
        """
        draft.check(self._policies)
        current = self.current()
        plan = draft.plan(version="preview", author="preview", reason="preview", now=self._clock())
        asked = {*plan.thresholds, *(() if current is None else current.thresholds)} - {ANY}
        sample, days = self._recent(asked)
        if sample.empty:
            return None
        return Preview(
            draft=planner.outlook(sample, plan, days=days, level=level),
            in_force=None if current is None else planner.outlook(sample, current, days=days, level=level),
            version=None if current is None else current.version,
            synthetic=SYNTHETIC in set(sample["source"]),
        )

    def goal(self, goal: Goal, *, proof: Proof = "gamma") -> Solution:
        """Return the threshold for `ANY` that reaches a goal on items like the recent ones.

        Reviewing minutes and the audit budget are those of the plan in force. Writes nothing.
        """
        plan = self.in_force()
        sample, days = self._recent()
        if sample.empty:
            return Solution(goal=goal, reason="Nothing was routed lately that could tell. Score items first.")
        return goals.solve(
            goal,
            sample,
            days=days,
            review_minutes=plan.review_minutes,
            audits_per_day=plan.audit.daily_budget,
            proof=proof,
        )

    def split(self, hours_per_day: float) -> Split | None:
        """Return how so many reviewer hours a day, audits apart, are best spent over the policies.

        Harm is severity times views. None where nothing was routed lately. Writes nothing.
        """
        names = sorted(self._policies)
        sample, days = self._recent(names)
        scored = sample.dropna(subset=["score"])
        if scored.empty:
            return None
        return split_capacity(
            {name: scored[name] for name in names},
            harms={name: float(self._policies[name].severity) for name in names},
            hours=hours_per_day * days,
            minutes=self.in_force().review_minutes,
            views=scored["views"],
        )

    def _recent(self, policies: Collection[str] = ()) -> tuple[pd.DataFrame, float]:
        """Return the sample of the recent past, with a column for each policy, and how many days it took."""
        now = self._clock()
        with self._store.read() as session:
            sample = session.ledger.sample(since=now - PAST, until=now)
            if policies and not sample.empty:
                keys = list(zip(sample["id"], sample["item_version"], strict=True))
                made = session.ledger.scores(keys)
                found = {
                    name: [made[key].probability(name) if key in made else np.nan for key in keys]
                    for name in policies
                }
                sample = sample.assign(**found)
        days = (now - sample["time"].min()) / timedelta(days=1) if len(sample) else 0.0
        return sample, days

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
