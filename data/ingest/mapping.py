"""
What a mapping file may say: which column of a team's file is what.

A mapping is YAML. Every scalar is read as it is written, so that ``no`` and ``007`` stay text, and a name
that is not known is refused with the nearest one that is.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import BeforeValidator, Field, ValidationError, model_validator

from data.errors import InvalidMapping
from data.ingest.outcomes import Outcome
from data.ingest.sources import Extra, ItemName, Moment, Name, Part, Source, Text, TextList
from data.records import TEXT_FIELDS, ItemType


class Texts(Part):
    """The text fields of an item."""

    title: Text | None = None
    description: Text | None = None
    transcript: Text | None = None
    ocr_text: Text | None = None
    hashtags: Text | None = None

    def given(self) -> Iterator[tuple[str, Text]]:
        """Yield the fields that are mapped, in the order of `TEXT_FIELDS`."""
        yield from ((name, source) for name in TEXT_FIELDS if (source := getattr(self, name)) is not None)


class Times(Part):
    """The moments of an item and of its outcome. What is not mapped is unknown, never guessed."""

    submitted: Moment | None = None
    started: Moment | None = None
    decided: Moment | None = None


class FileFormat(Part):
    """How the file is written, where its name does not say."""

    format: Literal["csv", "tsv", "jsonl", "parquet"] | None = None
    encoding: str = "utf-8"
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    quoting: Literal["standard", "none"] = "standard"

    @model_validator(mode="after")
    def _check_encoding(self) -> Self:
        try:
            "".encode(self.encoding)
        except LookupError as error:
            raise ValueError(f"encoding {self.encoding!r} is not known; utf-8 and cp949 are.") from error
        return self


def _compile(given: object) -> object:
    try:
        return re.compile(given) if isinstance(given, str) else given
    except re.error as error:
        raise ValueError(f"{given!r} is not a regular expression: {error}.") from error


class Beside(Part):
    """A column from a second text file that has one record a row, in the same order.

    ``match`` is a regular expression for the file's name, with named groups; ``file`` is the second
    file's path seen from there, in which ``{group}`` stands for what the group matched.
    """

    column: str
    match: Annotated[re.Pattern[str], BeforeValidator(_compile)]
    file: str
    encoding: str = "utf-8"
    quoting: Literal["standard", "none"] = "none"


class Mapping(Part):
    """Which column of a file is what. See configs/imports/example.yaml for every name."""

    name: str = Field(pattern=r"^[a-z0-9_.-]{1,40}$")
    note: str = ""
    file: FileFormat = FileFormat()
    beside: tuple[Beside, ...] = ()
    null: TextList = ("",)
    id: ItemName
    version: Name = Name(constant="1")
    item_type: Source = Source(constant=ItemType.VIDEO)
    text: Texts
    creator: Name | None = None
    category: Source | None = None
    language: Source | None = None
    views: Source | None = None
    duration_s: Source | None = None
    fingerprint: Name | None = None
    extra: dict[str, Extra] = Field(default_factory=dict)
    times: Times = Times()
    outcome: Outcome | None = None

    @model_validator(mode="after")
    def _check_text_and_extra(self) -> Self:
        if not any(True for _ in self.text.given()):
            raise ValueError(f"text must map at least one of {', '.join(TEXT_FIELDS)}.")
        if taken := sorted({*TEXT_FIELDS, "duration_s"} & set(self.extra)):
            raise ValueError(f"extra must not use {', '.join(taken)}; the mapping has a place for it.")
        return self

    def sources(self) -> Iterator[tuple[str, Source]]:
        """Yield every source with the path of its field, for example ``text.title``."""
        yield "id", self.id
        yield from ((f"text.{name}", source) for name, source in self.text.given())
        yield from ((f"extra.{name}", source) for name, source in self.extra.items())
        for path, part, names in (
            ("", self, ("version", "item_type", "creator", "category", "language", "views", "duration_s")),
            ("", self, ("fingerprint",)),
            ("times.", self.times, ("submitted", "started", "decided")),
            ("outcome.", self.outcome, ("inclusion_probability", "reviewer", "reason", "id")),
        ):
            for name in names:
                if isinstance(source := getattr(part, name, None), Source):
                    yield path + name, source

    def columns(self) -> dict[str, str]:
        """Return the columns that the file must have, each with the path of a field that reads it."""
        needed = {
            column: path
            for path, source in self.sources()
            if not source.optional
            for column in source.columns()
        }
        if self.outcome is not None:
            needed[self.outcome.verdict.column] = "outcome.verdict.column"
            if self.outcome.policies is not None:
                needed[self.outcome.policies.column] = "outcome.policies.column"
        return needed


class _PlainLoader(yaml.BaseLoader):
    """Scalars stay text, and a name given twice is an error instead of the last one winning."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, object]:
        names = [key.value for key, _ in node.value]
        if twice := {name for name in map(str, names) if names.count(name) > 1}:
            raise yaml.constructor.ConstructorError(
                None, None, f"{', '.join(sorted(twice))} is given twice", node.start_mark
            )
        return super().construct_mapping(node, deep=deep)


def read_mapping(path: Path) -> Mapping:
    """Return the mapping that a YAML file describes.

    Raises
    ------
    InvalidMapping
        If it cannot be read, or says something that is not known; the message names the field and the
        remedy.
    """
    try:
        given = yaml.load(path.read_text("utf-8"), Loader=_PlainLoader)  # noqa: S506 - makes text only
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidMapping(f"{path} cannot be read: {error}. Give a YAML file in UTF-8.") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise InvalidMapping(f"{path} is not YAML: {error}") from error
    if not isinstance(given, dict):
        raise InvalidMapping(f"{path} must hold names and values; see configs/imports/example.yaml.")
    try:
        return Mapping.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        message = first["msg"].removeprefix("Value error, ")
        place = f"{path}: {field}: " if field else f"{path}: "
        raise InvalidMapping(place + message, field=field or None) from error
