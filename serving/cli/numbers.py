"""Reading: the quality report, and the settings in force."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from data.errors import Invalid
from serving.cli.access import Json
from serving.cli.answers import note, say, say_json, say_table
from serving.cli.context import opened, settings_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from evaluation.report import QualityReport

Grade = Literal["report", "guarantee", "always"]
Language = Literal["ko", "en"]

_LONGEST: Final = 9999
_MOMENTS: Final = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"]


def add_commands(app: typer.Typer) -> None:
    """Add ``report`` and ``settings``."""
    app.command("report")(report)
    app.command("settings")(show_settings)


def report(
    context: typer.Context,
    *,
    since: Annotated[
        datetime | None, typer.Option(formats=_MOMENTS, help="Routed from then on. Default: 28 days ago.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=_MOMENTS, help="Routed before then. Default: now.")
    ] = None,
    window: Annotated[
        str | None, typer.Option(help="Instead of --since: 7d, 4w, 12h before the end.")
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(help="A column to slice by, or two as a+b; may be repeated, or separated by commas."),
    ] = None,
    level: Annotated[float, typer.Option(help="Confidence of each interval.")] = 0.95,
    grade: Annotated[
        Grade,
        typer.Option(
            help="guarantee covers also where the scores are blind, always however often somebody looks."
        ),
    ] = "report",
    against: Annotated[
        str | None, typer.Option(help="Tell what changed since the window before: 7d, 4w, 12h long.")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page that can be kept and sent.")] = None,
    pdf: Annotated[Path | None, typer.Option(help="Write the same as a PDF for the records.")] = None,
    png: Annotated[Path | None, typer.Option(help="Write every chart into a folder.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write every estimate as a line.")] = None,
    language: Annotated[Language, typer.Option(help="Of the files.")] = "ko",
    json: Json = False,
) -> None:
    """Say how well the process does.

    Recall, precision and what was missed, with intervals, for all items and by policy. Times without a
    zone are UTC.
    """
    names = [name for given in by or () for name in given.split(",") if name]
    with opened(context) as application:
        end = _utc(until) or application.clock()
        try:
            begin = _utc(since) if window is None else end - _span(window)
            found = application.quality.report(
                since=begin,
                until=end,
                by=names,
                level=level,
                grade=grade,
                against=None if against is None else _span(against, "against"),
            )
        except ValueError as wrong:
            raise Invalid(str(wrong)) from wrong
        titles = {name: policy.title[language] for name, policy in application.policies.items()}
    for path, content in _files(found, language, titles, html=html, pdf=pdf, png=png, csv=csv):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        note(f"{path} was written.")
    if json:
        say_json(found.to_json())
    elif not (html or pdf or png or csv):
        say(found.to_text())


def _files(
    found: QualityReport,
    language: Language,
    titles: Mapping[str, str],
    *,
    html: Path | None,
    pdf: Path | None,
    png: Path | None,
    csv: Path | None,
) -> Iterator[tuple[Path, bytes]]:
    if csv is not None:
        yield csv, found.to_csv().encode()
    if not (html or pdf or png):
        return
    from evaluation.charts import document, export  # drawing takes a second to import
    from evaluation.charts.pictures import pictures
    from serving.quality import SEOUL

    if html is not None:
        yield html, document.html(found, language, titles=titles, zone=SEOUL).encode()
    if pdf is not None:
        yield pdf, document.pdf(found, language, titles=titles, zone=SEOUL)
    if png is not None:
        for name, chart in pictures(found, language, titles=titles).items():
            yield png / f"{name}.png", export.png(chart)


def show_settings(context: typer.Context, json: Json = False) -> None:
    """List every setting and where its value comes from."""
    from serving.cli.origins import origins

    rows = origins(settings_of(context))
    if json:
        say_json(
            {row.name: {"value": row.value, "from": row.origin, "variable": row.variable} for row in rows}
        )
        return
    columns = ("setting", "value", "from", "variable")
    say_table(columns, [(row.name, row.value, row.origin, row.variable) for row in rows], empty="")


def _utc(moment: datetime | None) -> datetime | None:
    if moment is None or moment.tzinfo is not None:
        return moment
    return moment.replace(tzinfo=UTC)


def _span(text: str, name: str = "window") -> timedelta:
    units = {"h": "hours", "d": "days", "w": "weeks"}
    number, unit = text[:-1], text[-1:]
    if unit not in units or not number.isdecimal() or not 0 < int(number) <= _LONGEST:
        raise ValueError(f"{name} must be like 7d, 4w or 12h; got {text!r}.")
    return timedelta(**{units[unit]: int(number)})
