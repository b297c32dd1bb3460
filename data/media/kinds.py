"""
What a file is, told by its first bytes and never by its name. Pure.

The demultiplexer is chosen here. FFmpeg's own guess, which knows playlists and three hundred formats, is
not asked.
"""

from __future__ import annotations

from typing import Final

from data.errors import MediaRefused
from data.media.reasons import Reason

HEAD_BYTES: Final = 4096
"""So much of a file is needed to tell."""

_BOXES: Final = (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp")
_PACKETS: Final = ((188, 0), (192, 4))  # MPEG-TS, and with the time codes of M2TS before each packet
_PLAYLISTS: Final = (
    b"#extm3u", b"#ext-x-", b"ffconcat", b"[playlist]", b"[reference]", b"<asx", b"<smil", b"<mpd",
    b"file '", b'file "', b"file /", b"rtsptext", b"v=0\no=", b"v=0\r\no=",
)  # fmt: skip


def kind_of(head: bytes) -> str:
    r"""Return the name of the demultiplexer for a file that begins with these bytes.

    Raises
    ------
    MediaRefused
        As ``empty``, ``playlist`` or ``not_a_video``.

    Examples
    --------
    >>> kind_of(b"\x1a\x45\xdf\xa3" + bytes(60))
    'matroska'
    >>> kind_of(b"#EXTM3U\nhttp://example.org/1.ts")
    Traceback (most recent call last):
    data.errors.MediaRefused: Playlist: it names other files, which are not followed
    """
    if not head:
        raise MediaRefused(Reason.EMPTY, "the file has no bytes")
    if head[4:8] in _BOXES:
        return "mov"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "matroska"
    if head.startswith(b"RIFF") and head[8:12] in (b"AVI ", b"AVIX"):
        return "avi"
    if head.startswith(b"FLV\x01"):
        return "flv"
    if _is_transport_stream(head):
        return "mpegts"
    if _is_playlist(head):
        raise MediaRefused(Reason.PLAYLIST, "it names other files, which are not followed")
    raise MediaRefused(
        Reason.NOT_A_VIDEO, "it begins like none of MP4, MOV, WebM, Matroska, MPEG-TS, AVI, FLV"
    )


def _is_transport_stream(head: bytes) -> bool:
    for length, offset in _PACKETS:
        marks = head[offset::length]
        if len(marks) >= 3 and set(marks) == {0x47}:
            return True
    return False


def _is_playlist(head: bytes) -> bool:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith(b"<?xml"):
        return any(mark in text for mark in (b"<mpd", b"<smil", b"<asx", b"<playlist"))
    return text.startswith(_PLAYLISTS)
