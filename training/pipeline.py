"""From the ledger to a registered challenger: cut, split, fit, judge, compare, bundle, register."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np

from data import datasets
from data.datasets import Snapshot
from data.store.store import Store
from evaluation.comparison import Comparison
from evaluation.reliability import reliability
from training import bundle, card, judgement, promotion, record, weights
from training.evaluate import OUT_OF_FOLD, Judged, by_language, cross_validate, cut_of, measure
from training.examples import Examples
from training.fit import Fitted, Material, check_enough, fit, read
from training.judgement import Judgement
from training.loaded import LoadedModel
from training.measures import Measure
from training.models.e5 import place
from training.models.encoder import Encoder
from training.models.member import Readers
from training.models.watcher import Watcher
from training.progress import Progress, silent
from training.registry import Registry
from training.settings import TrainingSettings
from training.soft import soften
from training.splits import Split, held_out

WORKLOAD: Final = 0.05
"""Share of the items, highest first, at which two models' recall is compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where training reads and writes."""

    bundles: Path
    snapshots: Path
    encoder: Path
    """The encoder's folder. The default encoder is placed there if the settings name no other."""
    judgements: Path | None = None
    """Where what was found is kept for those who decide; nowhere if absent."""
    vectors: Path | None = None
    """Where vectors of texts are kept for the next training; nowhere if absent."""
    watcher: Watcher | None = None
    """Watches clips; needed where the model is to learn from them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A registered model that does not serve yet."""

    version: str
    digest: str
    bundle: Path
    snapshot_id: str
    metrics: Sequence[Measure]
    """On held-out items, in all and by language; then, if asked for, out of fold."""
    comparison: Comparison | None
    verdict: promotion.Verdict
    card: str


def train(
    store: Store,
    *,
    settings: TrainingSettings,
    places: Places,
    registry: Registry,
    as_of: datetime,
    policies: Sequence[str] = (),
    champion: LoadedModel | None = None,
    evaluate: int | None = None,
    progress: Progress = silent,
) -> Candidate:
    """Make a model of what the ledger knows, judge it on the newest items, and register it as challenger.

    The same snapshot, settings and number of threads make the same bundle, bit for bit.

    Parameters
    ----------
    as_of
        Nothing recorded later is learned from.
    policies
        Ids that get a score even where no item broke them yet.
    champion
        The model that serves. It is compared on held-out items that are newer than all it learned from.
    evaluate
        Number of parts of a cross-validation, besides the held-out items; none if absent.

    Raises
    ------
    TooFewLabels
        If there is too little to learn from.
    MissingEncoder
        If the encoder is asked for and is not there.
    """
    snapshot = cut_snapshot(store, settings, as_of)
    progress("snapshot", 1, 1)
    datasets.write(snapshot, places.snapshots)
    examples = Examples.of(snapshot.rows, policies=policies)
    check_enough(examples, settings)
    encoder = ready_encoder(places.encoder, settings=settings, progress=progress)
    if encoder is not None and places.vectors is not None:
        encoder.remember_in(places.vectors)
    readers = Readers(encoder=encoder, watcher=places.watcher)
    split = held_out(examples, share=settings.held_out, seed=settings.seed)
    material = read(examples, settings=settings, readers=readers, progress=progress)
    if encoder is not None:
        encoder.vectors.keep()
    fitted = fit(material.take(split.learn), settings=settings, progress=progress)
    judged = _judge(fitted, material, split)
    measures = [*measure(judged, settings=settings), *by_language(judged, settings=settings)]
    sides = _sides(champion, examples, split, judged)
    comparison = None if sides is None else sides.compare(workload=WORKLOAD, seed=settings.seed)
    if evaluate is not None:
        found = cross_validate(material, settings=settings, count=evaluate, progress=progress)
        measures += [replace(one, part=OUT_OF_FOLD) for one in found]
    run = record.run(
        snapshot=snapshot,
        examples=examples,
        split=split,
        model=fitted.model,
        measures=measures,
        settings=settings,
    )
    verdict = promotion.may_promote(measures, comparison)
    text = card.render(run, comparison=comparison, verdict=verdict)
    digest = bundle.write(fitted.model, places.bundles, settings=settings, run=run, card=text)
    version = registry.register(
        bundle=places.bundles / digest,
        digest=digest,
        snapshot=snapshot.id,
        parameters=record.parameters(settings),
        measures=measures,
        tags={"mlflow.note.content": text, **_head(store)},
    )
    if places.judgements is not None:
        kept = Judgement(
            version=version,
            digest=digest,
            created_at=as_of,
            run=run,
            conditions=[asdict(one) for one in verdict.conditions],
            allowed=verdict.allowed,
            champion=None if champion is None else champion.version,
            comparison=None if comparison is None else asdict(comparison),
            slices=[] if sides is None else list(sides.by_slice(workload=WORKLOAD, seed=settings.seed)),
            calibration=_calibration(judged) if sides is None else sides.calibration(),
            card=text,
        )
        judgement.write(kept, places.judgements)
    progress("registered", 1, 1)
    return Candidate(
        version=version,
        digest=digest,
        bundle=places.bundles / digest,
        snapshot_id=snapshot.id,
        metrics=measures,
        comparison=comparison,
        verdict=verdict,
        card=text,
    )


