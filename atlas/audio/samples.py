"""Sound files -> mono samples, and the display mel.

A stretch is cut out before it is resampled, so that it is the same whoever reads it. Which files can be opened, and
how, is in `files.py`. No torch here: both halves of the project use this module. An encoder hears sound at the rate of
its own grid; whatever is measured of the sound itself, shown or played is taken at RATE_HZ.

The display mel is the same for every encoder: 80 bands, absolute dB over a fixed floor, 50 columns a second.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from atlas.audio.files import opened_sound, suffix
from atlas.audio.filterbank import MelBank, mel_bank
from atlas.errors import AudioProblem
from atlas.schema.grid import FrameGrid

Samples = NDArray[np.float32]

RATE_HZ = 16_000

MEL_BANDS = 80
MEL_WINDOW = 512  # samples, 32 ms, centred on the column
COLUMNS_PER_S = 50
_HOP = RATE_HZ // COLUMNS_PER_S  # samples a column
MEL_GRID = FrameGrid(rate_hz=RATE_HZ, hop=_HOP, field=MEL_WINDOW, centre=_HOP // 2, partial=True)
MEL_FLOOR_DB = -100.0  # of full scale; the display mel is counted from here
MEL_TOP_HZ = 8_000.0

SLACK_S = 0.1  # times that reach beyond the end of a file by no more than this are taken as rounded


@dataclass(frozen=True, slots=True)
class Sound:
    """A decoded file, or a stretch of it."""

    source: Samples  # [samples], mono, at the file's own rate
    source_rate_hz: int
    codec: str

    @property
    def duration_s(self) -> float:
        return len(self.source) / self.source_rate_hz

    @property
    def samples(self) -> Samples:
        """At RATE_HZ."""
        return self.at(RATE_HZ)

    def at(self, rate_hz: int) -> Samples:
        """Mono at some rate."""
        if rate_hz == self.source_rate_hz:
            return self.source
        resampled: Samples = soxr.resample(self.source, self.source_rate_hz, rate_hz)
        return resampled

    def for_encoder(self, rate_hz: int) -> tuple[Samples, Samples]:
        """At an encoder's rate, and at RATE_HZ."""
        samples = self.at(rate_hz)
        return samples, samples if rate_hz == RATE_HZ else self.samples


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a file: `sound` is what `read` gives for these two times."""

    offset_s: float
    duration_s: float
    file_s: float  # the length of the whole file
    sound: Sound


def read_sound(path: str | Path, offset_s: float = 0.0, duration_s: float | None = None) -> Sound:
    """Decode a file, or the stretch of it from `offset_s`, to mono."""
    with opened_sound(str(path)) as file:
        return _stretch(file, str(path), offset_s, duration_s)


def read_pieces(
    path: str | Path, window_s: float, shortest_s: float, start_s: float = 0.0, end_s: float | None = None
) -> Iterator[Piece]:
    """Cut a file, or a stretch of it, into windows; a rest of less than `shortest_s` is left out."""
    with opened_sound(str(path)) as file:
        file_s = file.frames / file.samplerate
        if end_s is not None and end_s > file_s + SLACK_S:
            raise AudioProblem(f"ends at {end_s:g} s, after the end of the file ({file_s:g} s)")
        stop_s = file_s if end_s is None else min(end_s, file_s)
        for number in itertools.count():
            offset_s = start_s + number * window_s
            duration_s = min(window_s, stop_s - offset_s)
            if number and duration_s < shortest_s:
                return
            yield Piece(offset_s, duration_s, file_s, _stretch(file, str(path), offset_s, duration_s))


def _stretch(file: soundfile.SoundFile, path: str, offset_s: float, duration_s: float | None) -> Sound:
    rate = file.samplerate
    start = round(offset_s * rate)
    left = file.frames - start
    if start and left <= 0:
        raise AudioProblem(f"starts at {offset_s:g} s, after the end of the file ({file.frames / rate:g} s)")
    wanted = left if duration_s is None else min(int(duration_s * rate + 1e-6), left)
    samples = _mono(file, start, wanted)
    if not np.isfinite(samples).all():
        raise AudioProblem("NaN or infinite samples")
    codec = file.subtype if file.subtype in ("VORBIS", "OPUS") else file.format
    return Sound(samples, rate, (suffix(path)[1:] if codec == "RAW" else codec).lower())


def _mono(file: soundfile.SoundFile, start: int, wanted: int) -> Samples:
    try:
        if file.tell() != start:
            file.seek(start)
        samples: Samples = file.read(wanted, dtype="float32", always_2d=True)  # [samples, channels]
    except soundfile.LibsndfileError as error:
        raise AudioProblem(f"truncated or damaged: {error.error_string.removeprefix('Error : ').rstrip('.')}") from None
    if wanted - len(samples) > SLACK_S * file.samplerate:
        end_s, claimed_s = ((start + count) / file.samplerate for count in (len(samples), wanted))
        raise AudioProblem(f"truncated: ends at {end_s:g} s instead of {claimed_s:g} s")
    if len(samples) == 0:
        raise AudioProblem("no samples")
    first, *others = samples.T
    total: Samples = sum(others, start=first)  # a sixth of the time of mean(axis=1)
    return total / np.float32(file.channels) if others else total


def energy_db(samples: Samples) -> float:
    """Mean power in dB of full scale, not below the display mel's floor."""
    power = float(np.square(samples, dtype=np.float64).mean())
    return max(10 * float(np.log10(max(power, 1e-30))), MEL_FLOOR_DB)


