"""What was said before the command: which settings."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from data.errors import NotFound

if TYPE_CHECKING:
    from serving.settings import Settings
    from serving.wiring import Application


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The options that come before the command."""

    config: Path | None = None
    home: Path | None = None


def settings_of(context: typer.Context) -> Settings:
    """Return the settings that the command line, the variables and the file name."""
    from serving import settings

    given: Given = context.obj
    return settings.read(
        home=None if given.home is None else given.home.absolute(),
        config=None if given.config is None else given.config.absolute(),
    )


@contextmanager
def opened(context: typer.Context) -> Iterator[Application]:
    """Open the application, without following the model in force; close it afterwards."""
    from serving import wiring

    application = wiring.build(settings_of(context), follow=False)
    try:
        yield application
    finally:
        application.close()


def config_path(given: str, folder: str) -> Path:
    """Return a file as given or, where there is none, the shipped one of that name.

    Parameters
    ----------
    given : str
        A path, or a name with or without its ending: ``configs/imports/kuaimod.yaml``, ``kuaimod``.
    folder : str
        The folder of ``configs`` it would be shipped in.
    """
    from serving import configs

    path = Path(given)
    if path.is_file():
        return path
    name = path.name.removesuffix(".yaml")
    shipped = configs.shipped(folder)
    names = sorted(
        entry.name.removesuffix(".yaml") for entry in shipped.iterdir() if entry.name.endswith(".yaml")
    )
    if name not in names:
        raise NotFound(f"There is no file {given}, and none of that name is shipped: {', '.join(names)}.")
    return Path(str(shipped.joinpath(f"{name}.yaml")))


def person() -> str:
    """Return who types: the name that is written beside what is done."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run under a number that has no name
        return "command line"
