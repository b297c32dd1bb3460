"""Where the value of each setting comes from."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import reduce
from typing import Final

from serving import configs, settings
from serving.settings import Settings

_PASSWORD: Final = re.compile(r"(?<=://)([^:@/]*):[^@/]*(?=@)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A setting, its value, and who said so."""

    name: str
    value: str
    origin: str
    """``default``, the file, ``TAMIS_...`` or the command line."""
    variable: str
    """The variable that would set it."""


def origins(read: Settings) -> list[Origin]:
    """Return every setting, as it is in force. Passwords in addresses are not shown."""
    path = read.config or read.var / "config.yaml"
    in_file = set(configs.leaves(configs.mapping(path))) if path.exists() else set()
    found = []
    for name in settings.names():
        variable = settings.variable(name)
        value = reduce(getattr, name.split("."), read)
        found.append(
            Origin(
                name=name,
                value=_PASSWORD.sub(r"\1:***", str("" if value is None else value)),
                origin=_origin(name, value, given=read.model_fields_set, in_file=in_file, path=str(path)),
                variable=variable,
            )
        )
    return found


def _origin(name: str, value: object, *, given: set[str], in_file: set[str], path: str) -> str:
    variable = settings.variable(name)
    if name in {"home", "config"} & given and str(value) != os.environ.get(variable):
        return "command line"
    if os.environ.get(variable):
        return variable
    if any(written == name or written.startswith(f"{name}.") for written in in_file):
        return path
    return "default"
