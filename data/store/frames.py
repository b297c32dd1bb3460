"""Rows of a query as a table with the same column types on both databases, empty or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import sqlalchemy as sa


def frame(connection: sa.Connection, query: sa.Select[Any], dtypes: Mapping[str, str]) -> pd.DataFrame:
    """Run a query and return its columns by name.

    Parameters
    ----------
    dtypes
        The pandas type of columns; others hold Python objects. ``moment`` stands for a moment in UTC.
    """
    result = connection.execute(query)
    names = list(result.keys())
    columns = list(zip(*result.all(), strict=True)) or [()] * len(names)
    return pd.DataFrame(
        {
            name: column(values, dtypes.get(name, "object"))
            for name, values in zip(names, columns, strict=True)
        }
    )


def column(values: Sequence[Any], dtype: str) -> pd.Series[Any]:
    """Return values as a column of one type; ``moment`` is a moment in UTC, to the microsecond."""
    if dtype == "moment":
        return pd.Series(pd.to_datetime(list(values), utc=True).as_unit("us"))
    return pd.Series(list(values), dtype=dtype)
