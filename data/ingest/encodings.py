"""Whether a file is written in the encoding that its mapping names."""

from __future__ import annotations

import codecs
from typing import Final

from data.errors import Invalid

_MARKS: Final = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_CANDIDATES: Final = ("utf-8", "cp949", "gb18030")


def check_encoding(head: bytes, *, encoding: str, name: str) -> None:
    r"""Refuse a file of which most lines are not in its encoding, and say which one they are in.

    A single line that is not is left to its row: one bad byte does not keep a file out.

    Examples
    --------
    >>> check_encoding("제목\n홍삼\n".encode("cp949"), encoding="utf-8", name="videos.csv")
    Traceback (most recent call last):
    ...
    data.errors.Invalid: videos.csv is not utf-8; it reads as cp949. Set file.encoding: cp949.
    """
    for mark, marked in _MARKS.items():
        if head.startswith(mark) and not encoding.lower().replace("_", "-").startswith("utf-16"):
            raise Invalid(f"{name} is {marked}. Set file.encoding: {marked}.", field="file.encoding")
    if "\n".encode(encoding) != b"\n":
        return  # lines cannot be told apart before decoding, which fails loudly by itself
    lines = head.split(b"\n")[:-1] or [head]
    if 2 * sum(_reads(line, encoding) for line in lines) >= len(lines):
        return
    fitting = [
        other for other in _CANDIDATES if other != encoding and all(_reads(line, other) for line in lines)
    ]
    guess = (
        f"; it reads as {fitting[0]}. Set file.encoding: {fitting[0]}." if fitting else ". Set file.encoding."
    )
    raise Invalid(f"{name} is not {encoding}{guess}", field="file.encoding")


def _reads(line: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(line)  # the head may end within a character
    except UnicodeError:
        return False
    return True
