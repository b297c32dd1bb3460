"""Estimating from a table of one's own: no ledger, no service, no model."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from data.errors import Invalid
from serving.cli.access import Json
from serving.cli.answers import Stages, note, say_json, say_table, stages
from serving.cli.caveats import about_all_looks, about_estimates, about_table

if TYPE_CHECKING:
    from data.sample_files.files import SampleFile
    from evaluation.condensed import Condensed
    from evaluation.estimators import Estimate
    from evaluation.streams import Stream

Grade = Literal["report", "guarantee", "always"]

_LARGE: Final = 31 << 20  # bytes

_HELP: Final = """\
Estimate recall and what was missed from any table.

One row is one item that had a chance of being reviewed, whether it was or not. No ledger is needed.

\b
id         names the item; it is there once, or once for each policy
pi         its chance of being reviewed, in (0, 1], fixed before anybody
           looked; of several chances the largest
flagged    true if it was at or above a threshold, and so in full review
violation  the verdict, true or false (1 or 0); empty if not reviewed
score      if known: the probability of a violation, known beforehand
views      if known: views, or expected ones, known beforehand
draw       if known: its uniform number in [0, 1), drawn if below pi.
           Items of one draw (copies of a clip) count as one piece
drawn      if known: true if the draw called for a review
time       for --grade always: when it came, a number or ISO 8601
policy     if it is there, a row is about an item and a policy, and
           flagged means flagged for that policy

With a column policy, estimates are always by policy, because a sum over policies is not a number of items. \
Recall is then that of the policy's own threshold.

With draw or drawn, what was drawn and has no verdict is outstanding, and a verdict that the draw did not \
call for (a complaint, a spot check) is left out. Without them, what has a verdict was drawn.

With --grade always, missed needs a verdict for every drawn item, recall and prevalence also need pi 1 and a \
verdict for every flagged one; otherwise they are undefined. Precision is that of --grade report.
"""


def add_commands(app: typer.Typer) -> None:
    """Add ``estimate``."""
    app.command("estimate", help=_HELP)(estimate)


def estimate(
    file: Annotated[Path, typer.Argument(help="The table: .csv (UTF-8), .csv.gz or .parquet.")],
    *,
    by: Annotated[
        str | None, typer.Option(metavar="COL[,COL]", help="Columns whose values, together, make a slice.")
    ] = None,
    level: Annotated[float, typer.Option(help="Confidence of each interval, two-sided.")] = 0.95,
    grade: Annotated[
        Grade,
        typer.Option(
            help="report: right at one look, where scores are right on average. guarantee: wider, also where "
            "they are blind. always: right however often somebody looks; needs the column time."
        ),
    ] = "report",
    population: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="The table holds the drawn items only, of N in all. No slices then, no numbers about views, "
            "and guarantee covers no item whose pi is below the smallest there.",
        ),
    ] = None,
    floor: Annotated[
        float | None,
        typer.Option(
            help="For --grade always: the smallest pi that an unflagged item could have, fixed before the "
            "first one."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Estimate recall and what was missed from a table; see `_HELP`."""
    names = list(dict.fromkeys(name.strip() for name in (by or "").split(",") if name.strip()))
    _check_options(names, level=level, grade=grade, population=population, floor=floor)
    _keep_memory()
    from data.sample_files.files import SampleFile

    table = SampleFile(file, by=names, timed=grade == "always")
    if population is not None and table.by:
        raise Invalid(
            "--population does not go with a column policy: the number of items of each policy is not known. "
            "Give a table of one policy without that column."
        )
    with stages() as progress, ThreadPoolExecutor(max_workers=1) as beside:
        stream = _read(table, population=population, progress=progress)
        ids_are_checked = beside.submit(table.check_ids)
        sample = stream.condense()
        estimates = _conclude(sample, level=level, grade=grade, floor=floor)
        ids_are_checked.result()
    for sentence in (
        *about_table(sample, stream, population=population, grade=grade),
        *about_estimates(estimates),
        *(about_all_looks(sample, estimates, floor=floor) if grade == "always" else ()),
    ):
        note(sentence)
    if json:
        say_json([_as_json(one) for one in estimates])
        return
    columns = (*table.by, "estimate", "value", "interval", "reviewed", "hits", "effective", "method")
    say_table(columns, [_cells(one) for one in estimates], empty="")


def _check_options(
    by: Sequence[str], *, level: float, grade: Grade, population: int | None, floor: float | None
) -> None:
    if not 0 < level < 1:
        raise Invalid(f"--level must be between 0 and 1, like 0.95; got {level:g}.")
    if floor is not None and grade != "always":
        raise Invalid("--floor goes with --grade always only. Leave it out, or ask for that grade.")
    if floor is not None and not 0 < floor < 1:
        raise Invalid(f"--floor must be between 0 and 1, like 0.01; got {floor:g}.")
    if population is not None and by:
        raise Invalid(
            "--population does not go with --by: of how many items each slice was drawn is not known. Leave "
            "one out, or give all rows."
        )
    if population is not None and grade == "always" and floor is None:
        raise Invalid("--population needs --floor with --grade always: an absent item may have any pi.")


def _keep_memory() -> None:
    # Freed arrays of up to the size of the largest that was ever freed are kept by glibc; larger ones go
    # back to the system. A table is read in thousands of arrays, and to fetch their memory again each time
    # takes as long as to read it.
    import numpy as np

    np.empty(_LARGE, dtype=np.uint8)


def _read(table: SampleFile, *, population: int | None, progress: Stages) -> Stream:
    shared = None
    while True:
        batches = table.batches()  # which begins to read, while what is behind the estimates is loaded
        from evaluation.streams import Stream

        stream = Stream(by=table.by, population=population, shared=shared)
        for batch in batches:
            stream.add(**batch)
            progress("read", stream.items, table.rows or 0)
        if shared is not None or not (shared := stream.shared).size:
            return stream


def _conclude(sample: Condensed, *, level: float, grade: Grade, floor: float | None) -> list[Estimate]:
    if grade != "always":
        return sample.estimate(level=level, grade=grade)
    from evaluation.always import estimate_always

    return estimate_always(sample, level=level, floor=floor)


def _as_json(one: Estimate) -> dict[str, Any]:
    return {
        "slice": dict(one.slice),
        "name": one.name,
        "value": one.value,
        "lower": one.interval.lower,
        "upper": one.interval.upper,
        "level": one.interval.level,
        "reviewed": one.reviewed,
        "hits": one.hits,
        "effective_hits": one.effective_hits,
        "method": one.method,
        "se": one.se,
        "few_hits": one.few_hits,
    }


def _cells(one: Estimate) -> Sequence[object]:
    from evaluation.notices import ESTIMATES

    return (
        *one.slice.values(),
        ESTIMATES[one.name]["en"],
        None if one.value is None else _shown(one.name, one.value),
        f"{_shown(one.name, one.interval.lower)} – {_shown(one.name, one.interval.upper)}",
        f"{one.reviewed:,}",
        f"{one.hits:,}",
        f"{one.effective_hits:,.1f}",
        f"{one.method} (few hits)" if one.few_hits and one.value is not None else one.method,
    )


def _shown(name: str, value: float) -> str:
    if name == "missed":
        return f"{value:,.0f}"
    return f"{value:.3%}" if name.endswith("prevalence") else f"{value:.1%}"
