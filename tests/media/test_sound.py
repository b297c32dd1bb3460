from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from data.media.sound import RATE, Sound, measure


def _measured(samples: object) -> Sound:
    told = np.clip(np.asarray(samples), -32768, 32767).astype(np.int16)
    measured = measure(told, [(0.0, len(told))])
    assert measured is not None
    return measured


def test_a_full_sine_lies_three_decibels_below_full_scale() -> None:
    sine = 32767 * np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE)
    [level] = _measured(sine).levels_db
    assert level == pytest.approx(-3.01, abs=0.02)


def test_half_the_amplitude_is_six_decibels_less() -> None:
    noise = np.random.default_rng(1).normal(0, 4000, RATE)
    loud, soft = _measured(noise).loudness_db, _measured(noise / 2).loudness_db
    assert loud - soft == pytest.approx(6.02, abs=0.05)


def test_what_swells_like_syllables_is_like_speech(paints: SimpleNamespace) -> None:
    assert _measured(paints.speech(5)).share_speech_like == 1


@pytest.mark.parametrize("name", ["tone", "silence", "noise", "hum", "hiss", "whisper of a codec"])
def test_what_does_not_is_not(paints: SimpleNamespace, name: str) -> None:
    time, chance = np.arange(5 * RATE) / RATE, np.random.default_rng(2)
    sounds = {
        "tone": paints.tone(5),
        "silence": paints.silence(5),
        "noise": chance.normal(0, 5000, 5 * RATE),
        "hum": 8000 * np.sin(2 * np.pi * 50 * time),
        "hiss": np.diff(chance.normal(0, 5000, 5 * RATE + 1)),
        "whisper of a codec": paints.speech(5) / 500,
    }
    assert _measured(sounds[name]).share_speech_like == 0


def test_stretches_keep_their_places(paints: SimpleNamespace) -> None:
    samples = np.concatenate([paints.tone(2), paints.silence(2.4)])
    measured = measure(samples, [(10.0, 2 * RATE), (500.0, len(samples) - 2 * RATE)])
    assert measured is not None
    assert measured.seconds == (10.0, 11.0, 500.0, 501.0)
    assert measured.levels_db[2:] == (-96.0, -96.0)


def test_nothing_heard_is_none() -> None:
    assert measure(np.zeros(0, dtype=np.int16), []) is None


def test_windows_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="windows must add up to 5 samples"):
        measure(np.zeros(5, dtype=np.int16), [(0.0, 4)])
