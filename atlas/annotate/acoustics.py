"""What the sound is like at the frames of an encoder's grid, without a model: six numbers a frame.

All but the last two are of the spectrum of 32 ms around a frame's middle, the window of the display mel:
- loudness: mean power in dB of full scale, A-weighted as in IEC 61672; a sine of full scale and 1 kHz has -3 dB.
- centroid: the mean of log2 of frequency, weighted by power, in octaves from 1 kHz, as MPEG-7 defines it: an interval
  is heard alike wherever it lies, so that a standard deviation means the same at both ends.
- flatness: geometric over arithmetic mean of power in dB, also of MPEG-7; bins count as 60 dB below the mean at least.
- onset: the spectral flux of the log-mel, the mean rise of its bands from 20 ms before.
- voiced, f0: YIN (de Cheveigné and Kawahara 2002), by the correlation of 32 ms with what lies up to one longest period
  away; f0 in semitones from 100 Hz.

YIN is written here, as no library fits: pyworld has to be compiled, librosa brings scikit-learn for these few lines,
Parselmouth is under the GPL. Nothing is smoothed over time, so a frame's values do not depend on which are asked for.
"""

from collections.abc import Mapping
from functools import cache

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray
from scipy import fft

from atlas.audio.filterbank import MelBank, mel_bank
from atlas.audio.samples import MEL_FLOOR_DB, MEL_WINDOW, RATE_HZ, Samples, mel_filters
from atlas.schema import COLUMNS
from atlas.schema.grid import FrameGrid
from atlas.schema.thresholds import F0_RANGE_HZ, VOICED_PERIODICITY

Floats = NDArray[np.float32]
Longs = NDArray[np.int64]

NAMES = ("loudness", "centroid", "flatness", "onset", "voiced", "f0")

