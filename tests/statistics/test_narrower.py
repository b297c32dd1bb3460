"""Are recall intervals narrower than those of a uniform audit of the same budget, and as honest?

Worlds are made up, with two normal score distributions and the exact posterior as the score. Each is
audited twice with the same draws: with chances that follow the scores, and with equal ones. Both budgets
are the same and both intervals are ours, so only the chances make the difference. The better the scores,
the more they help; neither interval may be bought by covering less.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy import special, stats

from data.records import AuditDesign, Plan
from evaluation.estimators import estimate
from evaluation.intervals import Interval
from evaluation.rates import chances, solve_rates
from evaluation.sizes import sizes

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
PREVALENCE = 0.01
PER_WORLD = 10


@dataclass(frozen=True, kw_only=True)
class Cell:
    auc: float
    narrower: float
    """The least share of its width that the interval must lose."""
    size: int = 20_000
    budget: float = 1_900

    def __str__(self) -> str:
        return f"AUC {self.auc}, {self.budget:,} audits of {self.size:,} items"


def make_world(rng: np.random.Generator, cell: Cell) -> pd.DataFrame:
    distance = float(np.sqrt(2) * stats.norm.ppf(cell.auc))
    violation = rng.random(cell.size) < PREVALENCE
    signal = rng.normal(size=cell.size) + distance * violation
    score = special.expit(distance * signal - distance**2 / 2 + special.logit(PREVALENCE))
    flagged = score >= np.quantile(score, 0.95)
    return pd.DataFrame({"id": np.arange(cell.size), "flagged": flagged, "score": score, "truth": violation})


def audit_chances(world: pd.DataFrame, *, budget: float, floor_share: float) -> NDArray[np.float64]:
    plan = Plan(
        version="p",
        thresholds={"any": 0.5},
        audit=AuditDesign(daily_budget=budget, floor_share=floor_share),
        author="test",
        reason="simulation",
        in_force_from=NOON,
    )
    score, flagged = world["score"].to_numpy(), world["flagged"].to_numpy()
    rates = solve_rates(p=score[~flagged], views=None, days=1, plan=plan, set_at=NOON, rates_id="r")
    return np.where(flagged, 1.0, chances(sizes(score), rates, plan.audit))


def recall(world: pd.DataFrame, pi: NDArray[np.float64], draw: NDArray[np.float64]) -> Interval:
    sample = world.assign(pi=pi, violation=world["truth"].where(draw < pi, np.nan).astype(float))
    return next(one.interval for one in estimate(sample) if one.name == "recall")


def check(cell: Cell, *, samples: int) -> None:
    rng, floor_shares = np.random.default_rng(20261126), (0.5, 1.0)
    widths, covered = np.empty((samples, 2)), np.empty((samples, 2), dtype=bool)
    for number in range(samples):
        if number % PER_WORLD == 0:
            world = make_world(rng, cell)
            truth = float(world["truth"][world["flagged"]].sum() / world["truth"].sum())
            designs = [audit_chances(world, budget=cell.budget, floor_share=one) for one in floor_shares]
        draw = rng.random(cell.size)
        found = [recall(world, pi, draw) for pi in designs]
        widths[number] = [interval.width for interval in found]
        covered[number] = [truth in interval for interval in found]
    width, right = widths.mean(axis=0), covered.mean(axis=0)
    less = 1 - width[0] / width[1]
    row = f"{cell}, {samples} samples: widths {width.round(3)}, {less:.1%} less, covered {right}"
    print(row)  # noqa: T201
    assert less >= cell.narrower, row
    # Fewer than this happens once in a thousand where the coverage is what was promised.
    assert covered.sum(axis=0).min() >= stats.binom.ppf(0.001, samples, 0.94), row


@pytest.mark.parametrize("cell", [Cell(auc=0.9, narrower=0.2), Cell(auc=0.98, narrower=0.35)], ids=str)
def test_intervals_are_narrower_than_those_of_a_uniform_audit(cell: Cell) -> None:
    check(cell, samples=100)


@pytest.mark.slow
@pytest.mark.parametrize(
    "cell",
    [
        Cell(auc=0.9, narrower=0.2, size=100_000, budget=3_000),
        Cell(auc=0.98, narrower=0.35, size=100_000, budget=3_000),
        Cell(auc=0.9, narrower=0.2),
        Cell(auc=0.98, narrower=0.35),
    ],
    ids=str,
)
def test_intervals_are_narrower_than_those_of_a_uniform_audit_by_as_much_as_is_said(cell: Cell) -> None:
    check(cell, samples=400)
