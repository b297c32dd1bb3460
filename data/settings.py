"""What this layer must be told."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, ConfigDict, field_validator

_SCHEMES: Final = ("sqlite", "postgresql", "postgresql+psycopg")


class StoreSettings(BaseModel):
    """Where the ledger is.

    Examples
    --------
    >>> StoreSettings(url="postgresql://tamis@db/tamis").url
    'postgresql://tamis@db/tamis'
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: str = ""
    """The database: sqlite:///PATH or postgresql://USER@HOST/NAME. Empty: a file in var."""

    @field_validator("url")
    @classmethod
    def _check_scheme(cls, url: str) -> str:
        scheme, mark, _ = url.partition("://")
        # Never the whole address in a message: it may hold a password.
        if url and not (mark and scheme in _SCHEMES):
            raise ValueError(
                "url must begin with sqlite:/// or postgresql://; "
                + (f"it begins with {scheme[:30]!r}." if mark else "it has no ://.")
            )
        return url