def ready_encoder(folder: Path, *, settings: TrainingSettings, progress: Progress = silent) -> Encoder | None:
    """Return the encoder of these settings, placed if it is the default one; None where none is asked for.

    As long as somebody holds it, whoever asks again gets the same one.
    """
    if "encoder" not in settings.members:
        return None
    if not settings.encoder.path:
        place(folder, progress=progress)
    return Encoder.shared(folder, settings.encoder)


def cut_snapshot(store: Store, settings: TrainingSettings, as_of: datetime) -> Snapshot:
    """Return what the ledger knew by a moment, with soft labels if the settings ask for them.

    Those stand in a column of their own, so that the snapshot tells all that was learned from.
    """
    with store.read() as session:
        snapshot = datasets.cut(session, as_of=as_of, mature_after=timedelta(days=settings.mature_after_days))
        if not settings.soft_labels:
            return snapshot
        rows = soften(snapshot.rows, session.ledger.blind_looks(as_of=as_of))
        return replace(snapshot, id=datasets.content_hash(rows), rows=rows)


def _head(store: Store) -> dict[str, str]:
    # Written down outside the ledger, so that a chain that was cut off is missed.
    with store.read() as session:
        newest = session.seals.newest()
    return {} if newest is None else {"ledger_head": newest.head}


def _judge(fitted: Fitted, material: Material, split: Split) -> Judged:
    kept = material.take(split.judge)
    prediction = fitted.predict(kept)
    cut = cut_of(fitted, material.examples.take(split.learn))
    return Judged.of(kept.examples, prediction, said=prediction.violation >= cut)


def _calibration(judged: Judged) -> dict[str, list[dict[str, Any]]]:
    bins = reliability(judged.violation.astype(np.float64), judged.probability, judged.weights)
    return {"challenger": [asdict(one) for one in bins]}


def _sides(
    champion: LoadedModel | None, examples: Examples, split: Split, judged: Judged
) -> judgement.Sides | None:
    if champion is None:
        return None
    kept = examples.take(split.judge)
    unseen = np.ones(len(kept), dtype=np.bool_)
    if champion.learned_until is not None:
        border = np.datetime64(champion.learned_until.astimezone(UTC).replace(tzinfo=None))
        unseen = kept.times > border
    return judgement.Sides(
        y=kept.violation[unseen].astype(np.float64),
        champion=champion.predict(kept.rows[unseen]).violation if unseen.any() else np.zeros(0),
        challenger=judged.probability[unseen],
        weights=weights.design(kept.chances[unseen]),
        groups=kept.groups[unseen],
        slices={name: kept.rows[name].to_numpy(dtype=object)[unseen] for name in judgement.SLICES},
    )
