"""Does a 95 % interval cover 95 % of known truths?

A world is made up, with two normal score distributions and the exact posterior as the score, unless the
model is *blind* to a share of the violations, which then look like any other item. It is sampled again
and again under the real design, and the truth must be in the interval as often as was promised. The
cells and their widths are those of the design study; a width is asserted so that no interval can pass
by saying nothing. The slow run prints what it measured as one table, that of `docs/statistics.md`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy import special, stats

from data.records import AuditDesign, Plan
from evaluation.estimators import Estimate, estimate
from evaluation.rates import chances, solve_rates
from evaluation.sizes import sizes

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
PER_WORLD = 10
SLOW_SAMPLES = 1500


@dataclass(frozen=True, kw_only=True)
class Cell:
    name: str
    prevalence: float
    budget: float
    size: int = 20_000
    auc: float = 0.9
    floor_share: float = 0.5
    """Of the audits; at 1 every item below the threshold has the same chance."""
    blind: float = 0.0
    flagged_chance: float = 1.0
    settled: float = 1.0
    queued: bool = False
    """People take the riskiest flagged items, and audits in the order of their draws, until time is up."""
    copies: int = 1
    view_spread: float | None = None
    statistic: str = "recall"
    grade: str = "report"
    at_least: float = 0.94
    width: float = 1.0

    def __str__(self) -> str:
        return f"{self.name}, {self.statistic}, {self.grade}"


@dataclass(frozen=True, kw_only=True)
class World:
    violation: NDArray[np.float64]
    sample: pd.DataFrame

    def truth(self, statistic: str) -> float:
        flagged = self.sample["flagged"].to_numpy()
        views = self.sample["views"].to_numpy() if statistic.startswith("view_") else np.ones(flagged.size)
        hits = views * self.violation
        return float(
            {
                "recall": hits[flagged].sum() / hits.sum(),
                "precision": hits[flagged].sum() / views[flagged].sum(),
                "prevalence": hits.sum() / views.sum(),
            }[statistic.removeprefix("view_")]
        )


def make_world(rng: np.random.Generator, cell: Cell) -> World:
    size = cell.size // cell.copies
    distance = np.sqrt(2) * stats.norm.ppf(cell.auc)
    violation = rng.random(size) < cell.prevalence
    seen = violation & (rng.random(size) >= cell.blind)
    signal = rng.normal(size=size) + distance * seen
    log_odds = distance * signal - distance**2 / 2 + special.logit(cell.prevalence)
    score = np.repeat(special.expit(log_odds), cell.copies)
    flagged = score >= np.quantile(score, 0.95)
    views = None if cell.view_spread is None else rng.lognormal(0, cell.view_spread, score.size)
    plan = Plan(
        version="p",
        thresholds={"any": 0.5},
        audit=AuditDesign(daily_budget=cell.budget, floor_share=cell.floor_share),
        author="test",
        reason="simulation",
        in_force_from=NOON,
    )
    below = np.flatnonzero(~flagged)
    seen_views = None if views is None else views[below]
    rates = solve_rates(p=score[below], views=seen_views, days=1, plan=plan, set_at=NOON, rates_id="r")
    chance = np.full(score.size, cell.flagged_chance)
    chance[below] = chances(sizes(score[below], seen_views), rates, plan.audit)
    sample = pd.DataFrame(
        {
            "id": np.arange(score.size),
            "pi": chance,
            "flagged": flagged,
            "score": score,
            "views": np.nan if views is None else views,
        }
    )
    return World(violation=np.repeat(violation, cell.copies).astype(float), sample=sample)


def reviews(rng: np.random.Generator, world: World, cell: Cell) -> pd.DataFrame:
    draw = np.repeat(rng.random(cell.size // cell.copies), cell.copies)
    drawn = draw < world.sample["pi"].to_numpy()
    settled = drawn & (_late(draw, world.sample, rng, cell) < cell.settled)
    sample = world.sample.assign(violation=np.where(settled, world.violation, np.nan))
    # Slow columns only where they say something: who was called for, who shares a draw.
    if cell.settled < 1:
        sample["route"] = np.where(drawn, "audit", "release")
    if cell.copies > 1:
        sample["draw"] = draw
    return sample


def _late(
    draw: NDArray[np.float64], sample: pd.DataFrame, rng: np.random.Generator, cell: Cell
) -> NDArray[np.float64]:
    # How late in [0, 1] everybody's turn comes. By risk, but some of the risky came in late.
    if not cell.queued:
        return rng.random(draw.size)
    flagged = sample["flagged"].to_numpy()
    place = np.where(flagged, 0.0, draw / sample["pi"].to_numpy())
    at = np.flatnonzero(flagged)
    risk = stats.rankdata(-sample["score"].to_numpy()[at]) / at.size
    place[at] = np.where(rng.random(at.size) < 0.2, rng.random(at.size), risk)
    return place


@dataclass(frozen=True, kw_only=True)
class Run:
    truth: float
    found: Estimate
    hits: int
    """Violations found below the threshold: what the interval of everything but precision rests on."""


def runs(cell: Cell, *, samples: int, seed: int) -> Iterator[Run]:
    rng = np.random.default_rng(seed)
    grade: Any = cell.grade
    for number in range(samples):
        if number % PER_WORLD == 0:
            world = make_world(rng, cell)
        found = {one.name: one for one in estimate(reviews(rng, world, cell), grade=grade)}
        yield Run(truth=world.truth(cell.statistic), found=found[cell.statistic], hits=found["missed"].hits)


HEADER = """
| cell | statistic | grade | samples | covered | mean width | hits | no hit | one hit |
|---|---|---|---|---|---|---|---|---|"""


def check(cell: Cell, *, samples: int) -> str:
    seen = list(runs(cell, samples=samples, seed=20261102))
    covered = np.array([run.truth in run.found.interval for run in seen])
    widths = np.array([run.found.interval.width for run in seen])
    hits = np.array([run.hits for run in seen])
    row = (
        f"| {cell.name} | {cell.statistic} | {cell.grade} | {samples:,} | {covered.mean():.1%} "
        f"| {widths.mean():.4f} | {hits.mean():.1f} | {(hits == 0).mean():.0%} | {(hits == 1).mean():.0%} |"
    )
    # Fewer than this happens once in a thousand where the coverage is what was promised.
    assert covered.sum() >= stats.binom.ppf(0.001, samples, cell.at_least), row
    assert widths.mean() <= cell.width * 1.05, row
    assert widths.min() > 0, "an interval claims to know for certain what was sampled"
    return row


@pytest.fixture(scope="module")
def table(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    rows: list[str] = []
    yield rows
    capture: Any = request.config.pluginmanager.get_plugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print(HEADER, *rows, sep="\n")  # noqa: T201


STUDY = [
    Cell(name="1 %, B=950", prevalence=0.01, budget=950, width=0.355),
    Cell(name="1 %, B=950, blind 20 %", prevalence=0.01, budget=950, blind=0.2, width=0.381),
    Cell(name="1 %, B=190", prevalence=0.01, budget=190, width=0.702),
    Cell(name="0.1 %, B=950", prevalence=0.001, budget=950, width=0.802),
    Cell(name="0.3 %, B=1,900", prevalence=0.003, budget=1900, width=0.424),
    Cell(name="2 %, B=1,900", prevalence=0.02, budget=1900, width=0.170),
]
GUARANTEES = [
    Cell(
        name=cell.name,
        prevalence=cell.prevalence,
        budget=cell.budget,
        blind=cell.blind,
        grade="guarantee",
        at_least=0.95,
        width=width,
    )
    for cell, width in zip(STUDY, [0.433, 0.434, 0.785, 0.845, 0.536, 0.193], strict=True)
]
OTHERS = [
    Cell(name="blind 50 %", prevalence=0.01, budget=950, blind=0.5, at_least=0.93, width=0.36),
    Cell(
        name="blind 50 %",
        prevalence=0.01,
        budget=950,
        blind=0.5,
        grade="guarantee",
        at_least=0.95,
        width=0.38,
    ),
    Cell(name="queue sampled at .2", prevalence=0.01, budget=950, flagged_chance=0.2, width=0.390),
    Cell(name="queue sampled at .5", prevalence=0.01, budget=950, flagged_chance=0.5, width=0.363),
    Cell(
        name="queue at .2",
        prevalence=0.01,
        budget=950,
        flagged_chance=0.2,
        statistic="precision",
        width=0.078,
    ),
    Cell(
        name="queue at .5",
        prevalence=0.01,
        budget=950,
        flagged_chance=0.5,
        statistic="precision",
        width=0.039,
    ),
    Cell(name="1 %, B=950", prevalence=0.01, budget=950, statistic="prevalence", width=0.0071),
    Cell(name="a third late", prevalence=0.01, budget=950, settled=0.67, width=0.44),
    Cell(name="half undone, by risk", prevalence=0.01, budget=950, settled=0.5, queued=True, width=0.5),
    Cell(
        name="half undone, by risk",
        prevalence=0.01,
        budget=950,
        settled=0.5,
        queued=True,
        statistic="precision",
        width=0.028,
    ),
    Cell(
        name="half undone, by risk",
        prevalence=0.01,
        budget=950,
        settled=0.5,
        queued=True,
        statistic="prevalence",
        width=0.0115,
    ),
    Cell(name="every clip four times", prevalence=0.02, budget=1900, copies=4, width=0.34),
    Cell(name="views", prevalence=0.02, budget=1900, view_spread=1.0, statistic="view_recall", width=0.20),
    Cell(
        name="views", prevalence=0.02, budget=1900, view_spread=1.0, statistic="view_prevalence", width=0.008
    ),
]

FEW_HITS = [
    Cell(name="0.1 %, B=190", prevalence=0.001, budget=190, width=0.95),
    Cell(name="0.1 %, B=190", prevalence=0.001, budget=190, grade="guarantee", at_least=0.95, width=0.955),
    Cell(name="0.3 %, B=190", prevalence=0.003, budget=190, width=0.90),
    Cell(name="0.3 %, B=190, blind 20 %", prevalence=0.003, budget=190, blind=0.2, width=0.90),
]
UNIFORM = [
    Cell(name="1 %, B=950, uniform", prevalence=0.01, budget=950, floor_share=1.0, width=0.447),
    Cell(name="1 %, B=950, AUC .98", prevalence=0.01, budget=950, auc=0.98, width=0.24),
    Cell(
        name="1 %, B=950, AUC .98",
        prevalence=0.01,
        budget=950,
        auc=0.98,
        grade="guarantee",
        at_least=0.95,
        width=0.46,
    ),
    Cell(
        name="1 %, B=950, AUC .98, uniform",
        prevalence=0.01,
        budget=950,
        auc=0.98,
        floor_share=1.0,
        width=0.368,
    ),
]


@pytest.mark.parametrize("cell", [STUDY[0], STUDY[3], OTHERS[3], OTHERS[9]], ids=str)
def test_intervals_cover_what_they_promise(cell: Cell) -> None:
    check(cell, samples=400)


@pytest.mark.slow
@pytest.mark.parametrize("cell", [*STUDY, *GUARANTEES, *OTHERS, *FEW_HITS, *UNIFORM], ids=str)
def test_intervals_cover_what_they_promise_in_every_cell(cell: Cell, table: list[str]) -> None:
    table.append(check(cell, samples=SLOW_SAMPLES))