_FLOOR = np.float32(10 ** (MEL_FLOOR_DB / 10))
_BINS_HZ = np.linspace(0, RATE_HZ / 2, MEL_WINDOW // 2 + 1)
_POWER_SUM = 3.0  # of the bins of a sine, and of all else, over its mean power: that of a Hann window scaled to 0 dB
_CENTROID_FROM = 2  # the first bin, 62.5 Hz: below are offsets and rumble
_ORIGIN_HZ = 1_000.0  # of the centroid's octaves
_FLAT = slice(*np.searchsorted(_BINS_HZ, (100.0, 7_000.0)))  # above, resampling and codecs leave less than there was
_FLAT_DEPTH = np.float32(1e-6)  # of the mean power: 60 dB
_ONSET_LAG = 320  # samples, 20 ms

_PITCH_WINDOW = 512  # samples, 32 ms: two periods of the lowest f0
_LONGEST = int(RATE_HZ / F0_RANGE_HZ[0]) + 1  # samples: the period of the lowest f0
_PITCH_SPAN = _PITCH_WINDOW + _LONGEST + 1
_PITCH_FFT = fft.next_fast_len(_PITCH_SPAN, real=True)
_FIRST_DIP = 0.15  # the first period that differs by less is taken, though a multiple of it may differ by even less
_F0_ORIGIN_HZ = 100.0  # of the semitones

_BLOCK = 256  # frames at once: larger arrays are handed back to the system each time, which costs a third more


def acoustics(samples: Samples, grid: FrameGrid, frames: NDArray[np.integer]) -> dict[str, Floats]:
    """The columns at the middles of some frames, NaN where undefined; samples at RATE_HZ, each column [frames]."""
    middles = np.floor(grid.middles_s(frames) * RATE_HZ + 0.5).astype(np.int64)
    blocks = [_block(samples, middles[start : start + _BLOCK]) for start in range(0, len(middles), _BLOCK)]
    columns = np.concatenate(blocks, axis=1) if blocks else np.empty((len(NAMES), 0))
    return dict(zip(NAMES, columns.astype(np.float32), strict=True))


def columns_frame(clip: int, frames: NDArray[np.integer], columns: Mapping[str, Floats]) -> pl.DataFrame:
    """The rows of the table `columns` of one clip."""
    values = {name: pl.Series(column).fill_nan(None).cast(pl.Float16) for name, column in columns.items()}
    return COLUMNS.frame({"clip": [clip] * len(frames), "frame": frames, **values})


def _block(samples: Samples, middles: Longs) -> Floats:
    """[columns, middles]"""
    power = _power(_around(samples, middles, MEL_WINDOW))
    silent = power[:, _CENTROID_FROM:].sum(axis=1) <= _FLOOR * _POWER_SUM
    voiced, period = _periodicity(_around(samples, middles, _PITCH_SPAN))
    voiced[silent] = 0
    columns = (
        _loudness(power),
        np.where(silent, np.nan, _centroid(power)),
        np.where(silent, np.nan, _flatness(power)),
        _onset(samples, middles),
        voiced,
        _f0(voiced, period),
    )
    stacked: Floats = np.stack(columns)
    return stacked


def _around(samples: Samples, middles: Longs, length: int) -> Floats:
    """[middles, length]: the samples around each of some places, zeros before the beginning and after the end."""
    first = int(middles.min()) - length // 2
    last = int(middles.max()) - length // 2 + length
    padded = np.zeros(last - first, np.float32)
    within = samples[max(first, 0) : max(last, 0)]
    padded[max(-first, 0) :][: len(within)] = within
    windows: Floats = np.lib.stride_tricks.sliding_window_view(padded, length)[middles - middles.min()]
    return windows


def _power(windows: Floats) -> Floats:
    """[windows, bins]: squared magnitudes, on the scale of the display mel."""
    spectrum = fft.rfft(windows * _taper(), axis=1)
    power: Floats = spectrum.real**2 + spectrum.imag**2
    return power


def _loudness(power: Floats) -> Floats:
    mean = np.einsum("tb,b->t", power, _a_weights()) / np.float32(_POWER_SUM)
    return _db(np.maximum(mean, _FLOOR))


def _centroid(power: Floats) -> Floats:
    audible = power[:, _CENTROID_FROM:]
    octaves = np.log2(_BINS_HZ[_CENTROID_FROM:] / _ORIGIN_HZ).astype(np.float32)
    mean: Floats = np.einsum("tb,b->t", audible, octaves) / np.maximum(audible.sum(axis=1), _FLOOR)
    return mean


def _flatness(power: Floats) -> Floats:
    part = power[:, _FLAT]
    mean = np.maximum(part.mean(axis=1, keepdims=True), np.finfo(np.float32).tiny)
    flatness: Floats = _db(np.maximum(part / mean, _FLAT_DEPTH)).mean(axis=1)
    return flatness


def _onset(samples: Samples, middles: Longs) -> Floats:
    """The mean rise of the log-mel's bands; a window that two frames share is looked at once."""
    places, where = np.unique(np.concatenate([middles - _ONSET_LAG, middles]), return_inverse=True)
    mel = _mel_bank().powers(_around(samples, np.maximum(places, 0), MEL_WINDOW), _taper())
    level = _db(np.maximum(mel, _FLOOR))
    earlier, later = where.reshape(2, -1)
    rise: Floats = np.maximum(level[later] - level[earlier], 0).mean(axis=1)
    rise[middles < _ONSET_LAG] = np.nan
    return rise


def _periodicity(spans: Floats) -> tuple[Floats, Floats]:
    """spans: [frames, _PITCH_SPAN] -> how alike successive periods are, from 0 to 1, and the period in samples."""
    centred = spans - spans.mean(axis=1, keepdims=True)
    window = fft.rfft(centred[:, :_PITCH_WINDOW], _PITCH_FFT, axis=1)
    both = np.conj(window) * fft.rfft(centred, _PITCH_FFT, axis=1)
    voiced, period = np.zeros(len(spans), np.float32), np.ones(len(spans), np.float32)
    _find_periods(centred, fft.irfft(both, _PITCH_FFT, axis=1), voiced, period)
    return voiced, period


@njit(nogil=True, cache=True)
def _find_periods(spans: Floats, correlation: Floats, voiced: Floats, period: Floats) -> None:
    """Fill in `voiced` and `period: [frames]`; correlation: of each span's first window with the span, by lag."""
    lags = _LONGEST + 2
    difference, normal = np.zeros(lags), np.ones(lags)
    for t in range(len(spans)):
        here = 0.0
        for i in range(_PITCH_WINDOW):
            here += spans[t, i] * spans[t, i]
        there, total = here, 0.0
        for lag in range(1, lags):
            leaving, entering = spans[t, lag - 1], spans[t, lag + _PITCH_WINDOW - 1]
            there += entering * entering - leaving * leaving
            difference[lag] = max(here + there - 2 * correlation[t, lag], 0.0)
            total += difference[lag]
            normal[lag] = difference[lag] * lag / total if total > 0 else 1.0  # 1 is a lag that differs as all do
        place, depth = _first_dip(normal)
        if place:
            voiced[t] = 1 - max(depth, 0.0)
            period[t] = place + _turn(difference[place - 1], difference[place], difference[place + 1])


@njit(nogil=True, cache=True)
def _first_dip(normal: NDArray[np.float64]) -> tuple[int, float]:
    """The first lag at which what differs turns below _FIRST_DIP, else the lowest, and how low; lag 0 for none."""
    best, lowest = 0, 1.0
    for lag in range(1, len(normal) - 1):
        left, middle, right = normal[lag - 1], normal[lag], normal[lag + 1]
        if not left > middle <= right:
            continue
        depth = middle - (left - right) ** 2 / (8 * (left - 2 * middle + right))
        if depth < lowest:
            best, lowest = lag, depth
        if depth < _FIRST_DIP:
            break
    return best, lowest


@njit(nogil=True, cache=True)
def _turn(left: float, middle: float, right: float) -> float:
    """Where the parabola through three neighbouring values turns, seen from the middle one."""
    curvature = 2 * (left - 2 * middle + right)
    return (left - right) / curvature if curvature > abs(left - right) else 0.0  # else beyond a neighbour


def _f0(voiced: Floats, period: Floats) -> Floats:
    hz = RATE_HZ / period
    lowest, highest = F0_RANGE_HZ
    found = (voiced >= VOICED_PERIODICITY) & (hz >= lowest) & (hz <= highest)
    semitones: Floats = np.where(found, 12 * np.log2(hz / _F0_ORIGIN_HZ), np.nan)
    return semitones


def _db(power: Floats) -> Floats:
    decibels: Floats = np.log(power) * np.float32(10 / np.log(10))  # a third of the time of log10
    return decibels


@cache
def _taper() -> Floats:
    """A periodic Hann window, scaled so that the bin of a full-scale sine has 0 dB."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(MEL_WINDOW) / MEL_WINDOW)
    scaled: Floats = (window * 2 / window.sum()).astype(np.float32)
    return scaled


@cache
def _mel_bank() -> MelBank:
    return mel_bank(mel_filters())


@cache
def _a_weights() -> Floats:
    """[bins]: the A-weighting of power, 1 at 1 kHz."""
    square = _BINS_HZ**2
    poles = (square + 20.6**2) * np.sqrt((square + 107.7**2) * (square + 737.9**2)) * (square + 12_194.0**2)
    gain = 12_194.0**2 * square**2 / poles
    weights: Floats = (gain**2 * 10**0.2).astype(np.float32)
    return weights
