"""
Use case: the synthetic month, put into the ledger by the real code.

Most of it is how it was before Tamis: items come in with past outcomes, of which the chances are known. In
the last days Tamis works: items are submitted hour by hour, and simulated reviewers claim and decide.
The truth stays outside: it is made again from the seed, and nobody can look it up in the ledger.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from data.errors import InvalidSettings
from data.records import TEXT_FIELDS, Item, Verdict
from data.store.store import Store
from evaluation.simulation import past
from evaluation.simulation.breaking import POLICIES
from evaluation.simulation.month import Month, generate, item_id
from evaluation.simulation.past import Outcome
from evaluation.simulation.reviewers import TEAM
from serving import wiring
from serving.champion import Load
from serving.desk import Desk, Known, Look, SimulatedClock, by_hour, unhurried
from serving.settings import Settings
from serving.wiring import Application
from training.progress import Progress, silent

if TYPE_CHECKING:
    from training.models.encoder import Encoder

_T = TypeVar("_T", Item, Outcome)

DAYS: Final = 28
LAST_DAYS: Final = timedelta(days=4)
"""How long Tamis has been working when somebody looks for the first time."""

UNREVIEWED: Final = timedelta(days=1)
"""What came in this long before the end still waits: nobody's queue is empty."""

USUAL_LOOKS: Final = 1_100
"""How many items people looked at before, where there are enough."""
LEAST_SAMPLED: Final = 0.1
MOST_SAMPLED: Final = 0.6
"""Between these is the chance of an item that the old filter let pass."""

TOGETHER: Final = 100
"""Items submitted in one call: what one request may hold."""

