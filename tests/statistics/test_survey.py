"""Nine estimates and their standard errors beside those of R's survey package, the field's reference."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from evaluation.estimators import estimate

SCRIPT = """
suppressMessages(library(survey))
options(digits = 15)
d <- read.csv(commandArgs(trailingOnly = TRUE)[1])
d$tp <- d$flagged * d$violation
d$fn <- (1 - d$flagged) * d$violation
d$seen <- d$views * d$violation
d$caught <- d$views * d$tp
design <- svydesign(ids = ~1, fpc = ~pi, data = d, pps = poisson_sampling(d$pi))
say <- function(name, result, unit = 1) {
  numbers <- c(as.numeric(coef(result)), as.numeric(SE(result))) / unit
  cat(name, format(numbers[1], digits = 15), format(numbers[2], digits = 15), "\\n")
}
items <- as.numeric(commandArgs(trailingOnly = TRUE)[2])
views <- as.numeric(commandArgs(trailingOnly = TRUE)[3])
say("recall", svyratio(~tp, ~violation, design))
say("precision", svyratio(~tp, ~flagged, design))
say("prevalence", svytotal(~violation, design), items)
say("view_prevalence", svytotal(~seen, design), views)
say("view_recall", svyratio(~caught, ~seen, design))
say("missed", svytotal(~fn, design))
part <- subset(design, slice == "a")
say("recall/a", svyratio(~tp, ~violation, part))
say("precision/a", svyratio(~tp, ~flagged, part))
say("missed/a", svytotal(~fn, part))
"""

# R 4.2.2, survey 4.1-1, the script above on the sample below.
GOLDEN = {
    "recall": (0.58987798655268, 0.0254262956889761),
    "precision": (0.72845953002611, 0.0143731052565431),
    "prevalence": (0.197074653826937, 0.00906478705882733),
    "view_prevalence": (0.198854123347654, 0.0166819154016936),
    "view_recall": (0.634636356315972, 0.0441086345646794),
    "missed": (323.298615307748, 31.6974104738879),
    "recall/a": (0.609613560584915, 0.0407103518367879),
    "precision/a": (0.751592356687898, 0.0218099075281235),
    "missed/a": (125.942079893971, 20.2577522373775),
}


def spread(size: int, step: float) -> NDArray[np.float64]:
    # Evenly spread numbers without a generator, so that the golden numbers stay the same for ever.
    return np.mod(np.arange(1, size + 1, dtype=np.float64) * step, 1.0)


def make_sample() -> pd.DataFrame:
    size = 4000
    score = spread(size, 2**0.5) ** 4
    flagged = score > 0.5
    chance = np.where(flagged, 0.6, np.clip(0.6 * np.sqrt(score * (1 - score)), 0.05, 1))
    violation = np.where(spread(size, 3**0.5) < score, 1.0, 0.0)
    return pd.DataFrame(
        {
            "id": np.arange(size),
            "pi": chance,
            "flagged": flagged,
            "violation": np.where(spread(size, 5**0.5) < chance, violation, np.nan),
            "score": score,
            "views": np.floor(10 / (0.01 + spread(size, 7**0.5))),
            "slice": np.where(spread(size, 11**0.5) < 0.4, "a", "b"),
        }
    )


def ours(sample: pd.DataFrame) -> dict[str, tuple[float | None, float | None]]:
    found = {one.name: (one.value, one.se) for one in estimate(sample)}
    part = [one for one in estimate(sample, by=["slice"]) if one.slice["slice"] == "a"]
    return found | {f"{one.name}/a": (one.value, one.se) for one in part}


@pytest.mark.parametrize("name", GOLDEN)
def test_estimate_and_standard_error_are_those_r_gave(name: str) -> None:
    assert ours(make_sample())[name] == pytest.approx(GOLDEN[name], rel=1e-11)


def has_survey() -> bool:
    if shutil.which("Rscript") is None:
        return False
    return (
        subprocess.run(["Rscript", "-e", "library(survey)"], capture_output=True, check=False).returncode == 0
    )


@pytest.mark.slow
def test_estimates_and_standard_errors_are_those_r_gives_now(tmp_path: Path) -> None:
    if not has_survey():
        pytest.skip("R with the survey package is not installed (Debian: r-cran-survey)")
    sample = make_sample()
    reviewed = sample[sample["violation"].notna()]
    (tmp_path / "compare.R").write_text(SCRIPT)
    reviewed.astype({"flagged": int}).to_csv(tmp_path / "sample.csv", index=False, float_format="%.17g")
    size = [str(len(sample)), repr(float(sample["views"].sum()))]
    answer = subprocess.run(
        ["Rscript", str(tmp_path / "compare.R"), str(tmp_path / "sample.csv"), *size],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    theirs = {name: (float(value), float(se)) for name, value, se in map(str.split, answer.splitlines())}
    assert len(theirs) == 9
    for name, numbers in theirs.items():
        assert ours(sample)[name] == pytest.approx(numbers, rel=1e-10), name
