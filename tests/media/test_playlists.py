"""Files that name other files: none is followed, whichever wall is looked at alone."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.errors import MediaRefused
from data.media import looking, sandbox
from data.media.reading import read
from data.media.reasons import Limits, Reason


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """A server that nobody may call; who does is hung up on."""
    calls: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            with contextlib.suppress(OSError):
                while True:
                    caller, address = server.accept()
                    calls.append(address)
                    caller.close()

        answering = threading.Thread(target=answer)
        answering.start()
        yield server
        server.shutdown(socket.SHUT_RDWR)  # ends the waiting
        answering.join()
    assert calls == []


PLAYLISTS = {
    "hls": "#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:5,\n{url}/1.ts\n#EXT-X-ENDLIST\n",
    "hls after a mark and spaces": "\ufeff \n#EXTM3U\n#EXTINF:5,\n{local}\n",
    "hls with a key": '#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="{url}/key"\n#EXTINF:5,\nx.ts\n',
    "concat": "ffconcat version 1.0\nfile {url}/1.mp4\nfile '{local}'\n",
    "concat without a head": "file '{local}'\nfile '{url}/2.mp4'\n",
    "dash": '<?xml version="1.0"?>\n<MPD><Period><BaseURL>{url}/</BaseURL></Period></MPD>',
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video {port} RTP/AVP 96\n",
    "pls": "[playlist]\nFile1={url}/1.mp4\n",
    "smil": '<smil><body><video src="{url}/1.mp4"/></body></smil>',
}


def _reason(path: Path) -> str:
    with pytest.raises(MediaRefused) as refused:
        read(path)
    return refused.value.reason


def _playlist(name: str, clips: Path, listening: socket.socket) -> bytes:
    port = listening.getsockname()[1]
    text = PLAYLISTS[name].format(url=f"http://127.0.0.1:{port}", local=clips / "good.ts", port=port)
    return text.encode()


@pytest.mark.parametrize("name", PLAYLISTS)
def test_playlists_are_refused_unopened(
    name: str, clips: Path, tmp_path: Path, listening: socket.socket
) -> None:
    path = tmp_path / "looks_like.mp4"
    path.write_bytes(_playlist(name, clips, listening))
    assert _reason(path) == Reason.PLAYLIST


@pytest.mark.parametrize("name", ["hls", "concat", "concat without a head", "sdp"])
def test_a_playlist_that_were_taken_for_one_would_open_nothing_either(
    name: str, clips: Path, tmp_path: Path, listening: socket.socket
) -> None:
    # As if the first bytes had not given it away: FFmpeg is told to follow it, and cannot.
    path = tmp_path / "list"
    path.write_bytes(_playlist(name, clips, listening))
    limits = Limits()
    asked = {each: getattr(limits, each) for each in limits.__slots__}
    kind = {"hls": "hls", "sdp": "sdp"}.get(name, "concat")
    with path.open("rb") as source, pytest.raises(MediaRefused) as refused:
        sandbox.call(source.fileno(), "data.media.looking:look", {**asked, "kind": kind}, limits=limits)
    assert refused.value.reason == Reason.CORRUPT


@pytest.mark.parametrize("name", ["hls", "concat", "sdp"])
def test_the_decoder_opens_nothing_even_where_no_wall_stands(
    name: str, clips: Path, tmp_path: Path, listening: socket.socket
) -> None:
    path = tmp_path / "list"
    path.write_bytes(_playlist(name, clips, listening))
    asked = {each: getattr(Limits(), each) for each in Limits.__slots__} | {"kind": name}
    with path.open("rb") as source, pytest.raises(MediaRefused):
        looking.look(source, asked)


def test_a_playlist_in_the_clothes_of_a_video_is_corrupt(
    clips: Path, tmp_path: Path, listening: socket.socket
) -> None:
    path = tmp_path / "dressed.mp4"
    path.write_bytes(b"\0\0\0\x10ftypisom\0\0\0\0" + _playlist("hls", clips, listening))
    assert _reason(path) == Reason.CORRUPT
