from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.media import bars, fingerprints
from data.media.fingerprints import SAME_PICTURE, find, from_text, hashes_of, pack, to_text, unpack
from data.media.known import Known
from data.media.pdq import bits_of
from data.media.reading import Reading, read

Make = Callable[..., Path]
ROW, COLUMN = np.indices((300, 200))
# Computed by the package pdqhash 0.2.8, which runs the code of PDQ's authors.
GOLDEN = {
    "7a2796ad3d07e15217e37c12c9ab3f52e0bb81a19e44b99b33e0a99f4b385660": (
        np.stack([COLUMN * COLUMN // 40 + ROW, 3 * ROW - COLUMN, COLUMN * ROW // 50], axis=-1) % 256
    ),
    "fbea28bc59604cbdfbea44355940cdbd9beaf024a160b33de760f7c8a2183342": (
        np.indices((90, 160)).sum(axis=0)[:, :, None] * np.array([3, 5, 7]) % 256
    ),
}


@pytest.mark.parametrize("golden", GOLDEN)
def test_hashes_are_those_that_others_exchange(golden: str) -> None:
    hashes, quality = hashes_of(GOLDEN[golden][None].astype(np.uint8))
    assert find(hashes, from_text([golden]), within=4)
    assert to_text(hashes) == [golden]
    assert quality.tolist() == [100]


def test_a_picture_is_itself_when_smaller_brighter_or_noisy_and_another_when_turned(
    paints: SimpleNamespace,
) -> None:
    picture = paints.moving(0.0, 400, 300)
    chance = np.random.default_rng(3)
    same = [
        paints.moving(0.0, 200, 150),
        (picture * 0.8 + 30).astype(np.uint8),
        np.clip(picture + chance.normal(0, 12, picture.shape), 0, 255).astype(np.uint8),
    ]
    other = [np.rot90(picture), picture[:, ::-1], paints.moving(0.0, 400, 300, seed=9)]
    asked, _ = hashes_of(picture[None])
    for one in same:
        assert find(asked, hashes_of(np.ascontiguousarray(one)[None])[0])
    for one in other:
        assert not find(asked, hashes_of(np.ascontiguousarray(one)[None])[0], within=2 * SAME_PICTURE)


def test_plain_pictures_have_no_quality() -> None:
    plain = np.stack([np.full((80, 80, 3), level, dtype=np.uint8) for level in (0, 128, 255)])
    assert bits_of(plain)[1].tolist() == [0, 0, 0]


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=5))
def test_hashes_can_be_written_and_read(known: list[bytes]) -> None:
    texts = [each.hex() for each in known]
    hashes = from_text(texts)
    assert to_text(hashes) == texts
    assert (pack(unpack(hashes)) == hashes).all()


def test_every_near_pair_is_found_and_no_other() -> None:
    chance = np.random.default_rng(4)
    known = chance.integers(0, 2, (70_000, 256)).astype(np.uint8)  # more than are looked at together
    asked = known[[5, 69_000]].copy()
    asked[0, :31] ^= 1
    asked[1, 100:132] ^= 1
    found = find(pack(asked), pack(known), within=31)
    assert [(match.asked, match.known, match.distance) for match in found] == [(0, 5, 31)]


@pytest.mark.parametrize("text", ["", "ab", "g" * 64, "f" * 65])
def test_what_is_no_hash_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="hex"):
        from_text([text])


def test_bars_are_found_to_the_pixel(paints: SimpleNamespace) -> None:
    frames = np.stack([paints.boxed(paints.moving, (100, 61))(second, 120, 200) for second in (0.0, 1.0)])
    assert bars.content(frames) == bars.Box(top=69, bottom=130, left=10, right=110)
    assert bars.content(np.zeros_like(frames)) == bars.Box(top=0, bottom=200, left=0, right=120)


@pytest.fixture(scope="module")
def films(
    tmp_path_factory: pytest.TempPathFactory, make_clip: Make, paints: SimpleNamespace
) -> dict[str, Reading]:
    """One video, four copies of it, and two others; the scenes of each change every two seconds."""
    folder = tmp_path_factory.mktemp("films")

    def story(seed: int) -> Callable[[float, int, int], object]:
        return lambda second, width, height: paints.busy(
            second, width, height, seed=10 * seed + int(second // 2)
        )

    makes = {
        "first": {},
        "encoded again": {"gop": 37, "crf": "33", "rate": 12},
        "smaller": {"size": (128, 72), "gop": 25},
        "letterboxed": {"size": (108, 192), "paint": paints.boxed(story(1), (108, 60)), "gop": 20},
        "another codec": {"codec": "libvpx-vp9", "container": "webm"},
        "other": {"paint": story(2)},
        "black": {"paint": paints.black},
    }
    return {
        name: read(
            make_clip(
                folder / name.replace(" ", "_"),
                **{"paint": story(1), "seconds": 6, "size": (192, 108), **make},
            )
        )
        for name, make in makes.items()
    }


COPIES = ["encoded again", "smaller", "letterboxed", "another codec"]


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_is_found_among_known_videos(films: dict[str, Reading], name: str) -> None:
    table = _known(films, "other", "first", "black")
    found = table.matches(films[name].hashes, films[name].qualities)
    assert [same.video for same in found] == ["first"]
    assert found[0].share >= 0.4
    assert films[name].sha256 != films["first"].sha256


@pytest.mark.parametrize("name", ["other", "black"])
def test_another_video_is_not(films: dict[str, Reading], name: str) -> None:
    table = _known(films, "first", *COPIES, "black")
    assert table.matches(films[name].hashes, films[name].qualities) == []


def test_a_few_frames_of_a_known_video_are_not_enough(films: dict[str, Reading]) -> None:
    first, other = films["first"], films["other"]
    mixed = np.concatenate([first.hashes[:1], other.hashes[:5]])
    table = _known(films, "first")
    assert table.matches(mixed, np.full(6, 100)) == []
    [same] = table.matches(mixed, np.full(6, 100), least_share=0.1)
    assert (same.frames, same.share, same.distance) == (1, 1 / 6, 0)


def test_an_empty_table_knows_nothing(films: dict[str, Reading]) -> None:
    assert Known.of({}).matches(films["first"].hashes, films["first"].qualities) == []


def _known(films: dict[str, Reading], *names: str) -> Known:
    return Known.of({name: (films[name].hashes, films[name].qualities) for name in names})


def test_the_digest_of_a_file_is_that_of_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert fingerprints.sha256_of(path) == digest
