"""Tries the network while it is imported, before the filter stands: only the namespace is in the way."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Mapping
from typing import Any, BinaryIO

from data.media.child import Answer


def _connect() -> str:
    try:
        socket.create_connection(("127.0.0.1", json.loads(sys.argv[1])["asked"]["port"]), timeout=2)
    except OSError as error:
        return type(error).__name__
    return "connected"


HOW = _connect() if sys.argv[0] == "-c" and len(sys.argv) > 1 else "not in the sandbox"


def how_it_went(_source: BinaryIO, _asked: Mapping[str, Any]) -> Answer:
    return {"how": HOW}, {}
