"""Loudness, centroid, flatness, onset, voicing and f0, on sounds whose values are known."""

import time

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from atlas.annotate.acoustics import NAMES, acoustics, columns_frame
from atlas.audio.samples import MEL_FLOOR_DB, RATE_HZ, Samples, energy_db
from atlas.schema import COLUMNS
from atlas.schema.grid import FrameGrid

GRID = FrameGrid(rate_hz=16_000, hop=320, field=400, centre=160, partial=True)
FINE = FrameGrid(rate_hz=24_000, hop=320, field=512, centre=256, partial=False)
SECOND = 50  # frames
INNER = slice(3, -3)  # frames whose windows lie within the sound

Columns = dict[str, NDArray[np.float32]]


def seconds(duration_s: float) -> NDArray[np.float64]:
    return np.arange(round(duration_s * RATE_HZ)) / RATE_HZ


def sine(hz: float, duration_s: float = 1.0, amplitude: float = 0.5) -> Samples:
    return (amplitude * np.sin(2 * np.pi * hz * seconds(duration_s))).astype(np.float32)


def harmonics(hz: float, count: int = 12, duration_s: float = 1.0) -> Samples:
    """A tone whose partials fall by 6 dB an octave, in phases of their own."""
    parts = [np.sin(2 * np.pi * hz * n * seconds(duration_s) + n * n) / n for n in range(1, count + 1) if hz * n < 7000]
    return (0.2 * np.sum(parts, axis=0)).astype(np.float32)


def noise(duration_s: float = 1.0, amplitude: float = 0.1, seed: int = 0) -> Samples:
    return (amplitude * np.random.default_rng(seed).standard_normal(len(seconds(duration_s)))).astype(np.float32)


def heard(samples: Samples, grid: FrameGrid = GRID) -> Columns:
    """All frames of a sound."""
    return acoustics(samples, grid, np.arange(grid.frames_of(round(len(samples) * grid.rate_hz / RATE_HZ))))


def f0_hz(columns: Columns) -> NDArray[np.float32]:
    return 100 * 2 ** (columns["f0"] / 12)


def test_a_value_of_each_column_is_given_for_each_frame_asked_for() -> None:
    columns = heard(noise())

    assert tuple(columns) == NAMES == tuple(COLUMNS.columns)[2:]
    assert {(len(column), column.dtype.name) for column in columns.values()} == {(SECOND, "float32")}


@pytest.mark.parametrize("grid", [GRID, FINE])
def test_some_frames_have_the_values_that_they_have_among_all(grid: FrameGrid) -> None:
    samples = np.concatenate([harmonics(150), noise(), np.zeros(8000, np.float32)])
    some = np.array([0, 1, 7, 49, 60, 61, 99, 100, 110])

    every, chosen = heard(samples, grid), acoustics(samples, grid, some)

    assert all(np.array_equal(chosen[name], every[name][some], equal_nan=True) for name in NAMES)


def test_loudness_is_mean_power_where_hearing_is_not_weighted() -> None:
    for amplitude in (1.0, 0.1, 0.001):
        samples = sine(1000, amplitude=amplitude)
        assert heard(samples)["loudness"][INNER] == pytest.approx(energy_db(samples), abs=0.1)


@pytest.mark.parametrize(("hz", "gain_db"), [(125, -16.1), (250, -8.6), (500, -3.2), (2000, 1.2), (4000, 1.0)])
def test_loudness_is_weighted_as_the_standard_says(hz: float, gain_db: float) -> None:
    samples = sine(hz)

    assert heard(samples)["loudness"][INNER] == pytest.approx(energy_db(samples) + gain_db, abs=0.5)


def test_a_step_of_amplitude_is_a_step_of_loudness() -> None:
    loudness = heard(np.concatenate([sine(1000, amplitude=0.01), sine(1000, amplitude=0.1)]))["loudness"]

    assert loudness[SECOND + 5] - loudness[SECOND - 5] == pytest.approx(20, abs=0.1)
    assert np.diff(loudness)[SECOND - 2 : SECOND + 1].sum() == pytest.approx(20, abs=0.1)


@pytest.mark.parametrize("hz", [125, 500, 1000, 2000, 6000])
def test_the_centroid_of_a_sine_is_its_frequency(hz: float) -> None:
    assert heard(sine(hz))["centroid"][INNER] == pytest.approx(np.log2(hz / 1000), abs=0.05)


def test_the_centroid_follows_a_sweep_an_octave_a_second() -> None:
    t = seconds(5.0)
    sweep = np.sin(2 * np.pi * 125 * (2**t - 1) / np.log(2)).astype(np.float32)

    octaves = heard(0.3 * sweep)["centroid"][INNER]

    middles = GRID.middles_s(np.arange(250))[INNER]
    assert octaves == pytest.approx(middles - 3, abs=0.05)


def test_an_offset_or_a_rumble_below_hearing_moves_nothing() -> None:
    samples = sine(440)
    moved = samples + np.float32(0.3)

    for name in ("loudness", "centroid", "flatness", "voiced", "f0"):
        assert heard(moved)[name][INNER] == pytest.approx(heard(samples)[name][INNER], abs=0.05)


def test_noise_is_flat_and_a_tone_is_not_at_any_level() -> None:
    for amplitude in (0.3, 0.003):
        assert heard(noise(amplitude=amplitude))["flatness"].mean() == pytest.approx(-2.5, abs=0.4)
        assert (heard(sine(1000, amplitude=amplitude))["flatness"][INNER] < -35).all()


