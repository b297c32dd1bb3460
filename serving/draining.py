"""
How a worker stops: first it says so, then it stops listening, then it goes.

A server that closes its connections at once resets whoever is just sending on one that was kept open. So
after the signal everything is answered as before for a while, not ready, and with ``Connection: close``: each
client leaves its connection by itself, and a proxy in front takes another server. Only then are new
connections refused, what has come in is answered, and the server's own way of stopping begins. Who connects
in the very moment in which listening ends may still be reset, before anything of it was read.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from contextlib import suppress
from types import FrameType
from typing import Any, Final

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Stop = Callable[[int, FrameType | None], Any]

LAST_S: Final = 0.3
"""Seconds between the last connection that is taken and the end: it may have sent nothing yet."""

SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


class Drain:
    """What happens between the signal to stop and the end.

    Attributes
    ----------
    begun : bool
        Whether the signal came.
    """

    def __init__(self) -> None:
        self.begun = False

    def install(self, *, seconds: float) -> None:
        """Put this before the server's own handling of signals. In its event loop, after it has set that up.

        Parameters
        ----------
        seconds : float
            How long everything is still answered after the signal. Further signals change nothing: process
            managers send one to every process, and the supervisor sends its own.
        """
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            stop = signal.getsignal(number)
            if callable(stop):
                loop.add_signal_handler(number, self._begin, loop, number, stop, seconds)

    def closing(self, send: Send) -> Send:
        """Return a way to send that tells the client to leave the connection, once the signal came."""

        async def told(message: Message) -> None:
            if self.begun and message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
            await send(message)

        return told

    def _begin(self, loop: asyncio.AbstractEventLoop, number: int, stop: Stop, seconds: float) -> None:
        if self.begun:
            return
        self.begun = True
        servers = list(getattr(getattr(stop, "__self__", None), "servers", ()))
        loop.call_later(seconds, _stop_listening, servers)
        loop.call_later(seconds + LAST_S, stop, number, None)


def _stop_listening(servers: Iterable[Any]) -> None:
    # The supervisor and the other workers hold the same sockets: closing ours alone would leave clients in a
    # queue that nobody serves. A worker that is started anew listens again.
    for listener in [listener for server in servers for listener in server.sockets]:
        with suppress(OSError), socket.socket(fileno=os.dup(listener.fileno())) as same:
            same.shutdown(socket.SHUT_RDWR)
