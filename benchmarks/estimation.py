"""Recall from audits: ours beside the peers, over made-up worlds whose truth is known.

    .venv/bin/python benchmarks/estimation.py [--samples N] [--seed N] [--json FILE] [--chart FILE.svg]

Items have binormal scores of AUC .9 and the exact posterior as their probability, unless the model is
blind to a share of the violations, which then look like any other item. The riskiest 5 % are all
reviewed; below them a budget of audits is drawn. Every method is asked for recall, with 95 % confidence:

* ours: the design of `evaluation.design` and both grades of `evaluation.estimators`;
* on the same audits: PPI++ in the form for unequal chances, with power tuning, as it is published; the
  percentile bootstrap of the audits; Wilson's interval with the effective sample size; Wald's;
* our interval on a uniform sample of the same budget;
* importance sampling for recall with as many labels, below the threshold or anywhere: no interval.

References
----------
Angelopoulos, Duchi and Zrnic, *PPI++*, arXiv 2311.01453; Zrnic and Candes, *Active statistical
inference*, arXiv 2403.03208; Sawade, Landwehr and Scheffer, *Active estimation of F-measures*, NeurIPS
2010; Marchant and Rubinstein, *OASIS*, VLDB 2017.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special, stats

from data.records import AuditDesign, Plan
from evaluation.charts.export import svg
from evaluation.charts.style import LIGHT
from evaluation.estimators import estimate
from evaluation.intervals import wilson
from evaluation.rates import chances, solve_rates
from evaluation.sizes import sizes
from evaluation.totals import Grade

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]
Row = dict[str, str | float | None]

LEVEL = 0.95
Z = float(stats.norm.ppf((1 + LEVEL) / 2))
DISTANCE = float(np.sqrt(2) * stats.norm.ppf(0.9))
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
PER_WORLD, RESAMPLES = 20, 300


@dataclass(frozen=True, kw_only=True)
class Cell:
    name: str
    prevalence: float
    budget: int
    size: int = 20_000
    blind: float = 0.0


CELLS = [
    Cell(name="20,000 items, 1 %, 950 audits", prevalence=0.01, budget=950),
    Cell(name="the same, model blind to 20 %", prevalence=0.01, budget=950, blind=0.2),
    Cell(name="20,000 items, 1 %, 190 audits", prevalence=0.01, budget=190),
    Cell(name="20,000 items, 0.1 %, 950 audits", prevalence=0.001, budget=950),
]


@dataclass(frozen=True, kw_only=True)
class World:
    """All items, the flagged ones first."""

    score: Floats
    violation: Truths
    flagged: int

    @property
    def found(self) -> int:
        return int(self.violation[: self.flagged].sum())

    @property
    def truth(self) -> float:
        return self.found / int(self.violation.sum())


def make_world(rng: np.random.Generator, cell: Cell) -> World:
    violation = rng.random(cell.size) < cell.prevalence
    seen = violation & (rng.random(cell.size) >= cell.blind)
    signal = rng.normal(size=cell.size) + DISTANCE * seen
    order = np.argsort(-signal)
    score = special.expit(DISTANCE * signal - DISTANCE**2 / 2 + special.logit(cell.prevalence))
    return World(score=score[order], violation=violation[order], flagged=cell.size // 20)


def design(world: World, *, budget: float, floor_share: float = 0.5) -> Floats:
    audit = AuditDesign(daily_budget=budget, floor_share=floor_share)
    plan = Plan(
        version="p", thresholds={"any": 0.5}, audit=audit, author="x", reason="simulation", in_force_from=NOON
    )
    below = world.score[world.flagged :]
    rates = solve_rates(p=below, views=None, days=1, plan=plan, set_at=NOON, rates_id="r")
    return np.append(np.ones(world.flagged), chances(sizes(below), rates, plan.audit))


def judged(world: World, *, value: Floats, lower: Floats, upper: Floats, labels: Floats) -> pd.DataFrame:
    """Return one row a sample; a method without intervals has NaN for both ends."""
    right = (lower <= world.truth) & (world.truth <= upper)
    return pd.DataFrame(
        {
            "covered": np.where(np.isnan(lower), np.nan, right),
            "width": upper - lower,
            "zero": np.where(np.isnan(lower), np.nan, upper - lower < 1e-12),
            "error": np.abs(value - world.truth),
            "labels": labels,
        }
    )


def ours(world: World, draws: Floats, pi: Floats, grade: Grade = "report") -> pd.DataFrame:
    drawn, (samples, items) = draws < pi, draws.shape
    sample = pd.DataFrame(
        {
            "id": np.arange(draws.size),
            "pi": np.tile(pi, samples),
            "flagged": np.tile(np.arange(items) < world.flagged, samples),
            "score": np.tile(world.score, samples),
            "violation": np.where(drawn, world.violation, np.nan).ravel(),
            "sample": np.repeat(np.arange(samples), items),
        }
    )
    # Samples are slices of one table: quicker than one call each.
    found = [one for one in estimate(sample, by=["sample"], level=LEVEL, grade=grade) if one.name == "recall"]
    value = np.array([one.value for one in found], dtype=np.float64)
    lower, upper = np.array([(one.interval.lower, one.interval.upper) for one in found]).T
    return judged(world, value=value, lower=lower, upper=upper, labels=drawn.sum(axis=1))


def from_missed(world: World, drawn: Truths, missed: Floats, lower: Floats, upper: Floats) -> pd.DataFrame:
    least, most = np.clip([lower, upper], 0, world.score.size - world.flagged)
    value, lower, upper = world.found / (world.found + np.array([np.maximum(missed, 0), most, least]))
    return judged(world, value=value, lower=lower, upper=upper, labels=drawn.sum(axis=1))


def peers(rng: np.random.Generator, world: World, drawn: Truths, pi: Floats) -> dict[str, pd.DataFrame]:
    y, p, items = world.violation.astype(np.float64), world.score, world.score.size
    below = pi < 1
    columns = [y / pi, (1 - pi) * y / pi**2, y / pi**2, p / pi, p**2 / pi**2, p**2 / pi]
    columns += [y * p / pi * (1 / pi - 1), below / pi, below / pi**2]
    sums = (drawn.astype(np.float64) @ np.column_stack(columns)).T
    total, variance = sums[0] - world.found, sums[1]

    # PPI++ for the mean of all items: that of b - lambda a, where b = y xi / pi, a = p (xi / pi - 1) and
    # lambda = cov(a, b) / var(a).
    mean_a, mean_b = (sums[3] - p.sum()) / items, sums[0] / items
    var_a = (sums[4] - 2 * sums[5] + (p**2).sum()) / items - mean_a**2
    var_b, cov = sums[2] / items - mean_b**2, sums[6] / items - mean_a * mean_b
    missed = items * (mean_b - cov / var_a * mean_a) - world.found
    half = Z * np.sqrt(items * (var_b - cov**2 / var_a))
    ppi = from_missed(world, drawn, missed, missed - half, missed + half)

    replicates = [bootstrap(rng, (1 / pi)[row & world.violation], int(row.sum())) for row in drawn & below]
    quantiles = np.quantile(replicates, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=1)

    items = int(below.sum())
    share, kish = total / items, sums[7] ** 2 / sums[8]
    size = np.divide(share * (1 - share) * items**2, variance, out=kish, where=variance > 0)
    shares = [wilson(one * n, n, level=LEVEL) for one, n in zip(np.minimum(share, 1), size, strict=True)]
    ends = items * np.array([[one.lower for one in shares], [one.upper for one in shares]])
    half = Z * np.sqrt(variance)
    return {
        "PPI++ / active": ppi,
        "bootstrap": from_missed(world, drawn, total, *quantiles),
        "Wilson, effective n": from_missed(world, drawn, total, *ends),
        "Wald": from_missed(world, drawn, total, total - half, total + half),
    }


def bootstrap(rng: np.random.Generator, weights: Floats, audits: int) -> Floats:
    """Return totals of resampled audits: how often each hit is drawn again, and how often none."""
    share = np.append(np.full(weights.size, 1 / audits), 1 - weights.size / audits)
    return rng.multinomial(audits, share, size=RESAMPLES)[:, :-1] @ weights


def importance(
    rng: np.random.Generator, world: World, *, samples: int, audits: int, free: bool
) -> pd.DataFrame:
    """Draw with replacement, with the best chances for recall; ``free``: not all flagged are reviewed."""
    flagged = np.arange(world.score.size) < world.flagged
    guess = world.score[: world.flagged].sum() / world.score.sum()
    chance = np.sqrt(world.score) * np.where(flagged, (1 - guess) * free, guess)
    chance /= chance.sum()
    labels = audits + world.flagged * free
    value, spent = np.zeros(samples), np.zeros(samples)
    for number in range(samples):
        draws = rng.choice(flagged.size, size=4 * labels, p=chance)
        first = np.sort(np.unique(draws, return_index=True)[1])
        draws = draws[: first[labels]] if first.size > labels else draws
        weight = world.violation[draws] / chance[draws] / draws.size
        found = weight[flagged[draws]].sum() if free else world.found
        missed = weight[~flagged[draws]].sum()
        value[number] = found / (found + missed) if found else 0.0
        spent[number] = min(first.size, labels) + world.flagged * (not free)
    none = np.full((2, samples), np.nan)
    return judged(world, value=value, lower=none[0], upper=none[1], labels=spent)


def measure(rng: np.random.Generator, cell: Cell) -> pd.DataFrame:
    world = make_world(rng, cell)
    draws = rng.random((PER_WORLD, world.score.size))
    pi, even = design(world, budget=cell.budget), design(world, budget=cell.budget, floor_share=1.0)
    answers = {
        "ours, report": ours(world, draws, pi),
        "ours, guarantee": ours(world, draws, pi, "guarantee"),
        **peers(rng, world, draws < pi, pi),
        "ours, uniform sample": ours(world, draws, even),
        "importance, below": importance(rng, world, samples=PER_WORLD, audits=cell.budget, free=False),
        "importance, anywhere": importance(rng, world, samples=PER_WORLD, audits=cell.budget, free=True),
    }
    return pd.concat(answers, names=["method"])


def uniform_audits(cell: Cell, *, grade: Grade, seed: int, worlds: int = 5) -> float:
    """Return the audits that a uniform sample needs for our mean width."""
    rng = np.random.default_rng(seed)
    made = [make_world(rng, cell) for _ in range(worlds)]
    # The same draws at every budget, so that only the budget makes the difference.
    drawn = [rng.random((PER_WORLD, world.score.size)) for world in made]

    def width(budget: float, floor_share: float) -> float:
        designs = [design(world, budget=budget, floor_share=floor_share) for world in made]
        seen = [ours(*one, grade)["width"].mean() for one in zip(made, drawn, designs, strict=True)]
        return float(np.mean(seen))

    budgets = cell.budget * np.geomspace(0.5, 4, 7)
    widths = [width(budget, 1.0) for budget in budgets]
    enough = np.interp(-width(cell.budget, 0.5), -np.array(widths), np.log(budgets))
    return float(np.exp(enough))


def progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def summary(cell: Cell, *, samples: int, seed: int) -> list[Row]:
    rng, seen = np.random.default_rng(seed), []
    for number in range(0, samples, PER_WORLD):
        progress(f"{cell.name}: {number:,} of {samples:,}")
        seen.append(measure(rng, cell))
    progress(f"{cell.name}: uniform samples of other budgets")
    means = pd.concat(seen).groupby("method", sort=False).mean()
    needed = {f"ours, {grade}": uniform_audits(cell, grade=grade, seed=seed) for grade in get_args(Grade)}
    progress("")
    return [
        {"cell": cell.name, "method": str(name), "uniform_audits": needed.get(str(name))}
        | {str(key): None if np.isnan(value) else float(value) for key, value in row.items()}
        for name, row in means.iterrows()
    ]


def table(rows: list[Row]) -> str:
    lines = [
        "| method | covers | mean width | zero width | mean error | labels | uniform audits, same width |",
        "|---|---|---|---|---|---|---|",
    ]
    shapes = {"covered": ".1%", "width": ".3f", "zero": ".1%", "error": ".3f"}
    for row in rows:
        cells = [format(row[key], shape) if row[key] is not None else "" for key, shape in shapes.items()]
        needed = "" if row["uniform_audits"] is None else f"{row['uniform_audits']:,.0f}"
        lines.append(f"| {row['method']} | {' | '.join(cells)} | {row['labels']:,.0f} | {needed} |")
    return "\n".join(lines)


def chart(rows: list[Row]) -> str:
    """Return a picture: what each method covers, against the line that it promised, and how wide it is."""
    measures = {"covered": "covers", "width": "mean width"}
    shown = [
        {"cell": row["cell"], "method": row["method"], "measure": name, "value": row[key]}
        | {"ours": str(row["method"]).startswith("ours"), "promised": LEVEL if key == "covered" else None}
        for row in rows
        for key, name in measures.items()
        if row[key] is not None
    ]
    who = alt.Color(
        "ours:N", scale=alt.Scale(domain=[True, False], range=[LIGHT.main, LIGHT.other]), legend=None
    )
    shape = alt.Shape("ours:N", scale=alt.Scale(domain=[True, False], range=["circle", "cross"]), legend=None)
    value = alt.X("value:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format=".0%"))
    method = alt.Y("method:N", title=None, sort=None)
    promised = alt.Chart().mark_rule(style="reference").encode(x="promised:Q")
    points = (
        alt.Chart().mark_point(size=70, filled=True, opacity=1).encode(value, method, color=who, shape=shape)
    )
    numbers = alt.Chart().mark_text(align="right", dx=-9, fontSize=9.5).encode(
        value, method, text=alt.Text("value:Q", format=".1%")
    )  # fmt: skip
    panels = (
        alt.layer(promised, points, numbers, data=alt.InlineData(values=shown))
        .properties(width=210, height=150)
        .facet(
            row=alt.Row("measure:N", title=None, sort=list(measures.values())),
            column=alt.Column("cell:N", title=None, sort=[cell.name for cell in CELLS]),
        )
        .properties(
            title=f"Recall, {LEVEL:.0%} promised (dashed): who keeps it, and how wide. Made-up worlds."
        )
    )
    return svg(panels, width=None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=1000, help="samples a cell")
    parser.add_argument("--seed", type=int, default=20261201)
    parser.add_argument("--json", type=Path, help="where to write the numbers")
    parser.add_argument("--chart", type=Path, help="where to draw coverage against width, as SVG")
    given = parser.parse_args()
    began, everything = time.monotonic(), []
    print(f"recall, {LEVEL:.0%} promised, {given.samples:,} samples a cell, seed {given.seed}")
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, {os.cpu_count()} cores")
    for cell in CELLS:
        rows = summary(cell, samples=given.samples, seed=given.seed)
        everything += rows
        print(f"\n{cell.name}\n\n{table(rows)}", flush=True)
    print(f"\n{time.monotonic() - began:.0f} s")
    if given.chart:
        given.chart.write_text(chart(everything), encoding="utf-8")
    if given.json:
        found = {"samples": given.samples, "seed": given.seed, "rows": everything}
        given.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