def display_mel(samples: Samples) -> NDArray[np.float32]:
    """samples at RATE_HZ -> [columns, 80] dB over the floor; a column is centred on the middle of its 20 ms."""
    columns = MEL_GRID.frames_of(len(samples))
    left = (MEL_WINDOW - _HOP) // 2
    padded = np.zeros(columns * _HOP + MEL_WINDOW - _HOP, dtype=np.float32)
    padded[left : left + len(samples)] = samples
    windows = np.lib.stride_tricks.sliding_window_view(padded, MEL_WINDOW)[::_HOP]
    mel = _bank().powers(windows, _hann())
    np.maximum(mel, np.float32(10 ** (MEL_FLOOR_DB / 10)), out=mel)
    np.log10(mel, out=mel)
    mel *= 10
    mel -= np.float32(MEL_FLOOR_DB)
    return np.maximum(mel, 0, out=mel)


def columns_at(mel: NDArray[np.float32], grid: FrameGrid, frames: int) -> NDArray[np.float32]:
    """mel: [columns, 80] -> [frames, 80], the column at the middle of each frame of a grid."""
    nearest = MEL_GRID.frames_at(grid.middles_s(np.arange(frames)))
    return mel[np.minimum(nearest, len(mel) - 1)]


@cache
def _hann() -> NDArray[np.float32]:
    """A periodic Hann window, scaled so that a full-scale sine has about 0 dB."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(MEL_WINDOW) / MEL_WINDOW)
    scaled: NDArray[np.float32] = (window * 2 / window.sum()).astype(np.float32)
    return scaled


@cache
def _bank() -> MelBank:
    return mel_bank(mel_filters())


@cache
def mel_filters() -> NDArray[np.float32]:
    """[bins, 80] triangles of height 1 on the Slaney mel scale (linear below 1 kHz, logarithmic above)."""
    edges = mel_to_hz(np.linspace(0, hz_to_mel(MEL_TOP_HZ), MEL_BANDS + 2))
    bins = np.linspace(0, RATE_HZ / 2, MEL_WINDOW // 2 + 1)
    rising = (bins[:, None] - edges[None, :-2]) / np.diff(edges)[:-1]
    falling = (edges[None, 2:] - bins[:, None]) / np.diff(edges)[1:]
    return np.maximum(0, np.minimum(rising, falling)).astype(np.float32)


_LINEAR_HZ = 200 / 3  # Hz a mel below the knee
_KNEE_HZ = 1_000.0
_LOG_STEP = np.log(6.4) / 27  # above the knee: 27 mels from 1 to 6.4 kHz


def hz_to_mel(hz: float) -> float:
    if hz < _KNEE_HZ:
        return hz / _LINEAR_HZ
    return float(_KNEE_HZ / _LINEAR_HZ + np.log(hz / _KNEE_HZ) / _LOG_STEP)


def mel_to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    knee = _KNEE_HZ / _LINEAR_HZ
    return np.where(mel < knee, mel * _LINEAR_HZ, _KNEE_HZ * np.exp(_LOG_STEP * (mel - knee)))
