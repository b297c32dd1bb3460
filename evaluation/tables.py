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

SYNTHETIC: Final[Mapping[str, str]] = {"ko": "합성 데이터", "en": "synthetic"}

CHAPTERS: Final[Mapping[str, tuple[str, ...]]] = {
    "ko": ("전체", "정책별", "조각별"),
    "en": ("All items", "By policy", "By slice"),
}

FEW: Final[Mapping[str, str]] = {"ko": "적발 적음", "en": "few hits"}

_STYLE: Final = (
    "body{font-family:Pretendard,system-ui,'Noto Sans KR','Malgun Gothic',sans-serif;max-width:70rem;"
    "margin:2rem auto;padding:0 1rem}table{border-collapse:collapse;width:100%}th,td{text-align:left;"
    "padding:.25rem .75rem .25rem 0;border-bottom:1px solid #ccc;font-variant-numeric:tabular-nums}"
    "svg{display:block;margin:1rem 0}"
)

HEADINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "ko": ("추정", "값", "구간", "검수", "적발", "유효 적발", "방법"),
    "en": ("estimate", "value", "interval", "reviewed", "hits", "effective", "method"),
}


def text(estimates: Sequence[Estimate], notices: Sequence[Told], *, title: str, language: str) -> str:
    """Return a table of estimates with the notices below it, as plain text."""
    written = aligned(rows(estimates, language=language, titles={}))
    return "\n".join([title, "", *written, *(f"! {notice.text(language)}" for notice in notices)])


def aligned(lines: Sequence[Sequence[str]]) -> list[str]:
    """Return a table as lines of text whose columns stand below each other; Hangul takes two places."""
    widths = [max(_width(line[place]) for line in lines) for place in range(len(lines[0]))]
    return ["  ".join(map(_padded, line, widths)).rstrip() for line in lines]


def grid(lines: Sequence[Sequence[str]], *, caption: str, named: bool) -> str:
    """Return a table as HTML, its headings first.

    ``named``: the first cell of a row says what the row is about.
    """
    first, *others = lines
    head = "".join(f"<th scope='col'>{escape(heading)}</th>" for heading in first)
    body = "".join(
        "<tr>"
        + (f"<th scope='row'>{escape(line[0])}</th>" if named else "")
        + "".join(f"<td>{escape(cell)}</td>" for cell in line[named:])
        + "</tr>"
        for line in others
    )
    above = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f"<table>{above}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def page(
    title: str,
    tables: Mapping[str, Sequence[Estimate]],
    notices: Sequence[Told],
    *,
    language: str,
    titles: Mapping[str, str],
    pictures: tuple[str, Sequence[str]],
) -> str:
    """Return a page of tables that stands alone: no script, nothing from outside.

    Parameters
    ----------
    title : str
        Of the page.
    tables : mapping of str to sequence of Estimate
        By their headings; empty ones are left out.
    notices : sequence of Told
        Stand at the top.
    language : str
        ``ko`` or ``en``.
    titles : mapping of str to str
        What the values of slices are called, where not by their names.
    pictures : tuple of str and sequence of str
        A heading, and SVG pictures that stand at the end.
    """
    body = "".join(
        f"<h2>{escape(heading)}</h2>{table(estimates, caption='', language=language, titles=titles)}"
        for heading, estimates in tables.items()
        if estimates
    )
    heading, drawn = pictures
    shown = f"<h2>{escape(heading)}</h2>{''.join(drawn)}" if drawn else ""
    return (
        f"<!doctype html><html lang='{language}'><head><meta charset='utf-8'><title>{escape(title)}</title>"
        f"<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>{told(notices, language)}{body}{shown}"
        "</body></html>\n"
    )


def rows(estimates: Sequence[Estimate], *, language: str, titles: Mapping[str, str]) -> list[tuple[str, ...]]:
    """Return a table of estimates as texts, its headings first; see `page`."""
    sliced = any(one.slice for one in estimates)
    head = (*((SLICE[language],) if sliced else ()), *HEADINGS[language])
    return [
        head,
        *((*((_about(one, titles),) if sliced else ()), *_cells(one, language)) for one in estimates),
    ]


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


def table(estimates: Sequence[Estimate], *, caption: str, language: str, titles: Mapping[str, str]) -> str:
    """Return a table of estimates as HTML; see `page`."""
    lines = rows(estimates, language=language, titles=titles)
    return grid(lines, caption=caption, named=len(lines[0]) > len(HEADINGS[language]))


def told(notices: Sequence[Told], language: str) -> str:
    """Return notices as a list in HTML."""
    return f"<ul>{''.join(f'<li>{escape(notice.text(language))}</li>' for notice in notices)}</ul>"


def _about(one: Estimate, titles: Mapping[str, str]) -> str:
    return ", ".join("–" if value is None else titles.get(value, value) for value in one.slice.values())


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
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in cell)


def _padded(cell: str, width: int) -> str:
    return cell + " " * (width - _width(cell))