_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What the last days were."""

    items: int
    looks: int
    violations_found: int


class Demo:
    """The synthetic month of one installation.

    When it ends is written down the first time (``var/demo.json``), so that whatever was cut off goes on
    with the same month.

    Parameters
    ----------
    settings : Settings
        How many items, which seed, and where everything lies.
    now : datetime
        The month ends at the last full hour before, the first time.
    """

    def __init__(self, settings: Settings, *, now: datetime) -> None:
        self._settings = settings
        self._course = _course(settings, now=now)

    @property
    def end(self) -> datetime:
        """When the month ends."""
        return self._course.end

    @property
    def handover(self) -> datetime:
        """When Tamis begins to work: first model and first plan must be in force at this moment."""
        return self.end - LAST_DAYS

    @cached_property
    def month(self) -> Month:
        """The items and their truth."""
        return generate(items=self._course.items, seed=self._course.seed, end=self.end, days=DAYS)

    @staticmethod
    def file(settings: Settings) -> Path:
        """Return where it is written down; it is there once a month has been begun."""
        return settings.var / "demo.json"

    @property
    def items(self) -> int:
        """How many items the month has: what was asked for the first time."""
        return self._course.items

    @property
    def seed(self) -> int:
        """Which month it is."""
        return self._course.seed

    def is_played(self, store: Store) -> bool:
        """Say whether the last item has been routed. The month is not made for that."""
        key = item_id(self.items, seed=self.seed), "1"
        with store.read() as session:
            return key in session.ledger.routings([key])

    def before(self) -> list[Item]:
        """Return what came in before Tamis."""
        return [item for item in self.month.items if _came(item) < self.handover]

    def last_days(self) -> list[Item]:
        """Return what came in since."""
        return [item for item in self.month.items if _came(item) >= self.handover]

    def import_history(self, store: Store, *, progress: Progress = silent) -> int:
        """Write down how it was before; return how many items had been looked at.

        Doing it again changes nothing.
        """
        before = self.before()
        outcomes = past.outcomes(
            self.month,
            team=TEAM,
            sampled=min(max(USUAL_LOOKS / len(before), LEAST_SAMPLED), MOST_SAMPLED),
            seed=self._course.seed,
            until=self.handover,
        )
        outcomes.sort(key=lambda outcome: outcome.decided_at)
        items_by_hour = dict(by_hour(before, [_came(item) for item in before]))
        looks_by_hour = dict(by_hour(outcomes, [outcome.decided_at for outcome in outcomes]))
        hours = sorted(items_by_hour | looks_by_hour)
        for start in range(0, len(hours), 24):
            progress("history", start, len(hours))
            with store.begin() as session:
                for hour in hours[start : start + 24]:
                    session.ledger.add_items(items_by_hour.get(hour, []), received_at=hour)
                    decisions = [outcome.decision() for outcome in looks_by_hour.get(hour, [])]
                    session.ledger.record_decisions(decisions, recorded_at=hour)
        progress("history", len(hours), len(hours))
        return len(outcomes)

    def play_last_days(self, *, load: Load | None = None, progress: Progress = silent) -> Played:
        """Let the last days happen, through the real use cases on a simulated clock.

        A model and a plan must be in force at `handover`. What was cut off goes on where it stopped.

        Parameters
        ----------
        load : callable, optional
            Loads a model's bundle, see `serving.wiring.build`.
        progress : callable
            Called with the stage "last days", in hours.
        """
        clock = SimulatedClock(self.handover)
        encoder = None if load else self._read_ahead(progress)
        application = wiring.build(unhurried(self._settings), clock=clock, load=load, follow=False)
        try:
            desk = Desk(
                reviews=application.reviews,
                clock=clock,
                team=TEAM,
                known=self._known,
                policies=tuple(POLICIES),
                seed=self._course.seed,
            )
            looks = self._play(application, desk, clock, progress=progress)
        finally:
            application.close()
            del encoder
        found = sum(look.verdict is Verdict.VIOLATION for look in looks)
        return Played(items=len(self.last_days()), looks=len(looks), violations_found=found)

    def _read_ahead(self, progress: Progress) -> Encoder | None:
        # An hour brings a handful of items; the week at once keeps the processor busy, and the encoder
        # remembers what it read. Whoever holds it keeps it for the model that is loaded next.
        from training.pipeline import ready_encoder

        encoder = ready_encoder(self._settings.encoder, settings=self._settings.training, progress=progress)
        if encoder is not None:
            texts = [item.text(name).strip() for name in TEXT_FIELDS for item in self.last_days()]
            encoder.embed(texts, progress=progress)
        return encoder

    def _play(
        self, application: Application, desk: Desk, clock: SimulatedClock, *, progress: Progress
    ) -> list[Look]:
        items = self.last_days()
        arrivals = dict(by_hour(items, [_came(item) for item in items]))
        hours = [self.handover + (place + 1) * _HOUR for place in range(int(LAST_DAYS / _HOUR))]
        resumes_at = _last_routed(application.store, since=self.handover) or self.handover
        looks: list[Look] = []
        for place, hour in enumerate(hours):
            progress("last days", place, len(hours))
            if hour < resumes_at:
                continue
            clock.reach(hour)
            waiting = arrivals.get(hour, [])
            for start in range(0, len(waiting), TOGETHER):
                application.triage.submit(waiting[start : start + TOGETHER])
            if hour < self.end - UNREVIEWED:
                looks += desk.work(until=hour + _HOUR)
            else:
                looks += desk.finish()
        progress("last days", len(hours), len(hours))
        return looks

    def _known(self, key: tuple[str, str]) -> Known:
        truth = self.month.truth[key[0]]
        return Known(violation=truth.violation, policies=truth.policies)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Course:
    items: int
    seed: int
    end: datetime


def _course(settings: Settings, *, now: datetime) -> _Course:
    path = Demo.file(settings)
    if not path.exists():
        end = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        course = _Course(items=settings.demo.items, seed=settings.demo.seed, end=end)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".unfinished")
        unfinished.write_text(json.dumps(asdict(course) | {"end": end.isoformat()}), encoding="utf-8")
        unfinished.replace(path)
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return _Course(
            items=int(kept["items"]), seed=int(kept["seed"]), end=datetime.fromisoformat(kept["end"])
        )
    except (ValueError, KeyError, TypeError) as broken:
        raise InvalidSettings(
            f"{path} cannot be read ({broken}). Remove it, and the ledger of the demonstration with it."
        ) from broken


def _last_routed(store: Store, *, since: datetime) -> datetime | None:
    with store.read() as session:
        routed = session.ledger.sample(since=since, until=since + LAST_DAYS + _HOUR)["time"]
    return None if routed.empty else routed.max().to_pydatetime()


def _came(item: Item) -> datetime:
    if item.submitted_at is None:
        raise ValueError(f"submitted_at must be known for every item of a month; {item.item_id!r} has none.")
    return item.submitted_at
