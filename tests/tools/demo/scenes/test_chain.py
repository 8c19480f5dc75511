"""Room, microphone, noise and level: what they promise, whatever goes through them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.demo.scenes.chain import CEILING, SUPPLY_HZ, finished, heard_rms, limited, mixed
from tools.demo.scenes.rooms import draw_room
from tools.demo.scenes.scene import RATE_HZ
from tools.demo.scenes.signals import noise, samples_of, seconds, soft_band, tone
from tools.demo.scenes.worlds import Draws, World

SEEDS = range(12)


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=50))
def test_the_limiter_keeps_order_and_small_samples_and_stays_below_its_ceiling(samples: list[float]) -> None:
    wave = np.sort(np.array(samples))

    result = limited(wave)

    assert (np.diff(result) >= 0).all()
    assert np.abs(result).max() <= CEILING
    small = np.abs(wave) <= 0.5
    assert np.array_equal(result[small], wave[small].astype(np.float32))


def test_the_level_heard_is_that_of_the_loud_frames_alone() -> None:
    burst = np.zeros(RATE_HZ)
    burst[:4_000] = 0.5 * tone(400.0, 4_000)

    assert heard_rms(burst) == pytest.approx(0.5 / np.sqrt(2), rel=1e-3)
    assert heard_rms(np.zeros(10)) == 0


@pytest.mark.parametrize("level_db", [-6.0, 0.0])
def test_a_mixture_has_its_parts_at_the_level_asked_for(level_db: float) -> None:
    first, second = (3 * tone(400.0, RATE_HZ)).astype("float32"), (0.1 * tone(1_000.0, RATE_HZ)).astype("float32")

    spectrum = np.abs(np.fft.rfft(mixed(first, second, level_db)))

    assert 20 * np.log10(spectrum[1_000] / spectrum[400]) == pytest.approx(level_db, abs=0.01)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_room_begins_with_the_direct_sound_and_dies_away_in_its_time(seed: int) -> None:
    draws = Draws(World.TRAINING, seed)

    room = draw_room(draws)
    rt60_s = float(draws.truth["room.rt60_s"])

    assert room[0] == 1.0 == np.abs(room).max()
    energy = np.cumsum(np.square(room)[::-1])[::-1]
    late = 10 * np.log10(energy[samples_of(rt60_s * 0.75)] / energy[samples_of(rt60_s * 0.25)])
    assert -50 < late < -22  # 30 dB in half of the time; what is left is short, and highs die sooner


@pytest.mark.parametrize("seed", SEEDS)
def test_level_and_noise_are_what_the_truth_says(seed: int) -> None:
    draws = Draws(World.SHOWN, seed)

    samples = finished(tone(700.0, 4 * RATE_HZ), draws, buzzes=False)

    truth = {name: value for name, value in draws.truth.items() if isinstance(value, float)}
    power_db = truth["level_db"] + 10 * np.log10(1 + 10 ** (-truth["noise.snr_db"] / 10))
    measured_db = 20 * np.log10(heard_rms(samples))
    if power_db < -15:  # louder ones bend
        assert measured_db == pytest.approx(power_db, abs=0.6)
    assert measured_db < power_db + 0.6
    spectrum = np.square(np.abs(np.fft.rfft(samples * np.hanning(len(samples)))))
    near = np.arange(len(spectrum)) / 4
    harmonics = np.abs(near % 700 - 350) > 340  # clipping makes some
    snr_db = 10 * np.log10(spectrum[harmonics].sum() / spectrum[~harmonics].sum())
    assert snr_db == pytest.approx(truth["noise.snr_db"], abs=1.5)


def test_the_buzz_has_the_same_pitches_in_every_take() -> None:
    for seed in SEEDS:
        quiet, buzzing = (
            finished(noise(np.random.default_rng(seed), 4 * RATE_HZ), Draws(World.SHOWN, seed), buzzes).astype(float)
            for buzzes in (False, True)
        )
        lines = [
            np.abs(np.fft.rfft(wave * np.hanning(len(wave))))[[round(SUPPLY_HZ * 4), 200, 600]]
            for wave in (quiet / heard_rms(quiet), buzzing / heard_rms(buzzing))
        ]
        assert (lines[1] > 4 * lines[0]).all(), seed


def test_noise_has_unit_power_and_the_slope_asked_for() -> None:
    random = np.random.default_rng(0)
    for slope_db in (0.0, -3.0, -6.0):
        wave = noise(random, 16 * RATE_HZ, slope_db)
        power = np.square(np.abs(np.fft.rfft(wave)))
        octaves = [power[16 * hz : 32 * hz].mean() for hz in (250, 500, 1_000, 2_000)]
        assert np.square(wave).mean() == pytest.approx(1.0)
        assert np.diff(10 * np.log10(octaves)) == pytest.approx([slope_db] * 3, abs=0.3)


def test_a_band_passes_its_middle_and_falls_by_24_db_an_octave() -> None:
    gains = 20 * np.log10(soft_band(np.array([1_000.0, 50.0, 25.0, 8_000.0, 16_000.0]), 200.0, 2_000.0))

    assert gains[0] == pytest.approx(0, abs=0.1)
    assert gains[1] - gains[2] == pytest.approx(24.1, abs=0.1)
    assert gains[3] - gains[4] == pytest.approx(24.1, abs=0.1)


def test_seconds_and_samples_agree() -> None:
    assert seconds(3).tolist() == [0, 1 / RATE_HZ, 2 / RATE_HZ]
    assert samples_of(0.5) == RATE_HZ // 2
