"""Estimates and notices as a table: plain text for a terminal, HTML for a notebook."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from evaluation.estimators import Estimate
from evaluation.notices import ESTIMATES, Notice

HEADINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "ko": ("추정", "값", "구간", "검수", "적발", "방법"),
    "en": ("estimate", "value", "interval", "reviewed", "hits", "method"),
}


def text(estimates: Sequence[Estimate], notices: Sequence[Notice], *, title: str, language: str) -> str:
    """Return a table of estimates with the notices below it, as plain text."""
    lines = [HEADINGS[language], *(_cells(one, language) for one in estimates)]
    widths = [max(_width(line[place]) for line in lines) for place in range(len(HEADINGS[language]))]
    rows = ["  ".join(map(_padded, line, widths)).rstrip() for line in lines]
    return "\n".join([title, "", *rows, *(f"! {notice.text(language)}" for notice in notices)])


def html(estimates: Sequence[Estimate], notices: Sequence[Notice], *, title: str, language: str) -> str:
    """Return a table of estimates with the notices below it, as HTML."""
    head = "".join(f"<th scope='col'>{escape(heading)}</th>" for heading in HEADINGS[language])
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in _cells(one, language)) + "</tr>"
        for one in estimates
    )
    told = "".join(f"<li>{escape(notice.text(language))}</li>" for notice in notices)
    return (
        f"<table><caption>{escape(title)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table><ul>{told}</ul>"
    )


def _cells(one: Estimate, language: str) -> tuple[str, ...]:
    return (
        ESTIMATES[one.name][language],
        "–" if one.value is None else _number(one.name, one.value),
        f"{_number(one.name, one.interval.lower)} – {_number(one.name, one.interval.upper)}",
        f"{one.reviewed:,}",
        f"{one.hits:,}",
        one.method,
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
