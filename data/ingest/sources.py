"""Where one value of a row comes from: a column or a constant, and how it is written there."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from data.checks import check_identifier

TextList = Annotated[
    tuple[str, ...], BeforeValidator(lambda given: (given,) if isinstance(given, str) else given)
]
"""A list of texts; one text is a list of one."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a half sentence with the known name that is nearest, or with all of them.

    Examples
    --------
    >>> nearest("titel", ["title", "views"])
    "; did you mean 'title'?"
    """
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.7)
    return f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(names)}."


class Part(BaseModel):
    """A section of the mapping. Names that it does not know are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown_names(cls, given: Any) -> Any:
        known = {info.alias or name for name, info in cls.model_fields.items()}
        for name in given if isinstance(given, dict) else ():
            if name not in known:
                raise ValueError(f"{name!r} is not known here{nearest(str(name), known)}")
        return given


class Source(Part):
    """Where a value comes from: a ``column``, or one ``constant`` for every row.

    A bare name is short for a column. ``null`` lists further texts that mean "no value";
    an ``optional`` column may be missing from the file.
    """

    column: str | None = None
    constant: str | None = None
    null: TextList = ()
    optional: bool = False

    @model_validator(mode="before")
    @classmethod
    def _read_bare_name(cls, given: Any) -> Any:
        return {"column": given} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _check_one_origin(self) -> Self:
        if len([origin for origin in self._origins() if origin]) != 1:
            raise ValueError("give exactly one of column and constant.")
        return self

    def _origins(self) -> tuple[object, ...]:
        return self.column, self.constant

    def columns(self) -> tuple[str, ...]:
        """Return the columns that are read."""
        return () if self.column is None else (self.column,)


class Text(Source):
    """A text; with ``split`` a list of texts, cut at that mark."""

    split: str | None = Field(default=None, min_length=1)


class Name(Source):
    """An id.

    ``prefix`` is put before it. With ``digest`` it is the first 24 hex digits of the SHA-256 of what the
    column says, for columns that hold names, in Hangul for example, and no ids.
    """

    prefix: str = ""
    digest: bool = False

    @model_validator(mode="after")
    def _check_prefix(self) -> Self:
        check_identifier("prefix", self.prefix or "-")
        return self


class ItemName(Name):
    """The item's id. Where the file has none, ``content`` names the columns whose text makes it.

    The same content then has the same id, so that importing twice changes nothing.
    """

    content: TextList = ()

    def _origins(self) -> tuple[object, ...]:
        return self.column, self.constant, self.content

    def columns(self) -> tuple[str, ...]:
        """Return the columns that are read."""
        return self.content or super().columns()


def _check_form(form: str) -> None:
    try:
        datetime.strptime("", form)
    except ValueError as error:
        if "does not match" not in str(error):
            raise ValueError(f"format {form!r} is none: {error}.") from error
    except re.error as error:
        raise ValueError(f"format {form!r} names something twice.") from error


class Moment(Source):
    """A moment: ISO 8601 if nothing is said, else a strptime ``format`` or the ``unit`` of a Unix time.

    ``zone`` is the zone of moments that name none, for example Asia/Seoul.
    """

    format: str | None = None
    unit: Literal["s", "ms"] | None = None
    zone: str | None = None

    @model_validator(mode="after")
    def _check_zone(self) -> Self:
        if self.format and self.unit:
            raise ValueError("give format or unit, not both.")
        if self.format is not None:
            _check_form(self.format)
        if self.zone is not None:
            try:
                ZoneInfo(self.zone)
            except (KeyError, ValueError, OSError) as error:
                raise ValueError(f"zone {self.zone!r} is not known; write it like Asia/Seoul.") from error
        return self


class Extra(Source):
    """A value that is kept in ``Item.data`` under its name and read by no model."""

    type: Literal["text", "number"] = "text"
