"""
Use case: score a stock of items that nobody asks about now. Nothing is routed or recorded.

The file is cut into parts of so many rows. A part is written whole or not at all, so that whoever starts
again goes on with the parts that are missing; what is written depends on the file, the model and the ledger
as of one moment, never on how often it was started or on how many processes shared the work.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from data.errors import Conflict, MissingExtra, NoChampion
from data.ingest.loading import rejects_file
from data.ingest.mapping import Mapping
from data.ingest.rows import Reject, Row, read
from data.records import Deployment, Item, Route, Score
from serving.settings import Settings
from serving.wiring import Application, build
from training.progress import Progress, silent

PART_ROWS: Final = 1_000
"""Rows of the file in one part: a minute's work or less, and what memory holds at a time."""

_FORMAT: Final = 1
_MANIFEST: Final = "backfill.json"
_REJECTS: Final = "rejects.jsonl"
_SCHEMA: Final = pa.schema(
    {
        "item_id": pa.string(),
        "item_version": pa.string(),
        "model": pa.string(),
        "violation_probability": pa.float64(),
        "policy_scores": pa.map_(pa.string(), pa.float64()),
        "uncertainty": pa.float64(),
        "evidence": pa.list_(
            pa.struct(
                {
                    "signal": pa.string(),
                    "excerpt": pa.string(),
                    "weight": pa.float64(),
                    "start_ms": pa.int64(),
                    "end_ms": pa.int64(),
                }
            )
        ),
        "route": pa.string(),
        "degraded": pa.string(),
    }
)
"""``route`` is "full_review" where there is no score, and ``degraded`` then says why; else both are null."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfilled:
    """What is in the folder now."""

    folder: Path
    model: str
    items: int
    """Rows written, in this run and before."""
    unscored: int
    """Of them, those without a score: full review, each with its reason."""
    refused: int
    """Rows of the file that are no items; see ``rejects.jsonl`` in the folder."""
    parts: int
    parts_before: int
    """Parts that an earlier run had written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Everything a process needs to make any part."""

    settings: Settings
    file: Path
    mapping: Mapping
    folder: Path
    part_rows: int
    model: str
    digest: str
    as_of: datetime

    @property
    def manifest(self) -> dict[str, Any]:
        """What must be the same for two runs to fill one folder."""
        with self.file.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        meaning = hashlib.sha256(self.mapping.model_dump_json().encode()).hexdigest()
        return {
            "format": _FORMAT,
            "file": content,
            "mapping": meaning,
            "model": self.model,
            "digest": self.digest,
            "part_rows": self.part_rows,
        }

    def path(self, part: int) -> Path:
        """Return the file of a part."""
        return self.folder / f"part-{part:06d}.parquet"

    def chunks(self, progress: Progress = silent) -> Iterator[list[Row | Reject]]:
        """Yield the rows of each part, in order."""
        rows = read(
            self.file, self.mapping, now=self.as_of, progress=lambda _, *much: progress("scores", *much)
        )
        while chunk := list(islice(rows, self.part_rows)):
            yield chunk


class Maker:
    """Makes parts, one after the other."""

    def __init__(self, task: Task, application: Application) -> None:
        self._task = task
        self._application = application
        self._position = 0
        self._chunks = task.chunks()

    def make(self, part: int) -> None:
        """Make a part by its number: quick where numbers ascend, since the file is read once."""
        if part < self._position:
            self._position, self._chunks = 0, self._task.chunks()
        for chunk in islice(self._chunks, part - self._position, None):
            self._position = part + 1
            self.write(part, chunk)
            return

    def write(self, part: int, chunk: Sequence[Row | Reject]) -> None:
        """Score the rows of a part and write it."""
        items = [each.item for each in chunk if isinstance(each, Row)]
        standing = self._application.champion.standing
        check_model(self._task, standing.deployment)
        creators = {item.creator_id for item in items if item.creator_id}
        with self._application.store.read() as session:
            histories = session.ledger.creator_histories(creators, before=self._task.as_of)
        outcomes = self._application.scoring.score_at_leisure(items, histories)
        rows = [_told(item, outcome) for item, outcome in zip(items, outcomes, strict=True)]
        _write(pa.Table.from_pylist(rows, schema=_SCHEMA), self._task.path(part))


def backfill(
    application: Application,
    file: Path,
    mapping: Mapping,
    folder: Path,
    *,
    part_rows: int = PART_ROWS,
    processes: int | None = None,
    progress: Progress = silent,
) -> Backfilled:
    """Score every item of a file with the model in charge; go on where an earlier run ended.

    Parameters
    ----------
    file, mapping
        As `tamis import` takes them; outcomes are not looked at.
    folder
        Where the parts go: Parquet, one row an item, in the order of the file.
    processes
        Processes of Ray Data that share the work; None: this one does it alone.

    Raises
    ------
    NoChampion
        If no model is in charge, or it cannot be loaded.
    Conflict
        If the folder holds scores of another file, mapping or model.
    MissingExtra
        If Ray is asked for and is not installed.
    """
    standing = application.champion.refresh()
    if standing.scorer is None or standing.deployment is None:
        raise NoChampion(standing.problem or "")
    folder.mkdir(parents=True, exist_ok=True)
    task = Task(
        settings=application.settings,
        file=file.absolute(),
        mapping=mapping,
        folder=folder.absolute(),
        part_rows=part_rows,
        model=standing.deployment.model,
        digest=standing.deployment.digest,
        as_of=application.clock(),
    )
    task = _settled(task)
    for left in folder.glob(".part-*"):  # by a run that was killed
        left.unlink()
    before = len(list(folder.glob("part-*.parquet")))
    make = _alone(task, application) if processes is None else _with_ray(task, processes)
    parts, refused = make(progress)
    items = unscored = 0
    for part in range(parts):
        reasons = pq.read_table(task.path(part), columns=["degraded"])["degraded"]
        items += len(reasons)
        unscored += len(reasons) - reasons.null_count
    return Backfilled(
        folder=folder,
        model=task.model,
        items=items,
        unscored=unscored,
        refused=refused,
        parts=parts,
        parts_before=before,
    )


def check_model(task: Task, deployment: Deployment | None) -> None:
    """Refuse to go on with another model than the first parts were made with."""
    found = None if deployment is None else (deployment.model, deployment.digest)
    if found != (task.model, task.digest):
        raise Conflict(
            f"Model {task.model} began and is not in charge any more. Start again into another folder."
        )


Make = Callable[[Progress], tuple[int, int]]
"""Makes the missing parts; returns how many there are and how many rows were refused."""


def _alone(task: Task, application: Application) -> Make:
    maker = Maker(task, application)

    def make(progress: Progress) -> tuple[int, int]:
        return _each(task, progress, maker.write)

    return make


def _with_ray(task: Task, processes: int) -> Make:
    try:
        import ray
    except ImportError as missing:
        raise MissingExtra("--engine ray needs Ray. Run `pip install 'tamis[ray]'`.") from missing

    def make(progress: Progress) -> tuple[int, int]:
        missing: list[int] = []
        parts, refused = _each(task, silent, lambda part, _: missing.append(part))
        if not missing:
            return parts, refused
        ray.init(include_dashboard=False, logging_level="ERROR", log_to_driver=False)
        try:
            ray.data.DataContext.get_current().enable_progress_bars = False
            asked = ray.data.from_items(
                [{"part": part} for part in missing], override_num_blocks=len(missing)
            )
            made = asked.map_batches(
                _InRay,
                fn_constructor_kwargs={"task": task},
                batch_size=1,
                concurrency=min(processes, len(missing)),
            )
            for done, _ in enumerate(made.iter_rows(), start=parts - len(missing) + 1):
                progress("scores", done, parts)
        finally:
            ray.shutdown()
        return parts, refused

    return make


class _InRay:
    """One process of Ray: opens its own application, makes the parts it is given."""

    def __init__(self, task: Task) -> None:
        self._application = build(task.settings, follow=False)
        self._application.champion.refresh()
        self._maker = Maker(task, self._application)

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        for part in batch["part"]:
            self._maker.make(int(part))
        return batch


def _each(
    task: Task, progress: Progress, missing: Callable[[int, Sequence[Row | Reject]], None]
) -> tuple[int, int]:
    # One pass over the file: what is no item is written aside, parts that are not there are asked for.
    parts = refused = 0
    with rejects_file(task.folder / _REJECTS, kept=task.file) as reject:
        for part, chunk in enumerate(task.chunks(progress)):
            for each in chunk:
                if isinstance(each, Reject):
                    reject(each)
                    refused += 1
            if not task.path(part).exists():
                missing(part, chunk)
            parts = part + 1
    return parts, refused


def _settled(task: Task) -> Task:
    path = task.folder / _MANIFEST
    told = task.manifest
    if path.exists():
        kept = json.loads(path.read_text(encoding="utf-8"))
        as_of = datetime.fromisoformat(kept.pop("as_of"))
        if kept != told:
            names = {"file": "another file", "mapping": "another mapping", "part_rows": "other parts"}
            other = next(names.get(name, "another model") for name in told if kept.get(name) != told[name])
            raise Conflict(f"{task.folder} holds scores of {other}. Name another folder, or empty this one.")
        return Task(**{name: getattr(task, name) for name in task.__slots__} | {"as_of": as_of})
    written = json.dumps({**told, "as_of": task.as_of.isoformat()}, indent=1)
    _replace(path, lambda unfinished: unfinished.write_text(written, encoding="utf-8"))
    return task


def _told(item: Item, outcome: Score | str) -> dict[str, Any]:
    row: dict[str, Any] = {"item_id": item.item_id, "item_version": item.item_version}
    if isinstance(outcome, str):
        return {**row, "route": str(Route.FULL_REVIEW), "degraded": outcome}
    return {
        **row,
        "model": outcome.model,
        "violation_probability": outcome.violation_probability,
        "policy_scores": list(outcome.policy_scores.items()),
        "uncertainty": outcome.uncertainty,
        "evidence": [asdict(piece) for piece in outcome.evidence],
    }


def _write(table: pa.Table, path: Path) -> None:
    _replace(path, lambda unfinished: pq.write_table(table, unfinished, compression="zstd"))


def _replace(path: Path, write: Callable[[Path], Any]) -> None:
    # On disk before it has its name: what has a name is whole, also after a power cut.
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write(unfinished)
        with unfinished.open("rb") as file:
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
