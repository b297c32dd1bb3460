"""Clips and frames of items, out of one folder and no other."""

from __future__ import annotations

import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from data.records import Item

MOST_FRAMES: Final = 48
"""Frames on the page, at most."""

_SHOWN: Final = ("video/", "audio/", "image/")
_SCRIPTED: Final = "image/svg+xml"
"""Pictures of this kind may hold scripts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """The files of an item that are there: the clip first, then the frames."""

    clip: Path | None = None
    frames: Sequence[Path] = ()


def found(item: Item, root: Path | None) -> Media:
    """Return the files that an item names.

    Parameters
    ----------
    item : Item
        ``data["media"]`` is the path of the clip below the folder, ``data["frames"]`` a list of such paths.
        What is missing, lies outside or is neither video, sound nor picture is left out.
    root : Path or None
        The media folder; None: there are no files.
    """
    if root is None:
        return Media()
    root = root.resolve()
    named = item.data.get("frames")
    frames = named[:MOST_FRAMES] if isinstance(named, (list, tuple)) else ()
    return Media(
        clip=_file(root, item.media),
        frames=tuple(path for path in (_file(root, name) for name in frames) if path),
    )


def media_type(path: Path) -> str:
    """Return what a file holds, by its name; empty where nobody knows.

    Examples
    --------
    >>> media_type(Path("clip.mp4")), media_type(Path("page.html")), media_type(Path("clip"))
    ('video/mp4', 'text/html', '')
    """
    return mimetypes.guess_type(path.name)[0] or ""


def _file(root: Path, name: object) -> Path | None:
    if not isinstance(name, str) or not name:
        return None
    try:
        path = (root / name).resolve()
        inside = path.is_relative_to(root) and path.is_file()
    except (OSError, ValueError):  # a name that no file can have
        return None
    kind = media_type(path)
    return path if inside and kind.startswith(_SHOWN) and kind != _SCRIPTED else None
