"""Where a play takes place: a ledger of its own, with the warm-up written down."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from data.errors import Invalid
from data.records import Decision, Item, ReviewType, Verdict
from data.settings import StoreSettings
from data.store.store import Store
from serving.desk import by_hour, hour_after, unhurried
from serving.replay.material import Material, came
from serving.replay.options import ReplayOptions
from serving.sections import RegistrySettings
from serving.settings import Settings
from training.settings import TrainingSettings


@contextmanager
def stage(
    settings: Settings, options: ReplayOptions, *, training: TrainingSettings | None, home: Path | None
) -> Iterator[Settings]:
    """Give the settings of a ledger of its own while the block runs.

    The user's ledger, models and keys are out of reach; only the encoder is shared. The draws follow from
    the seed, so that the same replay draws the same items.
    """
    with tempfile.TemporaryDirectory(prefix="tamis-replay-") as temporary:
        own = (home or Path(temporary)).absolute()
        if own.exists() and any(own.iterdir()):
            raise Invalid(f"home must be an empty folder; {own} is not. Choose another.", field="home")
        recipe = training or settings.training
        if "encoder" in recipe.members:
            recipe = recipe.model_copy(
                update={
                    "encoder": recipe.encoder.model_copy(update={"path": str(_encoder(settings, recipe))})
                }
            )
        staged = unhurried(settings).model_copy(
            update={
                "home": own,
                "config": None,
                "store": StoreSettings(),
                "registry": RegistrySettings(),
                "training": recipe,
            }
        )
        staged.keys.mkdir(parents=True)
        secret = hashlib.sha256(f"replay {options.seed}".encode()).hexdigest()
        staged.draw_key.write_text(json.dumps({"key_id": f"replay-{options.seed}", "secret": secret}))
        yield staged


def _encoder(settings: Settings, recipe: TrainingSettings) -> Path:
    if recipe.encoder.path:
        return Path(recipe.encoder.path).absolute()
    from training.models import e5

    # Placed once for the whole installation, and used from there.
    return (
        settings.encoder.absolute()
        if settings.training.encoder.path
        else e5.place(settings.encoder.absolute())
    )


def import_history(store: Store, material: Material) -> Sequence[Item]:
    """Write down the warm-up; return the items of it whose outcome is kept back."""
    withheld = _withheld(material.history)
    kept_back = {item.key for item in withheld}
    with store.begin() as session:
        for hour, items in by_hour(material.history, [came(item) for item in material.history]):
            session.ledger.add_items(items, received_at=hour)
            decisions = [_decision(item, material) for item in items if item.key not in kept_back]
            session.ledger.record_decisions(decisions, recorded_at=hour)
    return withheld


def _withheld(history: Sequence[Item]) -> Sequence[Item]:
    # The newest tenth: the first threshold is read off items that the first model has not learned from.
    return history[-max(20, len(history) // 10) :]


def _decision(item: Item, material: Material) -> Decision:
    known = material.known[item.key]
    return Decision(
        decision_id=f"imported-{hashlib.sha256('/'.join(item.key).encode()).hexdigest()[:32]}",
        item_id=item.item_id,
        item_version=item.item_version,
        reviewer_id="imported",
        review_type=ReviewType.IMPORTED,
        verdict=Verdict.VIOLATION if known.violation else Verdict.NO_VIOLATION,
        policies=known.policies if known.violation else (),
        decided_at=hour_after(came(item)),
        inclusion_probability=1.0,
    )
