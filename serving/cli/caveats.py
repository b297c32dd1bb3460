"""What must be said beside the estimates of a table: what they leave out, and what they lean on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evaluation.condensed import Condensed
    from evaluation.estimators import Estimate
    from evaluation.streams import Stream


def about_table(sample: Condensed, stream: Stream, *, population: int | None, grade: str) -> Iterator[str]:
    """Yield what a reader must know of the rows, as sentences."""
    import numpy as np

    from evaluation.notices import Notice

    rows = sample.rows
    reviewed = ~np.isnan(rows.violation)
    late = rows.drawn & ~reviewed
    if stream.not_called_for:
        yield (
            f"{stream.not_called_for:,} verdicts were left out: the draw did not call for them, so they are "
            "no evidence."
        )
    if not reviewed.any():
        yield "No row has a verdict that the draw called for, so nothing can be said."
    if late.any():
        audits = int(np.count_nonzero(late & ~rows.flagged))
        full_review = int(np.count_nonzero(late)) - audits
        yield Notice(code="outstanding", params={"full_review": full_review, "audits": audits}).text("en")
    if sharing := sample.sharing:
        yield (
            f"{sharing:,} rows share their draw with another of their slice, and count as one piece with it. "
            "If draws were rounded, leave the column out."
        )
    if population is not None:
        yield "The views of items that are not in the table are unknown, and so are all numbers about views."
        if grade == "guarantee":
            yield f"The guarantee covers no item whose pi is below {sample.floor:g}, the smallest there is."
    elif 0 < stream.unknown_views < stream.items:
        yield Notice(code="unknown_views", params={"items": stream.unknown_views}).text("en")


def about_estimates(estimates: Sequence[Estimate]) -> Iterator[str]:
    """Yield what a reader must know of the numbers, as sentences."""
    from evaluation.notices import Notice

    missed = [one for one in estimates if one.name == "missed"]
    if len(missed) == 1:
        (one,) = missed
        if one.value is None and not one.reviewed:
            yield Notice(code="nothing_audited").text("en")
        elif one.hits == 0 and one.method != "census":
            most = {"audits": one.reviewed, "most": one.interval.upper, "level": one.interval.level}
            yield Notice(code="no_hits", params=most).text("en")
        elif one.few_hits:
            yield Notice(code="few_hits", params={"effective_hits": one.effective_hits}).text("en")
        return
    yield Notice(code="slices_apart", params={"count": len(missed), "level": missed[0].interval.level}).text(
        "en"
    )
    if silent := sum(one.value is None and not one.reviewed for one in missed):
        yield (
            f"In {silent:,} of {len(missed):,} slices no audit below the thresholds is settled, so nothing "
            "can be said about missed violations there."
        )
    if few := sum(one.few_hits and one.value is not None for one in missed):
        yield (
            f"In {few:,} of {len(missed):,} slices the estimate of missed violations rests on fewer than 3 "
            "effective hits. Read the intervals there, or make fewer slices."
        )


def about_all_looks(
    sample: Condensed, estimates: Sequence[Estimate], *, floor: float | None
) -> Iterator[str]:
    """Yield what ends that hold at every look lean on, and why some are undefined, as sentences.

    Parameters
    ----------
    floor : float, optional
        As it was given.
    """
    if floor is None:
        yield (
            f"The floor, {sample.floor:g}, is the smallest pi of the table. The ends hold at every look only "
            "if it was fixed before the first item. Then say so with --floor."
        )
    if any(one.name == "view_recall" and one.value is not None for one in estimates):
        yield (
            "The ends of numbers about views hold at every look only if the smallest pi for each view, "
            f"{sample.view_floor:g} in the table, was fixed before the first item."
        )
    if (row := sample.first_outstanding) is not None:
        yield (
            "Where a drawn item below the thresholds is not settled, missed is undefined. The first such "
            f"item is in row {row:,}: leave it and all later ones out."
        )
    by_name = {name: [one for one in estimates if one.name == name] for name in ("missed", "prevalence")}
    if uncounted := sum(
        missed.value is not None and prevalence.value is None and prevalence.reviewed > 0
        for missed, prevalence in zip(by_name["missed"], by_name["prevalence"], strict=True)
    ):
        yield (
            f"In {uncounted:,} of {len(by_name['missed']):,} slices a flagged item is not reviewed, or has a "
            "pi below 1, so recall and prevalence are undefined there. Review every flagged item."
        )
