"""Gains: as loud as each other where that is possible, never clipped, never driven up without bound."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas.audio.samples import RATE_HZ, Samples
from atlas.media.loudness import LARGEST_GAIN_DB, PEAK_DB, TARGET_DB, gain_db, loudness_db


def tone(level_db: float, seconds: float = 3.0) -> Samples:
    """A sine of this power in dB of full scale."""
    times = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return (np.sqrt(2) * 10 ** (level_db / 20) * np.sin(2 * np.pi * 500 * times)).astype(np.float32)


@pytest.mark.parametrize("level_db", [-39.0, -30.0, -20.0, -8.0])
def test_a_steady_sound_comes_to_the_target(level_db: float) -> None:
    assert loudness_db(tone(level_db)) == pytest.approx(level_db, abs=0.01)
    assert gain_db(tone(level_db)) == pytest.approx(TARGET_DB - level_db, abs=0.11)


def test_what_is_nearly_silent_is_lifted_by_no_more_than_the_largest_gain() -> None:
    assert gain_db(tone(-70)) == LARGEST_GAIN_DB
    assert gain_db(np.zeros(RATE_HZ, np.float32)) == LARGEST_GAIN_DB


def test_pauses_do_not_count() -> None:
    speech = np.concatenate([tone(-25), np.zeros(20 * RATE_HZ, np.float32)])

    assert loudness_db(speech) == pytest.approx(-25, abs=0.4)


def test_the_highest_sample_stays_below_full_scale() -> None:
    clicks = np.zeros(5 * RATE_HZ, np.float32)
    clicks[::RATE_HZ] = 0.5  # 6 dB below full scale, and next to no power

    assert gain_db(clicks) == pytest.approx(20 * np.log10(2) + PEAK_DB, abs=0.1)


def test_samples_far_beyond_full_scale_come_down_by_what_it_takes() -> None:
    peak_db = 20 * np.log10(32_768)

    assert gain_db(np.float32(32_768) * np.sign(tone(-20))) == pytest.approx(PEAK_DB - peak_db, abs=0.11)


@given(st.integers(1, 30_000), st.floats(-80, 20), st.integers(0, 2**32))
def test_a_gain_is_a_tenth_of_a_decibel_and_never_clips(length: int, level_db: float, seed: int) -> None:
    samples = np.random.default_rng(seed).normal(0, 10 ** (level_db / 20), length).astype(np.float32)
    gain = gain_db(samples)

    assert gain == round(gain, 1)
    assert gain <= LARGEST_GAIN_DB
    assert np.abs(samples).max() * 10 ** (gain / 20) <= 10 ** (PEAK_DB / 20) * 1.0001
