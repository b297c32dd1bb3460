from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evaluation.estimators import NAMES, estimate
from evaluation.sequences import total_sequence
from serving.cli import main

KEYS = {
    "slice", "name", "value", "lower", "upper", "level", "reviewed", "hits", "effective_hits", "method", "se",
    "few_hits",
}  # fmt: skip


@dataclass(frozen=True)
class Said:
    status: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out, parse_constant=pytest.fail)  # no NaN, no Infinity

    def find(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = next(one for one in self.json() if one["name"] == name)
        return found


Run = Callable[..., Said]
Write = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)

    def tamis(*words: str) -> Said:
        capsys.readouterr()
        status: int | str | None = 0
        try:
            main(["estimate", *words])
        except SystemExit as ended:
            status = ended.code
        said = capsys.readouterr()
        return Said(int(status or 0), said.out, said.err)

    return tamis


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def table(rows: pd.DataFrame, kind: str = "csv") -> str:
        path = tmp_path / f"table.{kind}"
        if kind == "parquet":
            rows.to_parquet(path)
        else:
            rows.to_csv(path, index=False)
        return str(path)

    return table


def make_table(seed: int = 1, *, size: int = 600, **columns: Any) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    flagged = rng.random(size) < 0.1
    pi = np.where(flagged, 1.0, rng.uniform(0.05, 0.6, size))
    draw = rng.random(size)
    table = pd.DataFrame(
        {
            "id": [f"v{number}" for number in range(size)],
            "pi": pi,
            "flagged": flagged,
            "violation": np.where(draw < pi, rng.random(size) < 0.2, np.nan),
            "score": np.where(rng.random(size) < 0.9, rng.random(size), np.nan),
            "views": np.where(rng.random(size) < 0.9, rng.lognormal(3, 2, size).round(), np.nan),
            "cost": rng.random(size),
            "language": np.array(["ko", "en", None], dtype=object)[rng.integers(3, size=size)],
            "week": np.array(["w1", "w2"])[rng.integers(2, size=size)],
        }
    )
    return table.assign(**columns)


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "parquet"])
@pytest.mark.parametrize("grade", ["report", "guarantee"])
def test_the_numbers_are_those_of_the_whole_table(run: Run, write: Write, kind: str, grade: Any) -> None:
    table = make_table()
    words = ("--by", "language,week", "--grade", grade, "--level", "0.9", "--json")
    ours = run(write(table, kind), *words).json()
    theirs = estimate(table, by=["language", "week"], level=0.9, grade=grade)
    assert len(ours) == len(theirs) == 6 * 6
    for one, other in zip(ours, theirs, strict=True):
        assert set(one) == KEYS
        assert (one["name"], one["slice"], one["method"]) == (other.name, other.slice, other.method)
        assert (one["reviewed"], one["hits"], one["few_hits"]) == (other.reviewed, other.hits, other.few_hits)
        assert one["level"] == 0.9
        for key, number in (("value", other.value), ("se", other.se)):
            assert one[key] == (None if number is None else pytest.approx(number, rel=1e-9))
        assert one["effective_hits"] == pytest.approx(other.effective_hits, rel=1e-9)
        ends = (other.interval.lower, other.interval.upper)
        assert (one["lower"], one["upper"]) == pytest.approx(ends, rel=1e-7)


def test_without_slices_there_is_one_of_each(run: Run, write: Write) -> None:
    said = run(write(make_table()), "--json").json()
    assert [one["name"] for one in said] == list(NAMES)
    assert all(one["slice"] == {} for one in said)


def test_people_get_a_table(run: Run, write: Write) -> None:
    said = run(write(make_table()), "--by", "week")
    assert said.status == 0
    assert said.out.splitlines()[0].split() == [
        "week", "estimate", "value", "interval", "reviewed", "hits", "effective", "method",
    ]  # fmt: skip
    assert len(said.out.splitlines()) == 1 + 12
    assert "missed violations" in said.out
    assert "Each of the 2 slices has 95% confidence by itself" in said.err


def test_a_policy_is_always_sliced_by(run: Run, write: Write) -> None:
    one = make_table(1, policy="health")
    both = pd.concat([one, make_table(2, policy="price")])
    said = run(write(both), "--by", "week", "--json").json()
    assert [*said[0]["slice"]] == ["policy", "week"]
    alone = estimate(one, by=["week"])
    assert [each["value"] for each in said if each["slice"]["policy"] == "health"] == pytest.approx(
        [each.value for each in alone]
    )


