"""Estimates and notices as tables: text for a terminal, HTML for a notebook or a file, CSV for others."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Mapping, Sequence
from csv import writer
from html import escape
from typing import Final, Protocol

from evaluation.estimators import Estimate
from evaluation.notices import ESTIMATES


class Told(Protocol):
    """Something that is told in a sentence."""

    def text(self, language: str) -> str:
        """Return the sentence in a language: ``ko`` or ``en``."""
        ...


COLUMNS: Final = (
    *("name", "value", "lower", "upper", "level", "reviewed", "outstanding", "hits", "effective_hits"),
    *("few_hits", "method", "se"),
)
"""The columns of `csv`, after the slice."""

SLICE: Final[Mapping[str, str]] = {"ko": "조각", "en": "slice"}

REPORT: Final[Mapping[str, str]] = {"ko": "품질 보고서", "en": "Quality report"}

CHAPTERS: Final[Mapping[str, tuple[str, ...]]] = {
    "ko": ("전체", "정책별", "조각별"),
    "en": ("All items", "By policy", "By slice"),
}

FEW: Final[Mapping[str, str]] = {"ko": "적발 적음", "en": "few hits"}

_STYLE: Final = (
    "body{font-family:system-ui,'Noto Sans KR','Malgun Gothic',sans-serif;max-width:70rem;margin:2rem auto;"
    "padding:0 1rem}table{border-collapse:collapse;width:100%}th,td{text-align:left;"
    "padding:.25rem .75rem .25rem 0;border-bottom:1px solid #ccc;font-variant-numeric:tabular-nums}"
)

HEADINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "ko": ("추정", "값", "구간", "검수", "적발", "유효 적발", "방법"),
    "en": ("estimate", "value", "interval", "reviewed", "hits", "effective", "method"),
}


def text(estimates: Sequence[Estimate], notices: Sequence[Told], *, title: str, language: str) -> str:
    """Return a table of estimates with the notices below it, as plain text."""
    sliced = any(one.slice for one in estimates)
    head = (*((SLICE[language],) if sliced else ()), *HEADINGS[language])
    lines = [head, *((*((_about(one),) if sliced else ()), *_cells(one, language)) for one in estimates)]
    widths = [max(_width(line[place]) for line in lines) for place in range(len(head))]
    rows = ["  ".join(map(_padded, line, widths)).rstrip() for line in lines]
    return "\n".join([title, "", *rows, *(f"! {notice.text(language)}" for notice in notices)])


def page(
    title: str, tables: Mapping[str, Sequence[Estimate]], notices: Sequence[Told], *, language: str
) -> str:
    """Return a page of tables that stands alone: no script, nothing from outside."""
    body = "".join(
        f"<h2>{escape(heading)}</h2>{_table(estimates, caption='', language=language)}"
        for heading, estimates in tables.items()
        if estimates
    )
    return (
        f"<!doctype html><html lang='{language}'><head><meta charset='utf-8'><title>{escape(title)}</title>"
        f"<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>{_told(notices, language)}{body}"
        "</body></html>\n"
    )


def csv(estimates: Sequence[Estimate]) -> str:
    """Return estimates as comma-separated values, one a line, with a heading."""
    out = io.StringIO()
    lines = writer(out, lineterminator="\n")
    lines.writerow(("slice", *COLUMNS))
    for one in estimates:
        about = "; ".join(f"{name}={value}" for name, value in one.slice.items())
        interval = {"lower": one.interval.lower, "upper": one.interval.upper, "level": one.interval.level}
        lines.writerow((about, *(interval.get(name, getattr(one, name, None)) for name in COLUMNS)))
    return out.getvalue()


def html(estimates: Sequence[Estimate], notices: Sequence[Told], *, title: str, language: str) -> str:
    """Return a table of estimates with the notices below it, as HTML."""
    return _table(estimates, caption=title, language=language) + _told(notices, language)


def _table(estimates: Sequence[Estimate], *, caption: str, language: str) -> str:
    sliced = any(one.slice for one in estimates)
    headings = (*((SLICE[language],) if sliced else ()), *HEADINGS[language])
    head = "".join(f"<th scope='col'>{escape(heading)}</th>" for heading in headings)
    body = "".join(
        "<tr>"
        + (f"<th scope='row'>{escape(_about(one))}</th>" if sliced else "")
        + "".join(f"<td>{escape(cell)}</td>" for cell in _cells(one, language))
        + "</tr>"
        for one in estimates
    )
    above = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f"<table>{above}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _told(notices: Sequence[Told], language: str) -> str:
    return f"<ul>{''.join(f'<li>{escape(notice.text(language))}</li>' for notice in notices)}</ul>"


def _about(one: Estimate) -> str:
    return ", ".join("–" if value is None else value for value in one.slice.values())


def _cells(one: Estimate, language: str) -> tuple[str, ...]:
    return (
        ESTIMATES[one.name][language],
        "–" if one.value is None else _number(one.name, one.value),
        f"{_number(one.name, one.interval.lower)} – {_number(one.name, one.interval.upper)}",
        f"{one.reviewed:,}",
        f"{one.hits:,}",
        f"{one.effective_hits:,.1f}",
        one.method + (f" ({FEW[language]})" if one.few_hits else ""),
    )


def _number(name: str, value: float) -> str:
    if name == "missed":
        return f"{value:,.0f}"
    return f"{value:.3%}" if name.endswith("prevalence") else f"{value:.1%}"


def _width(cell: str) -> int:
    # Hangul takes two columns of a terminal.
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in cell)


def _padded(cell: str, width: int) -> str:
    return cell + " " * (width - _width(cell))
