"""Which notices a report needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import pandas as pd

from evaluation.notices import Notice

if TYPE_CHECKING:
    from evaluation.report import QualityReport

SYNTHETIC: Final = "synthetic"
"""The source of items that were made up."""


def about_second_looks(sample: pd.DataFrame) -> Notice:
    """Return how many second looks the numbers rest on."""
    called = sample["second_called"]
    made = int((called & sample["second"].notna()).sum())
    return Notice(code="second_looks", params={"made": made, "waiting": int(called.sum()) - made})


def about(report: QualityReport, *, unknown_views: int) -> Iterator[Notice]:
    """Yield what a reader of a report must be told."""

    def tell(code: str, **params: float) -> Notice:
        return Notice(code=code, params=params)

    work, missed = report.workload, report.find("missed")
    if report.synthetic:
        yield tell("synthetic", items=report.sources[SYNTHETIC])
    if work.items == 0:
        yield tell("no_items")
        return
    if work.outstanding:
        yield tell("outstanding", full_review=work.outstanding_full_review, audits=work.outstanding_audits)
    if missed.value is None:
        yield tell("nothing_audited")
    elif missed.hits == 0 and missed.method != "census":
        yield tell("no_hits", audits=missed.reviewed, most=missed.interval.upper, level=report.level)
    elif missed.few_hits:
        yield tell("few_hits", effective_hits=missed.effective_hits)
    counts = {"let_go": work.let_go, "degraded": work.degraded, "unknown_views": unknown_views}
    for code, items in counts.items():
        if items:
            yield tell(code, items=items)
    for code, names in (("several_plans", report.plans), ("several_models", report.models)):
        if len(names) > 1:
            yield tell(code, count=len(names))
    for one in (part for part in report.calibration if not part.plausible):
        ends = {"lower": one.interval.lower, "upper": one.interval.upper}
        yield tell(f"miscalibrated_{one.part}", expected=one.expected, **ends)
    if report.slices:
        yield tell(
            "slices_apart", count=len({tuple(one.slice.items()) for one in report.slices}), level=report.level
        )
