"""Spectrograms: the display mel and nothing else, in grey, within their size."""

import io

import numpy as np
import pytest
from PIL import Image

from atlas.audio.samples import MEL_FLOOR_DB, MEL_GRID, RATE_HZ, Samples, display_mel
from atlas.media.pictures import BLACK_DB, MOST_BYTES, WHITE_DB, spectrogram


def pixels(samples: Samples) -> np.ndarray:
    with Image.open(io.BytesIO(spectrogram(samples))) as picture:
        assert picture.format == "WEBP"
        return np.asarray(picture.convert("L"))


def noise(level_db: float, seconds: float) -> Samples:
    random = np.random.default_rng(0)
    return random.normal(0, 10 ** (level_db / 20), round(seconds * RATE_HZ)).astype(np.float32)


@pytest.mark.parametrize("samples", [1, 320, 321, 16_000, 70_001])
def test_a_picture_has_a_column_a_frame_and_a_row_a_band(samples: int) -> None:
    assert pixels(noise(-30, samples / RATE_HZ)).shape == (80, MEL_GRID.frames_of(samples))


def test_silence_is_white_and_loud_is_black() -> None:
    assert pixels(np.zeros(RATE_HZ, np.float32)).min() >= 254
    assert pixels(noise(10, 1)).mean() < 5


def test_high_frequencies_are_at_the_top() -> None:
    times = np.arange(RATE_HZ) / RATE_HZ
    darkest = [
        pixels(0.3 * np.sin(2 * np.pi * hz * times).astype(np.float32)).mean(axis=1).argmin() for hz in (200, 6000)
    ]

    assert darkest[0] > 70
    assert darkest[1] < 15


def test_the_shade_is_the_level_whatever_the_window() -> None:
    sound = np.concatenate([noise(-60, 2), noise(-30, 2), noise(-45, 2)])
    level_db = display_mel(sound).T[::-1] + MEL_FLOOR_DB
    wanted = 255 * (1 - np.clip((level_db - WHITE_DB) / (BLACK_DB - WHITE_DB), 0, 1))

    assert np.abs(pixels(sound).astype(float) - wanted).mean() < 6  # of 255: WebP loses a little


@pytest.mark.parametrize("level_db", [-50, -30, -10])
def test_half_a_minute_fits_whatever_it_holds(level_db: float) -> None:
    assert len(spectrogram(noise(level_db, 30))) <= MOST_BYTES


def test_equal_samples_give_equal_bytes() -> None:
    assert spectrogram(noise(-30, 1)) == spectrogram(noise(-30, 1))
