"""
How long `tamis estimate` takes for a large table, beside pandas and beside reading alone.

The table is synthetic: items of 52 weeks, each with a row for each of 8 policies, 3 % of the rows reviewed.
It is made anew from a seed. Asked are the six estimates of all 416 slices, by

* ``tamis estimate``, as somebody would type it;
* pandas: ``read_parquet`` and ``groupby(...).apply(...)`` of a plain function, once with the checks that
  ``tamis estimate`` makes of every cell and id, once without;
* pyarrow reading the same columns and doing nothing with them, which is the limit.

Each runs in a process of its own, in turn, from the start of the interpreter to the written answer. The best
of several runs is printed, after one that wrote the byte code. Pandas and ``tamis estimate`` must agree on
values, ends, counts, effective hits and standard errors.

    python benchmarks/estimate_table.py --rows 10000000
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WEEKS, POLICIES, SEED = 52, 8, 20260131
NUMBERS = ["value", "lower", "upper", "reviewed", "hits", "effective_hits", "se"]
COLUMNS = ["id", "policy", "week", "pi", "flagged", "violation", "score", "views"]


def make(path: Path, *, rows: int) -> None:
    """Write the synthetic table."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema(
        {
            "id": pa.string(), "policy": pa.string(), "week": pa.string(), "pi": pa.float64(),
            "flagged": pa.bool_(), "violation": pa.bool_(), "score": pa.float64(), "views": pa.float64(),
        },
        metadata={"synthetic": f"seed {SEED}; made up, about no real item"},
    )  # fmt: skip
    rng = np.random.default_rng(SEED)
    items = rows // POLICIES
    policies = pa.array([f"policy-{number}" for number in range(POLICIES)])
    with pq.ParquetWriter(path, schema) as file:
        for begin in range(0, items, 125_000):
            item = np.repeat(np.arange(begin, min(begin + 125_000, items)), POLICIES)
            score = rng.beta(0.4, 12, item.size)
            flagged = score > 0.25
            pi = np.where(flagged, 1.0, np.clip(0.4 * score, 0.019, 1.0))
            drawn = rng.random(item.size) < pi
            file.write_table(
                pa.table(
                    [
                        pa.array([f"v{number:09d}" for number in item]),
                        policies.take(pa.array(np.tile(np.arange(POLICIES), item.size // POLICIES))),
                        pa.array([f"2025-W{1 + number * WEEKS // items:02d}" for number in item]),
                        pi,
                        flagged,
                        pa.array(rng.random(item.size) < score, mask=~drawn),
                        score,
                        rng.lognormal(5, 1.5, item.size).round(),
                    ],
                    schema=schema,
                )
            )


def scan(path: Path) -> None:
    """Read the columns and do nothing."""
    import pyarrow.parquet as pq

    rows = 0
    with pq.ParquetFile(path, read_dictionary=["policy", "week"], memory_map=True) as file:
        for part in file.iter_batches(columns=COLUMNS):
            rows += part.num_rows
    print(json.dumps(rows))


def pandas_answer(path: Path, *, checked: bool) -> None:
    """Answer with pandas, as somebody would who needs it once."""
    import numpy as np
    import pandas as pd
    from scipy import stats

    def gamma_ends(total: float, variance: float, extra: float) -> tuple[float, float]:
        def quantile(mean: float, var: float, q: float) -> float:
            return stats.gamma.ppf(q, mean**2 / var, scale=var / mean) if mean > 0 and var > 0 else mean

        return quantile(total, variance, 0.025), quantile(total + extra, variance + extra**2, 0.975)

    def missed(below: pd.DataFrame, value: pd.Series) -> tuple[float, float, float, float]:
        hits = below["violation"] == 1
        weight = value / below["pi"]
        total = weight[hits].sum()
        variance = ((1 - below["pi"]) * weight**2)[hits].sum()
        expected = (below["score"] * value**2 * (1 - below["pi"]) / below["pi"]).sum()
        expected /= (below["score"] * value).sum()
        extra = max(variance / total, expected) if total > 0 else weight.max()
        lower, upper = gamma_ends(total, variance, extra)
        found, most = value[hits].sum(), value.sum() - value[below["violation"] == 0].sum()
        return min(total, most), min(max(lower, found), most), min(upper, most), variance

    def six(rows: pd.DataFrame) -> pd.Series:
        above, below = rows[rows["flagged"]], rows[~rows["flagged"]]
        share = above["violation"].mean()
        evidence = above["violation"].count(), (above["violation"] == 1).sum()
        answer = {"precision": (share, share, share, *evidence, evidence[1], 0.0)}
        evidence = rows["violation"].count(), (rows["violation"] == 1).sum()
        for kind, value in (("", pd.Series(1.0, index=rows.index)), ("view_", rows["views"])):
            found = (above["violation"] * value[above.index]).sum()
            *left, variance = missed(below, value[below.index])
            error, effective = np.sqrt(variance), left[0] ** 2 / variance
            recall = tuple(found / (found + left[place]) for place in (0, 2, 1))
            error_of_recall = recall[0] * error / (found + left[0])
            answer[f"{kind}recall"] = (*recall, *evidence, effective, error_of_recall)
            prevalence = tuple((found + one) / value.sum() for one in left)
            answer[f"{kind}prevalence"] = (*prevalence, *evidence, effective, error / value.sum())
            if not kind:
                told = below["violation"].count(), (below["violation"] == 1).sum()
                answer["missed"] = (*left, *told, effective, error)
        return pd.Series(answer)

    table = pd.read_parquet(path, columns=COLUMNS if checked else COLUMNS[1:])
    table["violation"] = table["violation"].astype("float64")
    if checked:
        assert not table.duplicated(["policy", "id"]).any()
        assert ((table["pi"] > 0) & (table["pi"] <= 1)).all()
        assert table["score"].between(0, 1).all()
        assert ((table["views"] >= 0) & np.isfinite(table["views"])).all()
    answers = table.groupby(["policy", "week"]).apply(six)
    print(
        json.dumps(
            [
                {"slice": {"policy": policy, "week": week}, "name": name}
                | dict(zip(NUMBERS, map(float, numbers), strict=True))
                for (policy, week), row in answers.iterrows()
                for name, numbers in row.items()
            ]
        )
    )


def run(words: list[str], out: Path) -> tuple[float, float]:
    """Run a process; return its seconds and the megabytes it held at most."""
    # Byte code is kept, as it is where programs are installed; the first run writes it.
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environ["PYTHONPYCACHEPREFIX"] = str(out.parent / "bytecode")
    with out.open("wb") as written:
        began = time.perf_counter()
        process = subprocess.Popen(words, stdout=written, stderr=subprocess.PIPE, env=environ)
        said = process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
    if status:
        sys.exit(f"{' '.join(words)} failed:\n{said.decode()}")
    return seconds, used.ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)


def compare(ours: Path, theirs: Path) -> int:
    """Check that both answers agree; return how many numbers were compared."""

    def by_name(path: Path) -> dict[tuple[str, ...], list[float]]:
        return {
            (*one["slice"].values(), one["name"]): [one[number] for number in NUMBERS]
            for one in json.loads(path.read_text())
        }

    one, other = by_name(ours), by_name(theirs)
    assert one.keys() == other.keys()
    for name, numbers in one.items():
        for number, again in zip(numbers, other[name], strict=True):
            assert abs(number - again) <= 1e-7 * max(abs(number), abs(again)), (name, numbers, other[name])
    return len(NUMBERS) * len(one)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rows", type=int, default=10_000_000)
    asked.add_argument("--repeat", type=int, default=3)
    asked.add_argument("--only", choices=["scan", "pandas", "pandas-unchecked"], help=argparse.SUPPRESS)
    asked.add_argument("--table", type=Path, help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.only == "scan":
        scan(given.table)
    elif given.only:
        pandas_answer(given.table, checked=given.only == "pandas")
    else:
        with tempfile.TemporaryDirectory(prefix="tamis-benchmark-") as folder:
            measure(Path(folder), rows=given.rows, repeat=given.repeat)


def measure(folder: Path, *, rows: int, repeat: int) -> None:
    """Make the table, run everything on it in turn, and print what was measured."""
    table = folder / "synthetic.parquet"
    tell("making the table")
    make(table, rows=rows)
    this = [sys.executable, __file__, "--table", str(table), "--only"]
    runs = {
        "tamis estimate": [
            str(Path(sys.executable).with_name("tamis")),
            "estimate",
            str(table),
            "--by",
            "week",
            "--json",
        ],
        "pandas, same checks": [*this, "pandas"],
        "pandas, no checks": [*this, "pandas-unchecked"],
        "pyarrow scan alone": [*this, "scan"],
    }
    best = dict.fromkeys(runs, (float("inf"), 0.0))
    for number in range(repeat + 1):
        for name, words in runs.items():
            tell(f"run {number} of {repeat}: {name}")
            seconds, peak = run(words, folder / f"{name}.json")
            if not number:
                continue  # it wrote the byte code
            best[name] = min(best[name][0], seconds), max(best[name][1], peak)
    agreeing = compare(folder / "tamis estimate.json", folder / "pandas, same checks.json")
    tell("")
    reviewed = sum(
        one["reviewed"]
        for one in json.loads((folder / "tamis estimate.json").read_text())
        if one["name"] == "recall"
    )
    print(f"{rows:,} rows, {reviewed:,} reviewed, {WEEKS * POLICIES} slices (synthetic, seed {SEED})")
    print(
        f"{os.cpu_count()} cores, {table.stat().st_size / 1e6:,.0f} MB of Parquet, best of {repeat}; "
        f"{agreeing:,} numbers agree"
    )
    print(f"{'':24}{'seconds':>9}{'peak MB':>9}{'of pandas':>11}{'of scan':>9}")
    for name, (seconds, peak) in best.items():
        of_pandas, of_scan = (
            seconds / best[peer][0] for peer in ("pandas, same checks", "pyarrow scan alone")
        )
        print(f"{name:24}{seconds:>9.2f}{peak:>9,.0f}{of_pandas:>11.2f}{of_scan:>9.1f}")


def tell(stage: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{stage}")
        sys.stderr.flush()


if __name__ == "__main__":
    main()