def test_an_impulse_is_an_onset_of_its_frame_alone() -> None:
    samples = noise(amplitude=0.001)
    samples[20 * 320 + 160] = 0.9  # the middle of frame 20

    onset = heard(samples)["onset"]

    assert np.nanargmax(onset) == 20
    assert onset[20] > 10 * np.nanmedian(onset)
    assert np.nanmax(np.delete(onset, [19, 20, 21])) < onset[20] / 4


def test_noise_that_starts_is_an_onset_and_noise_that_stops_is_none() -> None:
    samples = np.concatenate([noise(amplitude=0.001), noise(seed=1), noise(amplitude=0.001, seed=2)])

    onset = heard(samples)["onset"]

    assert np.nanargmax(onset) in (SECOND - 1, SECOND)
    assert onset[2 * SECOND - 2 : 2 * SECOND + 3].max() < 8 < 15 < np.nanmax(onset)


def test_a_clip_that_begins_with_sound_has_no_onset_there() -> None:
    onset = heard(noise())["onset"]

    assert np.isnan(onset).nonzero()[0].tolist() == [0]
    assert onset[1] < 8


@pytest.mark.parametrize("hz", [80, 100, 137, 200, 261.6, 400])
@pytest.mark.parametrize("shape", [sine, harmonics])
def test_the_f0_of_a_tone_is_found_to_a_hundredth(hz: float, shape: object) -> None:
    assert callable(shape)
    columns = heard(shape(hz))

    assert f0_hz(columns)[INNER] == pytest.approx(hz, rel=0.01)
    assert (columns["voiced"][INNER] > 0.97).all()


def test_the_f0_of_a_tone_without_its_fundamental_is_found() -> None:
    samples = harmonics(150) - 0.2 * np.sin(2 * np.pi * 150 * seconds(1.0) + 1).astype(np.float32)

    assert f0_hz(heard(samples))[INNER] == pytest.approx(150, rel=0.01)


def test_the_f0_of_a_glide_is_that_of_the_frames_middle() -> None:
    t = seconds(3.0)
    glide = np.sin(2 * np.pi * (100 * t + 100 * t**2 / 2)).astype(np.float32)  # 100 to 400 Hz

    middles = GRID.middles_s(np.arange(150))[INNER]
    assert f0_hz(heard(glide))[INNER] == pytest.approx(100 + 100 * middles, rel=0.015)


@pytest.mark.parametrize("hz", [30, 2500])
def test_a_tone_out_of_range_has_no_f0(hz: float) -> None:
    assert np.isnan(heard(sine(hz))["f0"][INNER]).all()


def test_white_noise_is_unvoiced() -> None:
    columns = heard(noise(5.0))

    assert np.isnan(columns["f0"]).all()
    assert columns["voiced"].max() < 0.5


def test_voicing_falls_as_noise_grows() -> None:
    tone = harmonics(120)
    means = [heard(tone + noise(amplitude=amplitude))["voiced"].mean() for amplitude in (0.0, 0.02, 0.05, 0.1, 0.3)]

    assert means == sorted(means, reverse=True)


@pytest.mark.parametrize("level", [0.0, 1e-6, -3e-5])
def test_silence_has_the_least_loudness_no_voice_and_no_spectrum(level: float) -> None:
    columns = heard(np.full(RATE_HZ, level, np.float32))

    assert columns["loudness"] == pytest.approx(MEL_FLOOR_DB)
    assert all(np.isnan(columns[name]).all() for name in ("centroid", "flatness", "f0"))
    assert (columns["voiced"] == 0).all()
    assert (columns["onset"][1:] < 0.01).all()


@pytest.mark.parametrize("length", [1, 100, 320, 700])
def test_a_clip_shorter_than_a_window_has_values(length: int) -> None:
    columns = heard(noise()[:length])

    assert {len(column) for column in columns.values()} == {-(-length // 320)}
    assert np.isfinite(columns["loudness"]).all()
    assert np.isfinite(columns["centroid"]).all()


def test_frames_whose_middle_lies_after_the_end_have_values() -> None:
    coarse = FrameGrid(rate_hz=16_000, hop=1600, field=1600, centre=800, partial=True)

    columns = acoustics(noise()[:100], coarse, np.array([0]))

    assert columns["loudness"] == pytest.approx(MEL_FLOOR_DB)


def test_no_frames_have_no_values() -> None:
    assert {len(column) for column in acoustics(noise(), GRID, np.array([], np.int64)).values()} == {0}


def test_the_rows_of_a_clip_are_null_where_a_value_is_undefined() -> None:
    frames = np.array([0, 4, 9])

    rows = columns_frame(7, frames, acoustics(np.zeros(4800, np.float32), GRID, frames))

    COLUMNS.check(rows, "rows")
    assert rows.select("clip", "frame").rows() == [(7, 0), (7, 4), (7, 9)]
    assert rows["f0"].null_count() == rows["centroid"].null_count() == 3
    assert not any(rows.select(pl.col(pl.Float16).is_nan().any()).row(0))


def test_a_whole_window_is_cheap() -> None:
    """About 25 ms; the bound is for machines that others use as well."""
    samples = np.concatenate([harmonics(100 + 10 * n) for n in range(15)] + [noise(15.0)])
    heard(samples)
    started = time.thread_time()
    heard(samples)

    assert time.thread_time() - started < 0.4
