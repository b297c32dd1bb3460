"""
Is a video one that is known? Frames that look alike, counted by video. Pure.

The frames of a video and of its copy are seen at other moments when the copy was encoded with other
keyframes, so not all of them find their like; encoders agree on where scenes begin, so some do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from data.media.fingerprints import GOOD_QUALITY, SAME_PICTURE, Hashes, find
from data.media.pdq import BITS

LEAST_SHARE: Final = 0.3
"""Share of the frames that must have a like in one known video, for it to count as the same."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Known:
    """The hashes of known videos in one table; made by `of`.

    Examples
    --------
    >>> table = Known.of({"v1": (np.array([[1, 2, 3, 4]], dtype=np.uint64), np.array([90], dtype=np.uint8))})
    >>> [same.video for same in table.matches(np.array([[1, 2, 3, 5]], dtype=np.uint64), np.array([80]))]
    ['v1']
    """

    videos: tuple[str, ...]
    hashes: Hashes
    owners: npt.NDArray[np.intp]
    """The place in ``videos`` of each hash."""

    @classmethod
    def of(cls, videos: Mapping[str, tuple[Hashes, npt.NDArray[np.uint8]]]) -> Known:
        """Return a table of hashes with their qualities, by the name of the video."""
        telling = [_telling(hashes, qualities) for hashes, qualities in videos.values()]
        return cls(
            videos=tuple(videos),
            hashes=np.concatenate([np.empty((0, BITS // 64), dtype=np.uint64), *telling]),
            owners=np.repeat(np.arange(len(telling)), [len(each) for each in telling]),
        )

    def matches(
        self,
        hashes: Hashes,
        qualities: npt.NDArray[np.integer],
        *,
        within: int = SAME_PICTURE,
        least_share: float = LEAST_SHARE,
    ) -> list[SameVideo]:
        """Return the known videos that show the same as one video, the likeliest first.

        Parameters
        ----------
        hashes, qualities
            Of the frames of the video, see `data.media.reading.Reading`. Frames with too little in them to be
            told apart are left out; a video of nothing else matches none.
        within
            Bits in which two frames that look alike may differ.
        """
        if not 0 < least_share <= 1:
            raise ValueError(f"least_share must be in (0, 1]; got {least_share!r}.")
        asked = _telling(hashes, qualities)
        alike: dict[int, dict[int, int]] = {}
        for match in find(asked, self.hashes, within=within):
            alike.setdefault(int(self.owners[match.known]), {}).setdefault(match.asked, match.distance)
        found = [
            SameVideo(
                video=self.videos[owner],
                frames=len(distances),
                share=len(distances) / len(asked),
                distance=min(distances.values()),
            )
            for owner, distances in alike.items()
            if len(distances) >= least_share * len(asked)
        ]
        return sorted(found, key=lambda same: (-same.share, same.distance, same.video))


@dataclass(frozen=True, slots=True, kw_only=True)
class SameVideo:
    """A known video that shows the same."""

    video: str
    frames: int
    """Frames of the asked video that have a like in the known one."""
    share: float
    """Their share of the asked frames that can be told apart."""
    distance: int
    """Bits in which the nearest pair differs."""


def _telling(hashes: Hashes, qualities: npt.NDArray[np.integer]) -> Hashes:
    if len(hashes) != len(qualities):
        raise ValueError(f"hashes and qualities must be as many; got {len(hashes)} and {len(qualities)}.")
    return hashes[qualities >= GOOD_QUALITY]