def test_a_verdict_the_draw_did_not_call_for_changes_nothing_and_is_told(run: Run, write: Write) -> None:
    table = make_table(drawn=lambda rows: rows["violation"].notna())
    wild = table.assign(violation=table["violation"].where(table["drawn"] | (table.index % 7 > 0), 1.0))
    plain, said = run(write(table), "--json"), run(write(wild), "--json")
    assert said.json() == plain.json()
    left_out = (wild["violation"].notna() & ~wild["drawn"]).sum()
    assert f"{left_out} verdicts were left out: the draw did not call for them" in said.err


def test_what_was_drawn_and_has_no_verdict_is_told(run: Run, write: Write) -> None:
    table = make_table(drawn=lambda rows: rows["violation"].notna())
    late = table.index[table["drawn"] & ~table["flagged"]][:5]
    table.loc[late, "violation"] = np.nan
    said = run(write(table), "--json")
    assert "0 items in full review and 5 audits were drawn and are not settled yet." in said.err
    route = np.where(table["drawn"], "audit", "release")
    missed = next(one for one in estimate(table.assign(route=route)) if one.name == "missed")
    assert said.find("missed")["value"] == pytest.approx(missed.value)


def test_items_of_one_draw_are_told(run: Run, write: Write) -> None:
    table = make_table()
    table["draw"] = np.where(table["violation"].notna(), 0.01, 0.99) * (1 + table.index / 1e6)
    table.loc[[0, 1, 2], "draw"] = 0.999
    table.loc[[0, 1, 2], ["pi", "flagged", "violation"]] = [0.5, False, np.nan]
    said = run(write(table), "--json")
    assert "3 rows share their draw with another of their slice" in said.err
    route = np.where(table["draw"] < table["pi"], "audit", "release")
    missed = next(one for one in estimate(table.assign(route=route)) if one.name == "missed")
    assert said.find("missed")["upper"] == pytest.approx(missed.interval.upper)


def test_nothing_reviewed_is_undefined_and_told(run: Run, write: Write) -> None:
    said = run(write(make_table(violation=None)), "--json")
    assert [one["value"] for one in said.json()] == [None] * 6
    assert "No row has a verdict that the draw called for, so nothing can be said." in said.err
    assert "No audit below the thresholds is settled" in said.err
    table = run(write(make_table(violation=None)))
    assert "undefined" in table.out


def test_all_flagged_leaves_nothing_to_miss(run: Run, write: Write) -> None:
    said = run(write(make_table(flagged=True, pi=1.0, violation=1)), "--json")
    assert (said.find("missed")["value"], said.find("recall")["value"]) == (0.0, 1.0)
    assert {one["method"] for one in said.json()} == {"census"}


def test_one_class_only_is_no_certainty(run: Run, write: Write) -> None:
    table = make_table(violation=lambda rows: rows["violation"] * 0)
    said = run(write(table), "--json")
    assert (said.find("recall")["value"], said.find("missed")["value"]) == (None, 0.0)
    assert said.find("missed")["upper"] > 0
    assert "audits found no missed violation. That does not mean there is none" in said.err


def test_few_hits_are_told(run: Run, write: Write) -> None:
    table = make_table(violation=lambda rows: rows["violation"] * rows["flagged"])
    table.loc[table.index[(table["violation"] == 0) & ~table["flagged"]][0], "violation"] = 1.0
    said = run(write(table), "--json")
    assert said.find("missed")["few_hits"]
    assert "rests on" in said.err
    sliced = run(write(table), "--by", "week")
    assert "In 2 of 2 slices the estimate of missed violations rests on fewer than 3" in sliced.err


def test_unknown_views_are_told_where_some_are_known(run: Run, write: Write) -> None:
    table = make_table()
    assert f"The views of {table['views'].isna().sum()} items are unknown" in run(write(table)).err
    assert "views" not in run(write(table.drop(columns="views"))).err


def test_a_population_stands_for_the_absent(run: Run, write: Write) -> None:
    table = make_table(pi=lambda rows: np.where(rows["flagged"], 1.0, 0.3))
    table["violation"] = table["violation"].where(table["flagged"] | (table.index % 3 == 0))
    drawn = table[table["violation"].notna()]
    said = run(write(drawn), "--population", "600", "--json")
    there = estimate(table.drop(columns=["views", "score"]))
    for one, other in zip(said.json(), there, strict=True):
        assert one["value"] == (None if other.value is None else pytest.approx(other.value))
    assert said.find("view_prevalence")["value"] is None
    assert "views of items that are not in the table are unknown" in said.err


