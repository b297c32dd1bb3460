"""What is played: imported items with their outcomes, thinned, and sent on their way again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

import pandas as pd

from data.errors import Invalid, TooFewLabels
from data.records import Item
from data.store.store import Store
from evaluation.simulation import arrivals
from evaluation.simulation.dice import Dice, uniform
from serving.desk import Known
from serving.replay.options import ReplayOptions

HANDOVER: Final = datetime(2026, 11, 2, tzinfo=arrivals.KST)
"""The Monday on which every play begins. The calendar is simulated, so it is the same for all."""

FEWEST: Final = 200
"""Fewer items are not worth a replay: nothing could be learned and nothing estimated."""

_IMPORTED: Final = "import:"
Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Items with new moments, in order, and what is known of each.

    ``known`` is the imported outcome: the truth of the replay.
    """

    source: str
    history: Sequence[Item]
    played: Sequence[Item]
    known: Mapping[Key, Known]
    has_creators: bool
    has_views: bool
    is_known_by_creator: bool
    """Whether no creator has both kinds of outcome: who remembers creators then knows every answer."""
    end: datetime

    @property
    def items_per_day(self) -> float:
        """How many items are played a day."""
        return len(self.played) / ((self.end - HANDOVER) / timedelta(days=1))


def read(store: Store, *, options: ReplayOptions, now: datetime, policies: Mapping[str, object]) -> Material:
    """Return what is played.

    Parameters
    ----------
    store : Store
        The ledger with the import. It is only read.
    options : ReplayOptions
        Which import, and how it is thinned.
    now : datetime
        Outcomes recorded up to now count.
    policies : mapping
        The policies by id; others that the import names are left out.
    """
    with store.read() as session:
        outcomes = session.ledger.outcomes(as_of=now)
    outcomes = outcomes[outcomes["source"].str.startswith(_IMPORTED)]
    source = _source(outcomes, options.source)
    outcomes = _thinned(outcomes[outcomes["source"] == source], options)
    if len(outcomes) < FEWEST:
        raise TooFewLabels(
            f"{source} has {len(outcomes)} items with an outcome to play; {FEWEST} are needed. "
            "Import more, or thin them less."
        )
    items = _in_order(outcomes["item"].tolist(), seed=options.seed)
    end = HANDOVER + timedelta(days=options.days)
    moments = arrivals.moments(
        len(items),
        end=end,
        days=options.days + options.warmup_days,
        generator=Dice(options.seed, "replay").generator,
    )
    sent = [replace(item, submitted_at=at.astimezone(UTC)) for item, at in zip(items, moments, strict=True)]
    columns = (outcomes[name].tolist() for name in ("item", "violation", "policies"))
    known = {
        item.key: Known(
            violation=bool(violation), policies=tuple(name for name in broken if name in policies)
        )
        for item, violation, broken in zip(*columns, strict=True)
    }
    begun = sum(at < HANDOVER for at in moments)
    return Material(
        source=source,
        history=sent[:begun],
        played=sent[begun:],
        known=known,
        has_creators=any(item.creator_id for item in sent),
        has_views=any(item.expected_views is not None for item in sent),
        is_known_by_creator=_is_known_by_creator(sent, known),
        end=end,
    )


def came(item: Item) -> datetime:
    """Return when an item comes in; in a play every item has a moment."""
    return item.submitted_at or HANDOVER


def _source(outcomes: pd.DataFrame, name: str) -> str:
    imported = sorted(outcomes["source"].unique())
    if not imported:
        raise TooFewLabels("Nothing with outcomes was imported. Run `tamis import` first.")
    if not name and len(imported) == 1:
        return str(imported[0])
    wanted = name if name.startswith(_IMPORTED) else f"{_IMPORTED}{name}"
    if wanted not in imported:
        names = ", ".join(source.removeprefix(_IMPORTED) for source in imported)
        said = f"source {name!r} was not imported" if name else "source must say which import to play"
        raise Invalid(f"{said}. Choose one of: {names}.", field="source")
    return wanted


def _thinned(outcomes: pd.DataFrame, options: ReplayOptions) -> pd.DataFrame:
    if options.prevalence is None or outcomes.empty:
        return outcomes
    violation = outcomes["violation"].astype(bool)
    share = options.prevalence
    keep = round(share / (1 - share) * int((~violation).sum()))
    if keep > int(violation.sum()):
        raise Invalid(
            f"prevalence can only be lowered: {violation.mean():.3f} of the outcomes are violations; "
            f"got {share!r}.",
            field="prevalence",
        )
    # The same items stay whatever else is asked for, and fewer of them for a lower share.
    rank = outcomes["item"].map(lambda item: uniform(options.seed, "thinned", *item.key))
    stays = rank.where(violation).rank(method="first") <= keep
    return outcomes[~violation | stays]


def _is_known_by_creator(items: Sequence[Item], known: Mapping[Key, Known]) -> bool:
    outcomes: dict[str, list[bool]] = {}
    for item in items:
        if item.creator_id:
            outcomes.setdefault(item.creator_id, []).append(known[item.key].violation)
    several = [found for found in outcomes.values() if len(found) > 1]
    # Creators with one item each prove nothing, and so do those of a set in which nobody ever violates.
    repeat = sum(any(found) for found in several)
    return repeat > 0 and all(len(set(found)) == 1 for found in several)


def _in_order(items: list[Item], *, seed: int) -> list[Item]:
    # Where a file knows when items came, their order is kept, and with it what changed over time.
    if all(item.submitted_at is not None for item in items):
        return sorted(items, key=lambda item: (item.submitted_at, item.key))
    return sorted(items, key=lambda item: (uniform(seed, "arrival", *item.key), item.key))
