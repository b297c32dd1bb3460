"""
The files that pages load: style, scripts, fonts. Browsers keep them for as long as they stay the same.

The address of a file holds a part of its digest, so that a new version is a new address.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

FOLDER: Final = Path(__file__).parent / "static"

_TYPES: Final = {".woff2": "font/woff2", ".js": "text/javascript", ".svg": "image/svg+xml"}
_TEXTS: Final = frozenset({".css", ".js", ".svg", ".txt"})

FOREVER: Final = "public, max-age=31536000, immutable"
BRIEFLY: Final = "public, max-age=300"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A file, ready to be sent."""

    content: bytes
    digest: str
    media_type: str
    zipped: bytes | None
    """Where it is text."""


@cache
def assets() -> dict[str, Asset]:
    """Return every file by its path within the folder."""
    return {
        path.relative_to(FOLDER).as_posix(): _read(path)
        for path in sorted(FOLDER.rglob("*"))
        if path.is_file()
    }


def address(name: str) -> str:
    """Return where a file is to be loaded from; `KeyError` where there is none of that name."""
    return f"/static/{name}?v={assets()[name].digest[:12]}"


async def answer(request: Request) -> Response:
    """Send a file."""
    name: str = request.path_params["path"]
    asset = assets().get(name)
    if asset is None:
        return Response(status_code=404)
    # Files from elsewhere have their version in their name.
    lasting = request.query_params.get("v") == asset.digest[:12] or name.startswith("vendor/")
    headers = {
        "ETag": f'"{asset.digest}"',
        "Cache-Control": FOREVER if lasting else BRIEFLY,
        "Vary": "Accept-Encoding",
    }
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    content = asset.content
    if asset.zipped is not None and "gzip" in request.headers.get("accept-encoding", ""):
        content = asset.zipped
        headers["Content-Encoding"] = "gzip"
    return Response(content, headers=headers, media_type=asset.media_type)


def _read(path: Path) -> Asset:
    content = path.read_bytes()
    guessed = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Asset(
        content=content,
        digest=hashlib.sha256(content).hexdigest(),
        media_type=guessed,
        zipped=gzip.compress(content, mtime=0) if path.suffix in _TEXTS else None,
    )
