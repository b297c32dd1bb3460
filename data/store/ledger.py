"""Append and read facts."""

from __future__ import annotations

from data.store.activity import Activities
from data.store.decisions import Decisions
from data.store.histories import Histories
from data.store.items import Items
from data.store.outcomes import Outcomes
from data.store.routings import Routings
from data.store.samples import Samples
from data.store.timeline import Timeline


class Ledger(Items, Routings, Decisions, Timeline, Histories, Samples, Outcomes, Activities):
    """What happened, in the order in which it was recorded. It is added to and never changed.

    Its parts stand in modules of their own, by subject: items, routings (with scores and audit rates),
    decisions (with events), the timeline of an item, creators' histories, the tables from which
    estimates and training start, and what happened lately.
    """
