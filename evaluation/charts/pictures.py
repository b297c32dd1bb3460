"""Every chart of a quality report, by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

import altair as alt

from evaluation.charts import quality
from evaluation.charts.quality import Day
from evaluation.charts.words import columns
from evaluation.estimators import Estimate
from evaluation.notices import ESTIMATES
from evaluation.report import QualityReport

COUNTS = frozenset({"missed"})
"""Estimates that are numbers of items; the others are shares."""

_FORESTS = ("recall", "prevalence")
_FEW = 3


def pictures(report: QualityReport, language: str, *, titles: Mapping[str, str]) -> dict[str, alt.LayerChart]:
    """Return the charts of a report: trends, then recall and prevalence by policy and by each slice.

    Parameters
    ----------
    report : QualityReport
        What to show. Charts that would be empty are left out.
    language : str
        ``ko`` or ``en``.
    titles : mapping of str to str
        What policies are called, where not by their names.

    Returns
    -------
    dict of str to LayerChart
        By names that are file names too: ``trend-recall``, ``policy-recall``, ``language-recall``.
    """
    return dict(_pictures(report, language, titles))


def _pictures(
    report: QualityReport, language: str, titles: Mapping[str, str]
) -> Iterator[tuple[str, alt.LayerChart]]:
    for name in dict.fromkeys(point.name for point in report.trend):
        days = [
            Day(
                until=point.until,
                value=point.value,
                lower=point.lower,
                upper=point.upper,
                few_hits=point.hits < _FEW or not point.settled,
            )
            for point in report.trend
            if point.name == name
        ]
        chart = quality.trend(
            days, name=ESTIMATES[name][language], language=language, share=name not in COUNTS
        )
        yield f"trend-{name}", chart
    groups = [("policy", report.policies), *by_slice(report.slices)]
    for about, estimates in groups:
        for name in _FORESTS:
            found = [(label(one, titles), one) for one in estimates if one.name == name]
            if found:
                yield (
                    f"{about}-{name}",
                    quality.forest(
                        found,
                        about=columns(about, language),
                        name=ESTIMATES[name][language],
                        language=language,
                        overall=report.find(name),
                    ),
                )


def by_slice(slices: Sequence[Estimate]) -> list[tuple[str, list[Estimate]]]:
    """Return estimates of slices, those by the same columns together, under ``a+b``."""
    return [
        (about, list(found)) for about, found in groupby(slices, key=lambda one: "+".join(one.slice.keys()))
    ]


def label(one: Estimate, titles: Mapping[str, str]) -> str:
    """Return what a slice is called."""
    return ", ".join("–" if value is None else titles.get(value, value) for value in one.slice.values())
