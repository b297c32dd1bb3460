"""
An item's columns, computed from its record and from what was known about its creator. Pure.

Training and serving call the same function, so that a model never meets a column that was made in
another way than the one it learned from.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Final

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray

from data.records import TEXT_FIELDS, CreatorHistory, Item

IDENTITY: Final = ("item_id", "item_version")
"""Which item a row is about. Never an input of a model."""

CATEGORICAL: Final = ("item_type", "language", "category")
"""Columns of names; the empty string where unknown. A language is its primary subtag: ``ko-KR`` is ``ko``."""

NUMERIC: Final = (
    "duration_s",
    "views",
    "hashtag_count",
    "title_length",
    "description_length",
    "transcript_length",
    "ocr_text_length",
    "submitted_hour",
    "submitted_weekday",
    "creator_items",
    "creator_reviewed",
    "creator_violations",
)
"""Columns of numbers; NaN where unknown. Lengths are characters, hours (0 to 24) and weekdays (Monday 0)
are UTC, and the creator's counts are what was recorded before the item came in."""

MEDIA: Final = "media"
"""The column that names the item's clip, below the media folder; the empty string where it has none."""

COLUMNS: Final = (*IDENTITY, *CATEGORICAL, *TEXT_FIELDS, MEDIA, *NUMERIC)
"""Every column of the table, in order."""

_FRESH: Final = CreatorHistory()
_STRING: Final = pd.StringDtype(na_value=np.nan)  # what pandas calls "str"; by that name it is looked up


def rows(items: Sequence[Item], histories: Mapping[str, CreatorHistory]) -> pd.DataFrame:
    """Return the model's input table for items that came in at one moment.

    Parameters
    ----------
    items
        One row is made for each, in order.
    histories
        What was known at that moment, by creator id. A creator who is absent is new: counts of 0. An
        item without a creator has unknown counts: NaN.

    Examples
    --------
    >>> item = Item(item_id="v1", creator_id="c1", language="ko-KR", data={"title": "홍삼 특가"})
    >>> row = rows([item], {"c1": CreatorHistory(items=3, reviewed=1)}).iloc[0]
    >>> row["language"], row["title"], float(row["creator_items"]), float(row["duration_s"])
    ('ko', '홍삼 특가', 3.0, nan)
    """
    known = [None if item.creator_id is None else histories.get(item.creator_id, _FRESH) for item in items]
    return rows_with(items, known)


def rows_with(items: Sequence[Item], histories: Sequence[CreatorHistory | None]) -> pd.DataFrame:
    """Return the same table for items that came in at different moments, each with its own history.

    Training uses this form: two items of one creator met different pasts.
    """
    columns: dict[str, object] = {
        "item_id": _names([item.item_id for item in items]),
        "item_version": _names([item.item_version for item in items]),
        "item_type": _names([str(item.item_type) for item in items]),
        "language": _names([_primary_subtag(item.language) for item in items]),
        "category": _names([item.category or "" for item in items]),
    }
    texts = {name: [item.text(name) for item in items] for name in TEXT_FIELDS}
    columns |= {name: _names(values) for name, values in texts.items()}
    columns[MEDIA] = _names([item.media or "" for item in items])
    numbers = np.array(
        [
            (
                _number(item.data.get("duration_s")),
                _number(item.expected_views),
                _hashtag_count(item.data.get("hashtags")),
                *lengths,
                *_hour_and_weekday(item),
                *_counts(history),
            )
            for item, history, *lengths in zip(
                items,
                histories,
                *([len(text) for text in texts[name.removesuffix("_length")]] for name in _LENGTHS),
                strict=True,
            )
        ],
        dtype=np.float64,
    ).reshape(len(items), len(NUMERIC))
    columns |= {name: numbers[:, place] for place, name in enumerate(NUMERIC)}
    return pd.DataFrame(columns, copy=False)


_LENGTHS: Final = tuple(name for name in NUMERIC if name.endswith("_length"))


def _names(values: list[str]) -> ExtensionArray:
    # Bare arrays: as Series, ten columns of one row cost three times the rest of the table.
    return pd.array(values, dtype=_STRING)


def _primary_subtag(language: str | None) -> str:
    return (language or "").replace("_", "-").partition("-")[0].lower()


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return math.nan
    try:
        number = float(value)
    except OverflowError:  # an integer of JSON may have any number of digits
        return math.nan
    return number if math.isfinite(number) and number >= 0 else math.nan


def _hashtag_count(value: object) -> float:
    if isinstance(value, (list, tuple)):
        return float(len(value))
    return math.nan if value is None else float(len(str(value).split()))


def _hour_and_weekday(item: Item) -> tuple[float, float]:
    if item.submitted_at is None:
        return math.nan, math.nan
    moment = item.submitted_at.astimezone(UTC)
    return moment.hour + moment.minute / 60, float(moment.weekday())


def _counts(history: CreatorHistory | None) -> tuple[float, float, float]:
    if history is None:
        return math.nan, math.nan, math.nan
    return float(history.items), float(history.reviewed), float(history.violations)
