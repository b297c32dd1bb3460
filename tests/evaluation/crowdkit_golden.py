"""
Write crowdkit_golden.json: what crowd-kit's DawidSkene says of three made tables and of ConvAbuse.

Run in an environment of its own, because crowd-kit brings transformers:

    pip install crowd-kit==1.4.2
    python tests/evaluation/crowdkit_golden.py [path of 1_full_ConvAbuseEMNLPfull.csv.gz]

A made table is one text a reviewer: one character an item, the label, or a dot where there was no look. Of
ConvAbuse only the estimates are written, nothing of the data.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

NAMES = "abcdefgh"
TWO = [(0.9, 0.95), (0.8, 0.9), (0.7, 0.97), (0.95, 0.8)]
THREE = [(0.9, 0.85, 0.8), (0.8, 0.7, 0.9), (0.95, 0.9, 0.75), (0.7, 0.8, 0.85)]
TABLES = {
    "dense": {"seed": 1, "items": 150, "rates": TWO, "kept": 1.0},
    "sparse": {"seed": 2, "items": 400, "rates": [*TWO, (0.6, 0.99)], "kept": 0.7},
    "three": {"seed": 3, "items": 240, "rates": THREE, "kept": 0.9},
}


def made(*, seed: int, items: int, rates: list[tuple[float, ...]], kept: float) -> list[str]:
    generator = np.random.default_rng(seed)
    classes = len(rates[0])
    truth = generator.choice(classes, size=items, p=[0.7, 0.3] if classes == 2 else [0.5, 0.3, 0.2])
    texts = []
    for own in rates:
        wrong = (truth + generator.integers(1, classes, size=items)) % classes
        label = np.where(generator.random(items) < np.array(own)[truth], truth, wrong)
        seen = generator.random(items) < kept
        texts.append("".join(str(one) if there else "." for one, there in zip(label, seen, strict=True)))
    return texts


def looks_of(texts: list[str]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            (item, name, int(label))
            for name, text in zip(NAMES, texts, strict=False)
            for item, label in enumerate(text)
            if label != "."
        ],
        columns=["task", "worker", "label"],
    )


def convabuse(path: Path) -> pd.DataFrame:
    rows = pd.read_csv(path)
    said = ["conv_id", "prev_agent", "prev_user", "agent", "user"]
    abusive = rows[["is_abuse.-1", "is_abuse.-2", "is_abuse.-3"]].sum(axis=1) > 0
    looks = pd.DataFrame(
        {
            "task": rows.groupby(said, dropna=False, sort=True).ngroup(),
            "worker": rows["annotator_id"],
            "label": abusive.astype(int),
        }
    )
    return looks.drop_duplicates(["task", "worker"])


def answers(looks: pd.DataFrame) -> dict[str, Any]:
    from crowdkit.aggregation import DawidSkene  # type: ignore[import-not-found, unused-ignore]

    # Its loss counts the prior once a look, so that it may fall while EM still climbs: iterations are fixed.
    model = DawidSkene(n_iter=1000, tol=-np.inf).fit(looks)
    classes = sorted(looks["label"].unique())
    errors = model.errors_.reindex(
        pd.MultiIndex.from_product([sorted(looks["worker"].unique()), classes]), fill_value=0.0
    )
    return {
        "iterations": len(model.loss_history_),
        "prevalence": model.priors_.reindex(classes).tolist(),
        "confusion": {
            name: errors.loc[name].reindex(columns=classes).to_numpy().T.tolist()
            for name in sorted(looks["worker"].unique())
        },
        "posterior": model.probas_.sort_index().reindex(columns=classes).to_numpy()[:, -1].round(9).tolist(),
    }


def main() -> None:
    golden: dict[str, Any] = {}
    for name, table in TABLES.items():
        texts = made(**table)  # type: ignore[arg-type]
        golden[name] = {"looks": texts, **answers(looks_of(texts))}
    if len(sys.argv) > 1:
        found = answers(convabuse(Path(sys.argv[1])))
        golden["convabuse"] = {**found, "posterior": [float(np.sum(found["posterior"]))]}
    text = json.dumps(golden, indent=1)
    Path(__file__).with_suffix(".json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