def test_always_follows_the_sequence(run: Run, write: Write) -> None:
    table = make_table(time=range(600))
    said = run(write(table), "--grade", "always", "--floor", "0.04", "--json")
    below = table[~table["flagged"]]
    expected = total_sequence(
        pi=below["pi"], violation=below["violation"], day=below["time"], floor=0.04, looks=[600]
    )
    missed = said.find("missed")
    assert missed["method"] == said.find("recall")["method"] == "martingale"
    assert (missed["lower"], missed["upper"]) == pytest.approx((expected.lower[0], expected.upper[0]))
    assert "The floor" not in said.err
    assert "The ends of numbers about views hold at every look only if" in said.err


def test_always_without_a_floor_says_what_it_leans_on(run: Run, write: Write) -> None:
    said = run(write(make_table(time=range(600)).drop(columns="views")), "--grade", "always")
    assert "hold at every look only if it was fixed before the first item" in said.err
    assert "views" not in said.err


def test_always_says_why_a_number_is_undefined(run: Run, write: Write) -> None:
    table = make_table(time=range(600), drawn=lambda rows: rows["violation"].notna())
    audit = table.index[table["drawn"] & ~table["flagged"]][3]
    table.loc[audit, "violation"] = np.nan
    said = run(write(table), "--grade", "always", "--json")
    assert said.find("missed")["value"] is None
    assert f"The first such item is in row {audit + 1}" in said.err
    table = make_table(time=range(600))
    table.loc[table.index[table["flagged"]][0], "violation"] = np.nan
    said = run(write(table), "--grade", "always", "--json")
    assert (said.find("recall")["value"], said.find("missed")["method"]) == (None, "martingale")
    assert "In 1 of 1 slices a flagged item is not reviewed" in said.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--level", "1"), "--level must be between 0 and 1, like 0.95; got 1."),
        (("--level", "0"), "--level must be between 0 and 1"),
        (("--level", "nan"), "--level must be between 0 and 1"),
        (("--by", "mood"), "--by must name columns of table.csv; it has no mood."),
        (("--population", "599"), "--population must be at least the number of rows"),
        (("--population", "900", "--by", "week"), "--population does not go with --by"),
        (("--floor", "0.1"), "--floor goes with --grade always only"),
        (("--grade", "always"), "it lacks time."),
        (("--grade", "always", "--floor", "0"), "--floor must be between 0 and 1"),
        (("--grade", "always", "--population", "900"), "--population needs --floor with --grade always"),
    ],
)
def test_a_wrong_question_is_refused_in_one_line(
    run: Run, write: Write, words: tuple[str, ...], told: str
) -> None:
    said = run(write(make_table()), *words)
    assert (said.status, said.out) == (1, "")
    assert said.err.startswith("tamis: ")
    assert said.err.count("\n") == 1
    assert told in said.err


def test_a_population_of_policies_is_refused(run: Run, write: Write) -> None:
    said = run(write(make_table(policy="health")), "--population", "900")
    assert "--population does not go with a column policy" in said.err


def test_a_floor_above_a_chance_is_refused(run: Run, write: Write) -> None:
    said = run(write(make_table(time=range(600))), "--grade", "always", "--floor", "0.3")
    assert "--floor must not be above any pi below 1" in said.err


def test_a_wrong_cell_is_refused_in_one_line(run: Run, write: Write) -> None:
    table = make_table()
    table.loc[41, "pi"] = 0
    said = run(write(table))
    assert (said.status, said.out, said.err.count("\n")) == (1, "", 1)
    assert said.err.startswith("tamis: pi must be in (0, 1]; row 42 has '0.0'.")


def test_an_id_that_is_there_twice_is_refused(run: Run, write: Write) -> None:
    table = make_table()
    table.loc[599, "id"] = "v3"
    assert "'v3' is in rows 4 and 600" in run(write(table)).err


def test_an_unknown_grade_is_a_wrong_use(run: Run, write: Write) -> None:
    said = run(write(make_table()), "--grade", "best")
    assert said.status == 2
    assert "always" in said.err


def test_a_real_process_needs_no_ledger_and_no_slow_framework(write: Write, tmp_path: Path) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("TAMIS_")}
    script = Path(sys.executable).with_name("tamis")
    said = subprocess.run(
        [sys.executable, "-X", "importtime", script, "estimate", write(make_table(), "parquet"), "--json"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env=environ,
    )
    assert len(json.loads(said.stdout)) == 6
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in said.stderr.splitlines()}
    assert {"numpy", "pyarrow"} <= loaded
    slow = {"torch", "sqlalchemy", "mlflow", "bentoml", "starlette", "sklearn", "transformers", "pandas"}
    assert not loaded & slow
    assert {path.name for path in tmp_path.iterdir()} == {"table.parquet"}
