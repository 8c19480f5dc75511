"""Sounds, instruments and pieces: each is heard, whole, never the same, and in tune where it should be."""

from collections.abc import Callable

import numpy as np
import pytest

from atlas.audio.samples import display_mel
from tools.demo.scenes.instruments import INSTRUMENTS
from tools.demo.scenes.music import FAST_BPM, SLOW_BPM, TEXTURES, Key, draw_music
from tools.demo.scenes.scene import RATE_HZ, Part
from tools.demo.scenes.sounds import SOUNDS, draw_sound
from tools.demo.scenes.worlds import Draws, World

SAMPLES = 3 * RATE_HZ
NOTE_HZ = 440.0


def checked(draw: Callable[[Draws], Part]) -> None:
    """A wave without gaps at its ends or a constant in it; the same for a seed, another for another."""
    parts = [draw(Draws(World.SHOWN, seed)) for seed in (0, 0, 1, 2)]
    for part in parts:
        wave = part.samples
        assert wave.dtype == np.float32
        assert len(wave) == SAMPLES
        assert np.isfinite(wave).all()
        assert np.sqrt(np.square(wave, dtype=float).mean()) == pytest.approx(1.0, rel=0.02)
        assert abs(wave.mean()) < 0.1
        assert np.abs(wave[[0, -1]]).max() < 0.05
        assert np.abs(wave).max() < 45
    assert np.array_equal(parts[0].samples, parts[1].samples)
    mels = [display_mel(0.05 * part.samples) for part in (parts[0], *parts[2:])]
    for first, second in ((0, 1), (0, 2), (1, 2)):
        assert np.abs(mels[first] - mels[second]).mean() > 1.0  # dB


@pytest.mark.parametrize("kind", SOUNDS)
def test_a_sound_is_whole_and_varies(kind: str) -> None:
    checked(lambda draws: draw_sound(kind, draws, SAMPLES))


@pytest.mark.parametrize("place", range(len(INSTRUMENTS)), ids=list(INSTRUMENTS))
def test_a_piece_is_whole_and_varies(place: int) -> None:
    names = list(INSTRUMENTS)
    band = (names[place], names[place - 1])

    checked(lambda draws: draw_music(band, TEXTURES[place % len(TEXTURES)], draws, SAMPLES))


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_an_instrument_is_in_tune(name: str) -> None:
    note = INSTRUMENTS[name].draw(Draws(World.TRAINING, 3))(NOTE_HZ, 1.0, 0.8)

    spectrum = np.abs(np.fft.rfft(note[: RATE_HZ // 2] * np.hanning(len(note[: RATE_HZ // 2])), 4 * RATE_HZ))
    loudest_hz = np.argmax(spectrum) / 4
    partial = loudest_hz / NOTE_HZ
    assert partial == pytest.approx(max(0.5, round(partial)), rel=0.03)
    assert partial < 8


def test_a_piece_says_what_is_heard_in_it() -> None:
    for seed in range(40):
        draws = Draws(World.TRAINING, seed)
        labels = draw_music(("flute", "piano"), "chords", draws, RATE_HZ).labels
        truth = draws.truth
        expected = ["music", "flute", "piano", "chords", truth["mode"]]
        expected += ["drums"] * (truth["drums"] == "yes")
        expected += ["slow"] * (float(truth["bpm"]) < SLOW_BPM) + ["fast"] * (float(truth["bpm"]) > FAST_BPM)
        assert labels == tuple(expected)


def test_degrees_of_a_key_go_on_through_the_octaves() -> None:
    minor = Key(57, (0, 2, 3, 5, 7, 8, 10))

    assert [minor.pitch(degree) for degree in (-1, 0, 2, 6, 7, 9)] == [55, 57, 60, 67, 69, 72]
    assert minor.above(40) == Key(45, minor.scale)
