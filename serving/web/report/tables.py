"""A report as its page shows it: sections of cells with bars and marks. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from evaluation.charts.words import columns
from evaluation.estimators import Estimate
from evaluation.report import QualityReport
from serving.web import shown, tiles
from serving.web.report.words import WORDS
from serving.web.tiles import Tile

HEADLINES: Final = ("recall", "precision", "prevalence", "missed", "view_recall", "view_prevalence")
OF_POLICIES: Final = ("recall", "threshold_recall", "precision", "prevalence", "missed")
OF_SLICES: Final = ("recall", "precision", "prevalence", "missed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One estimate of one row."""

    name: str
    tile: Tile | None
    """None where there is no such estimate."""
    interval: str = ""
    """As short as it can be told; empty where there is none."""
    evidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One slice."""

    label: str
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A table of slices by the same columns."""

    about: str
    """``policy`` or the columns."""
    title: str
    names: Sequence[str]
    rows: Sequence[Row]


def headlines(report: QualityReport, language: str) -> list[Cell]:
    """Return the estimates about all items."""
    return _cells(report.estimates, HEADLINES, language)


def sections(report: QualityReport, language: str, titles: Mapping[str, str]) -> list[Section]:
    """Return the tables by policy and by every slice that was asked for."""
    groups: list[tuple[str, Sequence[Estimate], Sequence[str]]] = [("policy", report.policies, OF_POLICIES)]
    groups += [
        (about, list(found), OF_SLICES)
        for about, found in groupby(report.slices, key=lambda one: "+".join(one.slice))
    ]
    return [
        Section(
            about=about,
            title=columns(about, language),
            names=names,
            rows=[
                Row(
                    label=", ".join("–" if part is None else titles.get(part, part) for part in values),
                    cells=_cells(list(found), names, language),
                )
                for values, found in groupby(estimates, key=lambda one: tuple(one.slice.values()))
            ],
        )
        for about, estimates, names in groups
        if estimates
    ]


def _cells(estimates: Sequence[Estimate], names: Sequence[str], language: str) -> list[Cell]:
    by_name = {one.name: one for one in estimates}
    return [_cell(name, by_name.get(name), language) for name in names]


def _cell(name: str, one: Estimate | None, language: str) -> Cell:
    if one is None:
        return Cell(name=name, tile=None)
    written = shown.count if name == "missed" else shown.share
    ends = f"{written(one.interval.lower)} – {written(one.interval.upper)}"
    certain = one.method == "census"
    evidence = WORDS[language].counted if certain else WORDS[language].evidence
    return Cell(
        name=name,
        tile=tiles.tile(one, language),
        interval="" if certain or one.value is None else ends,
        evidence=evidence.format(
            reviewed=shown.count(one.reviewed),
            hits=shown.count(one.hits),
            effective=_amount(one.effective_hits),
        ),
    )


def _amount(value: float) -> str:
    return shown.count(value) if value >= 10 else f"{value:.1f}"
