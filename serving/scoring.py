"""
Scores for the items of one request, or why there are none.

Requests meet in the batcher, and every batch is scored by whichever model is in force at that moment. An
item that cannot be scored gets a reason in place of a score; whoever routes it sends it to full review.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from data.errors import NoChampion
from data.records import TEXT_FIELDS, CreatorHistory, Item, Score
from serving.batcher import Batcher
from serving.champion import NOTHING_DEPLOYED, Champion
from serving.sections import TriageSettings
from serving.watching import Watching
from training.models import processors

FAILED: Final = "could not be scored"
LATE: Final = "scoring timed out"

WATCHING_SHARE: Final = 0.7
"""Of the deadline, for clips: one that takes long leaves the others the time to be scored."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Row:
    item: Item
    history: CreatorHistory | None


class Scoring:
    """The model in force behind a queue.

    Parameters
    ----------
    champion : Champion
        Which model that is.
    clock : callable
        The moment now, for the scores.
    settings : TriageSettings
        Sizes of batches and queue, and the deadline.
    cores : int
        Of the processor, for this process. A lone batch gets all of them, many get one each.
    watching : Watching, optional
        Looks at clips first.
    """

    def __init__(
        self,
        *,
        champion: Champion,
        clock: Callable[[], datetime],
        settings: TriageSettings,
        cores: int = 1,
        watching: Watching | None = None,
    ) -> None:
        self._champion = champion
        self._watching = watching
        self._cores = cores
        self._clock = clock
        self._deadline_s = settings.scoring_deadline_s
        self._batcher: Batcher[_Row, Score] = Batcher(
            self._score_batch,
            length=_characters,
            batch_rows=settings.batch_items,
            batch_length=settings.batch_characters,
            most_waiting=settings.most_waiting,
            threads=settings.scoring_threads or cores,
        )

    @property
    def waiting(self) -> int:
        """How many items wait for the model."""
        return self._batcher.waiting

    def score(self, items: Sequence[Item], histories: Mapping[str, CreatorHistory]) -> list[Score | str]:
        """Return a score for every item, in order, or the reason why it has none.

        `data.errors.Overloaded` where too many items wait already: then none of these is scored.
        """
        problem = self._champion.problem
        if problem is not None:
            return [problem] * len(items)
        began = time.monotonic()
        give_up_at = began + self._deadline_s
        outcomes: list[Score | str | None] = [None] * len(items)
        if self._watching is not None:
            watched_until = began + WATCHING_SHARE * self._deadline_s
            outcomes[:] = self._watching.look(items, give_up_at=watched_until)
        waiting = [place for place, outcome in enumerate(outcomes) if outcome is None]
        rows = [
            _Row(item, histories.get(item.creator_id) if item.creator_id else None)
            for item in (items[place] for place in waiting)
        ]
        for place, future in zip(waiting, self._batcher.submit(rows), strict=True):
            outcomes[place] = _outcome(future, give_up_at)
        return [outcome for outcome in outcomes if outcome is not None]

    def score_at_leisure(
        self, items: Sequence[Item], histories: Mapping[str, CreatorHistory]
    ) -> list[Score | str]:
        """Return the same without queue and deadline, for work that nobody waits for."""
        outcomes: list[Score | str | None] = [None] * len(items)
        if self._watching is not None:
            outcomes[:] = self._watching.look(items, give_up_at=math.inf)
        rest = [place for place, outcome in enumerate(outcomes) if outcome is None]
        scorer = self._champion.scorer()
        if scorer is None:
            raise NoChampion(self._champion.problem or NOTHING_DEPLOYED)
        results = scorer.score([items[place] for place in rest], histories, scored_at=self._clock())
        for place, result in zip(rest, results, strict=True):
            outcomes[place] = result if isinstance(result, Score) else _failed(result)
        return [outcome for outcome in outcomes if outcome is not None]

    def close(self) -> None:
        """Score what waits, then stop."""
        self._batcher.close()
        if self._watching is not None:
            self._watching.close()

    def _score_batch(self, rows: Sequence[_Row]) -> list[Score | Exception]:
        scorer = self._champion.scorer()
        if scorer is None:
            raise NoChampion(self._champion.problem or NOTHING_DEPLOYED)
        processors.take(max(1, self._cores // self._batcher.busy))
        histories = {
            row.item.creator_id: row.history
            for row in rows
            if row.item.creator_id is not None and row.history is not None
        }
        results = scorer.score([row.item for row in rows], histories, scored_at=self._clock())
        for row, result in zip(rows, results, strict=True):
            if isinstance(result, Score) and (result.item_id, result.item_version) != row.item.key:
                raise ValueError(
                    f"The score of {result.item_id!r} came in the place of {row.item.item_id!r}."
                )
        return results


def _outcome(future: Future[Score], give_up_at: float) -> Score | str:
    try:
        return future.result(max(0.0, give_up_at - time.monotonic()))
    except TimeoutError:
        # The future's own TimeoutError ends here too: a scorer that waited in vain is as late.
        future.cancel()
        return LATE
    except NoChampion as gone:
        return str(gone)
    except Exception as failed:  # noqa: BLE001 - whatever went wrong, the item goes to full review
        return _failed(failed)


def _failed(failed: Exception) -> str:
    _log.warning("item_not_scored", reason=repr(failed))
    return f"{FAILED}: {type(failed).__name__}"


def _characters(row: _Row) -> int:
    return sum(len(row.item.text(name)) for name in TEXT_FIELDS)
